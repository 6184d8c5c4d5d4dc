"""What a session knows about how an expression is compiled: the `# compile:` lines of what it has loaded or typed.

The latest word counts. A line holds for its expression, or its name, until one of the names in it is bound anew.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from rasp.prompt.moments import Kept
from rasp.prompt.session import SESSION, Session
from rasp.source import Source
from rasp.syntax.directives import CompileLine, read_directives
from rasp.syntax.lexer import tokenize_text


@dataclass(frozen=True)
class KnownLine:
    """A `# compile:` line and the name of the text that it stands in."""

    line: CompileLine
    home: str


def find_known_line(session: Session, expression: str) -> KnownLine | None:
    """The line to compile an expression by, if there is one."""
    wanted = words(expression)
    for kept in reversed(session.kept):
        for known in lines_of(session, kept):
            called = known.line.name == expression.strip() and not session.is_bound(known.line.name)
            if called or words(known.line.expression) == wanted:
                return known
        if set(kept.binds) & set(wanted):
            return None
    return None


def list_known_lines(session: Session) -> list[KnownLine]:
    """All that still hold, each once."""
    found = [known for kept in session.kept for known in lines_of(session, kept)]
    return [
        known for known in dict.fromkeys(found) if find_known_line(session, find_name(known.line)) == known
    ]


def find_name(line: CompileLine) -> str:
    return line.name or line.expression


def lines_of(session: Session, kept: Kept) -> Iterator[KnownLine]:
    """The lines in a statement's comment, or in the files that it may have loaded, the latest first."""
    texts = reversed(session.workshop.loaded.items()) if kept.loads else [(SESSION, kept.text)]
    for name, text in texts:
        yield from (KnownLine(line, name) for line in read_directives(Source(name, text)).compiles)


def words(text: str) -> list[str]:
    """An expression without its blanks."""
    return [token.text for token in tokenize_text(Source("", text))[0] if token.kind != "end"]
