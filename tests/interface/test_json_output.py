"""What commands print with `--json`, and the records that they write, have the forms of `docs/output.schema.json`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from compiler.cli import main
from compiler.training.learn import Settings
from compiler.training_commands import superpose_command
from tests.project.write_schema import PRINTED, WRITTEN, find_validator

#: A count, and what came before, which the first position has not; a name that nothing uses, and an example that is wrong.
PROGRAM = """\
unused = 1;
same = selector_width(select(tokens, tokens, ==));
before = aggregate(select(indices, indices - 1, ==), tokens);
# compile: before vocab="ab" max_length=3 attention=causal
# example: same("ab") = [1, 2]
"""
GOOD = """\
# compile: indices + 1 vocab="ab" max_length=2
# example: (indices + 1)("ab") = [1, 2]
"""
SIZE = ("--vocab", "ab", "--max-length", "3")
BEFORE = ("p.rasp", "-e", "before", *SIZE, "--attention", "causal")
COUNT = ("p.rasp", "-e", "same", *SIZE, "--attention", "full")
QUICK = Settings(steps=40, batch=16, every=20, warmup=5, rate=1e-2, seed=1)
#: How the folders are made that commands are given.
FOLDERS = {
    "one": ("compile", *BEFORE),
    "two": ("compile", "p.rasp", "-e", "a=same", "-e", "b=indices", *SIZE),
    "decoder": ("compile", *COUNT, "--decode"),
    "stock": ("compile", *BEFORE, "--target", "gpt2"),
    "trained": ("compile", *BEFORE, "--disguise", "superpose=3"),
    "nano": ("export", "stock", "--to", "nanogpt"),
}
#: What is asked, by the command and a word about the case; all with --json.
ASKED: dict[str, tuple[str, ...]] = {
    "run": ("p.rasp", "-e", "same", "ab"),
    "run, a selector": ("-e", "select(tokens, tokens, ==)", "ab"),
    "run, without value": ("p.rasp", "-e", "before", "ab"),
    "check": ("p.rasp",),
    "check, nothing wrong": ("good.rasp",),
    "apply": ("one", "ab", "ba"),
    "apply, two outputs": ("two", "ab"),
    "apply, no inputs of it": ("one", "--inputs", "inputs.txt"),
    "apply, uncertain": ("trained", "ab", "abcd"),
    "generate": ("one", "ab", "abcd", "--max-new-tokens", "2"),
    "generate, a decoder": ("decoder", "ab"),
    "test": ("p.rasp", "good.rasp"),
    "compile": BEFORE,
    "compile, why": (*COUNT, "--why"),
    "compile, superposed": (*BEFORE, "--disguise", "superpose=3"),
    "info": ("two",),
    "info, a family's": ("stock",),
    "info, an export": ("nano",),
    "info, uncertain": ("trained",),
    "verify": ("one",),
    "verify, a decoder": ("decoder",),
    "verify, wrong": ("trained",),
    "export": ("stock", "--to", "nanogpt", "-o", "export"),
    "golden": ("goldens", "--batches", "1"),
    "inspect": ("one", "-o", "page.html"),
    "opt": (*BEFORE, "-p", "O2"),
    "opt, its rules": (),
    "bisect": BEFORE,
    "bisect, larger": (*COUNT, "--larger"),
    "circuit": ("one",),
    "circuit, written": ("one", "-o", "alone/circuit.json"),
    "circuit, a set": ("good.rasp", "-o", "set"),
    "train": ("p.rasp", *COUNT[1:], "--steps", "20", "--width", "8", "--noise", "-o", "training"),
}
#: What is written by these, by the file's name in the schema.
FILES = {
    "rasp.json": (
        "one/rasp.json",
        "decoder/rasp.json",
        "stock/rasp.json",
        "trained/rasp.json",
        "nano/rasp.json",
    ),
    "circuit.json": ("alone/circuit.json", "set/good/circuit.json"),
    "pairs.jsonl": ("alone/pairs.jsonl", "set/good/pairs.jsonl"),
    "made.json": ("set/good/made.json",),
    "index.json": ("set/index.json",),
    "golden.json": ("goldens/golden.json",),
    "NAME.jsonl": ("goldens/padding.jsonl",),
    "training.json": ("training/training.json",),
}


def ask(*words: str) -> list[Any]:
    """The lines that a command prints, as data."""
    result = CliRunner().invoke(main, [*words, "--json"], prog_name="rasp")
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Programs, inputs and models of all kinds; where commands run."""
    folder = tmp_path_factory.mktemp("json")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(superpose_command, "STEPS", QUICK)
        Path("alone").mkdir()
        Path("p.rasp").write_text(PROGRAM)
        Path("good.rasp").write_text(GOOD)
        Path("inputs.txt").write_text("ab\nabcd\n[1,\nba\n")
        for name, words in FOLDERS.items():
            assert CliRunner().invoke(main, [*words, "-o", name], prog_name="rasp").exit_code == 0, name
        yield folder


@pytest.fixture(scope="module")
def printed(folder: Path) -> dict[str, list[Any]]:
    """What each command prints."""
    return {case: ask(case.split(",")[0], *words) for case, words in ASKED.items()}


@pytest.mark.parametrize("case", ASKED)
def test_what_is_printed_has_the_form(case: str, printed: dict[str, list[Any]]) -> None:
    lines = printed[case]
    assert lines
    for line in lines:
        find_validator(case.split(",")[0]).validate(line)
        failed = isinstance(line, dict) and line.keys() == {"diagnostics"}
        assert not failed or line["diagnostics"][0]["severity"] == "warning", "it failed, and tells only why"


def test_inputs_without_an_answer_have_a_form(printed: dict[str, list[Any]]) -> None:
    form = find_validator("UnansweredRecord")
    found = {case: [line for line in lines if form.is_valid(line)] for case, lines in printed.items()}
    assert {case: len(lines) for case, lines in found.items() if lines} == {
        "run, without value": 1,
        "apply, no inputs of it": 2,
        "apply, uncertain": 1,
        "generate": 1,
    }
    assert found["run, without value"][0]["position"] == 1
    assert [line["line"] for line in found["apply, no inputs of it"]] == [2, 3]
    assert found["apply, uncertain"][0]["certified"] is False


@pytest.mark.parametrize("name", FILES)
def test_what_is_written_has_the_form(name: str, folder: Path, printed: dict[str, list[Any]]) -> None:
    for file in FILES[name]:
        text = (folder / file).read_text(encoding="utf-8")
        for record in map(json.loads, text.splitlines() if name.endswith(".jsonl") else [text]):
            find_validator(name).validate(record)


@pytest.mark.parametrize("command", sorted(PRINTED))
def test_what_goes_wrong_has_the_form(command: str, folder: Path) -> None:
    [line] = ask(command, "--no-such-option")
    find_validator(command).validate(line)
    find_validator("MessagesRecord").validate(line)
    assert line["diagnostics"][0]["code"] == "usage"


def test_every_command_and_file_is_asked_for() -> None:
    able = {
        name
        for name, command in main.commands.items()
        if any(option.name == "as_json" for option in command.params)
    }
    assert able == PRINTED.keys() == {case.split(",")[0] for case in ASKED}
    assert FILES.keys() == WRITTEN.keys()


def test_another_form_is_noticed(printed: dict[str, list[Any]]) -> None:
    """The forms say something: no command's answer has that of another, but for what a folder is or how one is asked."""
    for case in ("generate", "verify", "compile", "info", "inspect", "circuit", "train", "golden"):
        assert [
            other for other in PRINTED if other != "run" and find_validator(other).is_valid(printed[case][0])
        ] == [case]
