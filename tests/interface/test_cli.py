"""The command line as a user meets it: results, exit codes, and a plain message for whatever goes wrong."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from compiler.cli import main
from compiler.commands import compile as compile_module
from compiler.commands import verify as verify_module
from compiler.inside_commands import info_command as info_module
from rasp.elaborate.program import load_program
from rasp.source import Source
from tests.places import ROOT

HIST = """# compile: hist vocab="abc" max_length=5
# example: hist("abca") = [2, 1, 1, 2]
# example: hist("zz") = [2, 2]
# example: 1 / indices("ab") = error
# example: same("aba") = [[1, 0, 1], [0, 1, 0], [1, 0, 1]]
same = select(tokens, tokens, ==);
hist = selector_width(same);
"""
NEXT = 'order = {"a": "b", "b": "c", "c": "a"};\nnext = order[tokens];\n'


def rasp(*arguments: object, given: str | bytes | None = None) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], input=given)
    assert "Traceback" not in result.output + result.stderr
    assert "internal error" not in result.stderr
    return result


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with programs in it."""
    (tmp_path / "hist.rasp").write_text(HIST)
    (tmp_path / "next.rasp").write_text(NEXT)
    (tmp_path / "bytes.rasp").write_bytes(b"x = tokens;\xff")
    (tmp_path / "broken.rasp").write_text("x = tokens")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def model(folder: Path) -> Path:
    assert rasp("compile", "hist.rasp", "-o", "model").exit_code == 0
    return folder / "model"


@pytest.mark.parametrize(
    "expression, inputs, lines",
    [
        ("hist", ["hello", '["x", "x"]'], ["[1, 1, 2, 2, 1]", "[2, 2]"]),
        ("hist / 2", ["aab"], ["[1.0, 1.0, 0.5]"]),
        ("tokens_asis", ["[1, 2.0, true]", '["1"]'], ["[1, 2.0, true]", '["1"]']),
        ("same", ["aba"], ["[[1, 0, 1], [0, 1, 0], [1, 0, 1]]"]),
        ("7", ["ab"], ["[7, 7]"]),
    ],
)
def test_run_prints_one_json_line_an_input(
    folder: Path, expression: str, inputs: list[str], lines: list[str]
) -> None:
    options = [option for text in inputs for option in ("-i", text)]
    result = rasp("run", "hist.rasp", "-e", expression, *options, "--json")
    assert (result.exit_code, result.stdout.splitlines()) == (0, lines)


def test_run_for_reading(folder: Path) -> None:
    assert rasp("run", "hist.rasp", "-e", "hist", "-i", "abca").stdout == "abca -> [2, 1, 1, 2] (ints)\n"
    assert rasp("run", "-e", "tokens == 1/3", "-i", "[3]").stdout == "[3] -> [F] (bools)\n"
    matrix = rasp("run", "-e", "select(indices, indices, <)", "-i", "abc").stdout
    assert matrix == "    a b c\na |\nb | 1\nc | 1 1\n"


def test_run_causal_and_from_standard_input() -> None:
    command = ("run", "-", "-e", "n", "-i", "abc", "--json")
    assert rasp(*command, given="n = length;").stdout == "[3, 3, 3]\n"
    assert rasp(*command, "--attention", "causal", given="n = length;").stdout == "[1, 2, 3]\n"


def test_run_goes_on_after_an_input_without_a_value() -> None:
    result = rasp("run", "-e", "1 / (length - 2)", "-i", "ab", "-i", "a", "--json")
    assert result.exit_code == 1
    bad, good = map(json.loads, result.stdout.splitlines())
    assert (bad["error"], good) == ("division by zero", [-1.0])
    assert "error: division by zero" in result.stderr and "^" in result.stderr


