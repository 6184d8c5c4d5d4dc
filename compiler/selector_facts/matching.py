"""Comparisons as boolean matrices over the values of two s-ops."""

from dataclasses import dataclass
from functools import reduce
from typing import assert_never

import numpy as np

from compiler.domains.domain import Ints
from compiler.domains.facts import Facts
from compiler.domains.rows import Bools
from compiler.limits import PAIRS
from compiler.refusal import make_refusal
from compiler.selector_facts.selector_formula import Comparison, Formula, Junction, Pick, list_comparisons
from rasp.graph.nodes import Indices, Map, Node
from rasp.graph.primitives import TESTS
from rasp.interpret.atom_array import AtomArray
from rasp.interpret.evaluate import apply_map
from rasp.values import make_const

PAIR_WORK, PAIR_BYTES = 2, 40
"""Comparing two values: in cells (`compiler/effort.py`) and bytes."""


@dataclass(frozen=True, eq=False)
class Matching:
    """`selects[q, k]` over the domains of two s-ops; pairs that cannot meet are don't-cares (`cares`)."""

    key: Node
    query: Node
    selects: Bools
    cares: Bools


def build_matching(analysis: Facts, part: Formula) -> Matching:
    """The boolean matrix of one conjunct. Several keys or queries become one s-op that numbers their
    combinations.
    """
    atoms = list_comparisons(part)
    key = combined(analysis, list(dict.fromkeys(c.key for c in atoms)))
    query = combined(analysis, list(dict.fromkeys(c.query for c in atoms)))
    keys, queries = analysis.domain(key.node), analysis.domain(query.node)
    if len(keys) * len(queries) > PAIRS.most:
        raise make_refusal(
            analysis.graph,
            atoms[0].key,
            f"a selector compares {len(keys)} key values with {len(queries)} query values",
            PAIRS.hint,
        )
    pairs = len(keys) * len(queries)
    analysis.effort.reserve(analysis.graph, atoms[0].key, PAIR_BYTES * pairs)
    analysis.effort.spend(analysis.graph, atoms[0].key, PAIR_WORK * pairs, "pairs")
    selects = judge_pairs(analysis, part, key, query)
    cares = np.ones_like(selects)
    indices = analysis.graph.add(Indices())
    if analysis.causal and analysis.leaves(key.node) == analysis.leaves(query.node) == (indices,):
        cares = visible(analysis, key.node, query.node)
    return Matching(key.node, query.node, selects, cares)


@dataclass(frozen=True, eq=False)
class Combined:
    """An s-op that numbers combinations of others; `codes[value code, part]` says which combination a value
    is.
    """

    node: Node
    parts: tuple[Node, ...]
    codes: Ints


def combined(analysis: Facts, nodes: list[Node]) -> Combined:
    """One s-op for several: their domain codes as the digits of a number."""
    if len(nodes) == 1:
        return Combined(nodes[0], tuple(nodes), np.arange(len(analysis.domain(nodes[0])))[:, None])
    graph = analysis.graph
    terms: list[Node] = []
    stride = 1
    strides: list[int] = []
    for node in nodes:
        size = len(analysis.domain(node))
        terms.append(number_values(analysis, node, np.arange(size) * stride))
        strides.append(stride)
        stride *= size
    total = reduce(lambda a, b: graph.map("add", a, b), terms)
    numbers = analysis.domain(total).numbers().astype(np.int64)
    sizes = [len(analysis.domain(node)) for node in nodes]
    codes = np.stack([numbers // s % size for s, size in zip(strides, sizes, strict=True)], axis=1)
    return Combined(total, tuple(nodes), codes)


def number_values(analysis: Facts, node: Node, numbers: Ints) -> Node:
    """The s-op that has these numbers for the values of another, in the order of its domain."""
    pairs = zip(analysis.domain(node).values, numbers.tolist(), strict=True)
    table = tuple(make_const(atom) for pair in pairs for atom in pair)
    return analysis.graph.add(Map("index_dict", table), node)


def judge_pairs(analysis: Facts, part: Formula, key: Combined, query: Combined) -> Bools:
    """The interpreter's verdict on every (query, key) pair; a pair without one selects nothing."""
    match part:
        case Comparison(test, k, q):
            columns = [
                side(analysis, key, k).indexed(lambda array: array[None, :]),
                side(analysis, query, q).indexed(lambda array: array[:, None]),
            ]
            answer = apply_map(Map(TESTS[test]), columns)
            shape = (len(query.codes), len(key.codes))
            verdict = np.broadcast_to(answer.data.astype(bool), shape)
            return verdict if answer.failed is None else verdict & ~np.broadcast_to(answer.failed, shape)
        case Junction(every, parts):
            verdicts = [judge_pairs(analysis, p, key, query) for p in parts]
            return reduce(np.logical_and if every else np.logical_or, verdicts)
        case Pick():
            raise AssertionError("a best inside a selector has been replaced before lowering")
        case _:
            assert_never(part)


def side(analysis: Facts, group: Combined, node: Node) -> AtomArray:
    return analysis.domain(node).column(group.codes[:, group.parts.index(node)])


def visible(analysis: Facts, key: Node, query: Node) -> Bools:
    """Which (query, key) values of two functions of the index meet under causal attention."""
    key_table, query_table = analysis.table(key), analysis.table(query)
    meets = np.zeros((len(query_table.domain), len(key_table.domain)), bool)
    for q, value in zip(query_table.codes[:, 0].tolist(), query_table.values.tolist(), strict=True):
        if value >= 0:
            seen = key_table.values[(key_table.codes[:, 0] <= q) & (key_table.values >= 0)]
            meets[value, seen] = True
    return meets


def is_trivial(match: Matching) -> bool:
    """Whether everything that can meet is selected: no score is needed."""
    return bool((match.selects | ~match.cares).all())
