"""The circuit of a compiled model as data for the benchmarks of circuit discovery (EAP-IG, MIB): `cfg`, `nodes`, `edges`.

Nodes and edges are those of a model with as many heads in every layer as the largest has; what is not there is not in the
graph. An edge is in it if answers need it (`compiler/circuits/needed_edges.py`). What stands in a node or an edge besides
`in_graph` and `score` is ours: what it computes and carries, in the words of `rasp info`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from compiler.circuits.edges import (
    INPUT,
    LETTERS,
    LOGITS,
    Edge,
    count_heads_of,
    find_shared_columns,
    list_edges,
    list_nodes,
    name_attention,
    name_mlp,
)
from compiler.circuits.forward import EdgeDecoder
from compiler.circuits.needed_edges import (
    EdgeTrial,
    Needed,
    Sample,
    build_trials,
    find_held_edges,
    find_needed_edges,
)
from compiler.circuits.pairs import Pair
from compiler.emit.weights import Weights
from compiler.json_forms.circuit_forms import (
    CircuitRecord,
    EdgeRecord,
    NodePartRecord,
    NodeRecord,
    PairRecord,
)
from compiler.model.answers import compare_key
from compiler.pipeline import Compiled
from compiler.verify.chosen_inputs import Word, batch_inputs, choose_inputs
from rasp.interpret.evaluate import evaluate, evaluate_by_position
from rasp.values import make_typed_key

#: Inputs of one length that are run together.
LARGEST_BATCH = 4_000


@dataclass(frozen=True)
class CircuitRequest:
    """How many inputs are tried (all of them while there are no more), and the seed of the sample. So many samples of other
    seeds are what a circuit is held against."""

    budget: int = 400
    seed: int = 0
    others: int = 4


def build_circuit_record(
    compiled: Compiled,
    request: CircuitRequest = CircuitRequest(),
    advance: Callable[[int], None] = lambda count: None,
) -> CircuitRecord:
    """The circuit, JSON-able."""
    weights = compiled.weights
    shared, read = find_shared_columns(compiled.unrotated), find_read_columns(compiled)
    samples, exhaustive = draw_samples(compiled, request)
    decoder = EdgeDecoder(weights)
    others = 0 if exhaustive else request.others
    seeds = range(request.seed + 1, request.seed + 1 + others)
    needed = find_held_edges(
        decoder,
        build_trials(decoder, samples, request.seed),
        lambda: draw_trials(compiled, decoder, [CircuitRequest(request.budget, seed) for seed in seeds]),
        lambda trials: find_needed_edges(decoder, trials, [*shared], read, advance),
        shared,
    )
    heads = count_heads_of(weights.config)
    tried, held = sum(len(sample.ids) for sample in samples), count_new_inputs(compiled, request, seeds)
    return {
        "cfg": {
            "n_layers": len(heads),
            "n_heads": max(heads, default=0),
            "parallel_attn_mlp": False,
            "d_model": weights.config.d_model,
        },
        "nodes": make_node_records(compiled, needed),
        "edges": make_edge_records(heads, needed, shared, read),
        "checked": {
            "inputs": tried,
            "all": exhaustive,
            "seed": request.seed,
            "held": held,
        },
    }


def draw_trials(
    compiled: Compiled, decoder: EdgeDecoder, requests: Iterable[CircuitRequest]
) -> Iterator[EdgeTrial]:
    """Trials of several samples, one sample after the other in memory."""
    for request in requests:
        yield from build_trials(decoder, draw_samples(compiled, request)[0], request.seed)


def count_new_inputs(compiled: Compiled, request: CircuitRequest, seeds: Iterable[int]) -> int:
    """How many different inputs samples of other seeds have that the first has not."""
    first, *others = (
        {tuple(ids) for _, batch in draw_batches(compiled, replace(request, seed=seed))[0] for ids in batch}
        for seed in (request.seed, *seeds)
    )
    return len(set[tuple[int, ...]]().union(*others) - first)


def draw_batches(
    compiled: Compiled, request: CircuitRequest
) -> tuple[Iterator[tuple[list[Word], list[list[int]]]], bool]:
    """Inputs of all lengths, those of one length together, as tokens and as ids; and whether they are all there are."""
    options = compiled.options
    selection = choose_inputs(len(options.vocabulary), options.max_length, request.budget, request.seed)
    ids = {make_typed_key(token): number for number, token in enumerate(options.vocabulary)}
    batches = batch_inputs(options.vocabulary, selection, lambda length: LARGEST_BATCH)
    numbered = (
        (words, [[ids[make_typed_key(token)] for token in word] for word in words]) for words in batches
    )
    return numbered, selection.exhaustive


def draw_samples(compiled: Compiled, request: CircuitRequest) -> tuple[list[Sample], bool]:
    """Inputs of all lengths, and whether they are all there are. Answers count where the program has a value."""
    options = compiled.options
    batches, exhaustive = draw_batches(compiled, request)
    found: list[Sample] = []
    for words, numbered in batches:
        outcomes = evaluate(list(compiled.meaning.values()), words, options.attention)
        has_value = [
            [
                [False, *(options.no_value or value is not None for value in evaluate_by_position(outcome))]
                for outcome in row
            ]
            for row in outcomes
        ]
        rows = [[compiled.weights.config.bos, *ids] for ids in numbered]
        found.append(Sample(np.array(rows), np.array(has_value)))
    return found, exhaustive


def find_read_columns(compiled: Compiled) -> Mapping[Edge, tuple[str, ...]]:
    """The edges along which something is read, by the symbol map, with the s-ops that they carry."""
    circuit = compiled.circuit
    letters = {matrix: letter for letter, matrix in LETTERS.items()}
    carried = {(row["written_by"], row["column"]): row["carries"] for row in compiled.symbols["columns"]}
    found: dict[Edge, dict[str, None]] = {}
    for writer, reader, data in circuit.edges(data=True):
        for matrix, columns in data["columns"].items():
            ends = node_of(circuit.nodes[writer]), node_of(circuit.nodes[reader])
            carries = found.setdefault(Edge(*ends, letters.get(matrix, "")), {})
            carries |= dict.fromkeys(carried[writer, column] for column in columns)
    return {edge: tuple(carries) for edge, carries in found.items()}


def node_of(part: Mapping[str, Any]) -> str:
    """The node that a part of the symbol map belongs to."""
    match part:
        case {"kind": "unembedding"}:
            return LOGITS
        case {"layer": layer, "head": head}:
            return name_attention(layer, head)
        case {"layer": layer, "units": _}:
            return name_mlp(layer)
        case _:
            return INPUT


def make_node_records(compiled: Compiled, needed: Needed) -> dict[str, NodeRecord]:
    """All nodes: whether an edge of the circuit ends there, and the parts that they consist of."""
    inside = {node for edge in needed.edges for node in (edge.writer, edge.reader)}
    heads = count_heads_of(compiled.weights.config)
    nodes: dict[str, NodeRecord] = {
        node: {"in_graph": node in inside} for node in list_nodes([max(heads, default=0)] * len(heads))
    }
    for part in compiled.symbols["parts"]:
        told = {name: value for name, value in part.items() if name not in ("layer", "head")}
        nodes[node_of(part)].setdefault("parts", []).append(cast(NodePartRecord, told))
    nodes[LOGITS]["parts"] = [{"computes": name} for name in compiled.expressions]
    return nodes


def make_edge_records(
    heads: Sequence[int],
    needed: Needed,
    shared: Mapping[Edge, tuple[int, ...]],
    read: Mapping[Edge, tuple[str, ...]],
) -> dict[str, EdgeRecord]:
    """All edges. Of those that are needed: the columns that both ends share, and the s-ops that are read along them."""
    inside = frozenset(needed.edges)
    edges: dict[str, EdgeRecord] = {}
    for edge in list_edges([max(heads, default=0)] * len(heads)):
        record: EdgeRecord = {"score": float(edge in inside), "in_graph": edge in inside}
        if edge in inside:
            record["carries"], record["columns"] = list(read.get(edge, ())), list(shared[edge])
            record["alone"] = edge in needed.alone
        edges[str(edge)] = record
    return edges


def build_pair_record(pair: Pair, weights: Weights) -> PairRecord:
    """A pair, JSON-able, with the classes of both answers."""
    [classes] = [output.classes for output in weights.config.outputs if output.name == pair.output]
    return {
        "clean": list(pair.clean),
        "corrupted": list(pair.corrupted),
        "changed_token": pair.changed,
        "output": pair.output,
        "position": pair.position,
        "answer": pair.answer,
        "wrong_answer": pair.wrong,
        "correct_idx": find_class(classes, pair.answer),
        "incorrect_idx": find_class(classes, pair.wrong),
        "changes": {name: list(places) for name, places in pair.changes.items()},
    }


def find_class(classes: Sequence[Any], value: Any) -> int:
    """The number of a value's class."""
    return next(k for k, other in enumerate(classes) if compare_key(other) == compare_key(value))
