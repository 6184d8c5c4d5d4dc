"""A selector's matrix as lines: a row for each query position, a column for each key position.

    \t\t\t     h e l l o
    \t\t\t h |   1 1 1 1

Columns are as wide as their token. On a terminal (a width is given), what is not selected is a faint dot and
what does not fit is left out with a note.
"""

from collections.abc import Sequence

from rasp.notation.style import Line, Piece, align_right, make_line, measure_breadth
from rasp.values import Atom, show_count

INDENT = " \t\t\t"
INDENT_WIDTH = 24
NARROW_INDENT = "    "
FEWEST_ROWS = 20


def show_matrix(items: Sequence[Atom], rows: Sequence[Sequence[bool]], width: int | None) -> list[Line]:
    """The matrix of a selector on the input `items`."""
    labels = [str(item) for item in items]
    side = max(map(measure_breadth, labels))
    indent, shown = INDENT, len(labels)
    if width is not None:
        if INDENT_WIDTH + side + 4 + needed(labels) > width:
            indent = NARROW_INDENT
        shown = fitting(labels, width - measure_breadth(indent.expandtabs()) - side - 4)
    tall = len(labels) if shown == len(labels) else max(shown, FEWEST_ROWS)
    head = " ".join(labels[:shown])
    found = [make_line(Piece(f"{indent} {' ' * (side + 3)}{head}", "label"))]
    for label, row in list(zip(labels, rows, strict=True))[:tall]:
        title = Piece(f"{indent} {align_right(label, side)} | ", "label")
        found.append((title, *cell_pieces(labels[:shown], row, width is not None)))
    return found + left_out(len(labels) - shown, len(labels) - min(tall, len(labels)), indent)


def needed(labels: Sequence[str]) -> int:
    return sum(measure_breadth(label) + 1 for label in labels)


def fitting(labels: Sequence[str], room: int) -> int:
    """How many columns fit, at least one."""
    count = 0
    while count < len(labels) and needed(labels[: count + 1]) <= room:
        count += 1
    return max(1, count)


def cell_pieces(labels: Sequence[str], row: Sequence[bool], dots: bool) -> Line:
    empty = Piece("·", "dim") if dots else Piece(" ")
    pieces: list[Piece] = []
    for number, label in enumerate(labels):
        margin = " " * (measure_breadth(label) - 1 + (number > 0))
        pieces += [Piece(margin), Piece("1", "selected") if row[number] else empty]
    return tuple(pieces)


def left_out(columns: int, rows: int, indent: str) -> list[Line]:
    if not columns:
        return []
    more = show_count(columns, "more column") + (f" and {show_count(rows, 'more row')}" if rows else "")
    return [make_line(Piece(f"{indent} … {more} do not fit here", "dim"))]
