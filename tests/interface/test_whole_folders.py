"""Commands that write several files: where one of the writes fails, everything is as it was, and nothing lies about."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from compiler.cli import main
from rasp import write_whole

REVERSE = "aggregate(select(indices, length - 1 - indices, ==), tokens)"
PROGRAM = f'r = {REVERSE};\n# compile: r vocab="ab" max_length=3\n'
#: Command lines, and what is said otherwise the second time.
COMMANDS = {
    "model": ("compile few/rev.rasp -o new/made", "--max-length 2"),
    "model of a family": ("compile few/rev.rasp --target bert -o new/made", "--max-length 2"),
    "export": ("export model --to onnx -o new/made", ""),
    "circuit": ("circuit model -o made.json --pairs 3", "--seed 1"),
    "circuits": ("circuit few -o new/made --pairs 3", "--seed 1"),
    "page": ("serve --static new/made", ""),
}


def run(line: str) -> Any:
    return CliRunner().invoke(main, line.split())


def read_tree(folder: Path) -> dict[str, bytes | None]:
    """All files and folders, with what files hold."""
    paths = sorted(folder.rglob("*"))
    return {str(p.relative_to(folder)): p.read_bytes() if p.is_file() else None for p in paths}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("compiler.playground.write_static.list_shipped", lambda: ["programs/basics/reverse"])
    Path("few").mkdir()
    Path("few/rev.rasp").write_text(PROGRAM)
    assert run("compile few/rev.rasp -o model").exit_code == 0
    return tmp_path


@pytest.mark.parametrize("name", COMMANDS)
def test_a_write_that_fails_changes_nothing(name: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line, otherwise = COMMANDS[name]
    write, left = write_whole.write_through, [0]

    def fill(handle: int, data: bytes) -> None:
        if not left[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        left[0] -= 1
        write(handle, data)

    for command in (line, f"{line} {otherwise}"):
        before = read_tree(place)
        for several in (0, 1, 2, 5, 1000):
            with monkeypatch.context() as patch:
                patch.setattr(write_whole, "write_through", fill)
                left[0] = several
                done = run(command)
            if done.exit_code == 0:
                break
            assert "No space left on device" in done.output
            assert read_tree(place) == before, several
        assert several > 0 and done.exit_code == 0, "what writes several files"
