"""What a prompt's session has been: the statements that it kept, and all that it was made of at a moment."""

from collections.abc import Mapping
from dataclasses import dataclass

from rasp.elaborate.scope import Applied
from rasp.prompt.events import Examples
from rasp.syntax import syntax_tree


@dataclass(frozen=True)
class Kept:
    """The text of a statement that succeeded, and the names that it bound."""

    text: str
    binds: tuple[str, ...] = ()
    only_shows: bool = False
    loads: bool = False

    @property
    def headline(self) -> str:
        """Its first line that is no comment."""
        lines = [row for row in self.text.split("\n") if not row.lstrip().startswith("#")]
        return lines[0] if len(lines) == 1 else f"{lines[0]} …"


@dataclass(frozen=True)
class Moment:
    """All that a session is made of: repeating `kept` on the files as they were gives the same bindings."""

    kept: tuple[Kept, ...]
    examples: Examples
    answers: Mapping[str, Applied]
    loaded: Mapping[str, str]

    def differs(self, other: "Moment") -> bool:
        """Is there anything to take back between them? A value that was only looked at is nothing."""
        changes, others = ([k for k in moment.kept if not k.only_shows] for moment in (self, other))
        return changes != others or self.examples != other.examples


def list_defined(statement: syntax_tree.Statement) -> tuple[str, ...]:
    """The names that a statement says it binds."""
    match statement:
        case syntax_tree.Assign(names):
            return tuple(name.text for name in names)
        case syntax_tree.FunctionDefinition(name):
            return (name.text,)
        case _:
            return ()
