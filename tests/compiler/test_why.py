"""The story of a search: what was tried in its order, what failed by how much, and which model was taken."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from compiler.cli import main
from compiler.options import CompileError, CompileOptions
from compiler.pipeline import compile_program
from compiler.report.why import last_chosen, record_why, tell_why
from compiler.search.attempts import measure_cost
from compiler.search.trials import Fails, Holds, Journal, Reason
from rasp.elaborate.program import load_program
from rasp.source import Source
from rasp.syntax.directives import read_directives
from tests.places import ROOT

PROGRAMS = {
    "care is needed": "counting/variance.rasp",
    "an improvement is not taken": "sorting/sort.rasp",
    "one attempt": "basics/flip.rasp",
    "counts": "counting/histogram.rasp",
}


def story(path: Path, level: int) -> tuple[Journal, tuple[int, int], str]:
    """The journal of a program's first `# compile:` line, what its model costs, and the text of the story."""
    source = Source(path.name, path.read_text(encoding="utf-8"))
    line = read_directives(source).compiles[0]
    options = CompileOptions(line.vocabulary or (), min(line.max_length or 0, 8), line.attention, level=level)
    journal, program = Journal(), load_program(source)
    model = compile_program(program, {"out": line.expression}, options, journal=journal)
    assert list(journal.steps) == list(model.rewriting.steps)
    return (
        journal,
        measure_cost(model.lowered),
        "\n".join(tell_why(program.graph, journal, model.plan.blocks.choices)),
    )


@pytest.mark.parametrize("level", [0, 2, 3])
@pytest.mark.parametrize("name", PROGRAMS.values(), ids=PROGRAMS)
def test_the_last_that_was_chosen_is_the_model(name: str, level: int) -> None:
    journal, found, text = story(ROOT / "programs" / name, level)
    taken = last_chosen(journal.trials)
    assert taken is not None and isinstance(taken.outcome, Holds) and taken.outcome.cost == found
    chosen = [t.outcome.cost for t in journal.trials if t.chosen and isinstance(t.outcome, Holds)]
    assert chosen == sorted(chosen, reverse=True)
    assert journal.trials[0].reason is Reason.FIRST and text.count("<- taken") == 1
    for trial in journal.trials:
        if isinstance(trial.outcome, Fails):
            assert trial.outcome.worst.error >= trial.outcome.worst.margin and not trial.chosen


def test_a_refusal_has_its_story() -> None:
    program = load_program(Source("<test>", ""))
    text = "aggregate(best(full_s, aggregate(select(tokens, tokens, ==), indices)), indices)"
    journal = Journal()
    with pytest.raises(CompileError):
        compile_program(program, {"out": text}, CompileOptions(tuple("abc"), 10), journal=journal)
    assert len(journal.trials) > 1 and not any(trial.chosen for trial in journal.trials)


def test_json_has_it_all() -> None:
    words = ["compile", str(ROOT / "programs/counting/variance.rasp"), "--max-length", "6", "--why", "--json"]
    why = json.loads(CliRunner().invoke(main, words).stdout)["why"]
    assert set(why) == {"rewriting", "search", "choices"}
    assert sum(trial["taken"] for trial in why["search"]) == 1
    assert {choice["choice"] for choice in why["choices"]} == {"comparison", "look-up"}
    assert record_why(load_program(Source("", "")).graph, Journal(), ())["search"] == []
