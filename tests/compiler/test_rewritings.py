"""Rules that are tried: the smallest model of all rewritings is kept, and the journal says what was tried."""

from dataclasses import replace

import pytest

from compiler.options import CompileError, CompileOptions
from compiler.pipeline import Compiled, compile_program
from compiler.rewrite import RULES
from compiler.rewrite.apply_passes import ALL_PASSES, Passes
from compiler.search.attempts import measure_cost
from compiler.search.trials import Holds, Journal
from rasp.elaborate.program import load_program
from rasp.source import Source
from rasp.values import Atom

SWAP = "tokens_int[-1] if indices == 0 else (tokens_int[0] if indices == length - 1 else tokens_int)"
LAST = "indices == length - 1"
TRIED = frozenset(entry.name for entry in RULES if entry.tried)
NUMBERS: tuple[Atom, ...] = tuple(range(10))


def build(text: str, options: CompileOptions, passes: Passes = ALL_PASSES) -> tuple[Compiled, Journal]:
    journal = Journal()
    program = load_program(Source("<test>", ""))
    return compile_program(program, {"out": text}, options, passes, journal), journal


def without_tried() -> Passes:
    return Passes([entry for entry in RULES if not entry.tried])


def test_the_smallest_is_kept_and_its_story_told() -> None:
    options = CompileOptions(NUMBERS, 6)
    plain, _ = build(SWAP, options, without_tried())
    best, journal = build(SWAP, options)
    assert best.rewriting.tried == TRIED
    assert measure_cost(best.lowered) < measure_cost(plain.lowered)
    assert journal.steps == list(best.rewriting.steps)
    chosen = [trial for trial in journal.trials if trial.chosen]
    assert {trial.rules for trial in chosen} == {TRIED}
    assert {trial.rules for trial in journal.trials} >= {frozenset(), TRIED}
    costs = [trial.outcome.cost for trial in journal.trials if isinstance(trial.outcome, Holds)]
    assert measure_cost(best.lowered) == min(costs)


def test_what_is_not_smaller_is_left() -> None:
    options = CompileOptions(NUMBERS[:2], 4)
    plain, _ = build(SWAP, options, without_tried())
    best, journal = build(SWAP, options)
    assert best.rewriting.tried == frozenset()
    assert measure_cost(best.lowered) == measure_cost(plain.lowered)
    assert any(trial.rules for trial in journal.trials)
    assert not any(trial.chosen and trial.rules for trial in journal.trials)


def test_what_is_refused_otherwise() -> None:
    options = CompileOptions(tuple(range(100)), 32)
    with pytest.raises(CompileError):
        build(SWAP, options, without_tried())
    best, _ = build(SWAP, options)
    assert best.rewriting.tried


def test_what_is_refused_in_all_ways_is_refused_as_without() -> None:
    options = CompileOptions(("a", "b"), 64)
    text = f'"%s" % aggregate(select(tokens, "a", ==), 1 / (indices + 3), 0) if {LAST} else ""'
    with pytest.raises(CompileError) as plain:
        build(text, options, without_tried())
    with pytest.raises(CompileError) as best:
        build(text, options)
    assert best.value.diagnostics[0].message == plain.value.diagnostics[0].message


@pytest.mark.parametrize("level", range(4))
def test_levels_and_rules_left_out(level: int) -> None:
    options = CompileOptions(NUMBERS, 6, level=level)
    best, _ = build(SWAP, options)
    assert best.rewriting.tried == (TRIED if level >= 2 else frozenset())
    left, _ = build(SWAP, replace(options, max_length=8, without=("take_choices_apart",)))
    assert left.rewriting.tried == (frozenset({"ask_whether_there"}) if level >= 2 else frozenset())
