"""What must hold of every graph that elaboration or a pass yields: `check_graph(nodes)` lists what does not.

Arguments come before their users, are as many as the op takes, and are s-ops or selectors as it wants; tests
and primitives exist. Complaints are about our own mistakes, never about the user's program: the caller
asserts that there are none.
"""

from collections.abc import Iterable, Iterator

from rasp.graph.nodes import Aggregate, And, Best, Map, Node, Not, Or, Select, Width
from rasp.graph.primitives import PRIMS, TESTS

S_OP, SELECTOR = False, True

#: For each op that takes arguments: which of them are selectors.
ARGUMENTS: dict[type, tuple[bool, ...]] = {
    Select: (S_OP, S_OP),
    Not: (SELECTOR,),
    And: (SELECTOR, SELECTOR),
    Or: (SELECTOR, SELECTOR),
    Best: (SELECTOR, S_OP),
    Aggregate: (SELECTOR, S_OP),
    Width: (SELECTOR,),
}


def check_graph(nodes: Iterable[Node]) -> list[str]:
    """Complaints about nodes given in their order."""
    seen: set[Node] = set()
    complaints: list[str] = []
    for number, node in enumerate(nodes):
        complaints += [f"node {number} ({node!r}): {complaint}" for complaint in check_node(node, seen)]
        seen.add(node)
    return complaints


def check_node(node: Node, seen: set[Node]) -> Iterator[str]:
    match node.op:
        case Map(prim) if prim not in PRIMS:
            yield f"there is no primitive {prim}"
            return
        case Map(prim):
            wanted = (S_OP,) * PRIMS[prim].arity
        case Select(test) if test not in TESTS:
            yield f"there is no test {test}"
            return
        case op:
            wanted = ARGUMENTS.get(type(op), ())
    if len(node.args) != len(wanted):
        yield f"{len(node.args)} arguments instead of {len(wanted)}"
        return
    for arg, is_selector in zip(node.args, wanted, strict=True):
        if arg.is_selector != is_selector:
            yield f"{arg!r} is {'a selector' if arg.is_selector else 'an s-op'}"
        if arg not in seen:
            yield f"{arg!r} comes after its user"
