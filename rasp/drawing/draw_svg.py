"""A picture as SVG: layers below each other, in each its heads side by side and then the elementwise rows.

    around a head's grid        key values              results' names
                        query   selected cells          results
                        values
        queries' names          values that are read

The row of a query runs from its value on the left over the cells it selects to the result on the right; what
is read stands below the cells' columns.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rasp.drawing import svg
from rasp.drawing.picture import HeadPicture, HeadReading, LayerPicture, Picture, Row
from rasp.drawing.svg import CELL_HEIGHT, Ink, Panel
from rasp.graph.cost import DRAWN, describe_cost
from rasp.values import show_count

WIDEST = 1100.0
GAP = 26.0
MARGIN = 24.0
TITLE = 34.0
NAME_HEIGHT = 17.0
HEADING = Ink(size=18, bold=True, longest=64)
SUBTITLE = Ink(svg.FAINT, longest=160)
FORMULA = Ink(size=12, longest=64)
#: Tokens beside a grid that is about something else.
ORIENTATION = Ink(svg.FAINT, svg.SMALL, "middle", longest=svg.LONGEST_CELL)
#: From the middle of a column of queries to the name that belongs to it, below.
REACH = 12
GAP_IN_CAPTION = 8


def draw_svg(picture: Picture) -> str:
    """The text of an SVG file."""
    blocks = [heading(picture)]
    first = (*picture.inputs, *(row for row in picture.layers[0].rows if row != picture.output))
    if first:
        blocks.append(panel("input", "", table(first, picture)))
    layers = [head_blocks(layer, picture) for layer in picture.layers]
    widest = max([WIDEST, *(block.width for heads in layers for block in heads)])
    for number, (layer, heads) in enumerate(zip(picture.layers, layers, strict=True)):
        if number:
            count = show_count(len(heads), "head")
            blocks.append(panel(f"layer {number}", count, layer_block(layer, heads, picture, widest)))
    if picture.output is not None:
        # Its formula stands in its layer, if that is drawn.
        is_first = picture.output in picture.layers[0].rows
        output = picture.output if is_first else replace(picture.output, formula="")
        blocks.append(panel("output", "", table((output,), picture)))
    width = max(block.width for block in blocks)
    blocks = [widened(block, width) for block in blocks]
    return svg.draw_document(svg.stack_blocks(blocks, 14), MARGIN)


def heading(picture: Picture) -> Panel:
    """What is drawn, and on which input."""
    name = svg.draw_words(0, 12, picture.title, HEADING)
    tokens = "".join(picture.tokens) if all(len(t) == 1 for t in picture.tokens) else " ".join(picture.tokens)
    note = f"on {svg.shorten_words(tokens, 80)} · {DRAWN}: {describe_cost(picture.heads)}"
    x = svg.measure_text(picture.title, HEADING) + 16
    return Panel(x + svg.measure_text(note, SUBTITLE), 26, name + svg.draw_words(x, 13, note, SUBTITLE))


def panel(title: str, note: str, content: Panel) -> Panel:
    """A block in a frame with a title. The frame is drawn by `widened`, when the width is known."""
    words = svg.draw_words(18, 20, title, Ink(bold=True))
    words += svg.draw_words(18 + svg.measure_text(title) + 10, 20, note, svg.NOTE)
    width = max(content.width + 36, 160)
    return Panel(width, content.height + TITLE + 18, words + svg.move_block(content, 18, TITLE))


def widened(block: Panel, width: float) -> Panel:
    """A panel on a background of the given width; the heading has none."""
    if block.height < 30:
        return block
    style = f'rx="10" fill="{svg.PANEL}" stroke="{svg.LINE}"'
    return Panel(width, block.height, svg.draw_box(0.5, 0.5, width - 1, block.height - 1, style) + block.body)


def head_blocks(layer: LayerPicture, picture: Picture) -> list[Panel]:
    return [head_block(head, number, picture) for number, head in enumerate(layer.heads, start=1)]


def layer_block(layer: LayerPicture, heads: Sequence[Panel], picture: Picture, widest: float) -> Panel:
    """Heads beside each other as far as there is room, and the elementwise rows below."""
    blocks = [svg.arrange_in_lines(heads, GAP, widest)] if heads else []
    rows = [row for row in layer.rows if row != picture.output or row.formula]
    if rows:
        blocks.append(svg.stack_blocks([note("feed-forward"), table(rows, picture)], 2))
    return svg.stack_blocks(blocks or [Panel(0, 0, "")], 16)


def note(words: str) -> Panel:
    return Panel(svg.measure_text(words, svg.NOTE), 16, svg.draw_words(0, 7, words, svg.NOTE))


def table(rows: Sequence[Row], picture: Picture) -> Panel:
    """Rows of values with their names on the left and their formulas on the right."""
    labels = max(svg.measure_text(row.label, svg.LABEL) for row in rows) + 12
    width = svg.measure_cell(cell for row in rows for cell in row.cells)
    body, y = "", 0.0
    for row in rows:
        is_output = picture.output is not None and row.label == picture.output.label
        body += svg.draw_words(labels - 10, y + CELL_HEIGHT / 2, row.label, svg.LABEL)
        fill, colour = (svg.ANSWER, svg.ANSWER_INK) if is_output else (svg.VALUE, svg.INK)
        ink = replace(svg.CENTRED, colour=colour, bold=is_output)
        body += svg.draw_cells_across((labels, y), width, row.cells, fill, ink)
        x = labels + width * len(row.cells) + 12
        body += svg.draw_words(x, y + CELL_HEIGHT / 2, row.formula, svg.NOTE)
        y += CELL_HEIGHT + 4
    formulas = max(svg.measure_text(row.formula, svg.NOTE) for row in rows)
    return Panel(labels + width * len(picture.tokens) + 12 + formulas, y - 4, body)


def head_block(head: HeadPicture, number: int, picture: Picture) -> Panel:
    """A head: title, grid, and what stands around it."""
    title = svg.draw_words(0, 8, f"head {number}", Ink(svg.FAINT, svg.SMALL, bold=True))
    name = f"{head.title} = {head.formula}" if head.title else head.formula
    x = svg.measure_text(f"head {number}", svg.NOTE) + 10
    title += svg.draw_words(x, 8, name, FORMULA)
    grid = grid_block(head, picture)
    width = max(grid.width, x + svg.measure_text(name, FORMULA))
    return Panel(width, grid.height + 24, title + svg.move_block(grid, 0, 24))


@dataclass(frozen=True)
class Geometry:
    """Where a head's grid is: its corner, the width of its cells, and of the columns of each query."""

    left: float
    top: float
    cell: float
    sides: tuple[float, ...]
    tokens_above: bool
    tokens_beside: bool


