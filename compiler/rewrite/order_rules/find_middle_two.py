"""Find the mean of one or two ranks by asking for each.

    aggregate(select(2 * rank, length - 2, >=) and select(2 * rank, length, <=), v)     for the ranks of a sorted input
        becomes     (aggregate(select(rank, low, ==), v) + aggregate(select(rank, high, ==), v)) / 2

where `low` and `high` are the lowest and the highest rank that a row selects, of one or two: here (length - 1) / 2,
rounded down and up. Sound where rank is a permutation of all positions: each rank that there is has one position. A mean
needs equal scores wherever it selects, for which orders take a column for each rank; what is moved from one position is
found by few digits. Where a row selects one rank, an int becomes a float. Falls: the number of orders below means.
"""

import numpy as np

from compiler.analysis.infer import Analysis
from compiler.domains.domain import Ints
from compiler.options import CompileError
from compiler.selector_facts.matching import build_matching, count_most_selected, number_values
from compiler.selector_facts.orders import has_every_index
from compiler.selector_facts.selector_formula import list_comparisons, list_conjuncts, normalise_selector
from compiler.selector_facts.selectors import contains_best, is_visible_index
from rasp.graph.nodes import Aggregate, Constant, Map, Node, Select
from rasp.interpret.atom_array import AtomArray
from rasp.interpret.evaluate import apply_map
from rasp.values import Atom, find_kind

LARGE = 2**52
"""Whole numbers below this are floats as well, and so are sums of two."""


def find_middle_two(analysis: Analysis, node: Node) -> Node | None:
    """The rule."""
    if not isinstance(node.op, Aggregate) or contains_best(node.args[0]):
        return None
    selector, value = node.args
    keys = {c.key for part in list_conjuncts(selector) for c in list_comparisons(part)}
    rank = find_rank(analysis, next(iter(keys))) if len(keys) == 1 else None
    if rank is None or not all(may_be_halved(v) for v in analysis.domain(value).values):
        return None
    ends = list_ends(analysis, selector, rank)
    if ends is None or not all(is_visible_index(analysis, end) for end in ends):
        return None
    graph = analysis.graph
    moved = [graph.add(node.op, graph.add(Select("=="), rank, end), value) for end in ends]
    return graph.map("div", graph.map("add", *moved), graph.constant(2))


def may_be_halved(value: Atom) -> bool:
    """Whether a float is half the sum of it and itself: not of very large ints."""
    return find_kind(value) == "float" or (find_kind(value) == "int" and abs(value) < LARGE)  # type: ignore[operator]


def find_rank(analysis: Analysis, key: Node) -> Node | None:
    """The permutation of all positions that an expression is a function of."""
    if has_every_index(analysis, key):
        return key
    changing = [arg for arg in key.args if not isinstance(arg.op, Constant)]
    return find_rank(analysis, changing[0]) if isinstance(key.op, Map) and len(changing) == 1 else None


def list_ends(analysis: Analysis, selector: Node, rank: Node) -> tuple[Node, Node] | None:
    """The lowest and the highest rank that each row selects; None where a row may select others, too, or none, or where it
    is always one."""
    try:
        with analysis.effort.optional():
            match = build_matching(analysis, normalise_selector(selector))
            column = spread(analysis, match.key, rank)
    except CompileError:  # too many to look at
        return None
    if column.failed is not None or count_most_selected(match) > 2:
        return None
    domain = analysis.domain(match.key)
    selects = match.selects.take([domain.code(value) for value in column.atoms()], axis=1)
    many = selects.sum(axis=1)
    if many.min() < 1 or many.max() != 2:
        return None
    numbers = analysis.domain(rank).numbers().astype(np.int64)
    ends: tuple[Ints, Ints] = (
        numbers[selects.argmax(axis=1)],
        numbers[::-1][selects[:, ::-1].argmax(axis=1)],
    )
    low, high = (number_values(analysis, match.query, end) for end in ends)
    return low, high


def spread(analysis: Analysis, key: Node, rank: Node) -> AtomArray:
    """A function of a rank for each rank."""
    size = len(analysis.domain(rank))
    if key is rank:
        return analysis.domain(rank).column(np.arange(size))
    if isinstance(key.op, Constant):
        return AtomArray.from_atoms([key.op.value.value] * size)
    assert isinstance(key.op, Map), "a rank was found below it"
    return apply_map(key.op, [spread(analysis, arg, rank) for arg in key.args])
