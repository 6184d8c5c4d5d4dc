"""The s-op graph: hash-consed operations, the common ground of interpreter and compiler.

A `Node` is an op and its arguments; `Graph.add` makes it, so two alike nodes are one object and comparing by
identity is comparing by structure. Arguments come before their users; a graph only grows. Facts about nodes
(names, source spans, domains) live in side tables.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar

from rasp.graph.primitive_names import PrimName
from rasp.source import Source, Span
from rasp.values import Atom, Const, Test, make_const, show_count

if TYPE_CHECKING:
    from networkx import DiGraph

T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Tokens:
    """The input sequence as it is (`tokens_asis`). `tokens_str` is `Map("to_str")` of it, and so on."""


@dataclass(frozen=True, slots=True)
class Indices:
    """0 … n-1."""


@dataclass(frozen=True, slots=True)
class Constant:
    """The same atom at every position."""

    value: Const


@dataclass(frozen=True, slots=True)
class Map:
    """An elementwise primitive (`rasp/graph/primitives.py`) of its arguments; `parameters` are its fixed operands."""

    prim: PrimName
    parameters: tuple[Const, ...] = ()


@dataclass(frozen=True, slots=True)
class Select:
    """Selector: row q, column k is `key[k] test query[q]`. Arguments: key, query (s-ops)."""

    test: Test


@dataclass(frozen=True, slots=True)
class Not:
    """Selector: complement. Argument: a selector."""


@dataclass(frozen=True, slots=True)
class And:
    """Selector: both. Arguments: two selectors."""


@dataclass(frozen=True, slots=True)
class Or:
    """Selector: either. Arguments: two selectors."""


@dataclass(frozen=True, slots=True)
class Best:
    """Selector: in each row the selected position of the highest score; ties go to the last; an empty row
    stays empty.

    Arguments: selector, score (an s-op, read at the key position; numbers or strings, not mixed).
    """


@dataclass(frozen=True, slots=True)
class Aggregate:
    """S-op: mean over selected positions. Arguments: selector, value (s-op).

    None selected: the default. One: its value, unchanged. Several: `float(sum) / count`, numbers only (not
    booleans).
    """

    default: Const = field(default_factory=lambda: make_const(0))


@dataclass(frozen=True, slots=True)
class Width:
    """S-op: how many positions each row selects. Argument: a selector."""


AttentionOp = Aggregate | Width
SequenceOp = Tokens | Indices | Constant | Map | AttentionOp
SelectorOp = Select | Not | And | Or | Best
Op = SequenceOp | SelectorOp


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Node:
    """An op on earlier nodes. Made only by `Graph.add`, so equal means identical."""

    op: Op
    args: tuple["Node", ...] = ()

    def __repr__(self) -> str:
        # Arguments only by op: written out, a shared graph would be exponentially long.
        return f"<{self.op} of {', '.join(type(arg.op).__name__ for arg in self.args) or 'nothing'}>"

    @property
    def is_selector(self) -> bool:
        return isinstance(self.op, SelectorOp)

    @property
    def sequence_op(self) -> SequenceOp:
        """The op of an s-op."""
        assert isinstance(self.op, SequenceOp)
        return self.op

    @property
    def attention_op(self) -> AttentionOp:
        """The op of an s-op that attention computes."""
        assert isinstance(self.op, AttentionOp)
        return self.op

    @property
    def selector_op(self) -> SelectorOp:
        """The op of a selector."""
        assert isinstance(self.op, SelectorOp)
        return self.op


class Graph:
    """Nodes in definition order, no two alike; with side tables for what the user called them.

    `names` holds the name last bound to a node, `origins` the first place in a text that made it, `repeated`
    the first one in the last text of those that made it again, as lines of a prompt do.
    """

    def __repr__(self) -> str:
        return f"<graph of {show_count(len(self.nodes), 'node')}>"

    def __init__(self) -> None:
        self.nodes: dict[tuple[Op, tuple[Node, ...]], Node] = {}
        self.names: dict[Node, str] = {}
        self.origins: dict[Node, tuple[Source, Span]] = {}
        self.repeated: dict[Node, tuple[Source, Span]] = {}

    def add(self, op: Op, *args: Node) -> Node:
        """The node for `op` of `args`, made now or found."""
        return self.nodes.setdefault((op, args), Node(op, args))

    def note_place(self, node: Node, source: Source, span: Span) -> None:
        """Keep where a text makes a node."""
        first, _ = self.origins.setdefault(node, (source, span))
        last, _ = self.repeated.get(node, (first, span))
        if last is not source:
            self.repeated[node] = (source, span)

    def hand_on_place(self, old: Node, new: Node) -> None:
        """A node made in place of another is placed like it, unless it has a place already."""
        if old in self.origins:
            self.origins.setdefault(new, self.origins[old])

    def hand_on_name(self, old: Node, new: Node) -> None:
        """The same of its name."""
        if old in self.names:
            self.names.setdefault(new, self.names[old])

    def to_networkx(self, *outputs: Node) -> "DiGraph[Node]":
        """What `outputs` depend on, themselves included (else all nodes), as a graph of networkx: edges from arguments to
        users. Only who asks for it waits for networkx.

        Nodes have `op`, `selector` (or s-op), and a `name` if they have one; edges have `arguments`: as which of the user's
        arguments, counted from 0.
        """
        found: DiGraph[Node] = import_module("networkx").DiGraph()
        for node in list_reachable(outputs or self.nodes.values()):
            name = {"name": self.names[node]} if node in self.names else {}
            found.add_node(node, op=node.op, selector=node.is_selector, **name)
            for arg in dict.fromkeys(node.args):
                found.add_edge(
                    arg, node, arguments=tuple(k for k, other in enumerate(node.args) if other is arg)
                )
        return found

    def constant(self, value: Atom) -> Node:
        """The constant s-op of an atom."""
        return self.add(Constant(make_const(value)))

    def map(self, prim: PrimName, *args: Node) -> Node:
        """An elementwise primitive without parameters."""
        return self.add(Map(prim), *args)


def list_reachable(outputs: Iterable[Node]) -> list[Node]:
    """The nodes that `outputs` depend on, themselves included, arguments before users."""
    return list_in_order(outputs, attrgetter("args"))


def count_written(top: T, below: Callable[[T], Sequence[T]]) -> int:
    """How many things that have nothing below them a thing is made of when it is written out: each as often as it is
    named."""
    counts: dict[T, int] = {}
    for part in list_in_order([top], below):
        counts[part] = sum(counts[inner] for inner in below(part)) or 1
    return counts[top]


def list_in_order(tops: Iterable[T], below: Callable[[T], Sequence[T]]) -> list[T]:
    """Things and all that is below them, each once and what is below first, in the order of `below`. No recursion."""
    order: dict[T, None] = {}
    stack = [(top, False) for top in reversed(list(tops))]
    while stack:
        top, ready = stack.pop()
        if ready:
            order[top] = None
        elif top not in order:
            stack.append((top, True))
            stack.extend((inner, False) for inner in reversed(below(top)) if inner not in order)
    return list(order)
