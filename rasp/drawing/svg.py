"""Pieces of SVG: text, boxes, grids, and blocks of them that know their size. Sizes are in pixels."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from rasp.notation.style import measure_breadth

FONT_SIZE = 13
SMALL = 11
CHARACTER = 7.85  # the advance of a monospace character, as a share of the font size, is 0.6
CELL_HEIGHT = 24
PADDING = 5
LONGEST_CELL = 12

INK = "#1c2333"
FAINT = "#7a8499"
LINE = "#d5dbe7"
PANEL = "#f6f8fc"
EMPTY = "#e9edf5"
SELECTED = "#3d5afe"
VALUE = "#fefefe"
RESULT = "#dff3ea"
RESULT_INK = "#0b6b4a"
ANSWER = "#fff0cf"
ANSWER_INK = "#8a5200"
PAPER = "#ffffff"
#: Each colour on a dark screen.
DARK: dict[str, str] = {
    PAPER: "#14171f",
    INK: "#e4e8f1",
    FAINT: "#8f99ad",
    LINE: "#3a4254",
    PANEL: "#1b1f2a",
    EMPTY: "#262c3a",
    SELECTED: "#6d83ff",
    VALUE: "#20252f",
    RESULT: "#12382c",
    RESULT_INK: "#7fe0ba",
    ANSWER: "#44340f",
    ANSWER_INK: "#ffcf77",
}
LINES = (LINE, FAINT)
FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"


Place = tuple[float, float]


@dataclass(frozen=True)
class Panel:
    """A rectangle of drawing with its own origin."""

    width: float
    height: float
    body: str


def number(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


@dataclass(frozen=True)
class Ink:
    """How a text is written. `anchor` is start, middle or end. Of a text of more than `longest` characters only
    the beginning is drawn, and the whole is a tooltip.
    """

    colour: str = INK
    size: float = FONT_SIZE
    anchor: str = "start"
    bold: bool = False
    longest: int = 48


PLAIN = Ink()
LABEL = Ink(anchor="end")
NOTE = Ink(FAINT, SMALL, longest=64)
CENTRED = Ink(anchor="middle", longest=LONGEST_CELL)


def measure_text(words: str, ink: Ink = PLAIN) -> float:
    """How wide a text is drawn."""
    return measure_breadth(shorten_words(words, ink.longest)) * CHARACTER * ink.size / FONT_SIZE


def shorten_words(words: str, longest: int) -> str:
    return words if len(words) <= longest else f"{words[: longest - 1]}…"


def measure_cell(texts: Iterable[str]) -> float:
    """The width of a cell that each of the texts fits into."""
    widest = max((measure_text(words, CENTRED) for words in texts), default=0)
    return max(CELL_HEIGHT, widest + 2 * PADDING)


def draw_words(x: float, y: float, words: str, ink: Ink = PLAIN) -> str:
    """Words whose line has its middle at height `y`."""
    if not words.strip():
        return ""
    weight = ' font-weight="600"' if ink.bold else ""
    shown = shorten_words(words, ink.longest)
    tooltip = f"<title>{escape(words)}</title>" if shown != words else ""
    return (
        f'<text x="{number(x)}" y="{number(y + ink.size * 0.34)}" font-size="{number(ink.size)}" '
        f'text-anchor="{ink.anchor}" fill="{ink.colour}"{weight}>{escape(shown)}{tooltip}</text>'
    )


def draw_box(x: float, y: float, width: float, height: float, style: str) -> str:
    return (
        f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}" {style}/>'
    )


def draw_stroke(points: Sequence[Place], colour: str = LINE) -> str:
    path = " L".join(f"{number(x)},{number(y)}" for x, y in points)
    return f'<path d="M{path}" fill="none" stroke="{colour}"/>'


def draw_cells_across(at: Place, width: float, cells: Sequence[str], fill: str, ink: Ink) -> str:
    """A row of boxes with a text each."""
    x, y = at
    return "".join(
        draw_box(x + k * width, y, width, CELL_HEIGHT, f'fill="{fill}" stroke="{LINE}"')
        + draw_words(x + (k + 0.5) * width, y + CELL_HEIGHT / 2, cell, ink)
        for k, cell in enumerate(cells)
    )


def draw_cells_down(at: Place, width: float, cells: Sequence[str], fill: str, ink: Ink) -> str:
    """A column of boxes with a text each."""
    x, y = at
    return "".join(
        draw_box(x, y + k * CELL_HEIGHT, width, CELL_HEIGHT, f'fill="{fill}" stroke="{LINE}"')
        + draw_words(x + width / 2, y + (k + 0.5) * CELL_HEIGHT, cell, ink)
        for k, cell in enumerate(cells)
    )


def draw_matrix(x: float, y: float, width: float, rows: Sequence[Sequence[bool]]) -> str:
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


def move_block(block: Panel, x: float, y: float) -> str:
    return f'<g transform="translate({number(x)},{number(y)})">{block.body}</g>'


def stack_blocks(blocks: Sequence[Panel], gap: float) -> Panel:
    """Blocks below each other."""
    body, y = "", 0.0
    for block in blocks:
        body += move_block(block, 0, y)
        y += block.height + gap
    return Panel(max(block.width for block in blocks), y - gap, body)


def arrange_in_lines(blocks: Sequence[Panel], gap: float, widest: float) -> Panel:
    """Blocks beside each other, on several lines when they are wider than `widest` together."""
    body, x, y, height, width = "", 0.0, 0.0, 0.0, 0.0
    for block in blocks:
        if x and x + block.width > widest:
            x, y, height = 0.0, y + height + gap, 0.0
        body += move_block(block, x, y)
        x += block.width + gap
        width, height = max(width, x - gap), max(height, block.height)
    return Panel(width, y + height, body)


def draw_document(block: Panel, margin: float) -> str:
    """A whole file. It is dark where the reader's screen is."""
    width, height = block.width + 2 * margin, block.height + 2 * margin
    size = f'width="{number(width)}" height="{number(height)}" viewBox="0 0 {number(width)} {number(height)}"'
    background = draw_box(0, 0, width, height, f'fill="{PAPER}"')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{FONT}">'
        f"<style>{dark_rules()}</style>{background}{move_block(block, margin, margin)}</svg>\n"
    )


def dark_rules() -> str:
    """What a style sheet says for dark screens. Attributes give way to it."""
    rules = (
        f'[{what}="{light}"]{{{what}:{dark}}}'
        for light, dark in DARK.items()
        for what in ("fill", "stroke")
        if what == "fill" or light in LINES
    )
    return f"@media (prefers-color-scheme: dark){{{''.join(rules)}}}"


def lighten_document(drawing: str) -> str:
    """A file of `draw_document` that is light everywhere."""
    return re.sub(r"<style>.*?</style>", "", drawing)


def darken_document(drawing: str) -> str:
    """A file of `draw_document` that is dark everywhere."""
    return re.sub(r'(?<==")#[0-9a-f]{6}(?=")', lambda found: DARK[found[0]], lighten_document(drawing))
