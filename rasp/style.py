"""Lines of text in styles: what is printed on a terminal in colour, and elsewhere plainly."""

from collections.abc import Iterable
from dataclasses import dataclass

from rasp.diagnostics import cells

#: Style → codes of the terminal (Select Graphic Rendition).
CODES: dict[str, str] = {
    "plain": "",
    "dim": "2",
    "label": "90",
    "name": "1",
    "value": "36",
    "selected": "1;36",
    "error": "1;31",
    "warning": "1;33",
    "heading": "1;34",
    "good": "32",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """Text in one style."""

    text: str
    style: str = "plain"


Line = tuple[Piece, ...]


def line(*parts: str | Piece) -> Line:
    """A line of pieces; strings are plain."""
    return tuple(Piece(part) if isinstance(part, str) else part for part in parts)


def plain(row: Line) -> str:
    return "".join(piece.text for piece in row)


def coloured(row: Line) -> str:
    """The line with a terminal's codes."""
    return "".join(
        f"\x1b[{CODES[piece.style]}m{piece.text}\x1b[0m" if CODES[piece.style] and piece.text else piece.text
        for piece in row
    )


def breadth(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(map(cells, text))


def right(text: str, width: int) -> str:
    """`text` moved to the right of a field."""
    return " " * (width - breadth(text)) + text


def left(text: str, width: int) -> str:
    """`text` at the left of a field."""
    return text + " " * (width - breadth(text))


def paragraphs(text: str, style: str = "plain") -> list[Line]:
    """A text's lines in one style."""
    return [line(Piece(row, style)) for row in text.splitlines()]


def joined(rows: Iterable[Line]) -> str:
    """Lines as one plain text."""
    return "\n".join(map(plain, rows))


def cut(row: Line, width: int) -> Line:
    """The beginning of a line, as far as it fits."""
    found: list[Piece] = []
    room = width - 1
    for piece in row:
        text = piece.text
        while breadth(text) > room:
            text = text[:-1]
        found.append(Piece(text, piece.style))
        room -= breadth(text)
        if text != piece.text:
            return (*found, Piece("…", "dim"))
    return row
