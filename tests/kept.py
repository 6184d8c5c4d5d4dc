"""What models cost and how sure they are, as text in tests/golden/sizes/: `make sizes` writes down what it is now.

A rule that no longer fires, a cheaper construction that is no longer found, an error bound that has become another: each
shows as a changed line. Whether it is right, other tests say.
"""

import os

from compiler.pipeline import Compiled
from tests.places import GOLDEN

SIZES = GOLDEN / "sizes"
WRITE = "RASP_WRITE_SIZES"
"""Environment variable under which rows are written instead of compared."""


def size(model: Compiled) -> str:
    """Layers, heads, parameters; how many times smaller than its margin the error of the tightest decision is; and how much
    work compiling was, in cells (`compiler/effort.py`)."""
    found = model.summary
    tightest = model.bounds.tightest
    room = "exact" if tightest is None or not tightest.error else f"{tightest.margin / tightest.error:.2g}"
    work = f"{model.analysis.effort.cells:.2g}"
    return f"{found['layers']} {found['heads']} {found['parameters']} {room} {work}"


def rows(file: str) -> dict[str, str]:
    """The rows of a file by their names."""
    path = SIZES / f"{file}.txt"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return dict(line.split(" | ") for line in lines)


def check_row(file: str, name: str, text: str) -> None:
    """Compare a row with the one that is kept."""
    if WRITE in os.environ:
        SIZES.mkdir(exist_ok=True)
        lines = [f"{key} | {value}\n" for key, value in sorted((rows(file) | {name: text}).items())]
        (SIZES / f"{file}.txt").write_text("".join(lines), encoding="utf-8")
    else:
        kept = rows(file).get(name)
        assert text == kept, f"{file}: {name}: {text}, kept is {kept}; if that is meant: make sizes"