def geometry(head: HeadPicture, picture: Picture) -> Geometry:
    """Room on the left for query values and the names of keys, above for key values and results' names."""
    reads = [read.value for read in head.reads if read.value is not None]
    cell = svg.measure_cell(cell for row in (*head.keys, *reads) for cell in row.cells)
    sides = tuple(svg.measure_cell(row.cells) for row in head.queries)
    tokens_above, tokens_beside = (
        all(row.cells != picture.tokens for row in rows) for rows in (head.keys, head.queries)
    )
    widest = max(svg.measure_text(token, ORIENTATION) for token in picture.tokens)
    cell = max(cell, widest + 8) if tokens_above else cell
    tokens = widest + 12 if tokens_beside else 0
    # A query's name ends left of its column's middle: what stands between there and the grid comes on top.
    names = [
        caption_width("query", row.label) + REACH + sides[k] / 2 + sum(sides[k + 1 :]) + 4
        for k, row in enumerate(head.queries)
    ]
    left = max(
        max(caption_width("key", row.label) for row in head.keys) + 10,
        sum(sides) + 4 + tokens,
        max(names),
    )
    above = len(head.keys) * CELL_HEIGHT + 4 + (NAME_HEIGHT if tokens_above else 0)
    top = max(above, NAME_HEIGHT * len(head.reads))
    return Geometry(left, top, cell, sides, tokens_above, tokens_beside)


def grid_block(head: HeadPicture, picture: Picture) -> Panel:
    """The grid with key values above, query values on the left, read values below, results on the right."""
    place = geometry(head, picture)
    reads = [read.value for read in head.reads if read.value is not None]
    count = len(picture.tokens)
    right, bottom = place.left + place.cell * count, place.top + CELL_HEIGHT * count
    body = orientation(head, picture, place)
    body += key_rows(head.keys, place)
    body += query_columns(head.queries, place, bottom)
    body += svg.draw_matrix(place.left, place.top, place.cell, head.matrix)
    body += read_rows(reads, place, bottom + 4)
    columns, end = result_columns(head.reads, picture, right + 14, place.top)
    below = max(NAME_HEIGHT * len(head.queries), (CELL_HEIGHT + 3) * len(reads)) + 4
    ends = [end, *(right + 8 + caption_width("value", row.label) for row in reads)]
    return Panel(max(ends), bottom + below, body + columns)


