"""`docs/session.txt` is a recorded session: what is typed in it gives what stands below.

`python tests/interface/test_session_text.py` records it again from its input lines.
"""

import os
import re
import tempfile
from pathlib import Path

import pytest

from compiler.commands.repl import make_repl
from rasp.notation.style import Line, strip_style
from rasp.prompt.repl import Repl
from tests.places import DOCS

RECORD = DOCS / "session.txt"
PROMPTS = (">> ", ".. ")
#: Sizes of compiled models are not what the record is about.
SIZES = re.compile(r"^ {2}(compiled|layers|heads|widths|parameters|time) ")


def inputs(record: str) -> list[str]:
    """The typed lines, with a blank comment line kept as it is."""
    return [line for line in record.splitlines() if line.startswith(PROMPTS) or line in (">>", "..")]


def replayed(record: str) -> str:
    """The record, with the output that its input gives now."""
    lines: list[str] = []

    def write(row: Line) -> None:
        lines.append(strip_style(row).rstrip())

    repl: Repl = make_repl()
    repl.write = write
    for typed in inputs(record):
        lines.append(typed)
        repl.take(typed[3:])
    return "\n".join(lines) + "\n"


def without_sizes(text: str) -> list[str]:
    return [re.sub(r"\d[\d,.]*", "N", line) if SIZES.match(line) else line for line in text.splitlines()]


def test_the_recorded_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    record = RECORD.read_text(encoding="utf-8")
    assert without_sizes(replayed(record)) == without_sizes(record)


if __name__ == "__main__":
    os.chdir(tempfile.mkdtemp())
    RECORD.write_text(replayed(RECORD.read_text(encoding="utf-8")), encoding="utf-8")
