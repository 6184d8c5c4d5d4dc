"""Told of circuits by `rasp circuit`, in `circuit.json`, `pairs.jsonl`, `made.json` and `index.json`. Types only."""

from typing import NotRequired, TypedDict

from compiler.blocks.block import BosMode
from compiler.json_forms.model_forms import SourcePosition
from rasp.values import Atom


class ShapeRecord(TypedDict):
    """`cfg` of a circuit, as benchmarks of circuit discovery name it."""

    n_layers: int
    n_heads: int
    parallel_attn_mlp: bool
    d_model: int


class NodePartRecord(TypedDict):
    """A part of the model in a node, as the symbol map has it; of the logits only what is computed."""

    computes: str
    where: NotRequired[str]
    columns: NotRequired[list[int]]
    error_bound: NotRequired[float]
    parameters: NotRequired[int]
    selector: NotRequired[str]
    bos: NotRequired[BosMode]
    units: NotRequired[list[int]]
    place: NotRequired[SourcePosition]


class NodeRecord(TypedDict):
    """A node: whether an edge of the circuit ends there, and the parts that it consists of."""

    in_graph: bool
    parts: NotRequired[list[NodePartRecord]]


class EdgeRecord(TypedDict):
    """An edge. Of one that answers need: the s-ops that are read along it, the columns that both ends share, and whether
    taking away this edge `alone` changes an answer."""

    score: float
    in_graph: bool
    carries: NotRequired[list[str]]
    columns: NotRequired[list[int]]
    alone: NotRequired[bool]


class CheckedRecord(TypedDict):
    """On how many inputs a circuit was found, whether these are all, and on how many more it was held."""

    inputs: int
    all: bool
    seed: int
    held: int


class CircuitRecord(TypedDict):
    """`circuit.json`: nodes and edges by their names."""

    cfg: ShapeRecord
    nodes: dict[str, NodeRecord]
    edges: dict[str, EdgeRecord]
    checked: CheckedRecord


class PairRecord(TypedDict):
    """A line of `pairs.jsonl`: two inputs that differ in one token and in an answer, with the classes of both answers, and
    at which positions s-ops differ, by name."""

    clean: list[Atom]
    corrupted: list[Atom]
    changed_token: int
    output: str
    position: int
    answer: Atom | None
    wrong_answer: Atom | None
    correct_idx: int
    incorrect_idx: int
    changes: dict[str, list[int]]


class CountsRecord(CheckedRecord):
    """How large a circuit is, and on what it was tried."""

    nodes: int
    edges: int
    all_edges: int


class MemberRecord(CountsRecord):
    """A row of `index.json`: a model of a set."""

    name: str
    program: str
    pairs: int


class IndexRecord(TypedDict):
    """`index.json` of a set."""

    models: list[MemberRecord]


class MadeRecord(TypedDict):
    """`made.json`: what a model's folder was made from, and its row of `index.json`."""

    made_from: str
    row: MemberRecord


class SetRecord(IndexRecord):
    """What `rasp circuit` tells of many programs."""

    failed: int


class CircuitSummary(CountsRecord):
    """What `rasp circuit` tells of one model whose circuit it wrote."""

    of: list[str]
    folder: str
    pairs: NotRequired[int]
    written: NotRequired[list[str]]
