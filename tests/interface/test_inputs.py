"""What a text is as an input, at every door; and inputs by the thousand, from files and pipes."""

import json
import subprocess
import sys
from io import BytesIO
from itertools import product
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner, Result

from compiler.cli import main
from compiler.commands.opened_model import limit_threads
from compiler.model import runner
from compiler.opening import load
from rasp.command_line.console import show_tokens
from rasp.command_line.input_lines import line_windows
from rasp.inputs import InputFormat, read_input
from rasp.source import Source
from rasp.syntax.directives import read_directives
from rasp.values import ValueProblem
from tests.places import ROOT

#: Text → its sequence by the rule: a JSON list of atoms is one, everything else is characters.
RULE = {
    "abc": "abc",
    "": "",
    "[1, 2.5, true]": [1, 2.5, True],
    ' ["a", "bc"] ': ["a", "bc"],
    "[]": "[]",
    "[]()": "[]()",
    "[()]": "[()]",
    "[[]]": "[[]]",
    "[1, 2": "[1, 2",
    "[1]x": "[1]x",
    "[a, b]": "[a, b]",
    "['a']": "['a']",
    "[NaN]": "[NaN]",
    "[1e999]": "[1e999]",
    "[[1]]": "[[1]]",
    '[{"a": 1}]': '[{"a": 1}]',
    '"ab"': '"ab"',
    "{}": "{}",
    "[" * 50_000: "[" * 50_000,
    f"[{'1' * 5000}]": f"[{'1' * 5000}]",
}


def rasp(*arguments: object, given: str | bytes | None = None) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], input=given)
    assert "Traceback" not in result.output and "internal error" not in result.stderr
    return result


@pytest.mark.parametrize("text, tokens", RULE.items(), ids=[text[:12] for text in RULE])
def test_a_json_list_is_one_and_everything_else_is_characters(text: str, tokens: object) -> None:
    found = read_input(text)
    assert (list(found.tokens), list(map(type, found.tokens))) == (list(tokens), list(map(type, tokens)))  # type: ignore[call-overload]
    assert bool(found.note) == text.lstrip().startswith("[")
    assert read_input(text, InputFormat.TEXT).tokens == tuple(text)


def test_json_can_be_asked_for() -> None:
    assert read_input('"[]"', InputFormat.JSON).tokens == ("[", "]")
    for text in ("abc", "[]", '""', "3", "{}", "[[1]]", "[1, 2", "[NaN]"):
        with pytest.raises(ValueProblem):
            read_input(text, InputFormat.JSON)


