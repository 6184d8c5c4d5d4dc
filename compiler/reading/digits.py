"""Counts over an order of many values, by binary digits: several heads of few columns for one of very many.

A count needs equal scores wherever its selector selects, and an order on m values then takes m - 1 query and key columns
(`compiler/factorings/relations.py`). But r < t holds in exactly one of these ways, for a digit d:

    the digits of r and t above d agree, d of r is 0, and d of t is 1.

Selectors that exclude one another have counts that add up; linear counts (`compiler/numerics/count_precision.py`) do so
in the residual stream, for nothing. So m values take log2(m) heads, whose columns are equalities and one step, and the
residual stream carries digits, of which there are log2(m) as well.
"""

import itertools
import math
from dataclasses import dataclass
from functools import reduce
from typing import assert_never

import numpy as np

from compiler.blocks.form import Variable, Vector
from compiler.domains.facts import Facts
from compiler.factorings.value_codes import number_order
from compiler.selector_facts.matching import build_matching, number_values
from compiler.selector_facts.selector_formula import normalise_selector
from compiler.selector_facts.selectors import (
    bound_width,
    contains_best,
    flatten_and,
    list_operands,
    make_full_selector,
)
from compiler.selector_facts.told_counts import Told, read_by_value, read_told_counts
from rasp.graph.nodes import Aggregate, And, Constant, Indices, Map, Node, Select, Tokens, Width

MANY_KINDS = 24
"""Kinds of rows that an order has where several heads by its digits are about as large as one with a column for each."""
WAY_WORK = 300
"""Finding one more selector that a count is split into, for each that was found already, in cells (`compiler/effort.py`):
hundreds take next to nothing, thousands more than there is."""


@dataclass(frozen=True)
class OrderSplit:
    """Orders with more than so many kinds of rows are counted by the digits of their numbers in a base, of which each is an
    order with as many kinds."""

    most_kinds: float = MANY_KINDS
    base: int = 2


HALVES = OrderSplit()
WHOLE = OrderSplit(math.inf)
"""No order is taken apart."""


@dataclass(frozen=True, eq=False)
class Order:
    """A part of a selector, with s-ops and a whole number for each of their values: it selects where the key's is less, or
    equal where that is `inclusive`."""

    part: Node
    key: tuple[Node, Vector]
    query: tuple[Node, Vector]
    inclusive: bool = False

    @property
    def kinds(self) -> int:
        """How many different rows it has."""
        return len(np.unique(self.query[1]))


def list_ways(analysis: Facts, selector: Node, split: OrderSplit) -> tuple[Node, ...]:
    """Selectors that exclude one another and select together what a selector does."""
    assert split.most_kinds >= split.base >= 2
    return analysis.once(f"ways {split}", selector, lambda node: split_widest(analysis, node, split))


def split_widest(analysis: Facts, selector: Node, split: OrderSplit) -> tuple[Node, ...]:
    """The same, worked out anew: by the order with the most kinds, and each way again by those that are left."""
    orders = [order for order in find_orders(analysis, selector) if order.kinds > split.most_kinds]
    if not orders:
        return (selector,)
    widest = max(orders, key=lambda order: order.kinds)
    graph = analysis.graph
    rest = [part for part in flatten_and(selector) if part is not widest.part]
    found: list[Node] = []
    for way in digit_selectors(analysis, widest, split.base):
        whole = reduce(lambda a, b: graph.add(And(), a, b), [way, *rest])
        # A way selects no more than all do together: that need not be found out for each.
        analysis.once("most", whole, lambda _: bound_width(analysis, selector))
        analysis.effort.spend(graph, selector, WAY_WORK * analysis.effort.number("ways"), "ways")
        found += list_ways(analysis, whole, split)
    return tuple(found)


def list_leaf_operands(analysis: Facts, leaf: Node, split: OrderSplit) -> list[Node]:
    """The s-ops that the heads of a leaf read."""
    match leaf.sequence_op:
        case Width():
            return list_operands(list_ways(analysis, leaf.args[0], split))
        case Aggregate():
            return list_operands(leaf.args)
        case Tokens() | Indices() | Constant() | Map():  # no head is for these
            return []
        case _:
            assert_never(leaf.sequence_op)


def find_orders(analysis: Facts, selector: Node) -> list[Order]:
    """The parts of a selector that are orders."""
    return analysis.once("orders", selector, lambda node: look_for_orders(analysis, node))


def look_for_orders(analysis: Facts, selector: Node) -> list[Order]:
    """The same, worked out anew."""
    if contains_best(selector):
        return []
    found: list[Order] = []
    for part in flatten_and(selector):
        match = build_matching(analysis, normalise_selector(part))
        codes = number_order(match)
        if codes is not None:
            limits, ranks = codes
            # Where key and query are one s-op, so are their digits if both have the same numbers.
            inclusive = match.key is match.query and np.array_equal(limits, ranks)
            limits = limits if inclusive else limits + 1
            lowest = min(limits.min(), ranks.min())
            found.append(Order(part, (match.key, ranks - lowest), (match.query, limits - lowest), inclusive))
    return found


def digit_selectors(analysis: Facts, order: Order, base: int) -> tuple[Node, ...]:
    """Selectors that exclude one another, of which one holds where the order selects. The highest digit comes first: each
    way then compares the digits that the ones before compared, and one more."""
    graph, key, query = analysis.graph, order.key, order.query
    largest = int(max(key[1].max(), query[1].max()))
    digits = next(count for count in itertools.count() if base**count > largest)
    ways: list[Node] = []
    for digit in reversed(range(digits)):
        unit = base**digit
        step = [
            number_values(analysis, node, codes.astype(int) // unit % base) for node, codes in (key, query)
        ]
        above = [
            number_values(analysis, node, codes.astype(int) // unit // base) for node, codes in (key, query)
        ]
        lower = graph.add(Select("<=" if order.inclusive and not digit else "<"), *step)
        ways.append(graph.add(And(), graph.add(Select("=="), *above), lower) if digit + 1 < digits else lower)
    return tuple(ways)


def list_counted(
    analysis: Facts, variable: Variable, split: OrderSplit, *, tallied: bool
) -> list[tuple[Node, Told | None]]:
    """Selectors of the heads that count together, and what each adds up instead of ones."""
    if variable.role == "tally":
        return [(make_full_selector(analysis.graph), read_told_counts(analysis, variable.node))]
    found: list[tuple[Node, Told | None]] = []
    for way in list_ways(analysis, variable.node.args[0], split):
        told = read_by_value(analysis, way) if tallied else None
        found.append((make_full_selector(analysis.graph) if told else way, told))
    return found
