"""`rasp bisect`: a broken rule that is put in is found, so is a wrong model, and a rule that makes a model larger."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from compiler.analysis.infer import Analysis
from compiler.cli import main
from compiler.command_options.target_options import Target
from compiler.commands.bisect import BisectRequest, run_bisect
from compiler.export.checkpoint import read_checkpoint, write_checkpoint
from compiler.export.compiled import save
from compiler.options import CompileOptions
from compiler.pipeline import compile_program
from compiler.rewrite import RULES, Pass
from compiler.rewrite.apply_passes import Passes
from compiler.search.trials import Journal, Reason
from compiler.verify.find_culprit import find_wrong_trial, first_wrong_number
from compiler.verify.mismatch import Mismatch
from rasp.command_line.console import Told
from rasp.elaborate.program import load_program
from rasp.graph.nodes import And, Indices, Node, Select, Width
from rasp.source import Source

RANK = "selector_width(select(tokens, tokens, <) or (select(tokens, tokens, ==) and select(indices, indices, <)))"
WRONG = Mismatch(("a",), "out", 0, 1, 0)


def miscount(analysis: Analysis, node: Node) -> Node | None:
    """Wrong: counts nothing."""
    return analysis.graph.constant(0) if isinstance(node.op, Width) else None


def count_twice(analysis: Analysis, node: Node) -> Node | None:
    """Right, but dear: counts at the first position and elsewhere."""
    graph = analysis.graph
    indices = graph.add(Indices())
    if (
        not isinstance(node.op, Width)
        or not isinstance(node.args[0].op, Select)
        or indices in node.args[0].args
    ):
        return None
    parts = [graph.add(Select(test), indices, graph.constant(0)) for test in ("==", "!=")]
    return graph.map("add", *(graph.add(Width(), graph.add(And(), node.args[0], part)) for part in parts))


def asked(expression: str, *, wrong: str | None = None, larger: bool = False) -> BisectRequest:
    return BisectRequest(Target(None, (expression,), "ab", 3, None), wrong, larger, True)


def answer(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("place", [0, 5, len(RULES)])
@pytest.mark.parametrize("wrong", [None, "aa"])
def test_a_broken_rule_is_found(place: int, wrong: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    passes = Passes((*RULES[:place], Pass(1, miscount), *RULES[place:]))
    assert run_bisect(asked(RANK, wrong=wrong), Told(), passes) == 1
    found = answer(capsys)
    assert (found["stage"], found["step"]) == ("rewriting", "miscount")


def count_one(analysis: Analysis, node: Node) -> Node | None:
    """A rule that is wrong, and makes every model smaller."""
    return analysis.graph.constant(1) if isinstance(node.op, Width) else None


def test_a_broken_rule_that_is_tried_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    passes = Passes((*RULES, Pass(1, count_one, tried=True)))
    assert run_bisect(asked(RANK), Told(), passes) == 1
    found = answer(capsys)
    assert (found["stage"], found["step"]) == ("rewriting", "count_one")


def test_a_right_program_has_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_bisect(asked(RANK), Told()) == 0
    assert answer(capsys) == {"wrong": False, "checked": 14, "diagnostics": []}


@pytest.mark.parametrize("first", [1, 2, 7, 8])
def test_bisecting(first: int) -> None:
    assert first_wrong_number(8, lambda number: WRONG if number >= first else None) == first
    assert first_wrong_number(8, lambda number: None) is None


def test_a_wrong_model_is_found_among_those_of_the_search() -> None:
    """The program is said to mean something else than what was lowered."""
    program, journal = load_program(""), Journal()
    options = CompileOptions(tuple("ab"), 3)
    compiled = compile_program(program, {"out": RANK}, options, journal=journal)
    assert find_wrong_trial(compiled, journal, [("a",), ("b", "a")]) is None
    other = replace(compiled.rewriting, meant={"out": program.sop("length")})
    found = find_wrong_trial(replace(compiled, rewriting=other), journal, [("a",), ("b", "a")])
    assert found is not None and found.found is journal.trials[0] and found.number == 1
    assert journal.trials[0].reason is Reason.FIRST


def test_larger(capsys: pytest.CaptureFixture[str]) -> None:
    """Each rule that fired has its row; one that makes the model larger has one for each step, too."""
    passes = Passes((*RULES, Pass(1, count_twice)))
    assert run_bisect(asked(RANK, larger=True), Told(), passes) == 0
    found = answer(capsys)
    rows = found["without"]
    assert isinstance(rows, list)
    assert [(row["rule"], row["step"] is None) for row in rows] == [
        ("split_width", True),
        ("count_twice", True),
        ("count_twice", False),
    ]
    assert rows[1]["parameters"] == rows[2]["parameters"] < found["parameters"]
    run_bisect(replace(asked(RANK, larger=True), as_json=False), Told(), passes)
    assert capsys.readouterr().out.endswith("larger by count_twice: --without count_twice\n")
    assert run_bisect(replace(asked(RANK, larger=True), as_json=False), Told()) == 0
    assert capsys.readouterr().out.endswith("no rule makes it larger\n")


def test_wrong_use_is_told() -> None:
    words = ["bisect", "-e", "length", "--vocab", "ab", "--max-length", "3"]
    for more, message in (
        (["--wrong", "abz"], "does not take"),
        (["--wrong", "a", "--larger"], "give one of"),
    ):
        found = CliRunner().invoke(main, [*words, *more], prog_name="rasp")
        assert found.exit_code == 2 and message in found.stderr


def test_a_model_is_asked_by_its_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its program is compiled again, with the options that it was compiled with; a changed model is told apart."""
    folder = tmp_path / "ranked"
    options = CompileOptions(("a", "b"), 3, without=("split_or",))
    save(compile_program(load_program(Source("p", "")), {"rank": RANK}, options), folder)
    asked_of = BisectRequest(Target(str(folder), (), None, None, None), "aa", False, True)
    assert run_bisect(asked_of, Told()) == 0
    assert answer(capsys) == {"wrong": False, "checked": 1, "diagnostics": []}
    passes = Passes((Pass(1, miscount), *RULES))
    assert run_bisect(asked_of, Told(), passes) == 1
    assert answer(capsys)["step"] == "miscount"
    checkpoint = read_checkpoint(folder)
    arrays = checkpoint.weights.arrays
    changed = {name: 2 * array if name.endswith(".value") else array for name, array in arrays.items()}
    write_checkpoint(replace(checkpoint, weights=replace(checkpoint.weights, arrays=changed)), folder)
    assert run_bisect(asked_of, Told()) == 0
    [warning] = answer(capsys)["diagnostics"]  # type: ignore[misc]
    assert warning["code"] == "other-model"


@pytest.mark.parametrize("more", [("-e", "tokens"), ("--vocab", "ab"), ("-O", "1"), ("--no-value",)])
def test_a_model_says_by_itself_how_it_was_compiled(tmp_path: Path, more: tuple[str, ...]) -> None:
    result = CliRunner().invoke(main, ["bisect", str(tmp_path), *more])
    assert result.exit_code == 2
    assert "is a model, which says what it was compiled from and how" in result.stderr


def test_a_folder_without_a_model_is_told(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["bisect", str(tmp_path)])
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")
