"""Take a default apart that a mean cannot carry.

    aggregate(s, v, True)     becomes     aggregate(s, v, 0) if aggregate(s, 1, 0) > 0 else True

when v is averaged: attention delivers a mean as one number, in which `True` would be the same as 1, and beside 10^18 or
10^-18 float32 could not tell it from other numbers. Falls: the number of means with such defaults.
"""

from compiler.analysis.infer import Analysis
from compiler.limits import DEFAULT
from compiler.selector_facts.selectors import selects_always
from rasp.graph.nodes import Aggregate, Constant, Node
from rasp.values import Atom, make_const


def split_default(analysis: Analysis, node: Node) -> Node | None:
    """The rule."""
    match node.op, node.args:
        case Aggregate(default), (selector, value) if not blends_in(default.value):
            if analysis.transports(node) or selects_always(analysis, selector):
                return None
            graph, zero = analysis.graph, make_const(0)
            found = graph.add(Aggregate(zero), selector, graph.constant(1))
            mean = graph.add(Aggregate(zero), selector, value)
            positive = graph.map("gt", found, graph.constant(0))
            return graph.map("if", positive, mean, graph.add(Constant(default)))
        case _:
            return None


def blends_in(default: Atom) -> bool:
    """Whether a default can stand among means: a string (numbered apart from them), or a number of moderate size."""
    if isinstance(default, str):
        return True
    return not isinstance(default, bool) and (default == 0 or 1 / DEFAULT.most < abs(default) < DEFAULT.most)
