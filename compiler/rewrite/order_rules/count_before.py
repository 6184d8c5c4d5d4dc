"""Under causal attention, count the earlier positions as all visible ones but one's own.

    selector_width(s and select(indices, indices, <))     becomes     selector_width(s) - indicator(s selects itself)
    aggregate(s and select(indices, indices, <), c, d)    becomes     c if that is positive else d       (c constant)

The causal mask gives `<=` on positions for nothing, while `<` costs a column for every position. Falls: the number of
strict comparisons of positions under widths.
"""

from functools import reduce

from compiler.analysis.infer import Analysis
from compiler.selector_facts.selector_formula import Comparison, normalise_selector
from compiler.selector_facts.selectors import contains_best, flatten_and, make_diagonal, make_full_selector
from rasp.graph.nodes import Aggregate, And, Constant, Indices, Node, Width


def count_before(analysis: Analysis, node: Node) -> Node | None:
    """The rule."""
    if not analysis.causal or not isinstance(node.op, Width | Aggregate) or contains_best(node.args[0]):
        return None
    rest = without_strict(analysis, node.args[0])
    if rest is None:
        return None
    graph = analysis.graph
    itself = make_diagonal(analysis, normalise_selector(rest))
    own = graph.constant(1) if analysis.always(itself) else graph.map("indicator", itself)
    earlier = graph.map("sub", graph.add(Width(), rest), own)
    match node.op:
        case Width():
            return earlier
        case Aggregate(default) if isinstance(node.args[1].op, Constant):
            some = graph.map("gt", earlier, graph.constant(0))
            return graph.map("if", some, node.args[1], graph.add(Constant(default)))
        case _:
            return None


def without_strict(analysis: Analysis, selector: Node) -> Node | None:
    """The selector without its comparison `indices < indices`; None when it has none."""
    indices = analysis.graph.add(Indices())
    strict = Comparison("<", indices, indices)
    parts = flatten_and(selector)
    rest = [part for part in parts if normalise_selector(part) != strict]
    if len(rest) == len(parts):
        return None
    return (
        reduce(lambda a, b: analysis.graph.add(And(), a, b), rest)
        if rest
        else make_full_selector(analysis.graph)
    )