@pytest.mark.parametrize("tokens", [("[", "]"), ("[", "1", "]"), (1, 2), ("ab", "c"), ("a", "\n"), ("[",)])
def test_inputs_are_shown_as_they_are_given(tokens: tuple[object, ...]) -> None:
    assert read_input(show_tokens(tokens)).tokens == tokens  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "path", sorted((ROOT / "programs/brackets").glob("*.rasp")), ids=lambda path: path.stem
)
def test_programs_on_brackets_take_their_inputs(path: Path) -> None:
    for line in read_directives(Source(path.name, path.read_text())).compiles:
        for length in (1, 2, 3):
            for tokens in product(line.vocabulary or (), repeat=length):
                assert read_input("".join(map(str, tokens))).tokens == tokens


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a model that says how often each bracket occurs, and a causal one that continues."""
    monkeypatch.chdir(tmp_path)
    hist = 'hist = selector_width(select(tokens, tokens, ==));\n# compile: hist vocab="[]()1," max_length=6\n'
    (tmp_path / "hist.rasp").write_text(hist + '# example: hist("[]") = [1, 1]\n')
    causal = 'next = {"a": "b", "b": "c", "c": "!"}[tokens];\n# compile: next vocab="abc" max_length=6 attention=causal\n'
    (tmp_path / "next.rasp").write_text(causal)
    assert rasp("compile", "hist.rasp", "-o", "m").exit_code == 0
    return tmp_path


@pytest.mark.parametrize("text, answer", [("[]()", [1, 1, 1, 1]), ("[[]]", [2, 2, 2, 2]), ("[]", [1, 1])])
def test_every_door_has_the_same_rule(folder: Path, text: str, answer: list[int]) -> None:
    (folder / "lines").write_text(f"{text}\n")
    doors = (
        ("run", "hist.rasp", text),
        ("run", "hist.rasp", "-i", text),
        ("run", "hist.rasp", "--inputs", "lines"),
        ("hist.rasp", text),
        ("apply", "m", text),
        ("apply", "m", "-i", text),
        ("apply", "m", "--inputs", "lines"),
    )
    for door in doors:
        assert json.loads(rasp(*door, "--json").stdout) == answer
    for command in (f'apply m "{text}"\n', f"apply m {text}\n"):
        assert f"{text} -> {answer}" in rasp("repl", given=command).stdout.replace(" (ints)", "")
    (folder / "example.rasp").write_text(f'x = tokens;\n# example: x("{text}") = "{text}"\n')
    assert rasp("test", "example.rasp").exit_code == 0


def test_how_an_input_was_read_is_told_where_that_went_wrong(folder: Path) -> None:
    assert "[1, 2 was read as its 5 characters: it ends before" in rasp("apply", "m", "[1, 2").stderr
    assert "[1] was read as a JSON list, not as its 3 characters" in rasp("apply", "m", "[1]").stderr
    assert rasp("apply", "m", "[1]", "--input-format", "text").stdout == "[1] -> [1, 1, 1] (ints)\n".replace(
        "[1] ->", '["[", "1", "]"] ->'
    )
    assert rasp("apply", "m", "[]").stderr == ""


def test_lines_are_answered_in_order_and_those_without_an_answer_are_named(folder: Path) -> None:
    lines = [b"\xef\xbb\xbf[]", b"", b"()(\r", b"xy", b"\xff", b'["[", "["]', b"1"]
    (folder / "lines").write_bytes(b"\n".join(lines))
    result = rasp("apply", "m", "--inputs", "lines", "--json")
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [item if isinstance(item, list) else item["line"] for item in found] == [
        [1, 1], 2, [2, 1, 2], 4, 5, [2, 2], [1],
    ]  # fmt: skip
    assert result.exit_code == 1
    for message in (
        "line 2: the input is empty",
        'line 4: the token "x"',
        "line 5: this is not UTF-8",
        "3 of 7",
    ):
        assert message in result.stderr
    plain = rasp("run", "hist.rasp", "--inputs", "-", given=b"\n".join(lines[:3]))
    assert plain.stdout == "[] -> [1, 1] (ints)\n()( -> [2, 1, 2] (ints)\n"
    assert "line 2: the input is empty" in plain.stderr


def test_json_lines(folder: Path) -> None:
    given = '"[]"\n["[", "1"]\n[1]\n[\n'
    result = rasp("apply", "m", "--inputs", "-", "--input-format", "json", "--json", given=given)
    assert result.stdout.splitlines()[:2] == ["[1, 1]", "[1, 1]"]
    assert "line 3: the token 1 at position 0 is a int" in result.stderr
    assert "line 4: this is not a JSON list of tokens: it ends before its JSON does" in result.stderr


def test_windows_are_what_has_come() -> None:
    class Pipe(BytesIO):
        def read1(self, size: int | None = -1, /) -> bytes:
            return pieces.pop(0) if pieces else b""

    pieces = [b"a\nb", b"c\n", b"d", b"e"]
    assert list(line_windows(Pipe())) == [[b"a"], [b"bc"], [b"de"]]


def test_generation_continues_many_prompts(folder: Path) -> None:
    assert rasp("compile", "next.rasp", "-o", "n").exit_code == 0
    result = rasp(
        "generate", "n", "--inputs", "-", "--max-new-tokens", 2, "--json", given="a\naaa\nb\nabcabc\nz\n"
    )
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [item.get("new", item.get("line")) for item in found] == [["b", "c"], ["b", "c"], 3, [], 5]
    assert 'line 3: next answers "!", which is not a token' in result.stderr
    assert found[3]["note"] == "stopped at the maximum length of 6"


def test_batches_of_several_lengths_keep_their_order(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = load("m")
    inputs = ["[](", "1", "()()()", "[[", ",1,1", "]"] * 3
    one_by_one = [model(tokens) for tokens in inputs]
    assert model.batch(inputs) == one_by_one
    monkeypatch.setattr(runner, "BATCH_NUMBERS", 50)
    assert model.batch(iter(inputs)) == one_by_one


@pytest.mark.parametrize("threads, chosen", [(None, 1), ("3", 2)])
def test_commands_use_one_thread_for_a_small_model_unless_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch, threads: str | None, chosen: int
) -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
        if threads is not None:
            monkeypatch.setenv("OMP_NUM_THREADS", threads)
        model = load("m")
        assert torch.get_num_threads() == 2, "a library's user decides"
        limit_threads(model.module)
        assert torch.get_num_threads() == chosen
    finally:
        torch.set_num_threads(before)


#: What `rasp run -e` shows of values that are no s-op, without an input and on "ab"; as text, and as JSON.
VALUES = {
    "[1, 'a']": ('[1, "a"]', '[1, "a"]'),
    '{"a": [True]}': ('{"a": [True]}', '{"a": [true]}'),
    "{1: 2}": ("{1: 2}", "[[1, 2]]"),
    "sort": ("sort(seq, key)", '{"function": "sort", "parameters": ["seq", "key"]}'),
    "1 + 1": ("2", "2"),
    '"text"': ('"text"', '"text"'),
}
ON_AB = {
    "[tokens, 1]": ("ab -> [[a, b] (strings), 1]", '[["a", "b"], 1]'),
    "[select(indices, indices, <)]": ("ab -> [[[0, 0], [1, 0]]]", "[[[0, 0], [1, 0]]]"),
    "[1]": ("ab -> [1]", "[1]"),
    "7": ("ab -> [7, 7] (ints)", "[7, 7]"),
}


@pytest.mark.parametrize("expression", VALUES)
def test_run_shows_values_that_need_no_input(expression: str) -> None:
    text, data = VALUES[expression]
    assert rasp("run", "-e", expression.replace("'", '"')).stdout == f"{text}\n"
    assert rasp("run", "-e", expression.replace("'", '"'), "--json").stdout == f"{data}\n"


@pytest.mark.parametrize("expression", ON_AB)
def test_run_shows_values_on_an_input(expression: str) -> None:
    text, data = ON_AB[expression]
    assert rasp("run", "-e", expression, "ab").stdout == f"{text}\n"
    assert rasp("run", "-e", expression, "ab", "--json").stdout == f"{data}\n"


def test_a_program_by_itself_is_run(folder: Path) -> None:
    assert rasp("hist.rasp", "[]").stdout == "[] -> [1, 1] (ints)\n"
    assert "as in `rasp run hist.rasp '[]'`" in rasp("hist.rasp").stderr
    assert "there is no file nowhere.rasp" in rasp("nowhere.rasp").stderr
    assert rasp("run", "-e", "length", "ab", "c", "--json").stdout == "[2, 2]\n[1]\n"


def test_a_reader_that_leaves_is_no_error(tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    lines.write_text("ab\n" * 20_000)
    command = [sys.executable, "-m", "rasp", "run", "-e", "indices", "--inputs", str(lines)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stderr is not None
    assert process.stdout.readline() == "ab -> [0, 1] (ints)\n"
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait() != 0