def test_check(folder: Path) -> None:
    assert rasp("check", "hist.rasp", "next.rasp").exit_code == 0
    (folder / "odd.rasp").write_text('x = not tokens == "a";\n')
    odd = rasp("check", "odd.rasp")
    assert odd.exit_code == 0 and "warning" in odd.stderr
    broken = rasp("check", "broken.rasp", "hist.rasp", "bytes.rasp", "--json")
    assert broken.exit_code == 1
    first, second = json.loads(broken.stdout)
    assert (first["file"], first["line"], first["column"], first["severity"]) == (
        "broken.rasp",
        1,
        11,
        "error",
    )
    assert "UTF-8" in second["message"]


def test_compile_prints_sizes(folder: Path) -> None:
    result = rasp("compile", "hist.rasp", "-o", "m")
    assert result.exit_code == 0
    for word in ("layers", "lower bound", "heads", "d_model", "parameters", "written to  m"):
        assert word in result.stdout
    sizes = json.loads(rasp("compile", "hist.rasp", "--json").stdout)
    assert sizes["layers"] == sizes["lower_bound_layers"] == 1


def test_compile_takes_flags_before_the_compile_line(folder: Path) -> None:
    result = rasp("compile", "hist.rasp", "-e", "hist", "--vocab", "[1, 2]", "--max-length", 3, "-o", "m")
    assert result.exit_code == 0
    options = json.loads(rasp("info", "m", "--json").stdout)["options"]
    assert (options["vocabulary"], options["max_length"]) == ([1, 2], 3)
    assert (
        rasp("compile", "hist.rasp", "-e", "indices", "-o", "m").exit_code == 0
    )  # an older checkpoint may go
    assert json.loads(rasp("info", "m", "--json").stdout)["options"]["vocabulary"] == ["a", "b", "c"]


@pytest.mark.parametrize("stage", ["graph", "domains", "plan", "layout", "weights"])
def test_compile_prints_stages(folder: Path, stage: str) -> None:
    result = rasp("compile", "hist.rasp", "--emit", stage)
    assert result.exit_code == 0 and len(result.stdout.splitlines()) >= 2


def test_several_outputs(folder: Path) -> None:
    command = ("compile", "hist.rasp", "-e", "hist", "-e", "n = length", "-e", 'tokens == "a"', "-o", "m")
    assert rasp(*command).exit_code == 0
    answer = json.loads(rasp("apply", "m", "-i", "aba", "--json").stdout)
    assert answer == {"hist": [2, 1, 2], "n": [3, 3, 3], "out": [True, False, True]}
    assert "n = [3, 3, 3] (ints)" in rasp("apply", "m", "-i", "aba").stdout
    assert rasp("verify", "m").exit_code == 0


def test_apply(model: Path) -> None:
    result = rasp("apply", model, "-i", "abca", "-i", '["b"]')
    assert (result.exit_code, result.stdout) == (0, "abca -> [2, 1, 1, 2] (ints)\nb -> [1] (ints)\n")
    result = rasp("apply", model, "-i", "abx", "-i", "aa", "--json")
    assert result.exit_code == 1
    bad, good = map(json.loads, result.stdout.splitlines())
    assert '"x"' in bad["error"] and good == [2, 2]


def test_a_folder_of_something_else_is_refused_before_compiling(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compile_module, "compile_program", lambda *_: 1 / 0)
    for taken in (".", "hist.rasp"):
        result = rasp("compile", "hist.rasp", "-o", taken)
        assert result.exit_code == 2 and f"{taken} exists and is not a checkpoint" in result.stderr


def test_an_answer_of_mixed_kinds_is_none(folder: Path) -> None:
    command = ("compile", "-e", 'x = 1 if tokens == "a" else "b"', "--vocab", "ab", "--max-length", 3)
    assert rasp(*command, "-o", "m").exit_code == 0
    for flags in ((), ("--json",)):
        result = rasp("apply", "m", "-i", "ab", "-i", "aa", *flags)
        assert result.exit_code == 1 and "[1, 1]" in result.stdout and "[1, " + '"b"' not in result.stdout
        assert "no value here for x: a sequence cannot mix strings with int values" in result.output


def test_verify(model: Path) -> None:
    result = rasp("verify", model)
    assert result.exit_code == 0 and "363: all of length 1 to 5" in result.stdout
    sample = json.loads(rasp("verify", model, "--budget", 50, "--seed", 3, "--json").stdout)
    assert sample["passed"] and not sample["exhaustive"]
    assert (sample["checked"], set(sample["lengths"])) == (50, set("12345"))


