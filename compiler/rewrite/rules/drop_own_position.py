"""Read a position's own value where attention brings nothing else.

    aggregate(select(tokens, tokens, ==), f(tokens))                  becomes     f(tokens)
    aggregate(select(indices, indices, ==) and s, v, d)               becomes     v if (s selects itself) else d
    selector_width(select(indices, indices, ==) and s)                becomes     indicator(s selects itself)

An average of equal numbers is that number when their sums are exact, so the first form holds for every v that is the same
at all positions that a row selects, its own among them; the others for every selector of at most the own position.
What a selector says of a position and itself is elementwise. Falls: the number of attention results.
"""

from functools import reduce

from compiler.analysis.infer import Analysis
from compiler.domains.means import is_own_average
from compiler.rewrite.rules.compare_in_head import is_listable
from compiler.selector_facts.selector_formula import list_conjuncts
from compiler.selector_facts.selectors import (
    contains_best,
    make_diagonal,
    selects_equal_values,
    selects_only_itself,
)
from rasp.graph.nodes import Aggregate, Constant, Node, Width
from rasp.values import find_kind


def drop_own_position(analysis: Analysis, node: Node) -> Node | None:
    """The rule."""
    if not isinstance(node.op, Width | Aggregate) or contains_best(node.args[0]):
        return None
    selector, graph = node.args[0], analysis.graph
    itself = selects_itself(analysis, selector)
    match node.op:
        case Width() if selects_only_itself(analysis, selector) and is_listable(analysis, itself):
            return graph.map("indicator", itself)
        case Aggregate(default) if selects_only_itself(analysis, selector):
            value = node.args[1]
            return value if is_true(itself) else graph.map("if", itself, value, graph.add(Constant(default)))
        case Aggregate() if is_true(itself) and averaged_to_itself(analysis, selector, node.args[1]):
            return node.args[1]
        case _:
            return None


def selects_itself(analysis: Analysis, selector: Node) -> Node:
    """Whether a position selects itself, without what is always so."""
    parts = [make_diagonal(analysis, part) for part in list_conjuncts(selector)]
    open_parts = [part for part in parts if not analysis.always(part)]
    return reduce(lambda a, b: analysis.graph.map("and", a, b), open_parts or [analysis.graph.constant(True)])


def is_true(node: Node) -> bool:
    return isinstance(node.op, Constant)


def averaged_to_itself(analysis: Analysis, selector: Node, value: Node) -> bool:
    """Whether the values that a row selects are all like its own, and so is their mean, if they have one."""
    if not selects_equal_values(analysis, selector, value):
        return False
    values = analysis.domain(value).values
    if len(set(values)) < len(values):  # `==` cannot tell 1 from True
        return False
    kinds = {find_kind(v) for v in values}
    if kinds <= {"string"} or kinds <= {"bool"}:  # of several there is no mean
        return True
    return kinds <= {"int", "float"} and is_own_average(values, analysis.max_length)
