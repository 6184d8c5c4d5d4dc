"""Text with places where it may be broken, and the choice of where to break it.

In: a `Document`. Out: text in which each `Choice` stands on one line where it fits, and otherwise has a line
break at each of its own `Line`s. After Wadler's "A prettier printer" (2003), with the loop of Lindig's
"Strictly pretty" (2000): no recursion, and no look-ahead beyond the width.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import assert_never

INDENT = 4


@dataclass(frozen=True, slots=True)
class Text:
    """Text without line breaks."""

    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line break, or `flat` where the `Choice` around it fits on one line."""

    flat: str = " "


@dataclass(frozen=True, slots=True)
class Hard:
    """A line break in any case. Whatever it is in does not fit on one line."""


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment at the end of a line, however long. Whatever it is in does not fit on one line."""

    text: str


@dataclass(frozen=True, slots=True)
class Fence:
    """Nothing; but the `Choice` around it does not fit on one line."""


@dataclass(frozen=True, slots=True)
class Join:
    """The parts, one behind the other."""

    parts: tuple["Document", ...]


@dataclass(frozen=True, slots=True)
class Nest:
    """The inner document; lines that begin in it are indented one step more."""

    inner: "Document"


@dataclass(frozen=True, slots=True)
class Choice:
    """The inner document, flat if it fits, else with all its own `Line`s broken."""

    inner: "Document"


@dataclass(frozen=True, slots=True)
class Fill:
    """Words with blanks between them, and as many on a line as fit."""

    words: tuple[str, ...]


Document = Text | Line | Hard | Remark | Fence | Join | Nest | Choice | Fill
Pending = tuple[int, bool, Document]  # indentation, flat?, what is still to be written


def join_parts(*parts: Document | str) -> Document:
    """The parts one behind the other; strings stand for themselves."""
    return Join(tuple(Text(part) if isinstance(part, str) else part for part in parts))


def render_document(document: Document, width: int) -> str:
    """The document as text. No line ends in blanks."""
    pieces: list[str] = []
    column = 0
    stack: list[Pending] = [(0, False, document)]
    while stack:
        indent, flat, part = stack.pop()
        match part:
            case Choice(inner):
                fitting = flat or fits(width - column, inner, stack)
                stack.append((indent, fitting, inner))
                continue
            case Join() | Nest():
                stack.extend(opened(indent, flat, part))
                continue
            case Fill(words):
                piece = " ".join(words) if flat else filled(words, indent, width)
            case Text(text):
                piece = text
            case Remark(text):
                piece = f"  {text}"
            case Line(text) if flat:
                piece = text
            case Fence():
                piece = ""
            case Line() | Hard():
                piece = "\n" + " " * indent
            case _:
                assert_never(part)
        pieces.append(piece)
        column = len(piece) - 1 - piece.rindex("\n") if "\n" in piece else column + len(piece)
    return "\n".join(line.rstrip(" ") for line in "".join(pieces).split("\n"))


def opened(indent: int, flat: bool, part: Join | Nest) -> list[Pending]:
    """What is in a part, the last first, as a stack wants it."""
    if isinstance(part, Nest):
        return [(indent + INDENT, flat, part.inner)]
    return [(indent, flat, inner) for inner in reversed(part.parts)]


def filled(words: Iterable[str], indent: int, width: int) -> str:
    """The words on as few lines as they need. The first stands at the indentation."""
    rows: list[str] = []
    for word in words:
        if rows and indent + len(rows[-1]) + 1 + len(word) <= width:
            rows[-1] += f" {word}"
        else:
            rows.append(word)
    return ("\n" + " " * indent).join(rows)


def fits(room: int, inner: Document, rest: Sequence[Pending]) -> bool:
    """Does `inner`, flat, with what follows it up to the next line break, take at most `room` columns?"""
    below = len(rest)
    stack: list[tuple[bool, Document]] = [(True, inner)]
    while room >= 0:
        if not stack:
            if not below:
                return True
            below -= 1
            stack.append(rest[below][1:])
        flat, part = stack.pop()
        match part:
            case Line() | Hard() if not flat:
                return True
            case Hard() | Remark() | Fence() if flat:
                return False
            case Join(parts):
                stack.extend((flat, each) for each in reversed(parts))
            case Nest(each) | Choice(each):
                stack.append((flat, each))
            case Line(text) | Text(text):
                room -= len(text)
            case Fill(words):
                room -= sum(map(len, words)) + len(words) - 1
            case _:
                pass
    return False
