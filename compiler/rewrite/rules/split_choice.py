"""Take a choice between numbers apart where all that it depends on has too many combinations.

    a if c else b      becomes      (a if c else 0) + (0 if c else b)        for whole numbers a and b

A choice is looked up with all that its condition and both branches depend on, at once. Of one branch, the other being 0,
a look-up is nothing but a gate: a bend or two, whatever values it lets through; and the sum is free. So it is for choices
of which each branch has far fewer combinations with the condition than both have together. Sound where both branches have
a value, which `make_total` gives them. Falls: the combinations of all choices.
"""

from compiler.analysis.combinations import count_combinations
from compiler.analysis.infer import Analysis
from compiler.options import CompileError
from rasp.graph.nodes import Map, Node
from rasp.values import find_kind

MANY_COMBINATIONS = 52_000
"""Combinations up to which a choice is looked up whole: that is mostly smaller, while it is not too much work."""
FEWER = 4
"""How many times fewer combinations each branch has to have."""


def split_choice(analysis: Analysis, node: Node) -> Node | None:
    """The rule."""
    if node.op != Map("if"):
        return None
    try:
        many = count_combinations(analysis, *node.args) > MANY_COMBINATIONS
        apart = take_apart(analysis, node) if many else node
    except CompileError:  # lowering says it with more context
        return None
    return None if apart is node else apart


def take_apart(analysis: Analysis, node: Node) -> Node:
    """A choice as a sum, and so the choices in its branches; what does not come apart as it is."""
    if node.op != Map("if") or not comes_apart(analysis, *node.args):
        return node
    graph, zero = analysis.graph, analysis.graph.constant(0)
    condition, yes, no = node.args
    return graph.map(
        "add",
        graph.map("if", condition, take_apart(analysis, yes), zero),
        graph.map("if", condition, zero, take_apart(analysis, no)),
    )


def comes_apart(analysis: Analysis, condition: Node, yes: Node, no: Node) -> bool:
    """Whether a choice between whole numbers has far fewer combinations with either branch alone."""
    together = count_combinations(analysis, condition, yes, no)
    apart = max(count_combinations(analysis, condition, branch) for branch in (yes, no))
    return FEWER * apart <= together and all(is_whole(analysis, branch) for branch in (yes, no))


def is_whole(analysis: Analysis, branch: Node) -> bool:
    """Whether all values are ints."""
    domain = analysis.domain(branch)
    return {find_kind(value) for value in domain.values} == {"int"} and not domain.floats
