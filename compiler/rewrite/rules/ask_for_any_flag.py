"""Ask whether a flag stands anywhere, not how large a part of the positions has it.

    aggregate(s, f, 0) > 0      becomes     aggregate(s and select(f, 1, ==), 1, 0) > 0      (f is 0 or 1)
    aggregate(s, f, 0) == 0     becomes     aggregate(s and select(f, 1, ==), 1, 0) == 0

A mean weighs all positions that are selected alike, for which an order takes a column for each of its values; that any
position is selected a head finds by one that wins. Falls: the number of means that are only compared with 0.
"""

from compiler.analysis.infer import Analysis
from compiler.selector_facts.selectors import contains_best, flatten_and, make_full_selector
from rasp.graph.nodes import Aggregate, And, Constant, Map, Node, Select
from rasp.values import is_zero, make_const


def ask_for_any_flag(analysis: Analysis, node: Node) -> Node | None:
    """The rule."""
    match node:
        case Node(Map("gt" | "ne" | "eq" | "le"), (mean, Node(Constant(zero)))) if is_zero(zero.value):
            found = find_flag(analysis, mean)
            return None if found is None else analysis.graph.add(node.op, found, node.args[1])
        case Node(Map("lt" | "ne" | "eq" | "ge"), (Node(Constant(zero)), mean)) if is_zero(zero.value):
            found = find_flag(analysis, mean)
            return None if found is None else analysis.graph.add(node.op, node.args[0], found)
        case _:
            return None


def find_flag(analysis: Analysis, mean: Node) -> Node | None:
    """1 where a mean of flags is above 0, else 0; None for what is no such mean."""
    if not isinstance(mean.op, Aggregate) or not is_zero(mean.op.default.value):
        return None
    selector, flag = mean.args
    everywhere = flatten_and(selector) == [make_full_selector(analysis.graph)]
    if everywhere or isinstance(flag.op, Constant) or contains_best(selector):
        return None
    if not all(type(value) in (int, float) and value in (0, 1) for value in analysis.domain(flag).values):
        return None
    graph = analysis.graph
    flagged = graph.add(And(), selector, graph.add(Select("=="), flag, graph.constant(1)))
    return graph.add(Aggregate(make_const(0)), flagged, graph.constant(1))
