"""Compare two means over one selector by the mean of their difference.

    aggregate(s, v) - aggregate(s, w) < 0     becomes     aggregate(s, v - w) < 0
    aggregate(s, v) < aggregate(s, w)         becomes     aggregate(s, v - w) < 0

and likewise for the other comparisons, where v and w are whole numbers. The values stay two means, because quotients are
rounded: 5/6 - 2/6 is not 1/2. What a comparison tells does not: over the same m positions v and w add up to whole numbers
without rounding, two that differ have quotients by m that differ, in the same order, as long as they are below 2**52, and
the difference of two floats is 0 only if they are equal. So one head and one fraction do for two, of whose pairs of
values there are many times more. Falls: the number of comparisons of two means.
"""

from compiler.analysis.infer import Analysis
from rasp.graph.nodes import Aggregate, Constant, Map, Node
from rasp.graph.primitives import TESTS
from rasp.values import Atom, is_zero, make_const

EXACT = 2**52
"""Below it, neighbouring whole numbers have different quotients by the same number."""


def compare_means(analysis: Analysis, node: Node) -> Node | None:
    """The rule."""
    if not isinstance(node.op, Map) or node.op.prim not in TESTS.values():
        return None
    match list_compared(node):
        case Node(Aggregate(first), (selector, v)), Node(Aggregate(second), (same, w)) if selector is same:
            numbers = [first.value, second.value, *analysis.domain(v).values, *analysis.domain(w).values]
            if not all(is_whole(number, EXACT / analysis.max_length) for number in numbers):
                return None
            graph = analysis.graph
            default = make_const(int(first.value) - int(second.value))  # type: ignore[arg-type]
            mean = graph.add(Aggregate(default), selector, graph.map("sub", v, w))
            return graph.map(node.op.prim, mean, graph.constant(0))
        case _:
            return None


def list_compared(node: Node) -> tuple[Node, Node]:
    """The two sides of a comparison; of a difference compared with 0, what it is between."""
    match node.args:
        case Node(Map("sub"), (first, second)), Node(Constant(zero)) if is_zero(zero.value):
            return first, second
        case Node(Constant(zero)), Node(Map("sub"), (first, second)) if is_zero(zero.value):
            return second, first
        case first, second:
            return first, second
        case _:
            raise AssertionError(node)


def is_whole(value: Atom, most: float) -> bool:
    """Whether a value is a whole number, at most so large."""
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and abs(value) <= most
        and value == int(value)
    )
