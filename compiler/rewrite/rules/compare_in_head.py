"""Compare two values in a head where their pairs are too many for a look-up.

    a == b        becomes        selector_width(select(indices, indices, ==) and select(a, b, ==)) > 0
    a != b        becomes        selector_width(select(indices, indices, ==) and select(a, b, ==)) == 0

and orders as equality does. A look-up lists all that both sides depend on, together. A selector compares each value with
each by rank or by digits (`compiler/factorings/relations.py`), which costs a head, but no list. Each side alone has to be
looked up, and have a value everywhere, as it has to for the comparison; what is ordered has to be of one kind, since a
selector compares the values of different positions, too. Falls: the number of comparisons that no look-up can be made of.
"""

from compiler.analysis.combinations import count_combinations
from compiler.analysis.infer import Analysis
from compiler.limits import ROWS
from compiler.options import CompileError
from compiler.selector_facts.selectors import make_own_selector
from rasp.graph.nodes import And, Map, Node, Select, Width
from rasp.graph.primitive_names import PrimName
from rasp.graph.primitives import TESTS
from rasp.values import Test, find_kind

EQUALITIES: frozenset[PrimName] = frozenset({"eq", "ne"})


def compare_in_head(analysis: Analysis, node: Node) -> Node | None:
    """The rule."""
    test: Test | None = next((test for test, prim in TESTS.items() if node.op == Map(prim)), None)
    if (
        test is None
        or is_listable(analysis, node)
        or not all(is_listable(analysis, side) for side in node.args)
    ):
        return None
    if TESTS[test] not in EQUALITIES and not are_of_one_kind(analysis, node):
        return None
    graph = analysis.graph
    # Of what differs a position can have as many kinds as there are values; of what is equal, one.
    pair = graph.add(Select("==") if test == "!=" else Select(test), *node.args)
    found = graph.add(Width(), graph.add(And(), make_own_selector(analysis.graph), pair))
    return graph.map("eq" if test == "!=" else "gt", found, graph.constant(0))


def is_listable(analysis: Analysis, node: Node) -> bool:
    """Whether all that an expression depends on can be listed; without listing it, where there are few combinations."""
    try:
        if count_combinations(analysis, node) > ROWS.most:
            analysis.table(node)
    except CompileError:
        return False
    return True


def are_of_one_kind(analysis: Analysis, node: Node) -> bool:
    """Whether all values of both sides are numbers, or all are strings."""
    values = (value for side in node.args for value in analysis.domain(side).values)
    return len({find_kind(value) == "string" for value in values}) == 1
