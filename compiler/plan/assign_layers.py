"""Blocks → `Plan`: every block in the earliest layer whose inputs are ready, except that a head whose result is read later
waits for another that scores alike."""

import math
from collections.abc import Collection, Mapping
from itertools import groupby
from typing import assert_never

import networkx as nx
from networkx import DiGraph

from compiler.blocks.block import Blocks, Head, LookupBlock, Scores
from compiler.blocks.form import Variable
from compiler.plan.layers import Depth, Layer, Plan


def schedule_blocks(blocks: Blocks) -> Plan:
    """Earliest layer for every block; heads of one layer that score alike become one head with more values."""
    waiting = dependencies(blocks)
    half = half_layers(waiting)
    wait_for_equal_scores(waiting, half)
    layers = [
        Layer(
            merged([head for head in blocks.heads if half[head.targets[0][0]] == 2 * k - 1]),
            tuple(lookup for lookup in blocks.lookups if half[lookup.variable] == 2 * k),
        )
        for k in range(1, layers_until(half) + 1)
    ]
    return Plan(tuple(layers), blocks, least_depth(waiting, blocks.needed))


def dependencies(blocks: Blocks) -> "DiGraph[Variable]":
    """What waits for what: an edge from each variable to those that are computed from it. A node's `block` is the head or
    look-up that writes the variable, or the first of several heads that do; None for what the embedding has."""
    waiting: DiGraph[Variable] = DiGraph()
    writers: list[tuple[Variable, Head | LookupBlock]] = [(head.targets[0][0], head) for head in blocks.heads]
    writers += [(lookup.variable, lookup) for lookup in blocks.lookups]
    for variable, block in writers:
        waiting.add_node(variable, block=waiting.nodes.get(variable, {}).get("block", block))
        waiting.add_edges_from((v, variable) for form in block.forms for v in form.parts)
    written = {variable for variable, _ in writers}
    nx.set_node_attributes(waiting, {v: None for v in waiting if v not in written}, "block")
    return waiting


def half_layers(waiting: "DiGraph[Variable]") -> dict[Variable, int]:
    """The earliest half-layer that can write each variable: 2L-1 attention, 2L MLP of layer L; 0 embedding."""
    half: dict[Variable, int] = {}
    for variable in nx.topological_sort(waiting):
        half[variable] = next_half(waiting.nodes[variable]["block"], latest(waiting, variable, half))
    return half


def next_half(block: Head | LookupBlock | None, ready: int) -> int:
    """The half-layer of a block whose inputs are there after the half-layer `ready`."""
    match block:
        case Head():
            return next_attention(ready)
        case LookupBlock():
            return next_mlp(ready)
        case None:
            return ready
        case _:
            assert_never(block)


def latest(waiting: "DiGraph[Variable]", variable: Variable, half: Mapping[Variable, int]) -> int:
    """The last of the numbers of what a variable is computed from."""
    return max((half[v] for v in waiting.predecessors(variable)), default=0)


def wait_for_equal_scores(waiting: "DiGraph[Variable]", half: dict[Variable, int]) -> None:
    """Let a head wait for a later one that scores alike, if nothing reads it before: together they are one head."""
    heads = {v: block for v, block in waiting.nodes(data="block") if isinstance(block, Head)}
    read = {v: min((half[reader] for reader in waiting.successors(v)), default=math.inf) for v in heads}
    for variable, head in heads.items():
        alike = [half[v] for v, other in heads.items() if other.scores is head.scores]
        half[variable] = min(
            (k for k in alike if half[variable] < k < read[variable]), default=half[variable]
        )


def least_depth(waiting: "DiGraph[Variable]", needed: Collection[Variable]) -> Depth:
    """The layers that these heads and only the `needed` look-ups take, one of look-ups being one of what these read."""
    chain: dict[Variable, int] = {}
    written: dict[Variable, int] = {}  # the half-layer, as in `half_layers`
    attended: dict[Variable, int] = {}  # the last half-layer of attention beneath
    for variable in nx.topological_sort(waiting):
        block = waiting.nodes[variable]["block"]
        ready, source = latest(waiting, variable, written), latest(waiting, variable, attended)
        chain[variable] = latest(waiting, variable, chain) + isinstance(block, Head)
        if isinstance(block, Head):
            written[variable] = attended[variable] = next_attention(ready)
        else:
            written[variable] = next_mlp(source) if variable in needed else ready
            attended[variable] = source
    return Depth(max(chain.values(), default=0), layers_until(written))


def next_attention(half: int) -> int:
    """The first attention half-layer after another half-layer."""
    return half + 1 + half % 2


def next_mlp(half: int) -> int:
    """The first MLP half-layer after another half-layer."""
    return half + 2 - half % 2


def layers_until(written: Mapping[Variable, int]) -> int:
    return (max(written.values(), default=0) + 1) // 2


def merged(heads: list[Head]) -> tuple[Head, ...]:
    """One head for all that share their scores."""
    found: list[Head] = []
    keyed = sorted(heads, key=lambda h: find_first(heads, h.scores))
    for _, group in groupby(keyed, key=lambda h: id(h.scores)):
        parts = list(group)
        found.append(
            Head(
                parts[0].selector,
                parts[0].scores,
                tuple(v for h in parts for v in h.values),
                tuple(g for h in parts for g in h.gains),
                tuple(t for h in parts for t in h.targets),
            )
        )
    return tuple(found)


def find_first(heads: list[Head], scores: Scores) -> int:
    return next(k for k, h in enumerate(heads) if h.scores is scores)
