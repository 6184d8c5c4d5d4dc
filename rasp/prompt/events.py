"""What happens when a line of the prompt is carried out: plain data, for `rasp/prompt/show.py` to put into words."""

from dataclasses import dataclass

from rasp.diagnostics import Diagnostic
from rasp.elaborate.scope import Applied, Static
from rasp.graph.nodes import Node
from rasp.syntax.tokens import ExampleKind
from rasp.values import Atom

FIRST_EXAMPLE = "hello"


@dataclass(frozen=True)
class Examples:
    """The running examples (a string, list or dict) and which of them are shown, and how."""

    s_op: Static = FIRST_EXAMPLE
    selector: Static = FIRST_EXAMPLE
    s_op_on: bool = True
    selector_on: bool = True
    full: bool = False

    def of(self, node: Node) -> Static:
        """The running example for a node."""
        return self.selector if node.is_selector else self.s_op

    def shown_for(self, node: Node) -> bool:
        """Is the running example shown with this node?"""
        return self.selector_on if node.is_selector else self.s_op_on


@dataclass(frozen=True, eq=False)
class Shown:
    """A value under its name, with the examples of that moment."""

    name: str
    value: Static
    examples: Examples


@dataclass(frozen=True, eq=False)
class Answered:
    """What an s-op or selector gives for an input."""

    applied: Applied
    examples: Examples


@dataclass(frozen=True)
class ExampleTold:
    """The running example, asked for. `what` is `s-op` or `selector`."""

    what: ExampleKind
    example: Static


@dataclass(frozen=True, eq=False)
class Drawing:
    """An s-op or selector to be drawn on an input, and what to call it."""

    name: str
    node: Node
    items: tuple[Atom, ...]


@dataclass(frozen=True)
class Failed:
    """Something is wrong. Nothing else has changed."""

    diagnostic: Diagnostic


@dataclass(frozen=True)
class Doubted:
    """Something that was carried out is doubtful."""

    diagnostic: Diagnostic


@dataclass(frozen=True)
class Left:
    """The session is over."""


Event = Shown | Answered | ExampleTold | Drawing | Failed | Doubted | Left
