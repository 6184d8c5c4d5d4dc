"""Between which numbers a sum lies at each position, where its parts are known to be others at others.

Under causal attention a head brings an index of its own position or one before. So `indices` less that is never below 0,
though each alone ranges over all positions.
"""

import numpy as np

from compiler.domains.domain import Ints
from compiler.domains.facts import Facts
from compiler.domains.rows import Context
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
    match node.op:
        case Map("add" | "sub" as prim) if all(are_whole(facts, arg) for arg in node.args):
            left, right = (bound_by_position(facts, arg) for arg in node.args)
            return (
                (left[0] - right[1], left[1] - right[0])
                if prim == "sub"
                else (left[0] + right[0], left[1] + right[1])
            )
        case Aggregate(default) if facts.causal and facts.transports(node):
            brought = find_alone(facts, node.args[1])
            if brought is not None:
                return bound_before(brought, default.value)
        case _:
            pass
    numbers = facts.domain(node).numbers()
    return np.full(facts.max_length, int(numbers.min())), np.full(facts.max_length, int(numbers.max()))


def are_whole(facts: Facts, node: Node) -> bool:
    """Whether all values are whole numbers."""
    domain = facts.domain(node)
    return domain.is_numeric and bool((domain.numbers() == np.round(domain.numbers())).all())


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