def test_verify_finds_a_checkpoint_of_another_program(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert rasp("compile", "hist.rasp", "-o", "m").exit_code == 0
    other = load_program(Source("other", "")).sop("length")
    monkeypatch.setattr(verify_module, "read_outputs", lambda program, checkpoint: {"hist": other})
    result = rasp("verify", "m")
    assert result.exit_code == 1 and "NOT verified" in result.stdout
    assert "on ab the model answers 1 at position 0 of hist, the interpreter 2" in result.stderr


def test_info(model: Path) -> None:
    record = json.loads(rasp("info", model, "--json").stdout)
    for key in ("layers", "heads", "d_model", "d_head", "d_mlp", "parameters", "nonzero"):
        assert isinstance(record[key], int)
    output = {"name": "hist", "expression": "hist", "classes": [1, 2, 3, 4, 5], "no_value": False}
    assert record["outputs"] == [output | {"nearest": False}]
    assert record["options"]["max_length"] == 5
    text = rasp("info", model).stdout
    assert 'vocabulary  "a", "b", "c"' in text and "tightest" in text
    parts = record["symbols"]["parts"]
    assert [part["where"] for part in parts] == ["embedding", "layer 0 head 0"]
    assert all(f"{part['where']}  " in text and part["computes"] in text for part in parts)


def test_generate(folder: Path) -> None:
    command = ("compile", "next.rasp", "-e", "next", "--vocab", "abc", "--max-length", 6, "-o", "m")
    assert rasp(*command, "--attention", "causal").exit_code == 0
    assert rasp("generate", "m", "-i", "a", "--max-new-tokens", 4).stdout == "abcab\n"
    record = json.loads(rasp("generate", "m", "-i", "ab", "--max-new-tokens", 9, "--json").stdout)
    assert record == {
        "prompt": ["a", "b"],
        "new": ["c", "a", "b", "c"],
        "note": "stopped at the maximum length of 6",
    }
    assert rasp(*command).exit_code == 0
    assert "compile with --attention causal" in rasp("generate", "m", "-i", "a", "--max-new-tokens", 1).stderr


def test_examples(folder: Path) -> None:
    result = rasp("test", "hist.rasp", "--json")
    record = json.loads(result.stdout)[0]
    assert (result.exit_code, record["passed"]) == (0, True)
    assert (record["interpreted"], record["models"], record["compiled"]) == (4, 1, 1)
    assert "ok" in rasp("test", "hist.rasp").stdout


def test_examples_that_fail(folder: Path) -> None:
    for name in ("bytes.rasp", "broken.rasp"):
        (folder / name).unlink()
    (folder / "empty" / "wrong.rasp").write_text(
        '# compile: x vocab="ab" max_length=3\n# example: x("ab") = [1, 1]\n'
        '# example: x("ba") = [0, 1.0]\n# example: x("a") = error\n'
        '# compile: nope vocab="ab" max_length=3\nx = indices;\n'
    )
    result = rasp("test", folder)
    assert result.exit_code == 1
    assert "the interpreter gives [0, 1], not [1, 1]" in result.stderr
    assert "the interpreter gives [0], not an error" in result.stderr
    assert "this does not compile: there is nothing called `nope`" in result.stderr
    assert "3 wrong" in result.stdout


def test_examples_are_run_on_the_model(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = "compiler.model.runner.Model.answers"
    monkeypatch.setattr(answers, lambda self, inputs: [{"out": [0] * len(tokens)} for tokens in inputs])
    result = rasp("test", "hist.rasp")
    assert result.exit_code == 1
    assert "the model gives [0, 0, 0, 0], not [2, 1, 1, 2]" in result.stderr


def test_run_takes_expression_and_attention_from_the_compile_line(folder: Path) -> None:
    (folder / "seen.rasp").write_text(
        '# compile: n name=seen vocab="ab" max_length=4 attention=causal\nn = selector_width(full_s);'
    )
    assert rasp("run", "hist.rasp", "-i", "aab").stdout == "aab -> [2, 2, 1] (ints)\n"
    for expression in ([], ["-e", "n"], ["-e", "seen"]):
        assert rasp("run", "seen.rasp", *expression, "-i", "aab").stdout == "aab -> [1, 2, 3] (ints)\n"
    full = ("run", "seen.rasp", "-i", "aab", "--attention", "full")
    assert rasp(*full).stdout == "aab -> [3, 3, 3] (ints)\n"
    assert rasp("run", "seen.rasp", "-i", "aab", "-e", "n + 0").stdout == "aab -> [3, 3, 3] (ints)\n"


def test_programs_of_the_language_are_found_from_any_folder(folder: Path) -> None:
    assert not (folder / "programs").exists()
    assert rasp("run", "programs/basics/reverse.rasp", "abc").stdout == "abc -> [c, b, a] (strings)\n"
    assert "no file programs/basics/nosuch.rasp" in rasp("run", "programs/basics/nosuch.rasp", "abc").stderr


JSON = ("--input-format", "json")
MISUSES = {
    "no file": (["run", "nowhere.rasp", "-e", "x", "-i", "a"], 2, "there is no file nowhere.rasp"),
    "almost a file": (["run", "hist", "-e", "x", "-i", "a"], 2, "did you mean `hist.rasp`"),
    "a folder": (["run", ".", "-e", "x", "-i", "a"], 2, "is a folder, not a file"),
    "not text": (["run", "bytes.rasp", "-e", "x", "-i", "a"], 1, "not UTF-8"),
    "NUL": (["run", "a\0b", "-e", "x", "-i", "a"], 2, "NUL"),
    "syntax": (["run", "broken.rasp", "-e", "x", "-i", "a"], 1, "missing `;`"),
    "unknown name": (["run", "hist.rasp", "-e", "hits", "-i", "a"], 1, "did you mean `hist`"),
    "empty input": (["run", "-e", "length", "-i", ""], 1, "the input is empty"),
    "half a list": (["run", "-e", "tokens_int", "[1, 2"], 1, "was read as its 5 characters: it ends before"),
    "a list for a text": (
        ["run", "-e", 'tokens_asis + "x"', "[1]"],
        1,
        "was read as a JSON list, not as its 3",
    ),
    "JSON that is none": (["run", "-e", "length", "[[1]]", *JSON], 2, "[1] is not a string"),
    "JSON that is infinite": (["run", "-e", "length", "[1e999]", *JSON], 2, "Infinity is not"),
    "JSON of an empty list": (["run", "-e", "length", "[]", *JSON], 2, "an empty list is no input"),
    "no input": (["run", "-e", "length"], 2, "as in `rasp run -e length hello`"),
    "no input to a program": (["run", "hist.rasp"], 2, "as in `rasp run hist.rasp abca`"),
    "program and inputs from one pipe": (["run", "-", "--inputs", "-"], 2, "cannot hold both"),
    "no file of inputs": (
        ["run", "-e", "length", "-i", "ab", "--inputs", "hist.rsp"],
        2,
        "there is no file hist.rsp",
    ),
    "a folder of inputs": (["run", "-e", "length", "--inputs", "."], 2, "an input on each line"),
    "a file like no other": (["run", "nosuch.rasp", "abc"], 2, "no file nosuch.rasp\n"),
    "no name for a program to run": (["run", "", "abc"], 2, "name of a file is empty"),
    **{
        f"no name for {' '.join(command)}": (command, 2, "the name is empty")
        for command in (
            *(["run", "-e", "length", "--inputs", ""], ["check", ""], ["fmt", ""], ["test", ""]),
            *(
                ["compile", ""],
                ["opt", "-p", "O2", ""],
                ["bisect", ""],
                ["train", ""],
                ["repl", ""],
                ["draw", "", "-i", "a"],
            ),
            *(["apply", "", "a"], ["generate", "", "a"], ["verify", ""], ["info", ""]),
            *(["inspect", "", "-o", "page"], ["circuit", ""], ["export", "", "--to", "onnx", "-o", "m"]),
            *(["serve", "--static", ""], ["verify", "m", "--results", ""]),
        )
    },
    "no margin": (["golden", "m", "--margin", "-1"], 2, "between 0 and 10,000 nats"),
    "an assignment to run": (["run", "-e", "x = tokens", "a"], 1, "statements belong in a program"),
    **{
        f"{word} to run": (["run", "-e", text, "a"], 1, f"`{word}` starts a statement")
        for word, text in (
            ("def", "def f(x) { return x; }"),
            ("return", "return 1"),
            ("for", "for x in [1] { y = x; }"),
            ("load", 'load "x";'),
            ("set", 'set example "a"'),
        )
    },
    "misspelt program": (["run", "hist", "-e", "x", "abc"], 2, "did you mean `hist.rasp`"),
    "nothing to run": (["run", "next.rasp", "-i", "a"], 2, "say it with -e: next"),
    "choice": (["run", "-e", "if tokens == 1", "-i", "a"], 1, "`a if condition else b`"),
    "text as number": (["run", "-e", "tokens + 1", "-i", "a"], 1, "`tokens_int`"),
    "no quotes": (["run", "-e", "tokens == xyz", "-i", "a"], 1, 'a text stands in quotes: "xyz"'),
    "text stage as JSON": (["compile", "hist.rasp", "--explain", "--json"], 2, "rasp info DIR --json"),
    "no command": (["frobnicate"], 2, "no such command"),
    "length 0": (["compile", "hist.rasp", "--max-length", "0"], 2, "between 1 and"),
    "no length": (["compile", "-e", "length", "--vocab", "ab"], 2, "the maximum length is missing"),
    "no vocabulary": (["compile", "-e", "length", "--max-length", "3"], 2, "the vocabulary is missing"),
    "empty vocabulary": (["compile", "hist.rasp", "--vocab", ""], 2, "the vocabulary is empty"),
    "repeated token": (["compile", "hist.rasp", "--vocab", "aba"], 2, 'has "a" twice'),
    "mixed": (["compile", "hist.rasp", "--vocab", '[1, "a"]'], 2, "mixes strings with other values"),
    "1 and 1.0": (["compile", "hist.rasp", "--vocab", "[1, 1.0]"], 2, "both 1 and 1.0"),
    "no expression": (["compile", "next.rasp", "--vocab", "ab"], 2, "which expression"),
    "dialect": (["compile", "hist.rasp", "--dialect", "gpt9"], 2, "no dialect called gpt9"),
    "level": (["compile", "hist.rasp", "-O", "7"], 2, "no optimisation level 7"),
    "stage": (["compile", "hist.rasp", "--emit", "soup"], 2, "soup"),
    "two of a name": (["compile", "hist.rasp", "-e", "hist", "-e", "hist"], 2, "two outputs are called hist"),
    "unknown s-op": (["compile", "hist.rasp", "-e", "hits"], 1, "did you mean `hist`"),
    "selector": (["compile", "hist.rasp", "-e", "same"], 1, "read through it with aggregate"),
    "onto a file": (["compile", "hist.rasp", "-o", "next.rasp"], 2, "exists and is not a checkpoint"),
    "onto other things": (["compile", "hist.rasp", "-o", "."], 2, "exists and is not a checkpoint"),
    "below a file": (["compile", "hist.rasp", "-o", "next.rasp/m"], 1, "cannot be written"),
    "no checkpoint": (["verify", "nowhere"], 2, "nowhere does not exist"),
    "empty folder": (["info", "empty"], 2, "is not a checkpoint"),
    "file for a folder": (
        ["apply", "hist.rasp", "-i", "a"],
        2,
        "`rasp compile hist.rasp -o FOLDER` makes one",
    ),
    "no programs": (["test", "empty"], 2, "there are no .rasp files"),
    "no budget": (["verify", "empty", "--budget", "0"], 2, "budget"),
    **{
        f"a seed below all of {command[0]}": ([*command, "--seed", "-1"], 2, "-1 is not in the range 0<=x")
        for command in (["verify", "m"], ["generate", "m", "a"], ["circuit", "m"], ["golden", "m"])
    },
    **{
        f"{command[0]} to no name": ([*command, "-o", ""], 2, "the name is empty")
        for command in (
            *(["inspect", "m"], ["circuit", "m"], ["export", "m", "--to", "onnx"]),
            *(["compile", "hist.rasp"], ["train", "hist.rasp"], ["draw", "hist.rasp", "-i", "a"]),
        )
    },
    "goldens to no name": (["golden", ""], 2, "the name is empty"),
    "no whole number": (["serve", "--port", "x"], 2, "'x' is not a whole number"),
    "no number": (["train", "hist.rasp", "--rate", "fast"], 2, "'fast' is not a number"),
    "not finite": (["train", "hist.rasp", "--rate", "nan"], 2, "'nan' is not a finite number"),
    "hot": (["generate", "m", "a", "--temperature", "inf"], 2, "'inf' is not a finite number"),
    "longer than all": (["train", "hist.rasp", "--trained-length", "9"], 2, "longer than 5 tokens"),
    "a page nowhere": (["inspect", "empty"], 2, "as in -o report.html"),
    "a circuit of nothing": (["circuit", "empty"], 2, "there are no .rasp files in empty"),
    "circuits nowhere": (["circuit", "hist.rasp"], 2, "name a folder with -o DIR"),
    "drawn in a folder": (["draw", "-e", "indices", "-i", "a", "-o", "."], 2, "as in picture.svg"),
    "drawn in the root": (["draw", "-e", "indices", "-i", "a", "-o", "/"], 2, "as in picture.svg"),
    "no value of an option": (["serve", "--static"], 2, "serve --help` explains it"),
    "an option twice": (["compile", "--disguise", "rotate", "--disguise", "superpose=2"], 2, "given 2 times"),
    "an option twice, otherwise": (["draw", "-i", "a", "--input", "b"], 2, "'--input' is given 2 times"),
    "no folder": (["draw", "hist.rasp", "-e", "hist", "-i", "a", "-o", "no/a.svg"], 1, "check the path"),
}


@pytest.mark.parametrize(
    "typed, completed",
    {
        "rasp ver": "plain,verify",
        "rasp verify --eng": "plain,--engine",
        "rasp run --attention c": "plain,causal",
        "rasp run so": "file,so",
        "rasp run sort.rasp --inputs wo": "file,wo",
        "rasp apply so": "file,so",
        "rasp compile sort.rasp -o so": "file,so",
        "rasp check so": "file,so",
        "rasp bisect so": "file,so",
    }.items(),
)
def test_shells_complete_words_and_leave_names_of_files_to_themselves(typed: str, completed: str) -> None:
    asked = {"_RASP_COMPLETE": "bash_complete", "COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" "))}
    assert CliRunner(env=asked).invoke(main, prog_name="rasp").stdout.strip() == completed


@pytest.mark.parametrize("arguments, code, message", MISUSES.values(), ids=MISUSES)
def test_mistakes_get_a_message(folder: Path, arguments: list[str], code: int, message: str) -> None:
    result = rasp(*arguments)
    assert result.exit_code == code
    assert message in result.stderr
    told = result.stderr if "--json" not in arguments else ""
    assert told.startswith(("error: ", "warning: ")) or "--json" in arguments
    assert (
        [row["message"] for row in json.loads(result.stdout)["diagnostics"]]
        if not told
        else not result.stdout
    )


def test_malformed_directives_are_reported(folder: Path) -> None:
    (folder / "bad.rasp").write_text("# compile: length vocab=oops max_length=3\nx = 1;\n")
    result = rasp("compile", "bad.rasp")
    assert result.exit_code == 1 and "bad.rasp:1:" in result.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_unwritable_folder(folder: Path) -> None:
    (folder / "empty").chmod(0o555)
    result = rasp("compile", "hist.rasp", "-o", "empty/m")
    assert result.exit_code == 1 and "Permission denied" in result.stderr


def test_damaged_checkpoint(model: Path) -> None:
    path = model / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"\x77")
    for command in (
        ["verify"],
        ["info"],
        ["apply", "-i", "a"],
        ["generate", "-i", "a", "--max-new-tokens", "1"],
    ):
        result = rasp(command[0], model, *command[1:])
        assert result.exit_code == 1 and "model.safetensors is damaged" in result.stderr


def test_help_teaches() -> None:
    for command in ("run", "check", "compile", "verify", "apply", "info", "generate", "test"):
        result = rasp(command, "--help")
        assert result.exit_code == 0 and f"\n    rasp {command} " in result.stdout.replace(
            "      rasp", "    rasp"
        )
    assert "Commands:" in rasp("--help").stdout
    assert rasp("--version").stdout.startswith("rasp")


def test_our_own_mistakes_are_short(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(info_module, "info_text", lambda checkpoint: 1 / 0)
    result = CliRunner().invoke(main, ["info", str(model)])
    assert result.exit_code == 1 and "internal error, please report it" in result.stderr
    assert "Traceback" not in result.stderr
    monkeypatch.setenv("RASP_DEBUG", "1")
    assert "Traceback" in CliRunner().invoke(main, ["info", str(model)]).stderr


def python(*arguments: str, **options: object) -> subprocess.Popen[str]:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, *arguments], **(pipes | options))  # type: ignore[call-overload]


def test_starting_does_not_import_torch() -> None:
    code = "import sys, compiler, compiler.cli, rasp.cli; sys.exit('torch' in sys.modules)"
    assert python("-c", code).wait() == 0
    code = "import sys\nfrom compiler.cli import main\ntry: main(['run', '-e', 'length', '-i', 'ab'])\n"
    code += "except SystemExit as end: sys.exit(end.code or 'torch' in sys.modules)"
    process = python("-c", code)
    assert process.communicate()[0] == "ab -> [2, 2] (ints)\n"
    assert process.returncode == 0


def test_modules_can_be_run() -> None:
    for module in ("rasp", "compiler"):
        process = python("-m", module, "run", "-e", "indices", "-i", "ab", "--json")
        assert process.communicate()[0] == "[0, 1]\n"


def test_interrupt_is_quiet(tmp_path: Path) -> None:
    program = tmp_path / "program"
    os.mkfifo(program)
    process = python("-m", "rasp", "run", str(program), "-e", "x", "-i", "a")
    with program.open("w"):  # opens when the command has, and then it waits for the text
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
    assert process.returncode == 130 and "Traceback" not in errors


@pytest.mark.parametrize("module", ["click", "lark", "numpy"])
def test_an_interrupt_while_starting_is_quiet(module: str, tmp_path: Path) -> None:
    """The interrupt comes when a module is imported, so at the same moment in every run."""
    (tmp_path / f"{module}.py").write_text("import signal\nsignal.raise_signal(signal.SIGINT)\n")
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    started = python("-c", "from compiler.start import main; main()", env=os.environ | {"PYTHONPATH": path})
    assert started.communicate() == ("", "")
    assert started.returncode == -signal.SIGINT


def test_an_interrupt_before_it_can_be_left_to_the_system_is_quiet(tmp_path: Path) -> None:
    """It comes with the first module that is imported, `signal` itself."""
    (tmp_path / "signal.py").write_text("import _signal\n_signal.raise_signal(_signal.SIGINT)\n")
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    started = python("-c", "from compiler.start import main; main()", env=os.environ | {"PYTHONPATH": path})
    assert started.communicate() == ("", "")
    assert started.returncode == 130


def test_the_package_of_the_command_imports_nothing() -> None:
    code = "import sys; known = set(sys.modules); import compiler; print(*set(sys.modules) - known)"
    assert python("-S", "-c", code, cwd=ROOT).communicate()[0] == "compiler\n"


def test_a_closed_pipe_is_quiet() -> None:
    process = python("-m", "rasp", "run", "-e", "indices", *["-i", "ab"] * 20_000)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(20) != 0
