"""Whoever wants no colours gets none, nor bold letters: commands, tables, progress, and the prompt."""

import io
import re
import sys
from pathlib import Path

import pytest
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output.vt100 import Vt100_Output

from compiler.cli import main
from compiler.commands.repl import make_repl
from rasp.prompt import terminal
from tests.places import ROOT

PROGRAM = str(ROOT / "programs" / "basics" / "reverse.rasp")
STYLES = re.compile(r"\x1b\[([0-9;]*)m")
PLAIN = {"", "0"}
WISHES = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE")
COMMANDS = {
    "an error": ["run", "-e", "tokens +", "-i", "ab"],
    "a warning": ["run", "-e", "2 < indices < 4", "-i", "ab"],
    "a table": ["test", PROGRAM],
    "progress": ["compile", PROGRAM],
}


class Screen(io.StringIO):
    """What was written to something that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def wish(monkeypatch: pytest.MonkeyPatch, name: str | None) -> None:
    for other in WISHES:
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    if name:
        monkeypatch.setenv(name, "0" if name == "CLICOLOR" else "1")


def styles(text: str) -> set[str]:
    """The codes of all styles in it but for the end of one."""
    return {*STYLES.findall(text)} - PLAIN


@pytest.mark.parametrize("name", ["NO_COLOR", "CLICOLOR", None])
@pytest.mark.parametrize("command", COMMANDS)
def test_commands_on_a_terminal(
    command: str, name: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wish(monkeypatch, name)
    monkeypatch.chdir(tmp_path)
    screen = Screen()
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setattr(sys, "stderr", screen)
    with pytest.raises(SystemExit):
        main.main(COMMANDS[command])
    assert screen.getvalue().strip()
    assert bool(styles(screen.getvalue())) == (name is None)


def test_a_file_shows_no_progress_however_coloured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    wish(monkeypatch, "FORCE_COLOR")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main.main(COMMANDS["progress"])
    shown = capsys.readouterr()
    assert "compiled" in shown.out and "\x1b" not in shown.err


@pytest.mark.parametrize("name", ["NO_COLOR", "CLICOLOR", None])
def test_the_prompt(name: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    wish(monkeypatch, name)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    screen = Screen()
    with create_pipe_input() as keys:
        output = Vt100_Output(screen, lambda: Size(24, 80), term="xterm-256color")
        session = terminal.prompt_session(make_repl(), keys, output)
        keys.send_text('x = aggregate(full_s, "a" if tokens == 1 else "b") # why\r')
        session.prompt()
    assert ">> " in screen.getvalue()
    assert bool(styles(screen.getvalue())) == (name is None)
