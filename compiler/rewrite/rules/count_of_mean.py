"""Recognise counting, and adding up, by averaging.

    round(aggregate(s, v) * m)     becomes     selector_width(s and select(v, 1, ==))

when v is 0 or 1, s selects exactly m positions, and the mean's default times m rounds to 0 where it selects none.
That is how RASP programs count prefixes (`m` is `indices + 1`). For other whole numbers it becomes the sum of c times the
width for v = c. Sums and differences of such means become those of the counts: their roundings add up to much less than
a half. As a mean times a position it is a product of two variables, with a case for every pair; as counts it is one linear
number. Falls: the number of aggregates.
"""

from functools import reduce

import numpy as np

from compiler.analysis.infer import Analysis
from compiler.limits import COUNTED_VALUES
from compiler.selector_facts.selectors import bound_widths
from rasp.graph.nodes import Aggregate, And, Map, Node, Select, Width
from rasp.values import Atom

MEANS, LARGEST = 8, 2.0**30
"""So many means of so large numbers may be added up."""


def count_of_mean(analysis: Analysis, node: Node) -> Node | None:
    """The rule."""
    match node.op, node.args:
        case Map("round"), (Node(Map("mul"), (a, b)),):
            return count_sum(analysis, a, b) or count_sum(analysis, b, a)
        case _:
            return None


def count_sum(analysis: Analysis, node: Node, size: Node) -> Node | None:
    """A mean over `size` positions, or a sum of such, times `size`. Of several all values are at most 2^30: those of up to
    8 means of 2^12 are then off by 8 · 2^30 · 2^12 roundings of 2^-52 for each step at most, together by 1/16."""
    means = list_means(node)
    if not all(isinstance(mean.op, Aggregate) and counts(analysis, mean, size) for mean in means):
        return None
    if len(means) > 1 and (len(means) > MEANS or max(largest(analysis, mean) for mean in means) > LARGEST):
        return None
    return replace_means(analysis, node)


def list_means(node: Node) -> list[Node]:
    """What a sum adds up and subtracts."""
    match node:
        case Node(Map("add" | "sub"), (left, right)):
            return list_means(left) + list_means(right)
        case _:
            return [node]


def replace_means(analysis: Analysis, node: Node) -> Node:
    """The same sum of what the means count."""
    match node:
        case Node(Map("add" | "sub" as prim), (left, right)):
            graph = analysis.graph
            return graph.map(prim, replace_means(analysis, left), replace_means(analysis, right))
        case _:
            return count_total(analysis, node)


def largest(analysis: Analysis, mean: Node) -> float:
    """The size of what a mean averages."""
    return float(np.abs(analysis.domain(mean.args[1]).numbers()).max())


def count_total(analysis: Analysis, mean: Node) -> Node:
    """The sum of the values at selected positions, as counts of each."""
    graph = analysis.graph
    selector, value = mean.args
    terms: list[Node] = []
    for number in analysis.domain(value).values:
        if number:
            chosen = graph.add(And(), selector, graph.add(Select("=="), *occurrence(analysis, value, number)))
            width = graph.add(Width(), chosen)
            terms.append(width if number == 1 else graph.map("mul", graph.constant(int(number)), width))
    return reduce(lambda a, b: graph.map("add", a, b), terms) if terms else graph.constant(0)


def occurrence(analysis: Analysis, value: Node, number: Atom) -> tuple[Node, Node]:
    """What to compare with what, to find where an expression has a value: its only leaf, if that has one value there, so
    that sums of different functions of one leaf count alike."""
    table, graph = analysis.table(value), analysis.graph
    if len(table.leaves) == 1:
        there = table.codes[table.values == table.domain.code(number), 0]
        codes = np.flatnonzero(np.isin(table.stands_for[0], there))
        if len(codes) == 1:
            leaf = table.leaves[0]
            return leaf, graph.constant(analysis.domain(leaf).values[int(codes[0])])
    return value, graph.constant(number)


def counts(analysis: Analysis, mean: Node, size: Node) -> bool:
    """Whether `mean` averages a few whole numbers over exactly `size` positions."""
    selector = mean.args[0]
    assert isinstance(mean.op, Aggregate)
    if (
        analysis.sees_tokens(selector)
        or analysis.sees_tokens(size)
        or not has_few_whole_numbers(analysis, mean)
    ):
        return False
    _, low, _ = bound_widths(analysis, selector)
    width = analysis.graph.add(Width(), selector)
    right = analysis.graph.map("eq", size, width)
    if low.min() == 0:  # where nothing is selected the mean is its default, which must not count
        if mean.op.default.value != 0:
            return False
        right = analysis.graph.map("or", right, analysis.graph.map("eq", width, analysis.graph.constant(0)))
    return analysis.always(right)


def has_few_whole_numbers(analysis: Analysis, mean: Node) -> bool:
    """Whether what `mean` averages are whole numbers, and few."""
    values = analysis.domain(mean.args[1]).values
    return len(values) <= COUNTED_VALUES.most and all(type(v) in (int, float) and v == int(v) for v in values)
