"""Every command under every condition that a system can put it in: a message, never Python's words.

Exit codes are 1 or 2 where something is wrong; standard error says what, in one form.
"""

import io
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from compiler.cli import main
from tests.places import ROOT

REVERSE = "aggregate(select(indices, length - 1 - indices, ==), tokens)"
#: How each command is given a path.
ON_PROGRAMS: dict[str, Sequence[str]] = {
    "run": ("run", "PATH", "-e", "tokens", "-i", "ab"),
    "inputs": ("run", "-e", "tokens", "--inputs", "PATH"),
    "draw": ("draw", "PATH", "-e", "tokens", "-i", "ab"),
    "check": ("check", "PATH"),
    "fmt": ("fmt", "PATH"),
    "test": ("test", "PATH"),
    "compile": ("compile", "PATH", "-e", "tokens", "--vocab", "ab", "--max-length", "3"),
    "opt": ("opt", "PATH", "-p", "O2", "-e", "tokens", "--vocab", "ab", "--max-length", "3"),
    "repl": ("repl", "PATH"),
    "alone": ("PATH", "ab"),
}
ON_MODELS: dict[str, Sequence[str]] = {
    "apply": ("apply", "PATH", "ab"),
    "generate": ("generate", "PATH", "ab", "--max-new-tokens", "2"),
    "info": ("info", "PATH"),
    "verify": ("verify", "PATH"),
}
PATHS = {
    "missing": "nothing.rasp",
    "below a file": "text/nothing.rasp",
    "too long": "a" * 300 + ".rasp",
    "an empty folder": "empty",
    "no text": "bytes.rasp",
    "not UTF-8": "\udcff.rasp",
    "a NUL": "a\0.rasp",
    "nothing": "",
    "a link to nothing": "dangling.rasp",
    "a link to itself": "circle.rasp",
    "a folder behind a link": "linked",
}
WORDS_OF_PYTHON = re.compile(r"Traceback|internal error|\w+Error\b|Errno|\\udc|codec|NoneType")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "linked").symlink_to(tmp_path / "empty")
    (tmp_path / "dangling.rasp").symlink_to(tmp_path / "nowhere")
    (tmp_path / "circle.rasp").symlink_to(tmp_path / "circle.rasp")
    (tmp_path / "text").write_text("x=tokens;\n")
    (tmp_path / "bytes.rasp").write_bytes(b'x = "\xff";\n')
    return tmp_path


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
@pytest.mark.parametrize("command", [*ON_PROGRAMS, *ON_MODELS])
def test_what_is_no_such_thing_is_told(command: str, path: str, place: Path) -> None:
    words = {**ON_PROGRAMS, **ON_MODELS}[command]
    told = CliRunner().invoke(main, [path if word == "PATH" else word for word in words], input="")
    assert told.exit_code in (1, 2), told.output
    assert "error: " in told.output
    assert command == "alone" or "no such command" not in told.output
    assert not WORDS_OF_PYTHON.search(told.output), told.output


@pytest.mark.parametrize("command", [*ON_PROGRAMS, *ON_MODELS])
def test_what_may_not_be_read_is_told(command: str, place: Path) -> None:
    for closed in (place / "text", place / "empty"):
        closed.chmod(0)
    path = "empty" if command in ON_MODELS else "text"
    if os.access(path, os.R_OK):
        pytest.skip("root may read everything")
    words = {**ON_PROGRAMS, **ON_MODELS}[command]
    told = CliRunner().invoke(main, [path if word == "PATH" else word for word in words], input="")
    (place / "empty").chmod(0o700)
    assert told.exit_code in (1, 2) and path in told.output and "ermission denied" in told.output
    assert not WORDS_OF_PYTHON.search(told.output), told.output


#: What each command writes where all is well; those that are not here write nothing.
WRITING: dict[str, Sequence[str]] = {
    **{name: ON_PROGRAMS[name] for name in ("run", "inputs", "draw", "test", "compile", "opt")},
    "diff": ("fmt", "PATH", "--diff"),
    "check": ("check", "PATH", "--json"),
    "repl": ("repl", "PATH"),
    "help": ("--help",),
    "info": ("info", "m"),
    "apply": ("apply", "m", "ab"),
    "verify": ("verify", "m", "--budget", "9"),
    "generate": ("generate", "m", "a", "--max-new-tokens", "1"),
    "bisect": ("bisect", "-e", "tokens", "--vocab", "ab", "--max-length", "2"),
}


