"""Bring `best` to the top of its selector.

    not best(s, v)        becomes     not select(indices, aggregate(best(s, v), indices, -1), ==)

and likewise below `and` and `or`. A head can pick the best position by its score, but not in the middle of
a boolean combination; the position that was picked can be computed first and compared with. Falls: the number of
`best` inside other selectors. (`best` of a `best` is the inner one: it has at most one position to choose from. And the
width of a `best` is 1 where there is anything to choose from: its logits are ranks, which cannot be counted.)
"""

from compiler.analysis.infer import Analysis
from rasp.graph.nodes import Aggregate, And, Best, Indices, Node, Not, Or, Select, Width
from rasp.values import make_const


def place_best(analysis: Analysis, node: Node) -> Node | None:
    """The rule."""
    match node.op:
        case Best() if isinstance(node.args[0].op, Best):
            return node.args[0]
        case Width() if isinstance(node.args[0].op, Best):
            some = analysis.graph.add(
                Aggregate(make_const(0)), node.args[0].args[0], analysis.graph.constant(1)
            )
            return analysis.graph.map("indicator", some)
        case Not() | And() | Or() if any(isinstance(arg.op, Best) for arg in node.args):
            return analysis.graph.add(node.op, *(compared(analysis, arg) for arg in node.args))
        case _:
            return None


def compared(analysis: Analysis, selector: Node) -> Node:
    """A `best` as a comparison of positions with the picked one; -1 is no position."""
    if not isinstance(selector.op, Best):
        return selector
    graph = analysis.graph
    indices = graph.add(Indices())
    picked = graph.add(Aggregate(make_const(-1)), selector, indices)
    return graph.add(Select("=="), indices, picked)
