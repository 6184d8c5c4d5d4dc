"""Comparisons over the values of two s-ops: as boolean matrices, or in ranks where the values have a common order."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, reduce
from typing import Any, assert_never

import numpy as np

from compiler.domains.domain import Ints
from compiler.domains.facts import Facts
from compiler.domains.ranked import Ranked, count_selected, draw_matrix, rank_comparison
from compiler.domains.rows import Bools
from compiler.limits import KEPT_PAIRS, PAIRS
from compiler.refusal import make_refusal
from compiler.selector_facts.selector_formula import Comparison, Formula, Junction, Pick, list_comparisons
from rasp.graph.nodes import Indices, Map, Node
from rasp.graph.primitives import TESTS
from rasp.interpret.atom_array import AtomArray
from rasp.interpret.evaluate import apply_map
from rasp.values import make_const, show_count

PAIR_WORK, PAIR_BYTES = 2, 40
"""Comparing two values: in cells (`compiler/effort.py`) and bytes."""
RANK_WORK = 100
"""Numbering a value."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """`selects[q, k]` over the domains of two s-ops; pairs that cannot meet are don't-cares (`cares`)."""

    selects: Bools
    cares: Bools


@dataclass(frozen=True, eq=False)
class Matching:
    """Which values of a key which values of a query select; and what was `found` out about that before, if it is little."""

    key: Node
    query: Node
    given: Pairs | Ranked
    found: dict[Any, Any] = field(default_factory=dict[Any, Any], repr=False)

    @property
    def shape(self) -> tuple[int, int]:
        """Query values, key values."""
        return self.given.selects.shape if isinstance(self.given, Pairs) else self.given.shape

    @property
    def size(self) -> int:
        """How many pairs of values there are."""
        return self.shape[0] * self.shape[1]

    @cached_property
    def selects(self) -> Bools:
        """Every pair, shape (query, key)."""
        return self.given.selects if isinstance(self.given, Pairs) else draw_matrix(self.given)

    @property
    def cares(self) -> Bools:
        """The pairs that can meet."""
        return self.given.cares if isinstance(self.given, Pairs) else np.ones(self.shape, bool)


def build_matching(analysis: Facts, part: Formula) -> Matching:
    """Which values one conjunct selects. Several keys or queries become one s-op that numbers their combinations."""
    atoms = list_comparisons(part)
    key = combined(analysis, list(dict.fromkeys(c.key for c in atoms)))
    query = combined(analysis, list(dict.fromkeys(c.query for c in atoms)))
    indices = analysis.graph.add(Indices())
    meet = not (analysis.causal and analysis.leaves(key.node) == analysis.leaves(query.node) == (indices,))
    if isinstance(part, Comparison) and meet:
        domains = analysis.domain(key.node), analysis.domain(query.node)
        analysis.effort.spend(analysis.graph, key.node, RANK_WORK * sum(map(len, domains)), "pairs")
        ranked = rank_comparison(part.test, *domains)
        if ranked is not None:
            return Matching(key.node, query.node, ranked)
    check_pairs(analysis, atoms[0].key, (len(query.codes), len(key.codes)))
    selects = judge_pairs(analysis, part, key, query)
    cares = np.ones_like(selects) if meet else visible(analysis, key.node, query.node)
    return Matching(key.node, query.node, Pairs(selects, cares))


def is_small(match: Matching) -> bool:
    """Whether what is worked out about it may be kept for other attempts."""
    return match.size <= KEPT_PAIRS.most


def check_pairs(analysis: Facts, node: Node, shape: tuple[int, int]) -> None:
    """To be called before all pairs of values of queries and keys are looked at. Raises `CompileError` for too many."""
    queries, keys = shape
    if queries * keys > PAIRS.most:
        message = (
            f"a selector compares {show_count(keys, 'key value')} with {show_count(queries, 'query value')}"
        )
        raise make_refusal(analysis.graph, node, message, PAIRS.hint)
    analysis.effort.reserve(analysis.graph, node, PAIR_BYTES * queries * keys)
    analysis.effort.spend(analysis.graph, node, PAIR_WORK * queries * keys, "pairs")


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

    def make_table(node: Node) -> Node:
        values = analysis.domain(node).constants
        made = {number: make_const(number) for number in set(numbers.tolist())}
        pairs = zip(values, (made[number] for number in numbers.tolist()), strict=True)
        return analysis.graph.add(Map("index_dict", (*itertools.chain.from_iterable(pairs),)), node)

    return analysis.once(f"numbered {numbers.tobytes().hex()}", node, make_table)


@dataclass(frozen=True, eq=False)
class Sides:
    """Values of the keys and of the queries of some comparisons, with an axis of length 1 for the others: shapes
    (1, keys) and (queries, 1), or (keys, 1) and (1, queries)."""

    key: Mapping[Node, AtomArray]
    query: Mapping[Node, AtomArray]


def judge_pairs(analysis: Facts, part: Formula, key: Combined, query: Combined) -> Bools:
    """The interpreter's verdict on every (query, key) pair; a pair without one selects nothing."""
    sides = Sides(
        {n: side(analysis, key, n).indexed(lambda array: array[None, :]) for n in key.parts},
        {n: side(analysis, query, n).indexed(lambda array: array[:, None]) for n in query.parts},
    )
    return np.broadcast_to(judge_columns(part, sides), (len(query.codes), len(key.codes)))


def judge_columns(part: Formula, sides: Sides) -> Bools:
    """The same for given values, of a shape that spreads to that of all pairs."""
    match part:
        case Comparison(test, key, query):
            answer = apply_map(Map(TESTS[test]), [sides.key[key], sides.query[query]])
            verdict = answer.data.astype(bool, copy=False)
            return verdict if answer.failed is None else verdict & ~answer.failed
        case Junction(every, parts):
            verdicts = [judge_columns(p, sides) for p in parts]
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
    first = np.full(len(key_table.domain), analysis.max_length)
    last = np.full(len(query_table.domain), -1)
    kept, asked = key_table.values >= 0, query_table.values >= 0
    np.minimum.at(first, key_table.values[kept], key_table.codes[kept, 0])
    np.maximum.at(last, query_table.values[asked], query_table.codes[asked, 0])
    return first <= last[:, None]


def is_trivial(match: Matching) -> bool:
    """Whether everything that can meet is selected: no score is needed."""
    match match.given:
        case Ranked() as ranked:
            return bool((count_selected(ranked) == len(ranked.key)).all())
        case Pairs(selects, cares):
            return bool((selects | ~cares).all())
        case _:
            assert_never(match.given)


def is_impossible(match: Matching) -> bool:
    """Whether nothing that can meet is selected."""
    match match.given:
        case Ranked() as ranked:
            return not count_selected(ranked).any()
        case Pairs(selects, cares):
            return not (selects & cares).any()
        case _:
            assert_never(match.given)


def count_most_selected(match: Matching) -> int:
    """How many key values any query selects, at most."""
    match match.given:
        case Ranked() as ranked:
            return int(count_selected(ranked).max(initial=0))
        case Pairs(selects):
            return int(selects.sum(axis=1).max(initial=0))
        case _:
            assert_never(match.given)
