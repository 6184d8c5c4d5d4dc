"""Say where a mean is an int and where it is a float, in an expression that tells them apart.

    "%s" % m     becomes     "%s" % (m + 0.0 if selector_width(s) > 1 else round(m))     where m is a mean of ints over s

A mean of one position is the value there, that of several is a float, and attention brings the same number for both. How
many positions there are is a count, which attention brings as well. Of ints and floats, the value there is an int where its
number is one of the ints. Falls: the expressions that differ for an int and the same number as a float.
"""

from collections.abc import Collection, Mapping, Sequence

from compiler.analysis.infer import Analysis
from compiler.analysis.kinds import ARITHMETIC, PLACING, SHOWING
from compiler.options import CompileError
from compiler.refusal import ToldApart
from rasp.graph.nodes import Aggregate, Constant, Map, Node, Width
from rasp.values import Atom, find_kind, make_const

KINDS_OF_NUMBERS = frozenset({"int", "float"})


def tell_kinds(analysis: Analysis, node: Node) -> Node | None:
    """The rule."""
    if not isinstance(node.op, Map) or node.op.prim not in SHOWING | PLACING:
        return None
    told = {
        leaf: better for leaf in analysis.leaves(node) if (better := say_kind(analysis, leaf)) is not None
    }
    if not receives_kinds(analysis, node, told) or not is_told_apart(analysis, node):
        return None
    better = replace_leaves(analysis, node, told)
    return None if is_told_apart(analysis, better) else better


def receives_kinds(analysis: Analysis, node: Node, told: Collection[Node]) -> bool:
    """Whether an argument of a node is an int or a float as one of these is: what only compares them is neither."""
    carried = set(told)
    for part in analysis.region(node):
        if isinstance(part.op, Map) and part.op.prim in ARITHMETIC and not carried.isdisjoint(part.args):
            carried.add(part)
    return not carried.isdisjoint(node.args)


def is_told_apart(analysis: Analysis, node: Node) -> bool:
    """Whether an expression is refused for what it makes of ints and of floats."""
    try:
        analysis.domain(node)
    except ToldApart:
        return True
    except CompileError:  # lowering says it with more context
        return False
    return False


def say_kind(analysis: Analysis, leaf: Node) -> Node | None:
    """A mean that may be an int or the same number as a float, as a choice between the two."""
    if not isinstance(leaf.op, Aggregate) or not may_be_both(analysis, leaf):
        return None
    selector, value = leaf.args
    alone, default = analysis.domain(value), leaf.op.default.value
    if alone.floats or alone.minus_zero or not {find_kind(v) for v in alone.values} <= KINDS_OF_NUMBERS:
        return None
    graph, count = analysis.graph, analysis.graph.add(Width(), selector)
    single = restore_kind(analysis, leaf, alone.values)
    some = graph.map("if", graph.map("gt", count, graph.constant(1)), make_float(analysis, leaf), single)
    return graph.map(
        "if", graph.map("gt", count, graph.constant(0)), some, graph.add(Constant(make_const(default)))
    )


def may_be_both(analysis: Analysis, leaf: Node) -> bool:
    """Whether a value may be an int or the same number as a float."""
    try:
        return bool(analysis.domain(leaf).floats)
    except CompileError:
        return False


def restore_kind(analysis: Analysis, leaf: Node, values: Sequence[Atom]) -> Node:
    """A number as the int or the float that it is among these."""
    graph = analysis.graph
    ints = tuple(make_const(v) for v in values if isinstance(v, int))
    whole = graph.map("round", leaf)
    if len(ints) == len(values):
        return whole
    return graph.map("if", graph.add(Map("in_list", ints), leaf), whole, make_float(analysis, leaf))


def make_float(analysis: Analysis, leaf: Node) -> Node:
    """A number as a float."""
    return analysis.graph.map("add", leaf, analysis.graph.constant(0.0))


def replace_leaves(analysis: Analysis, node: Node, told: Mapping[Node, Node]) -> Node:
    """An expression with other leaves."""
    new: dict[Node, Node] = {}
    for part in analysis.region(node):
        new[part] = told.get(part) or (
            part if analysis.is_leaf(part) else analysis.graph.add(part.op, *(new[arg] for arg in part.args))
        )
    return new[node]
