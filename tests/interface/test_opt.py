"""`rasp opt`: rules on a graph's text, printed in between, and held against what the graph meant."""

import json

import pytest
from click.testing import CliRunner, Result

from compiler.analysis.infer import Analysis
from compiler.cli import main
from compiler.command_options.target_options import Target
from compiler.commands.opt import OptRequest, run_opt
from compiler.report.graph_text import parse_outputs
from compiler.rewrite import RULES, Pass
from rasp.command_line.console import Told
from rasp.graph.nodes import Node, Width
from rasp.source import Source

RANK = "selector_width(select(tokens, tokens, <) or (select(tokens, tokens, ==) and select(indices, indices, <)))"
WHERE = ("--vocab", "ab", "--max-length", "3")


def rasp(*words: str, given: str = "") -> Result:
    return CliRunner().invoke(main, list(words), input=given, prog_name="rasp")


def test_rules_are_listed_with_examples() -> None:
    listed = rasp("opt").stdout
    for entry in RULES:
        assert f"{entry.name}   (from -O{entry.level} on)" in listed
    texts = json.loads(rasp("opt", "--json").stdout)
    assert {text["name"] for text in texts} == {entry.name for entry in RULES} | {"make_total"}
    assert all(text["summary"].endswith(".") and "becomes" in text["example"] for text in texts)


def test_what_comes_out_goes_in() -> None:
    """Each graph that is printed is read again, and holds what it was compiled for."""
    graph = rasp("compile", "-e", RANK, *WHERE, "--emit", "graph")
    split = rasp("opt", "-p", "split_width", given=graph.stdout)
    assert "# split_width: 1 step\n" in split.stdout and split.exit_code == 0
    again = rasp("opt", "-p", "split_width", given=split.stdout)
    assert "# split_width: nothing to do" in again.stdout
    assert again.stdout.splitlines()[1:] == split.stdout.splitlines()[2:]
    assert rasp("opt", "-p", "split_width", "-e", RANK, *WHERE).stdout == split.stdout


def test_a_level_is_what_compiling_does() -> None:
    rewritten = rasp("compile", "-e", RANK, *WHERE, "--emit", "rewritten").stdout
    assert rasp("opt", "-p", "place_best,make_total,O2", "-e", RANK, *WHERE).stdout.endswith(rewritten)


def test_graphs_in_between() -> None:
    text = f'{RANK} + round(length * aggregate(full_s, indicator(tokens == "a")))'
    found = rasp(
        "opt", "-p", "split_width,drop_own_position,count_of_mean", "--print-all", "-e", text, *WHERE
    )
    first, last = found.stdout.split("\n\n")
    assert "# split_width: 1 step\n" in first and "# drop_own_position" not in first
    assert "# drop_own_position: nothing to do\n# count_of_mean: 1 step\n" in last
    assert parse_outputs(Source("first", first)).outputs.keys() == {"out"}
    record = json.loads(
        rasp("opt", "-p", "split_width,drop_own_position", "--json", "-e", text, *WHERE).stdout
    )
    assert [(row["rule"], len(row["steps"])) for row in record["rules"]] == [
        ("split_width", 1),
        ("drop_own_position", 0),
    ]
    assert record["graph"] == record["rules"][-1]["graph"]


WRONG = {
    "no such rule": (("-p", "spilt_width", "-e", "1", *WHERE), "", 2, "did you mean `split_width`?"),
    "nothing between commas": (("-p", "split_width,", "-e", "1", *WHERE), "", 2, "there is no rule called"),
    "no rules": (("-e", "1", *WHERE), "", 2, "which rules should be applied?"),
    "no graph": (("-p", "O2"), "", 2, "which expression"),
    "no vocabulary": (("-p", "O2"), "%0 = tokens\nout x = %0", 2, "the vocabulary is missing"),
    "a broken graph": (("-p", "O2", *WHERE), "%0 = tokens\n%1 = not %0", 1, "argument 1 is an s-op"),
    "a graph and an expression": (("-p", "O2", "-e", "1", "-", *WHERE), "%0 = tokens\nout x = %0", 2, "-e"),
    "no value": (("-p", "O2", "-e", "aggregate(full_s, tokens)", *WHERE), "", 0, ""),
}


@pytest.mark.parametrize(("words", "given", "code", "message"), WRONG.values(), ids=WRONG)
def test_wrong_use_is_told(words: tuple[str, ...], given: str, code: int, message: str) -> None:
    found = rasp("opt", *words, given=given)
    assert found.exit_code == code, found.output
    assert message in found.stderr


def miscount(analysis: Analysis, node: Node) -> Node | None:
    """Wrong where a row selects something: counts nothing."""
    return analysis.graph.constant(0) if isinstance(node.op, Width) else None


@pytest.mark.parametrize("check", [True, False])
def test_a_rule_that_changes_the_meaning_is_named(check: bool, capsys: pytest.CaptureFixture[str]) -> None:
    passes = (*RULES, Pass(1, miscount))
    request = OptRequest(Target(None, (RANK,), "ab", 3, None), "split_width,miscount", False, check, False)
    assert run_opt(request, Told(), passes) == (1 if check else 0)
    told = capsys.readouterr()
    assert (
        "miscount changes what the graph means: on aa the answer of out at position 1" in told.err
    ) == check
    assert "# miscount: 2 steps" in told.out
