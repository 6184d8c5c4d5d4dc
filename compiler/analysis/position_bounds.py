"""Between which numbers a sum lies at each position, where its parts are known to be others at others.

Under causal attention a head brings an index of its own position or one before. So `indices` less that is never below 0,
though each alone ranges over all positions.
"""

import math

import numpy as np

from compiler.domains.contexts import Context
from compiler.domains.domain import Ints
from compiler.domains.facts import Facts
from compiler.selector_facts.positional import evaluate_positional
from rasp.graph.nodes import Aggregate, Map, Node
from rasp.values import Atom

Bounds = tuple[Ints, Ints]
"""The least and the greatest number at each position."""


def bound_number(facts: Facts, node: Node) -> tuple[int, int]:
    """The least and the greatest of whole numbers, anywhere."""
    low, high = bound_by_position(facts, node)
    return int(low.min()), int(high.max())


def bound_by_position(facts: Facts, node: Node) -> Bounds:
    """Of whole numbers, at each position."""
    return facts.once("by position", node, lambda node: look_for_bounds(facts, node))


def look_for_bounds(facts: Facts, node: Node) -> Bounds:
    """The same, worked out anew."""
    known = find_alone(facts, node)
    if known is not None:
        return known, known
    match node.op, node.args:
        case Map("add"), (left, right) if all(facts.domain(arg).is_whole for arg in node.args):
            (low, high), (least, most) = bound_by_position(facts, left), bound_by_position(facts, right)
            return low + least, high + most
        case Map("sub"), (left, right) if all(facts.domain(arg).is_whole for arg in node.args):
            (low, high), (least, most) = bound_by_position(facts, left), bound_by_position(facts, right)
            return low - most, high - least
        case Aggregate(default), (_, value) if facts.causal and facts.transports(node):
            brought = find_alone(facts, value)
            if brought is not None and facts.domain(node).is_whole:
                return bound_before(brought, default.value)
        case _:
            pass
    numbers = facts.domain(node).numbers()
    low, high = math.floor(numbers.min()), math.ceil(numbers.max())
    return np.full(facts.max_length, low), np.full(facts.max_length, high)


def find_alone(facts: Facts, node: Node) -> Ints | None:
    """The whole numbers that the position alone determines."""
    known = None if facts.sees_tokens(node) else evaluate_positional(facts, node)
    if known is None or Context.LENGTH in known.depends or known.column.data.dtype.kind != "i":
        return None
    return known.spread(Context.INDEX, facts.max_length).data


def bound_before(numbers: Ints, default: Atom) -> Bounds:
    """Of what is brought from a position that is not behind one's own, or a default."""
    low, high = np.minimum.accumulate(numbers), np.maximum.accumulate(numbers)
    return np.minimum(low, int(default)), np.maximum(high, int(default))
