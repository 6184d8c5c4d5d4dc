"""Long chains of `or` and `and` as sums: of many flags, a linear form tells whether any, or every one, is set.

    a or b or … or z      becomes     indicator(a) + indicator(b) + … + indicator(z) > 0
    a and b and … and z   becomes     indicator(a) + indicator(b) + … + indicator(z) == 26

A chain is looked up with all its leaves at once; this is for chains with too many combinations of them. Falls: the
number of such chains.
"""

from functools import reduce
from math import prod

from compiler.analysis.infer import Analysis
from compiler.limits import FLAG_COMBINATIONS
from compiler.options import CompileError
from rasp.graph.nodes import Constant, Map, Node
from rasp.graph.primitive_names import PrimName

FLAGS: frozenset[PrimName] = frozenset({"eq", "ne", "lt", "le", "gt", "ge", "and", "or", "not"})
"""Primitives that always give booleans."""


def sum_flags(analysis: Analysis, node: Node) -> Node | None:
    """The rule."""
    if not isinstance(node.op, Map) or node.op.prim not in ("and", "or"):
        return None
    parts = list(dict.fromkeys(chain(node, node.op.prim)))
    try:
        leaves = dict.fromkeys(leaf for part in parts for leaf in analysis.leaves(part))
        combinations = prod(len(analysis.domain(leaf)) for leaf in leaves)
        if (
            len(parts) < 3
            or combinations <= FLAG_COMBINATIONS.most
            or not all(is_flag(analysis, p) for p in parts)
        ):
            return None
    except CompileError:  # lowering says it with more context
        return None
    graph = analysis.graph
    total = reduce(lambda a, b: graph.map("add", a, b), [graph.map("indicator", part) for part in parts])
    if node.op.prim == "or":
        return graph.map("gt", total, graph.constant(0))
    return graph.map("eq", total, graph.constant(len(parts)))


def is_flag(analysis: Analysis, part: Node) -> bool:
    """Whether a part is a boolean, whatever the input."""
    if isinstance(part.op, Map) and part.op.prim in FLAGS:
        return True
    return all(isinstance(value, bool) for value in analysis.domain(part).values)


def chain(node: Node, prim: PrimName) -> list[Node]:
    """What a chain of one primitive connects, sums that stand for chains included."""
    match node:
        case Node(Map(same), (left, right)) if same == prim:
            return chain(left, prim) + chain(right, prim)
        case Node(Map("gt"), (total, Node(Constant(zero)))) if prim == "or" and zero.value == 0:
            return summed(total) or [node]
        case Node(Map("eq"), (total, Node(Constant(number)))) if prim == "and":
            flags = summed(total)
            return flags if flags and number.value == len(flags) else [node]
        case _:
            return [node]


def summed(total: Node) -> list[Node]:
    """The flags of a sum of indicators; none if it is another sum."""
    match total:
        case Node(Map("add"), (left, Node(Map("indicator"), (flag,)))):
            rest = summed(left)
            return [*rest, flag] if rest else []
        case Node(Map("indicator"), (flag,)):
            return [flag]
        case _:
            return []