@pytest.mark.skipif(os.name != "posix", reason="pipes elsewhere end otherwise")
@pytest.mark.parametrize("command", WRITING)
def test_a_reader_that_has_gone_ends_a_command_quietly(
    command: str, place: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """As behind `| head -1`."""
    if "m" in WRITING[command]:
        made = ["compile", "-e", "tokens", "--vocab", "ab", "--max-length", "3", "--attention", "causal"]
        assert CliRunner().invoke(main, [*made, "-o", "m"]).exit_code == 0
    reader, writer = os.pipe()
    os.close(reader)
    monkeypatch.setattr(sys, "stdin", io.StringIO("1 + 1;\n"))
    with monkeypatch.context() as patch, pytest.raises(SystemExit) as ended:
        patch.setattr(sys, "stdout", os.fdopen(writer, "w"))
        main(["text" if word == "PATH" else word for word in WRITING[command]])
    assert ended.value.code == 1
    assert not capfd.readouterr().err


@pytest.mark.parametrize(("words", "said"), [(("run", "sub", "a"), "one.rasp"), (("sub",), "one.rasp")])
def test_a_folder_of_programs_lists_them(words: Sequence[str], said: str, place: Path) -> None:
    (place / "sub").mkdir()
    for name in ("one", "two"):
        (place / "sub" / f"{name}.rasp").write_text('x = tokens;\n# compile: x vocab="ab" max_length=3\n')
    told = CliRunner().invoke(main, list(words))
    assert told.exit_code == 2 and said in told.stderr and "two.rasp" in told.stderr
    assert CliRunner().invoke(main, ["check", "sub"]).exit_code == 0


def test_a_model_that_is_named_alone_is_shown_and_applied(place: Path) -> None:
    made = CliRunner().invoke(
        main, ["compile", "-e", REVERSE, "--vocab", "ab", "--max-length", "3", "-o", "m"]
    )
    assert made.exit_code == 0
    assert CliRunner().invoke(main, ["m", "ab"]).stdout == "ab -> [b, a] (strings)\n"
    assert CliRunner().invoke(main, ["m"]).stdout == CliRunner().invoke(main, ["info", "m"]).stdout
    told = CliRunner().invoke(main, ["run", "m", "ab"])
    assert told.exit_code == 2 and "rasp apply m INPUT" in told.stderr


def started(words: str, **given: object) -> subprocess.CompletedProcess[bytes]:
    """`rasp` in a shell, whose redirections are part of `words`."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | dict(given)  # type: ignore[operator]
    line = f"{sys.executable} -m compiler {words.removeprefix('rasp ')}"
    return subprocess.run(line, shell=True, capture_output=True, env=environment, timeout=120)


STREAMS = {
    "a full device": ("rasp run -e tokens ab > /dev/full", 1, b"cannot be written: No space left on device"),
    "no input": ("rasp run - -e tokens ab <&-", 2, b"there is no standard input"),
    "no input for the server": ("rasp lsp <&-", 2, b"there is no standard input or output"),
    "no input for the prompt": ("rasp repl <&-", 0, b""),
    "no output": ("rasp run -e tokens ab >&-", 0, b""),
    "no errors": ("rasp run -e foo ab 2>&-", 1, b""),
}


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
@pytest.mark.parametrize(("words", "code", "said"), STREAMS.values(), ids=STREAMS)
def test_streams_that_are_full_or_closed(words: str, code: int, said: bytes) -> None:
    ended = started(words)
    assert ended.returncode == code and said in ended.stderr
    assert not WORDS_OF_PYTHON.search(ended.stderr.decode())


@pytest.mark.skipif(os.name != "posix", reason="locales elsewhere do not say how arguments are read")
def test_the_locale_does_not_change_what_is_read(place: Path) -> None:
    """Without Python's own guess, which only mends some locales."""
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    (place / "ä.rasp").write_text('x = "→";\n', encoding="utf-8")
    ended = started("rasp run ä.rasp -e 'x + tokens' ü", **locale)
    assert ended.stdout.decode() == "ü -> [→ü] (strings)\n", ended.stderr
