"""What `rasp check` warns of, whoever runs or compiles the program hears once: at every door, with the same words."""

import json
import warnings
from pathlib import Path

import pytest
from click.testing import CliRunner

import rasp
from compiler.cli import main
from compiler.commands.repl import make_repl
from rasp.notation.style import strip_style
from rasp.prompt.repl import run_piped
from tests.project.write_schema import find_validator

CHAINED = "comparisons are not chained, but read from the left"
PROGRAM = "middle = 2 < indices < 4;\ndef f(a) { b = a; return a; }\n"
COMMANDS = {
    "check": ("check", "p.rasp"),
    "run": ("run", "p.rasp", "-e", "middle", "-i", "hello", "--json"),
    "compile": ("compile", "p.rasp", "-e", "middle", "--vocab", "ab", "--max-length", "4", "--json"),
    "refused": ("compile", "p.rasp", "-e", "1 / indices", "--vocab", "ab", "--max-length", "4", "--json"),
    "opt": ("opt", "p.rasp", "-p", "O2", "-e", "middle", "--vocab", "ab", "--max-length", "4", "--json"),
    "bisect": ("bisect", "p.rasp", "-e", "middle", "--vocab", "ab", "--max-length", "2", "--json"),
    "larger": (
        "bisect",
        "p.rasp",
        "-e",
        "middle",
        "--vocab",
        "ab",
        "--max-length",
        "2",
        "--larger",
        "--json",
    ),
    "test": ("test", "p.rasp", "--json"),
}
#: The schema of one message.
MESSAGE = find_validator("DiagnosticRecord")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "p.rasp").write_text(PROGRAM)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_commands_tell_on_standard_error(arguments: tuple[str, ...]) -> None:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == ("1 / indices" in arguments)
    assert result.stderr.count(CHAINED) == result.stderr.count("`b` is never used") == 1
    if "--json" in arguments:
        first = json.loads(result.stdout.splitlines()[0])
        [record] = first if isinstance(first, list) else [first]
        told = [message for message in record["diagnostics"] if message["severity"] == "warning"]
        assert [CHAINED in message["message"] for message in told] == [True, False]
        for message in record["diagnostics"]:
            MESSAGE.validate(message)


def test_json_has_what_compiling_and_verifying_tell() -> None:
    words = ("compile", "-e", "1 / (length - 1)", "--vocab", "ab", "--max-length", "2", "--json")
    result = CliRunner().invoke(main, words)
    assert [message["code"] for message in json.loads(result.stdout)["diagnostics"]] == ["no-value"]
    result = CliRunner().invoke(main, ("compile", "-e", "length", *words[3:], "--attention", "causal"))
    assert [message["code"] for message in json.loads(result.stdout)["diagnostics"]] == ["causal"]


def test_answers_follow_the_warnings() -> None:
    result = CliRunner().invoke(main, ("run", "p.rasp", "-e", "middle", "a", "ab", "--json"))
    first, *answers = map(json.loads, result.stdout.splitlines())
    assert [*first] == ["diagnostics"] and answers == [[True], [True, True]]
    result = CliRunner().invoke(main, ("run", "-e", "tokens", "a", "ab", "--json"))
    assert [*map(json.loads, result.stdout.splitlines())] == [["a"], ["a", "b"]]


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "-e", "1 < indices < 3", "-i", "hello"),
        ("compile", "-e", "1 < indices < 3", "--vocab", "ab", "--max-length", "4"),
    ],
)
def test_expressions_beside_a_program(arguments: tuple[str, ...]) -> None:
    result = CliRunner().invoke(main, arguments)
    assert (result.exit_code, result.stderr.count(CHAINED)) == (0, 1)


@pytest.mark.parametrize(
    "line, told",
    [
        ('# compile: x vocb="ab"', "there is no setting called `vocb`"),
        ("# compile: x --vocab [0, 1]", "there is one index at a time"),
        ('# compile: y vocab="ab"', "there is nothing called `y`"),
        ('# example: x("ab") = [0, 2]', "the answer is [0, 1]"),
        ('# example: x("ab") = error', "the answer is [0, 1]"),
        ('# example: tokens_int("ab") = [0, 1]', 'the answer is error: "a" is not an integer'),
        ('# example: y("ab") = [0, 1]', "there is nothing called `y`"),
        ('# example: select(x, 0, ==)("ab") = [[0, 1], [1, 0]]', "the answer is [[1, 0], [1, 0]]"),
        ('# example: x("") = []', "an input cannot be empty"),
        ('# example: x("ab") = [0, 1]', ""),
        ('# compile: x + 1 vocab="ab" max_length=8', ""),
    ],
)
def test_check_tells_what_is_wrong_with_lines_about_a_program(line: str, told: str) -> None:
    Path("line.rasp").write_text(f"x = indices;\n{line}\n")
    result = CliRunner().invoke(main, ["check", "line.rasp"])
    assert result.exit_code == bool(told)
    if told:
        assert result.stderr.startswith(f"error: {told}\n --> line.rasp:2:")


def test_check_reads_compile_lines() -> None:
    Path("line.rasp").write_text('# compile: 1 < indices < 3 vocab="ab" max_length=4\n')
    assert CliRunner().invoke(main, ["check", "line.rasp"]).stderr.count(CHAINED) == 1


@pytest.mark.parametrize(
    "lines, told",
    [
        (["2 < indices < 4;"], 1),
        (["def f(a) { return 2 < a < 4; }", "f(indices);", "f(tokens_int);"], 1),
        (['load "p";'], 1),
        (['compile 2 < indices < 4 vocab="ab" max_length=3'], 1),
        (["x = indices < 4;"], 0),
    ],
)
def test_the_prompt(lines: list[str], told: int) -> None:
    rows: list[str] = []
    repl = make_repl()
    repl.write = lambda row: rows.append(strip_style(row))
    run_piped(repl, [], lines)
    assert "\n".join(rows).count(CHAINED) == told


def test_python() -> None:
    with pytest.warns(rasp.RaspWarning) as told:
        program = rasp.load("p.rasp")
    assert [CHAINED in str(w.message) for w in told] == [True, False]
    assert Path(told[0].filename).name == "test_warnings.py"
    with pytest.warns(rasp.RaspWarning, match=CHAINED):
        program("1 < indices < 3")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert program.middle("hi") == [True, True]
