"""A drawing of the s-op or selector at a place of a text, on the running example."""

from dataclasses import dataclass

from rasp.diagnostics import Diagnostic, RaspError
from rasp.drawing.draw_svg import draw_svg
from rasp.drawing.picture import draw_picture
from rasp.graph.nodes import Node
from rasp.language_features.document import PATIENCE, Document, find_example
from rasp.language_features.hover import find_value
from rasp.language_features.patience import TooSlow, limit_seconds
from rasp.language_features.symbols import find_name_at, resolve_name


@dataclass(frozen=True)
class Drawn:
    """What is drawn, and the text of an SVG file."""

    title: str
    svg: str


def draw_answer(document: Document, place: int) -> Drawn:
    """The drawing. Raises `RaspError` where there is none."""
    name = find_name_at(document.module, place)
    value = None if name is None else find_value(document, name.text, resolve_name(document, name))
    if name is None or not isinstance(value, Node):
        message = "there is no s-op or selector here that could be drawn"
        raise RaspError(Diagnostic(message, hint="put the cursor on the name of one"))
    items = find_example(document, value, place).items
    try:
        with limit_seconds(PATIENCE):
            return Drawn(
                name.text, draw_svg(draw_picture(document.program.workshop, value, items, name.text))
            )
    except (TooSlow, MemoryError):
        message = "this drawing takes too long"
        raise RaspError(Diagnostic(message, hint="use a shorter running example: set example")) from None
