"""`draw(...)`: the picture as text, as files in the folder `drawings`, and the answer."""

import json
import re
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from rasp.diagnostics import Diagnostic, RaspError
from rasp.drawing.draw_dot import draw_dot
from rasp.drawing.draw_svg import draw_svg
from rasp.drawing.draw_text import draw_text
from rasp.drawing.picture import Picture, draw_picture
from rasp.elaborate.scope import Applied, Static
from rasp.interpret.evaluate import EvaluationError, evaluate
from rasp.notation.style import Line, Piece, make_line
from rasp.prompt.events import Answered, Drawing, Examples
from rasp.prompt.show import Display, show_event
from rasp.write_whole import explain_reason, make_folder, write_text

FOLDER = Path("drawings")
#: What stands for itself in the name of a file, also where capitals do not count.
FAITHFUL = re.compile(r"[a-z0-9_]{1,40}")
LONGEST_PART = 30
DIGITS = 8


def show_drawings(drawing: Drawing, display: Display, examples: Examples) -> Iterable[Line]:
    """Draw, write the files, and say where they are. Raises `RaspError`."""
    drawn = draw_picture(display.workshop, drawing.node, drawing.items, drawing.name)
    yield from draw_text(drawn, display.width)
    files = write_files(drawn, file_name(drawing))
    yield make_line("drawn in ", Piece(" and ".join(map(str, files)), "value"))
    yield from show_event(Answered(answer(drawing), examples), display)


def answer(drawing: Drawing) -> Applied:
    """What the drawn node gives for the input (it has a value there)."""
    outcome = evaluate([drawing.node], [drawing.items])[0][0]
    assert not isinstance(outcome, EvaluationError)
    values: list[Static] = [[*row] if isinstance(row, list) else row for row in outcome]
    return Applied(values, drawing.node, [*drawing.items])


def file_name(drawing: Drawing) -> str:
    """A name that any file system takes, from what is drawn and the input; no other drawing of the program has it.

    Where the two can be read off the name, they are all of it: `hist-abba`. Otherwise a digest of them follows.
    """
    parts = (drawing.name, "".join(map(str, drawing.items)))
    single = all(isinstance(item, str) and len(item) == 1 for item in drawing.items)
    if single and all(map(FAITHFUL.fullmatch, parts)):
        return "-".join(parts)
    whole = json.dumps([drawing.name, *drawing.items]).encode()
    readable = [re.sub(r"\W+", "_", part, flags=re.ASCII).strip("_")[:LONGEST_PART] for part in parts]
    return "-".join([*filter(None, readable), sha256(whole).hexdigest()[:DIGITS]])


def write_files(drawn: Picture, name: str) -> list[Path]:
    """The SVG and the DOT file. Raises `RaspError` when they cannot be written."""
    texts = {FOLDER / f"{name}.svg": draw_svg(drawn), FOLDER / f"{name}.dot": draw_dot(drawn)}
    try:
        with make_folder(FOLDER):
            for path, text in texts.items():
                write_text(path, text)
    except OSError as error:
        raise RaspError(
            Diagnostic(f"the folder {FOLDER} cannot be written: {explain_reason(error)}")
        ) from None
    return list(texts)
