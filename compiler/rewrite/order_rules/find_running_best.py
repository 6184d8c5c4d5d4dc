"""Find the best so far by which scores there have been.

    aggregate(best(select(indices, indices, <=), v), v)     for a v that is 1, 2 or 5
        becomes     1 + there(2) + 3 * there(5)

where `there(2)` is aggregate(select(indices, indices, <=) and select(v, 2, >=), 1, 0): 1 where any position so far has 2 or
more. The best is the lowest score, plus the distance between neighbours for each that has been reached. An order of
positions below a `best` costs columns for each of them; that any position is selected is told by one that wins, for which
an order takes two columns, however many positions there are. So it is for more positions than scores. Falls: the number
of `best` over orders of positions."""

from functools import reduce
from itertools import pairwise

from compiler.analysis.infer import Analysis
from compiler.selector_facts.selector_formula import Comparison, normalise_selector
from rasp.graph.nodes import Aggregate, And, Best, Indices, Node, Select
from rasp.values import find_kind, make_const

MANY_POSITIONS = 1.75
"""How many times as many positions as scores there are where heads for scores are smaller than columns for positions."""
MANY_PAIRS = 12_000
"""Positions times scores above which float32 does not hold both in one score of a head."""
FEW_SCORES = 320
"""A head for each: models of many more are refused, or slow."""


def find_running_best(analysis: Analysis, node: Node) -> Node | None:
    """The rule."""
    match node:
        case Node(Aggregate(), (Node(Best(), (selector, score)), value)) if value is score:
            graph = analysis.graph
            indices = graph.add(Indices())
            so_far = normalise_selector(selector) == Comparison("<=", indices, indices)
            domain = analysis.domain(score)
            positions, scores = analysis.max_length, len(domain)
            pressing = positions >= scores and positions * scores > MANY_PAIRS
            many = positions > MANY_POSITIONS * scores or pressing
            if analysis.causal or not so_far or not many or scores > FEW_SCORES:
                return None
            if {find_kind(one) for one in domain.values} != {"int"} or domain.floats:
                return None
            steps = sorted(int(value) for value in domain.values)
            parts = [count_step(analysis, score, below, above) for below, above in pairwise(steps)]
            return reduce(lambda a, b: graph.map("add", a, b), parts, graph.constant(steps[0]))
        case _:
            return None


def count_step(analysis: Analysis, score: Node, below: int, above: int) -> Node:
    """The distance between two neighbouring scores, where the one above or a higher one has been there so far; else 0."""
    graph = analysis.graph
    indices = graph.add(Indices())
    so_far = graph.add(Select("<="), indices, indices)
    some = graph.add(Select(">="), score, graph.constant(above))
    there = graph.add(Aggregate(make_const(0)), graph.add(And(), so_far, some), graph.constant(1))
    return there if above - below == 1 else graph.map("mul", graph.constant(above - below), there)
