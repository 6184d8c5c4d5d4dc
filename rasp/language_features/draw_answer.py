"""A drawing of the s-op or selector at a place of a text, on the running example."""

from dataclasses import dataclass

from rasp.diagnostics import Diagnostic, RaspError
from rasp.drawing.draw_svg import draw_svg
from rasp.drawing.picture import picture
from rasp.graph.nodes import Node
from rasp.language_features.document import PATIENCE, Document, running_example
from rasp.language_features.hover import value_of
from rasp.language_features.patience import TooSlow, limited
from rasp.language_features.symbols import name_at, resolve


@dataclass(frozen=True)
class Drawn:
    """What is drawn, and the text of an SVG file."""

    title: str
    svg: str


def draw(document: Document, place: int) -> Drawn:
    """The drawing. Raises `RaspError` where there is none."""
    name = name_at(document.module, place)
    value = None if name is None else value_of(document, name.text, resolve(document, name))
    if name is None or not isinstance(value, Node):
        message = "there is no s-op or selector here that could be drawn"
        raise RaspError(Diagnostic(message, hint="put the cursor on the name of one"))
    items = running_example(document, value, place).items
    try:
        with limited(PATIENCE):
            return Drawn(name.text, draw_svg(picture(document.program.workshop, value, items, name.text)))
    except (TooSlow, MemoryError):
        message = "this drawing takes too long"
        raise RaspError(Diagnostic(message, hint="use a shorter running example: set example")) from None
