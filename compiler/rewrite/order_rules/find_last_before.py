"""Find the last of some positions up to one's own by its number.

    aggregate(best(s and select(indices, indices, <=), indices), v, d)
        becomes     aggregate(s and select(before, before + indicator(s selects itself) - 1, ==), v, d)

where `before` is selector_width(s and select(indices, indices, <)): the number of each position among those that s leaves.
The last of them up to mine has the number of those before me, less one, or mine if I am one myself. For `<` it is never
mine; from the right likewise, for `-indices` with `>=` or `>`. Sound where s asks the same of all rows, or for positions
alike. An order of positions below a `best` costs columns for each of them, a count over one costs few
(`compiler/reading/digits.py`), but may take a layer more: so it is for many positions. Falls: the number of `best` over
orders of positions.
"""

from functools import reduce

from compiler.analysis.infer import Analysis
from compiler.selector_facts.selector_formula import Comparison, make_junction, normalise_selector
from compiler.selector_facts.selectors import flatten_and, make_diagonal, selects_by_class
from rasp.graph.nodes import Aggregate, And, Best, Indices, Map, Node, Select, Width
from rasp.values import Test

MANY_POSITIONS = 40
"""Positions up to which a column for each is smaller than counts, or hardly larger."""
NEAREST: dict[bool, tuple[Test, Test]] = {False: ("<=", "<"), True: (">=", ">")}
"""Comparisons of positions with one's own of which the highest, or the lowest (`True`), is the nearest."""
STRICT: dict[Test, Test] = {"<=": "<", "<": "<", ">=": ">", ">": ">"}


def find_last_before(analysis: Analysis, node: Node) -> Node | None:
    """The rule."""
    if analysis.causal or analysis.max_length <= MANY_POSITIONS:
        return None
    match node:
        case Node(Aggregate(), (Node(Best(), (selector, score)), value)):
            found = split_order(analysis, selector, score)
            if found is None:
                return None
            test, rest = found
            return analysis.graph.add(node.op, select_last(analysis, test, rest), value)
        case _:
            return None


def split_order(analysis: Analysis, selector: Node, score: Node) -> tuple[Test, list[Node]] | None:
    """How a selector compares positions, if `score` is highest for the nearest of those, and its other parts."""
    indices = analysis.graph.add(Indices())
    backwards = score.op == Map("neg") and score.args == (indices,)
    if score is not indices and not backwards:
        return None
    tests = NEAREST[backwards]
    parts = {part: normalise_selector(part) for part in flatten_and(selector)}
    found: list[Test] = [test for test in tests if Comparison(test, indices, indices) in parts.values()]
    if len(found) != 1:
        return None
    rest = [part for part, formula in parts.items() if formula != Comparison(found[0], indices, indices)]
    if not rest or not all(selects_by_class(parts[part]) for part in rest):
        return None
    return found[0], rest


def select_last(analysis: Analysis, test: Test, rest: list[Node]) -> Node:
    """The last position that the rest leaves, of those that compare so with one's own."""
    graph = analysis.graph
    indices = graph.add(Indices())
    order = graph.add(Select(STRICT[test]), indices, indices)
    before = graph.add(Width(), reduce(lambda a, b: graph.add(And(), a, b), [*rest, order]))
    number = before
    if test not in STRICT.values():
        whole = make_junction(True, tuple(normalise_selector(part) for part in rest))
        number = graph.map("add", number, graph.map("indicator", make_diagonal(analysis, whole)))
    number = graph.map("sub", number, graph.constant(1))
    return reduce(lambda a, b: graph.add(And(), a, b), [*rest, graph.add(Select("=="), before, number)])