def orientation(head: HeadPicture, picture: Picture, place: Geometry) -> str:
    """The input's elements, small, above and beside a grid that compares something else."""
    body = ""
    for k, token in enumerate(picture.tokens):
        if place.tokens_above:
            y = place.top - 4 - len(head.keys) * CELL_HEIGHT - NAME_HEIGHT / 2
            body += svg.draw_words(place.left + place.cell * (k + 0.5), y, token, ORIENTATION)
        if place.tokens_beside:
            x, y = place.left - sum(place.sides) - 10, place.top + CELL_HEIGHT * (k + 0.5)
            body += svg.draw_words(x, y, token, replace(ORIENTATION, anchor="end"))
    return body


def key_rows(keys: Sequence[Row], place: Geometry) -> str:
    body = ""
    for k, row in enumerate(keys):
        y = place.top - 4 - (len(keys) - k) * CELL_HEIGHT
        body += captioned("key", row.label, place.left - 8, y + CELL_HEIGHT / 2)
        body += svg.draw_cells_across((place.left, y), place.cell, row.cells, svg.VALUE, svg.CENTRED)
    return body


def caption_width(role: str, label: str) -> float:
    return svg.measure_text(label, svg.LABEL) + GAP_IN_CAPTION + svg.measure_text(role, svg.NOTE)


def captioned(role: str, label: str, x: float, y: float) -> str:
    """A name that ends at `x`, with its role in front of it."""
    caption = svg.draw_words(
        x - svg.measure_text(label, svg.LABEL) - GAP_IN_CAPTION, y, role, Ink(svg.FAINT, svg.SMALL, "end")
    )
    return caption + svg.draw_words(x, y, label, svg.LABEL)


def query_columns(queries: Sequence[Row], place: Geometry, bottom: float) -> str:
    """Columns that end at the grid; a line joins each with its name below it."""
    body, x = "", place.left - 4 - sum(place.sides)
    for k, (row, side) in enumerate(zip(queries, place.sides, strict=True)):
        y = bottom + 4 + NAME_HEIGHT * (k + 0.5)
        middle = x + side / 2
        body += svg.draw_cells_down((x, place.top), side, row.cells, svg.VALUE, svg.CENTRED)
        body += svg.draw_stroke([(middle, bottom + 2), (middle, y), (middle - 6, y)], svg.FAINT)
        body += captioned("query", row.label, middle - REACH, y)
        x += side
    return body


def read_rows(reads: Sequence[Row], place: Geometry, top: float) -> str:
    body = ""
    for k, row in enumerate(reads):
        y = top + k * (CELL_HEIGHT + 3)
        body += svg.draw_cells_across((place.left, y), place.cell, row.cells, svg.VALUE, svg.CENTRED)
        x = place.left + place.cell * len(row.cells) + 8
        body += svg.draw_words(x, y + CELL_HEIGHT / 2, "value", svg.NOTE)
        x += svg.measure_text("value ", svg.NOTE)
        body += svg.draw_words(x, y + CELL_HEIGHT / 2, row.label)
    return body


def result_columns(
    reads: Sequence[HeadReading], picture: Picture, left: float, top: float
) -> tuple[str, float]:
    """Columns right of the grid with their names above, and where they end."""
    body, x, end = "", left, left
    for k, read in enumerate(reads):
        row, is_output = read.result, read.result == picture.output
        side = svg.measure_cell(row.cells)
        fill, colour = (svg.ANSWER, svg.ANSWER_INK) if is_output else (svg.RESULT, svg.RESULT_INK)
        ink = replace(svg.CENTRED, colour=colour, bold=True)
        body += svg.draw_cells_down((x, top), side, row.cells, fill, ink)
        y = top - NAME_HEIGHT * (len(reads) - k - 0.5)
        name, ink = result_name(read), Ink(colour, bold=True)
        if k < len(reads) - 1:
            body += svg.draw_stroke([(x + 5, y + 8), (x + 5, top)], svg.FAINT)
        body += svg.draw_words(x, y, name, ink)
        end = max(end, x + side, x + svg.measure_text(name, ink) * 1.05)
        x += side + 3
    return body, end


def result_name(read: HeadReading) -> str:
    """The result's name; with what it is where nothing is selected, if that was chosen."""
    if read.value is None:
        return f"{read.result.label} (how many)"
    return (
        read.result.label if read.default == "0" else f"{read.result.label} (else {read.default or 'empty'})"
    )
