"""Between which numbers a sum lies at each position, where its parts are known to be others at others.

Under causal attention a head brings an index of its own position or one before. So `indices` less that is never below 0,
though each alone ranges over all positions.
"""

from functools import reduce

import numpy as np

from compiler.domains.domain import Domain, Ints, is_carriable
from compiler.domains.facts import Facts
from compiler.domains.rows import Context
from compiler.selector_facts.positional import evaluate_positional
from rasp.graph.nodes import Aggregate, Map, Node
from rasp.values import Atom

Bounds = tuple[Ints, Ints]
"""The least and the greatest number at each position."""


def is_range(domain: Domain) -> bool:
    """Whether the values are all whole numbers from one to another, as ints alone."""
    values = domain.values
    whole = not domain.floats and not domain.minus_zero and {type(value) for value in values} == {int}
    return whole and is_carriable(values[-1]) and int(values[-1]) - int(values[0]) + 1 == len(values)


def bound_sum(facts: Facts, node: Node) -> tuple[int, int]:
    """The least and the greatest number of a sum or difference of ranges."""
    low, high = add_up(facts, node)
    return int(low.min()), int(high.max())


def add_up(facts: Facts, node: Node) -> Bounds:
    """At each position, of sums and differences of ranges."""
    inner = [facts.once("by position", arg, lambda arg: bound_by_position(facts, arg)) for arg in node.args]
    match node.op:
        case Map("sub"):
            return reduce(lambda left, right: (left[0] - right[1], left[1] - right[0]), inner)
        case _:
            return reduce(lambda left, right: (left[0] + right[0], left[1] + right[1]), inner)


def bound_by_position(facts: Facts, node: Node) -> Bounds:
    """At each position, of whole numbers that are a range."""
    known = find_alone(facts, node)
    if known is not None:
        return known, known
    match node.op:
        case Map("add" | "sub") if all(is_range(facts.domain(arg)) for arg in node.args):
            return add_up(facts, node)
        case Aggregate(default) if facts.causal and facts.transports(node):
            brought = find_alone(facts, node.args[1])
            if brought is not None:
                return bound_before(brought, default.value)
        case _:
            pass
    values = facts.domain(node).values
    return np.full(facts.max_length, int(values[0])), np.full(facts.max_length, int(values[-1]))


def find_alone(facts: Facts, node: Node) -> Ints | None:
    """What the position alone determines."""
    known = None if facts.sees_tokens(node) else evaluate_positional(facts, node)
    if known is None or Context.LENGTH in known.depends:
        return None
    return known.spread(Context.INDEX, facts.max_length).data.astype(np.int64)


def bound_before(numbers: Ints, default: Atom) -> Bounds:
    """Of what is brought from a position that is not behind one's own, or a default."""
    low, high = np.minimum.accumulate(numbers), np.maximum.accumulate(numbers)
    return np.minimum(low, int(default)), np.maximum(high, int(default))
