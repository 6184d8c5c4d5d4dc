"""What must hold of every graph that elaboration or a pass yields: `check_graph(nodes)` lists what does not.

Arguments come before their users, are as many as the op takes, and are s-ops or selectors as it wants; tests
and primitives exist. Complaints are about our own mistakes, never about the user's program: the caller
asserts that there are none.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import assert_never

from rasp.graph.nodes import (
    Aggregate,
    And,
    Best,
    Constant,
    Indices,
    Map,
    Node,
    Not,
    Op,
    Or,
    Select,
    Tokens,
    Width,
)
from rasp.graph.primitive_names import TOTAL, PrimName
from rasp.graph.primitives import PRIMS, TESTS
from rasp.values import show_count

S_OP, SELECTOR = False, True
#: Primitives that look something up among their parameters.
TABLES: frozenset[str] = frozenset({"index_list", "index_dict", "in_list"})


def list_argument_kinds(op: Op) -> tuple[bool, ...]:
    """For each argument that an op takes, whether it is a selector."""
    match op:
        case Tokens() | Indices() | Constant():
            return ()
        case Map(prim):
            return (S_OP,) * PRIMS[prim].arity
        case Select():
            return S_OP, S_OP
        case Not() | Width():
            return (SELECTOR,)
        case And() | Or():
            return SELECTOR, SELECTOR
        case Best() | Aggregate():
            return SELECTOR, S_OP
        case _:
            assert_never(op)


def check_graph(nodes: Iterable[Node]) -> list[str]:
    """Complaints about nodes given in their order."""
    seen: set[Node] = set()
    complaints: list[str] = []
    for number, node in enumerate(nodes):
        complaints += [f"node {number} ({node!r}): {complaint}" for complaint in check_node(node, seen)]
        seen.add(node)
    return complaints


def check_node(node: Node, seen: set[Node]) -> Iterator[str]:
    yield from check_op(node.op, node.args)
    for number, arg in enumerate(node.args, start=1):
        if arg not in seen:
            yield f"argument {number} comes after its user"


def check_op(op: Op, args: Sequence[Node]) -> Iterator[str]:
    """What is wrong with an op of these arguments."""
    match op:
        case Map(prim) if prim not in PRIMS:
            yield f"there is no primitive {prim}"
            return
        case Map(prim, parameters):
            yield from check_parameters(prim, len(parameters))
        case Select(test) if test not in TESTS:
            yield f"there is no test {test}"
            return
        case _:
            pass
    wanted = list_argument_kinds(op)
    if len(args) != len(wanted):
        yield f"{show_count(len(args), 'argument')} instead of {len(wanted)}"
        return
    for number, (arg, is_selector) in enumerate(zip(args, wanted, strict=True), start=1):
        if arg.is_selector != is_selector:
            found, right = ("a selector", "an s-op") if arg.is_selector else ("an s-op", "a selector")
            yield f"argument {number} is {found} and has to be {right}"


def check_parameters(prim: PrimName, count: int) -> Iterator[str]:
    """Whether a primitive can have so many fixed operands: a table any number, a dict pairs, the others none; all that are
    total one more."""
    plain = prim.removesuffix(TOTAL)
    own = count - (plain != prim)
    if own < 0 or (plain == "index_dict" and own % 2) or (own and plain not in TABLES):
        yield f"`{prim}` cannot have {show_count(count, 'parameter')}"
