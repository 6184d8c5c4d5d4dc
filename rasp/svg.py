"""Pieces of SVG: text, boxes, grids, and blocks of them that know their size. Sizes are in pixels."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from rasp.style import breadth

FONT_SIZE = 13
SMALL = 11
CHARACTER = 7.85  # the advance of a monospace character, as a share of the font size, is 0.6
CELL_HEIGHT = 24
PADDING = 5

INK = "#1c2333"
FAINT = "#7a8499"
LINE = "#d5dbe7"
PANEL = "#f6f8fc"
EMPTY = "#e9edf5"
SELECTED = "#3d5afe"
VALUE = "#ffffff"
RESULT = "#dff3ea"
RESULT_INK = "#0b6b4a"
ANSWER = "#fff0cf"
ANSWER_INK = "#8a5200"
FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"


Place = tuple[float, float]


@dataclass(frozen=True)
class Block:
    """A rectangle of drawing with its own origin."""

    width: float
    height: float
    body: str


def text_width(text: str, size: float = FONT_SIZE) -> float:
    return breadth(text) * CHARACTER * size / FONT_SIZE


def cell_width(texts: Iterable[str]) -> float:
    """The width of a cell that each of the texts fits into."""
    return max(CELL_HEIGHT, max(map(text_width, texts), default=0) + 2 * PADDING)


def number(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


@dataclass(frozen=True)
class Ink:
    """How a text is written. `anchor` is start, middle or end."""

    colour: str = INK
    size: float = FONT_SIZE
    anchor: str = "start"
    bold: bool = False


LABEL = Ink(anchor="end")
NOTE = Ink(FAINT, SMALL)
CENTRED = Ink(anchor="middle")


def text(x: float, y: float, words: str, ink: Ink = Ink()) -> str:
    """Words whose line has its middle at height `y`."""
    if not words.strip():
        return ""
    weight = ' font-weight="600"' if ink.bold else ""
    return (
        f'<text x="{number(x)}" y="{number(y + ink.size * 0.34)}" font-size="{number(ink.size)}" '
        f'text-anchor="{ink.anchor}" fill="{ink.colour}"{weight}>{escape(words)}</text>'
    )


def box(x: float, y: float, width: float, height: float, style: str) -> str:
    return (
        f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}" {style}/>'
    )


def stroke(points: Sequence[Place], colour: str = LINE) -> str:
    path = " L".join(f"{number(x)},{number(y)}" for x, y in points)
    return f'<path d="M{path}" fill="none" stroke="{colour}"/>'


def cells_across(at: Place, width: float, cells: Sequence[str], fill: str, ink: Ink) -> str:
    """A row of boxes with a text each."""
    x, y = at
    return "".join(
        box(x + k * width, y, width, CELL_HEIGHT, f'fill="{fill}" stroke="{LINE}"')
        + text(x + (k + 0.5) * width, y + CELL_HEIGHT / 2, cell, ink)
        for k, cell in enumerate(cells)
    )


def cells_down(at: Place, width: float, cells: Sequence[str], fill: str, ink: Ink) -> str:
    """A column of boxes with a text each."""
    x, y = at
    return "".join(
        box(x, y + k * CELL_HEIGHT, width, CELL_HEIGHT, f'fill="{fill}" stroke="{LINE}"')
        + text(x + width / 2, y + (k + 0.5) * CELL_HEIGHT, cell, ink)
        for k, cell in enumerate(cells)
    )


def matrix(x: float, y: float, width: float, rows: Sequence[Sequence[bool]]) -> str:
    """A grid of which the true cells are coloured."""
    inset = 1.5

    def boxes(wanted: bool) -> str:
        return "".join(
            f"M{number(x + k * width + inset)},{number(y + q * CELL_HEIGHT + inset)}"
            f"h{number(width - 2 * inset)}v{number(CELL_HEIGHT - 2 * inset)}h{number(2 * inset - width)}z"
            for q, row in enumerate(rows)
            for k, cell in enumerate(row)
            if cell is wanted
        )

    return f'<path d="{boxes(False)}" fill="{EMPTY}"/><path d="{boxes(True)}" fill="{SELECTED}"/>'


def moved(block: Block, x: float, y: float) -> str:
    return f'<g transform="translate({number(x)},{number(y)})">{block.body}</g>'


def stacked(blocks: Sequence[Block], gap: float) -> Block:
    """Blocks below each other."""
    body, y = "", 0.0
    for block in blocks:
        body += moved(block, 0, y)
        y += block.height + gap
    return Block(max(block.width for block in blocks), y - gap, body)


def in_lines(blocks: Sequence[Block], gap: float, widest: float) -> Block:
    """Blocks beside each other, on several lines when they are wider than `widest` together."""
    body, x, y, height, width = "", 0.0, 0.0, 0.0, 0.0
    for block in blocks:
        if x and x + block.width > widest:
            x, y, height = 0.0, y + height + gap, 0.0
        body += moved(block, x, y)
        x += block.width + gap
        width, height = max(width, x - gap), max(height, block.height)
    return Block(width, y + height, body)


def document(block: Block, margin: float) -> str:
    """A whole file."""
    width, height = block.width + 2 * margin, block.height + 2 * margin
    size = f'width="{number(width)}" height="{number(height)}" viewBox="0 0 {number(width)} {number(height)}"'
    background = box(0, 0, width, height, 'fill="#ffffff"')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{FONT}">'
        f"{background}{moved(block, margin, margin)}</svg>\n"
    )
