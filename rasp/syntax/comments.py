"""Comments, and the one that documents a place of a text: the lines of comment right above it."""

from dataclasses import dataclass

from rasp.source import Source, Span


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment from its `#` to the end of its line. `text` has no `#` and no blanks around it."""

    text: str
    span: Span


def find_comment_above(source: Source, offset: int) -> tuple[str, ...]:
    """The comment lines right above the line of `offset`, without their `#`, topmost first."""
    number, _ = source.position(offset)
    found: list[str] = []
    while number > source.first and (line := source.line(number - 1).strip()).startswith("#"):
        found.append(line.lstrip("#").strip())
        number -= 1
    return tuple(reversed(found))
