"""A picture as lines of text: for each layer its heads, as grids, and its elementwise rows."""

from collections.abc import Iterator, Sequence

from rasp.drawing.picture import HeadPicture, HeadReading, Picture, Row
from rasp.graph.cost import DRAWN, describe_cost
from rasp.notation.style import (
    Line,
    Piece,
    align_left,
    align_right,
    cut_line,
    make_line,
    measure_breadth,
    strip_style,
)

ON, OFF = "■", "·"


def draw_text(picture: Picture, width: int | None) -> list[Line]:
    """The lines; those that are wider than the terminal are cut, with a note below."""
    rows = list(lines(picture))
    if width is None or all(measure_breadth(strip_style(row)) <= width for row in rows):
        return rows
    note = make_line(Piece("  … wider than the terminal; the SVG file has all of it", "dim"))
    return [*(cut_line(row, width) for row in rows), note]


def lines(picture: Picture) -> Iterator[Line]:
    yield make_line(Piece(f"{DRAWN}: ", "label"), describe_cost(picture.heads))
    yield make_line(Piece("input", "heading"))
    first = [row for row in picture.layers[0].rows if row != picture.output]
    yield from table([*picture.inputs, *first], picture)
    for number, layer in enumerate(picture.layers):
        if number:
            yield make_line(Piece(f"layer {number}", "heading"))
            for k, head in enumerate(layer.heads, start=1):
                yield from head_lines(head, k, picture)
            if layer.rows:
                yield make_line(Piece("  feed-forward", "label"))
            yield from table(layer.rows, picture)
    if picture.output is not None:
        yield make_line(Piece("output", "heading"))
        yield from table([picture.output], picture)


def table(rows: Sequence[Row], picture: Picture) -> Iterator[Line]:
    """Rows of values behind their names."""
    names = max((measure_breadth(row.label) for row in rows), default=0)
    cell = width_of(rows)
    for row in rows:
        style = "value" if row == picture.output else "plain"
        formula = f"   {row.formula}" if row.formula else ""
        label = Piece(f"    {align_left(row.label, names)}  ", "name")
        yield make_line(label, Piece(joined(row.cells, cell), style), Piece(formula, "label"))


def width_of(rows: Sequence[Row]) -> int:
    return max((measure_breadth(cell) for row in rows for cell in row.cells), default=1)


def joined(cells: Sequence[str], width: int) -> str:
    return " ".join(align_right(cell, width) for cell in cells)


def head_lines(head: HeadPicture, number: int, picture: Picture) -> Iterator[Line]:
    """Keys above, queries on the left, values below, results on the right."""
    values = [read.value for read in head.reads if read.value is not None]
    cell = width_of([*head.keys, *values])
    captions = [f"key {row.label}" for row in head.keys] + [f"value {row.label}" for row in values]
    asking = f"query {', '.join(row.label for row in head.queries)}"
    sides = [width_of([row]) for row in head.queries]
    margin = max(map(measure_breadth, [*captions, asking]))
    title = f"{head.title} = {head.formula}" if head.title else head.formula
    yield make_line(Piece(f"  head {number}  ", "label"), title)
    for row in head.keys:
        yield caption("key", row, margin, cell)
    grid = len(picture.tokens) * (cell + 1) - 1
    results = [max(measure_breadth(name_of(read)), width_of([read.result])) for read in head.reads]
    names = "  ".join(align_left(name_of(read), size) for read, size in zip(head.reads, results, strict=True))
    yield make_line(
        Piece(f"    {' ' * (margin - measure_breadth(asking))}query ", "label"),
        asking.removeprefix("query "),
        "   " + " " * grid + "    ",
        Piece(names, "name"),
    )
    for q, selected in enumerate(head.matrix):
        asked = " ".join(
            align_right(row.cells[q], side) for row, side in zip(head.queries, sides, strict=True)
        )
        found = [
            align_left(read.result.cells[q], size) for read, size in zip(head.reads, results, strict=True)
        ]
        yield make_line(
            f"    {align_right(asked, margin)} | ",
            *marks(selected, cell),
            " |  ",
            Piece("  ".join(found).rstrip(), "value"),
        )
    for row in values:
        yield caption("value", row, margin, cell)


def caption(role: str, row: Row, margin: int, cell: int) -> Line:
    gap = " " * (margin - measure_breadth(f"{role} {row.label}"))
    return make_line(Piece(f"    {gap}{role} ", "label"), f"{row.label}   {joined(row.cells, cell)}")


def name_of(read: HeadReading) -> str:
    return read.result.label


def marks(selected: Sequence[bool], cell: int) -> Iterator[Piece]:
    for k, one in enumerate(selected):
        yield Piece(" " * (cell - 1 + (k > 0)))
        yield Piece(ON, "selected") if one else Piece(OFF, "dim")
