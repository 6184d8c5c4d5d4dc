"""Take a disjunction over several variables apart.

    selector_width(a or b)          becomes     selector_width(a) + selector_width(b) - selector_width(a and b)
    aggregate(a or b, c, d)         becomes     c if has_focus(a) or has_focus(b) else d              (c constant)
    aggregate(a or b, v)            becomes     selector_width((a or b) and v) / selector_width(a or b)   (v is 0 or 1)
    (a or b) and v                  becomes     v                                                  where v implies b

A head scores conjunctions for nothing, but for a disjunction of comparisons of different variables it would need a table of
all their combinations, which takes an MLP before the attention. Falls: the number of such disjunctions under widths and
aggregates.
"""

from compiler.analysis.infer import Analysis
from compiler.rewrite.rules.split_width import excludes_each_other
from compiler.selector_facts.selector_formula import list_comparisons, normalise_selector
from compiler.selector_facts.selectors import contains_best
from rasp.graph.nodes import Aggregate, And, Constant, Node, Not, Or, Select, Width


def split_or(analysis: Analysis, node: Node) -> Node | None:
    """The rule."""
    match node.op, node.args:
        case Width(), (Node(Or(), (a, b)) as either,) if mixed(analysis, either):
            return inclusion(analysis, a, b)
        case Aggregate(), (Node(Or()) as either, value) if mixed(analysis, either):
            if isinstance(value.op, Constant):
                return anywhere(analysis, node)
            return ratio(analysis, node) if zero_or_one(analysis, value) else None
        case And(), (a, b):
            return absorbed(analysis, a, b) or absorbed(analysis, b, a)
        case _:
            return None


def mixed(analysis: Analysis, either: Node) -> bool:
    """Whether a disjunction compares functions of several variables on its key or query side."""
    if contains_best(either):
        return False
    atoms = list_comparisons(normalise_selector(either))
    keys = {leaf for atom in atoms for leaf in analysis.leaves(atom.key)}
    queries = {leaf for atom in atoms for leaf in analysis.leaves(atom.query)}
    return len(keys) > 1 or len(queries) > 1


def zero_or_one(analysis: Analysis, value: Node) -> bool:
    """Whether every value is the number 0 or 1."""
    return all(type(v) in (int, float) and v in (0, 1) for v in analysis.domain(value).values)


def inclusion(analysis: Analysis, a: Node, b: Node) -> Node:
    """Inclusion and exclusion."""
    graph = analysis.graph
    both = graph.add(Width(), graph.add(And(), a, b))
    return graph.map("sub", graph.map("add", graph.add(Width(), a), graph.add(Width(), b)), both)


def anywhere(analysis: Analysis, node: Node) -> Node:
    """An aggregate of a constant only asks whether anything is selected."""
    graph = analysis.graph
    (either, value), default = node.args, node.op
    assert isinstance(default, Aggregate)
    zero = graph.constant(0)
    found = [graph.map("gt", graph.add(Width(), part), zero) for part in either.args]
    return graph.map("if", graph.map("or", *found), value, graph.add(Constant(default.default)))


def ratio(analysis: Analysis, node: Node) -> Node:
    """A mean of zeros and ones as a quotient of counts."""
    graph = analysis.graph
    (selector, value), op = node.args, node.op
    assert isinstance(op, Aggregate)
    ones = graph.add(Select("=="), value, graph.constant(1))
    chosen, count = graph.add(Width(), graph.add(And(), selector, ones)), graph.add(Width(), selector)
    empty = graph.map("eq", count, graph.constant(0))
    divisor = graph.map("if", empty, graph.constant(1), count)
    several = graph.map("div", chosen, divisor)
    mean = graph.map("if", graph.map("eq", count, graph.constant(1)), chosen, several)  # of one, an int
    return graph.map("if", empty, graph.add(Constant(op.default)), mean)


def absorbed(analysis: Analysis, a: Node, b: Node) -> Node | None:
    """`a and b` where b implies a, or implies one side of the disjunction a."""
    parts = a.args if isinstance(a.op, Or) else (a,)
    if contains_best(a) or contains_best(b):
        return None
    if any(excludes_each_other(analysis, analysis.graph.add(Not(), part), b) for part in parts):
        return b
    return None
