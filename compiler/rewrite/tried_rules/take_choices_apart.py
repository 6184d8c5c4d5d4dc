"""Make a choice between numbers a sum of gates.

    a if c else b                    becomes     (a if c else 0) + (b if not (c) else 0)
    a if c else (b if d else e)      becomes     (a if c else 0) + (b if not (c) and d else 0) + …

for whole numbers. A choice is looked up with all that its conditions and branches depend on, at once. Of one branch, or
else 0, a look-up is nothing but a gate: a bend or two, whatever values it lets through; and the sum is free. So it is for
choices of which each branch has far fewer combinations with the condition than both have together. Sound where both
branches have a value, which `make_total` gives them. Mostly, but not always, that is smaller. Falls: the combinations of
all choices.
"""

from functools import reduce

from compiler.analysis.combinations import count_combinations
from compiler.analysis.infer import Analysis
from compiler.options import CompileError
from rasp.graph.nodes import Constant, Map, Node
from rasp.values import find_kind, is_zero

FEWER = 4
"""How many times fewer combinations each branch has to have."""


def take_choices_apart(analysis: Analysis, node: Node) -> Node | None:
    """The rule."""
    graph, zero = analysis.graph, analysis.graph.constant(0)
    try:
        cases = list_cases(analysis, node)
    except CompileError:  # lowering says it with more context
        return None
    gated = [graph.map("if", guard, branch, zero) for guard, branch in cases if guard is not None]
    return reduce(lambda total, case: graph.map("add", total, case), gated) if len(cases) > 1 else None


def list_cases(analysis: Analysis, node: Node, guard: Node | None = None) -> list[tuple[Node | None, Node]]:
    """What a choice, and the choices in its branches, come apart into: when a branch is chosen, and the branch."""
    if node.op == Map("if") and comes_apart(analysis, *node.args):
        condition, yes, no = node.args
        both = [(condition, yes), (analysis.graph.map("not", condition), no)]
        return [c for now, branch in both for c in list_cases(analysis, branch, unite(analysis, guard, now))]
    if guard is not None and is_gated(node):
        if node.op == Map("add"):
            return [case for arg in node.args for case in list_cases(analysis, arg, guard)]
        return list_cases(analysis, node.args[1], unite(analysis, guard, node.args[0]))
    return [(guard, node)]


def unite(analysis: Analysis, guard: Node | None, condition: Node) -> Node:
    """Both at once."""
    return condition if guard is None else analysis.graph.map("and", guard, condition)


def is_gated(node: Node) -> bool:
    """Whether this is something or 0, or a sum of such: what was taken apart before."""
    match node:
        case Node(Map("if"), (_, _, Node(Constant(zero)))):
            return is_zero(zero.value)
        case Node(Map("add"), terms):
            return all(is_gated(term) for term in terms)
        case _:
            return False


def comes_apart(analysis: Analysis, condition: Node, yes: Node, no: Node) -> bool:
    """Whether a choice between whole numbers has far fewer combinations with either branch alone."""
    together = count_combinations(analysis, condition, yes, no)
    apart = max(count_combinations(analysis, condition, branch) for branch in (yes, no))
    return FEWER * apart <= together and all(is_whole(analysis, branch) for branch in (yes, no))


def is_whole(analysis: Analysis, node: Node) -> bool:
    """Whether all values are ints."""
    match node:
        case Node(Map("add"), terms):  # what was taken apart may have too many combinations to be listed
            return all(is_whole(analysis, term) for term in terms)
        case _:
            domain = analysis.domain(node)
            return {find_kind(value) for value in domain.values} == {"int"} and not domain.floats
