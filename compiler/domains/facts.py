"""What analyses may ask of each other about the nodes of one graph. `Analysis` (infer.py) answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from compiler.domains.domain import Domain, Ints
from compiler.domains.rows import Relation
from compiler.effort import Effort
from compiler.options import CompileOptions
from rasp.graph.nodes import Graph, Node

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class JointValues:
    """`codes[row, leaf]` are leaf values that can occur together; `values[row]` the expression's code, -1 for
    none.

    Values of a leaf that the expression treats alike are represented by one of them: `stands_for[leaf][code]`
    is the code that stands for `code` in the rows.
    """

    leaves: tuple[Node, ...]
    codes: Ints
    values: Ints
    domain: Domain
    stands_for: tuple[Ints, ...]


class Facts(Protocol):
    """Facts about nodes, each computed once and kept."""

    @property
    def graph(self) -> Graph: ...
    @property
    def effort(self) -> Effort: ...
    @property
    def options(self) -> CompileOptions: ...
    @property
    def max_length(self) -> int: ...
    @property
    def causal(self) -> bool: ...

    def once(self, name: str, node: Node, compute: Callable[[Node], T]) -> T:
        """`compute(node)`, from the memo when it was asked before."""
        ...

    def is_leaf(self, node: Node) -> bool:
        """Whether expressions above treat the node as given."""
        ...

    def is_sum(self, node: Node) -> bool:
        """Whether a node is a sum of carried numbers with too many combinations to look at."""
        ...

    def is_multiple(self, node: Node) -> bool:
        """Whether a node is a linear form of what is carried."""
        ...

    def is_scalar(self, leaf: Node) -> bool:
        """Whether attention carries a leaf as one number (a count, a mean, or a sum of such)."""
        ...

    def region(self, node: Node) -> list[Node]:
        """The elementwise nodes that make up an expression, leaves included, arguments before users."""
        ...

    def leaves(self, node: Node) -> tuple[Node, ...]:
        """What an expression is a function of, in order of first use. A leaf's only leaf is itself."""
        ...

    def sees_tokens(self, node: Node) -> bool:
        """Whether a node's value can depend on the tokens, and not only on position and length."""
        ...

    def domain(self, node: Node) -> Domain:
        """Every value that the node can have."""
        ...

    def table(self, node: Node) -> JointValues:
        """The node as a function of its leaves (of the leaves below it, for a materialised expression)."""
        ...

    def relation(self, leaf: Node) -> Relation:
        """The values a leaf can have, by context."""
        ...

    def transports(self, leaf: Node) -> bool:
        """Whether an aggregate moves single values, so that a function of its value can be moved instead."""
        ...

    def always(self, node: Node) -> bool:
        """Whether a boolean expression is true wherever it has a value; False if that is not known."""
        ...
