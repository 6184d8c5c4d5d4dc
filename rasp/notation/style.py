"""Lines of text in styles: what is printed on a terminal in colour, and elsewhere plainly."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate

from rasp.diagnostics import count_cells

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


def wants_colour(environment: Mapping[str, str]) -> bool | None:
    """What the user wishes of colours, wherever output goes; None: those of a terminal on a terminal.

    The variables are those of https://no-color.org, https://force-color.org and https://bixense.com/clicolors.
    """
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR") or environment.get("CLICOLOR_FORCE", "0") != "0":
        return True
    return False if environment.get("CLICOLOR") == "0" or environment.get("TERM") == "dumb" else None


def make_line(*parts: str | Piece) -> Line:
    """A line of pieces; strings are plain."""
    return tuple(Piece(part) if isinstance(part, str) else part for part in parts)


def strip_style(row: Line) -> str:
    return "".join(piece.text for piece in row)


def colour_line(row: Line) -> str:
    """The line with a terminal's codes."""
    return "".join(
        f"\x1b[{CODES[piece.style]}m{piece.text}\x1b[0m" if CODES[piece.style] and piece.text else piece.text
        for piece in row
    )


def measure_breadth(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(map(count_cells, text))


def align_right(text: str, width: int) -> str:
    """`text` moved to the right of a field."""
    return " " * (width - measure_breadth(text)) + text


def align_left(text: str, width: int) -> str:
    """`text` at the left of a field."""
    return text + " " * (width - measure_breadth(text))


def split_paragraphs(text: str, style: str = "plain") -> list[Line]:
    """A text's lines in one style."""
    return [make_line(Piece(row, style)) for row in text.splitlines()]


#: Texts are written in lines of about this many columns: one as long as that goes on in the next.
FULL = 85
#: How far in a text is that stood in a column for which there is no room.
NARROW = 6
WORD = re.compile(r"\s*\S+")
LAST_COLUMN = re.compile(r"(?<=\S) {2,}(?=\S)(?!.*\S {2,}\S)")


def wrap_words(rows: Iterable[Line], width: int | None) -> list[Line]:
    """Lines of words, broken between words where they are wider than `width`, the rest below their last column.
    Lines that went on in the next are filled anew.
    """
    found = list(rows)
    if width is None:
        return found
    whole: list[Line] = []
    for above, row in zip([(), *found], found, strict=False):
        if goes_on(above, row):
            whole[-1] = (*whole[-1], Piece(" "), *part(row, margin(strip_style(row)), len(strip_style(row))))
        else:
            whole.append(row)
    return [piece for row in whole for piece in broken(row, width)]


def goes_on(above: Line, row: Line) -> bool:
    """Is a line the rest of the sentence above?"""
    before, text = strip_style(above), strip_style(row)
    alike = (
        margin(before) == margin(text) and above[-1:] and above[-1].style == row[0].style if row else False
    )
    return len(before) >= FULL and not before.endswith(".") and bool(alike) and "  " not in text.strip()


def margin(text: str) -> int:
    return len(text) - len(text.lstrip())


def broken(row: Line, width: int) -> list[Line]:
    """One line in as many as it needs."""
    text = strip_style(row)
    if measure_breadth(text) <= width:
        return [row]
    if margin(text) > width // 2:
        return broken((Piece(" " * NARROW), *part(row, margin(text), len(text))), width)
    column = LAST_COLUMN.search(text)
    squeezed = column is not None and column.end() > width // 2
    indent = column.end() if column and not squeezed else margin(text) + (4 if squeezed else 0)
    spans: list[tuple[int, int]] = []
    begin = used = 0
    for word in WORD.finditer(text):
        at_column = squeezed and column is not None and word.start() == column.start()
        if used and (at_column or used + measure_breadth(word[0]) > width):
            spans.append((begin, word.start()))
            begin, used = word.end() - len(word[0].lstrip()), indent
        used += measure_breadth(text[max(begin, word.start()) : word.end()])
    first, *rest = [*spans, (begin, len(text))]
    return [part(row, *first), *[(Piece(" " * indent), *part(row, *span)) for span in rest]]


def part(row: Line, start: int, end: int) -> Line:
    """The characters of a line from one place to another."""
    found: list[Piece] = []
    place = 0
    for piece in row:
        text = piece.text[max(0, start - place) : max(0, end - place)]
        place += len(piece.text)
        found += [Piece(text, piece.style)] if text else []
    return tuple(found)


def join_lines(rows: Iterable[Line]) -> str:
    """Lines as one plain text."""
    return "\n".join(map(strip_style, rows))


def cut_line(row: Line, width: int) -> Line:
    """The beginning of a line, as far as it fits."""
    found: list[Piece] = []
    room = width - 1
    for piece in row:
        reached = accumulate(map(count_cells, piece.text))
        text = piece.text[: sum(cells <= room for cells in reached)]
        found.append(Piece(text, piece.style))
        room -= measure_breadth(text)
        if text != piece.text:
            return (*found, Piece("…", "dim"))
    return row
