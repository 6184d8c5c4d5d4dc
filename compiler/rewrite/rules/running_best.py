"""Find the best so far by where each score comes first.

    aggregate(best(select(indices, indices, <=), v), v)     for a v that is 1, 2 or 5
        becomes     1 + indicator(first 2 <= indices) + 3 * indicator(first 5 <= indices)

where `first 2` is aggregate(best(select(v, 2, >=), -indices), indices, max_length): the first position that has 2 or more,
or one beyond all. So far there has been such a score if and only if its first position is not behind, and the best is the
lowest score plus the distance between neighbours for each that there has been. An order of positions below a `best` costs
columns for each of them; a first position costs a head of three columns, and the comparison a few hidden units, however
many positions there are. So it is for more positions than there are scores, and fewer than `MANY_FIRST`. Falls: the number
of `best` over orders of positions."""

from functools import reduce
from itertools import pairwise

from compiler.analysis.infer import Analysis
from compiler.selector_facts.selector_formula import Comparison, normalise_selector
from rasp.graph.nodes import Aggregate, Best, Indices, Node, Select
from rasp.values import find_kind, make_const

MANY_POSITIONS = 2
"""How many times as many positions as scores there are where heads for scores are smaller than columns for positions."""
MANY_FIRST = 317
"""First positions are compared with all: that takes work with the square of the length, and met the limit of memory at
512."""
FEW_SCORES = 32


def find_running_best(analysis: Analysis, node: Node) -> Node | None:
    """The rule."""
    match node:
        case Node(Aggregate(), (Node(Best(), (selector, score)), value)) if value is score:
            graph = analysis.graph
            indices = graph.add(Indices())
            so_far = normalise_selector(selector) == Comparison("<=", indices, indices)
            domain = analysis.domain(score)
            many = analysis.max_length > MANY_POSITIONS * len(domain)
            many = many and analysis.max_length < MANY_FIRST
            if analysis.causal or not so_far or not many or len(domain) > FEW_SCORES:
                return None
            if {find_kind(one) for one in domain.values} != {"int"} or domain.floats:
                return None
            scores = sorted(int(value) for value in domain.values)
            parts = [count_step(analysis, score, below, above) for below, above in pairwise(scores)]
            return reduce(lambda a, b: graph.map("add", a, b), parts, graph.constant(scores[0]))
        case _:
            return None


def count_step(analysis: Analysis, score: Node, below: int, above: int) -> Node:
    """The distance between two neighbouring scores, where the one above or a higher one has been there so far; else 0."""
    graph = analysis.graph
    indices = graph.add(Indices())
    some = graph.add(Select(">="), score, graph.constant(above))
    earliest = graph.add(Best(), some, graph.map("neg", indices))
    first = graph.add(Aggregate(make_const(analysis.max_length)), earliest, indices)
    there = graph.map("indicator", graph.map("le", first, indices))
    return there if above - below == 1 else graph.map("mul", graph.constant(above - below), there)
