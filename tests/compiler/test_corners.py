"""Values at the edges: what a number in float32, or a table of steps, can hardly carry. Right on all inputs, or refused."""

from itertools import product
from typing import Any

import pytest

from compiler.lowering import lookup
from compiler.model.answers import compare_key
from compiler.model.runner import Model
from compiler.options import CompileError, CompileOptions
from compiler.pipeline import compile_program
from compiler.reading.reader import Reader
from compiler.verify.readers import answer_together
from rasp.arguments import ATTENTIONS
from rasp.elaborate.program import load_program
from rasp.interpret.evaluate import EvaluationError, evaluate
from rasp.source import Source
from rasp.values import Atom

DIGITS = tuple("012")
SOME = 'select(tokens, "1", ==)'

#: What is tested: the vocabulary and an expression that has to compile.
RIGHT: dict[str, tuple[tuple[Atom, ...], str]] = {
    "True beside 1": (DIGITS, f"aggregate({SOME}, indices, True)"),
    "False beside 0, among single values": (DIGITS, 'aggregate(select(indices, 3, ==), tokens == "1")'),
    "True beside 1, among tokens": ((True, 2), "min(indices + 1, tokens_asis)"),
    "strings that are picked, or nothing": (DIGITS, "aggregate(full_s, sort(tokens, tokens))"),
    "a string that no mean is of": (
        DIGITS,
        'aggregate(select(indices, 2, <) and select(length, 1, >), "x" if length == 1 else tokens_int, 5)',
    ),
    "a string for a default of means": (DIGITS, f'aggregate({SOME}, 1 + 2 * indicator(indices > 0), "x")'),
    "a huge default": (DIGITS, f"aggregate({SOME}, indices, 10 ^ 400)"),
    "a tiny default": (DIGITS, f"aggregate({SOME}, indices, 0.5 ^ 60)"),
    "a default that never happens": (
        DIGITS,
        "aggregate(select(indices, 0 * (1 / (length - 4)), ==), indices + length, -7)",
    ),
    "numbers that float64 merges": (DIGITS, "10 ^ 17 + tokens_int"),
    "numbers beyond float32": (DIGITS, "tokens_float * 10 ^ 300"),
    "numbers beyond float64": (DIGITS, "tokens_int * 10 ^ 400"),
    "numbers below float32": (DIGITS, "tokens_float * 0.1 ^ 300"),
    "a huge multiple of a mean": (DIGITS, "aggregate(full_s, tokens_int) * 10.0 ^ 300"),
    "means of multiples": (DIGITS, "aggregate(full_s, tokens_int * 1000003)"),
    "the best of False and 0.5": (
        DIGITS,
        'aggregate(best(full_s, False if tokens == "1" else 0.5), indices)',
    ),
    "the best of 1 and True is the last": (
        DIGITS,
        "aggregate(best(full_s, [1, True, 0, 0][indices]), tokens)",
    ),
    "the best of large numbers": (DIGITS, "aggregate(best(full_s, 10 ^ 17 + tokens_int), tokens)"),
    "the best of far numbers": ((1, 1000000, -7), "aggregate(best(full_s, tokens_int), tokens)"),
    "a mean of 0.1": (DIGITS, f"aggregate({SOME}, 0.1)"),
    "a multiple of a multiple of a mean": (
        ("0", "1"),
        'round((indices + 1) * aggregate(select(indices, indices, <=), 1.5 if tokens == "1" else 7))',
    ),
    "a mean is 1 or 1.0": (DIGITS, '"%s" % aggregate(select(indices, indices, <=), 1)'),
    "a mean that swaps two answers where it is a float": (
        DIGITS,
        '"x" if "%s" % aggregate(select(tokens, tokens, ==), tokens_int) in ["0", "1.0"] else "y"',
    ),
    "a rounded mean, written": (DIGITS, '"%s" % round(aggregate(full_s, indices))'),
}

REFUSED: dict[str, str] = {
    "True beside 1, as means": f'aggregate({SOME}, True if tokens == "1" else 1)',
    "a mean that has been moved": '"%s" % aggregate(select(indices, 0, ==), aggregate(full_s, tokens_int))',
}


@pytest.mark.parametrize("attention", ATTENTIONS)
@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.filterwarnings("error")
def test_edges_are_right(name: str, attention: str) -> None:
    vocabulary, text = RIGHT[name]
    length = 8 if len(vocabulary) == 2 else 4
    program = load_program(Source("<none>", ""))
    compiled = compile_program(program, {"out": text}, CompileOptions(vocabulary, length, attention))
    inputs = [word for n in range(1, length + 1) for word in product(vocabulary, repeat=n)]
    outcomes = evaluate([program.sop(text)], inputs, attention)[0]
    checked = 0
    for word, outcome, answer in zip(
        inputs, outcomes, answer_together(Model(compiled.weights), inputs), strict=True
    ):
        if not isinstance(outcome, EvaluationError):
            checked += 1
            assert list(map(compare_key, outcome)) == list(map(compare_key, answer["out"])), word
    assert checked


@pytest.mark.parametrize("attention", ATTENTIONS)
@pytest.mark.parametrize("name", REFUSED)
def test_what_numbers_cannot_carry_is_refused(name: str, attention: str) -> None:
    program = load_program(Source("<none>", ""))
    with pytest.raises(CompileError):
        compile_program(program, {"out": REFUSED[name]}, CompileOptions(DIGITS, 4, attention))


def test_many_flags_are_added_up() -> None:
    """Two to the power of 26 combinations, of which a sum needs none."""
    letters = tuple("abcdefghijklmnopqrstuvwxyz")
    flags = " + ".join(f'indicator(has_focus(select(tokens, "{letter}", ==)))' for letter in letters)
    program = load_program(Source("<none>", ""))
    compiled = compile_program(program, {"out": f"({flags}) > 2"}, CompileOptions(letters, 4))
    inputs = ["a", "az", "abab", "abc", "zyxw", "zzzz", "qqrs"]
    assert [answer[0] for answer in Model(compiled.weights).batch(inputs)] == [
        len(set(word)) > 2 for word in inputs
    ]


def test_two_tests_of_the_same_things() -> None:
    """Without rules to merge them, one part is scored by an order and the other beside it."""
    text = (
        'aggregate(select(indices, indices, !=) and select(indices, indices, >), sort(tokens, tokens), "-")'
    )
    program = load_program(Source("<none>", ""))
    compiled = compile_program(program, {"out": text}, CompileOptions(tuple("0123"), 10, level=0))
    assert Model(compiled.weights).batch(["10", "3"]) == [["1", "-"], ["-"]]


def test_no_look_up_is_searched_for_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """An output asks whether one table can give it before it demands that table."""
    posed: list[tuple[object, ...]] = []

    def noted(reader: Reader, problem: lookup.Problem, **how: Any) -> lookup.Lookup | None:
        targets, group = problem.targets.tobytes(), problem.group.tobytes()
        posed.append((reader, problem.node, targets, group, problem.steep, *how.values()))
        return solve(reader, problem, **how)

    solve = lookup.solve_lookup
    monkeypatch.setattr(lookup, "solve_lookup", noted)
    program = load_program(Source("<test>", 'changed = "x" if tokens == "a" and indices > 1 else tokens;'))
    compile_program(program, "changed", CompileOptions(("a", "b"), 4))
    assert posed
    assert len(posed) == len(set(posed))
