"""A picture as a file: SVG, HTML, PNG, PDF, DOT or text, by the ending of the file's name.

PNG and PDF are made by the library CairoSVG, which is not needed for anything else, and imported only here.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from rasp.diagnostics import Diagnostic, RaspError
from rasp.drawing import svg
from rasp.drawing.draw_dot import draw_dot
from rasp.drawing.draw_html import draw_html
from rasp.drawing.draw_svg import draw_svg
from rasp.drawing.draw_text import draw_text
from rasp.drawing.picture import Picture
from rasp.limits import RENDERED
from rasp.notation.style import join_lines
from rasp.write_whole import write_file

#: Pixels of a PNG for each of the drawing.
SCALE = 2
LIBRARY = "cairosvg"


def write_picture(picture: Picture, path: Path, dark: bool = False) -> None:
    """Write a picture into a file. Raises `RaspError` for an ending that means nothing, and when it cannot be written."""
    form = FORMATS.get(path.suffix.lower())
    if form is None:
        endings = ", ".join(FORMATS)
        told = f"{path} does not say what to draw: its name has to end in one of {endings}"
        raise RaspError(Diagnostic(told, hint=f"as in {path.stem or 'picture'}.svg", code="draw"))
    write_file(path, form(picture, dark))


def as_svg(picture: Picture, dark: bool) -> str:
    """The drawing; one that is not asked to be dark is so only where the reader's screen is."""
    drawing = draw_svg(picture)
    return svg.darken_document(drawing) if dark else drawing


def rendered(picture: Picture, dark: bool, kind: str) -> bytes:
    """The drawing by the library, on white paper unless dark is asked for. Raises `RaspError` where it is missing."""
    # A renderer that knows none of the fonts would take one in which every letter has another width.
    drawing = as_svg(picture, dark).replace(svg.FONT, "monospace")
    if len(drawing) > RENDERED.most:
        raise RENDERED.refusal(
            f"a {kind.upper()} would be made of {len(drawing):,} characters of SVG, more than {RENDERED}"
        )
    try:
        library = import_module(LIBRARY)
    except (ImportError, OSError):  # the second, where the system has no Cairo
        told = f"a {kind.upper()} is drawn by the library {LIBRARY}, which is not installed here"
        hint = f"install it with `python -m pip install {LIBRARY}` (and Cairo with the system's packages), or draw an SVG"
        raise RaspError(Diagnostic(told, hint=hint, code="draw")) from None
    return getattr(library, f"svg2{kind}")(bytestring=drawing.encode(), scale=SCALE if kind == "png" else 1)


def encoded(form: Callable[[Picture, bool], str]) -> Callable[[Picture, bool], bytes]:
    return lambda picture, dark: form(picture, dark).encode()


#: What the endings of names stand for.
FORMATS: dict[str, Callable[[Picture, bool], bytes]] = {
    ".svg": encoded(as_svg),
    ".html": encoded(lambda picture, dark: draw_html(picture.title, as_svg(picture, dark))),
    ".png": lambda picture, dark: rendered(picture, dark, "png"),
    ".pdf": lambda picture, dark: rendered(picture, dark, "pdf"),
    ".dot": encoded(lambda picture, dark: draw_dot(picture)),
    ".txt": encoded(lambda picture, dark: f"{join_lines(draw_text(picture, None))}\n"),
}
