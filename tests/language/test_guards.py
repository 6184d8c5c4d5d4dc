"""A guard guards: at each position only the branch that is taken needs a value; interpreted, and compiled on all inputs."""

from itertools import product
from typing import cast

import pytest

from compiler.model.answers import compare_key
from compiler.model.runner import Model
from compiler.options import CompileError, CompileOptions
from compiler.pipeline import compile_program
from rasp.elaborate.program import load_program
from rasp.interpret.evaluate import EvaluationError, evaluate
from rasp.source import Source
from rasp.values import Atom

LENGTH = 4
#: Expression, input, its value or the message.
VALUES: list[tuple[str, str, list[Atom] | str]] = [
    ("tokens_int / indices if indices > 0 else -1", "123", [-1, 2.0, 1.5]),
    ("-1 if indices == 0 else tokens_int / indices", "123", [-1, 2.0, 1.5]),
    ("tokens_int / indices if indices >= 0 else -1", "123", "division by zero"),
    ("1 if tokens_int / indices > 0 else -1", "123", "division by zero"),
    ("{0: 1, 1: 0}[indices] if indices < 2 else indices", "abcd", [1, 0, 2, 3]),
    ("{0: 1, 1: 0}[indices] if indices < 3 else indices", "abcd", "2 is not a key of the dict"),
    ("indices > 0 and 6 / indices > 2", "abcd", [False, True, True, False]),
    ("indices == 0 or 6 / indices > 2", "abcd", [True, True, True, False]),
    ("6 / indices > 2 and indices > 0", "abcd", "division by zero"),
    ("(6 / indices if indices > 0 else 0) + (1 / (indices - 1) if indices != 1 else 0)", "ab", [-1.0, 6.0]),
    ("tokens_int + 1 if tokens in [\"1\", \"2\"] else -1", "1a2", [2, -1, 3]),
    ("average(tokens_int) if not contains(tokens, \"a\") else -1", "1a2", [-1, -1, -1]),
    ("average(tokens_int) if tokens != \"a\" else -1", "1a2", '"a" is not an integer'),
    ("average(tokens_int if tokens != \"a\" else 0)", "1a2", [1.0, 1.0, 1.0]),
    ("aggregate(select(indices, indices - 1, ==), tokens) if indices > 0 else \"-\"", "ab", ["-", "a"]),
    ("aggregate(full_s, tokens) if length == 1 else \"-\"", "ab", ["-", "-"]),
    ("aggregate(full_s, tokens) if length == 1 else \"-\"", "a", ["a"]),
    ("(aggregate(full_s, tokens == \"a\") and True) if length == 1 else False", "ab", [False, False]),
    ("1 if indices == 0 else \"a\"", "ab", "a sequence cannot mix strings with int values"),
    ("selector_width(select(tokens, 1, <)) if length > 9 else 0", "ab", "strings and numbers cannot be ordered"),
    ("1 / 0 if False else 2", "ab", [2, 2]),
    ("1 / 0 if indices > 5 else 2", "ab", [2, 2]),
    ("1 / 0 + 1 if indices > 0 else 2", "ab", "division by zero"),
    ("[1, 2][7] if indices > 5 else -\"a\" if indices > 5 else {1: 2}[3] if indices > 5 else 2", "ab", [2, 2]),
    ("indices > 5 and 1 / 0 > 1", "ab", [False, False]),
    ("abs(indices - 1)", "abc", [1, 0, 1]),
    ("floor(-indices / 2)", "abcd", [0, -1, -1, -2]),
    ("ceil(indices / 2)", "abcd", [0, 1, 1, 2]),
    ("quotient(7, indices) if indices > 0 else 0", "abc", [0, 7, 3]),
    ("quotient(-7, 2)", "a", [-4]),
    ("sqrt(indices * indices)", "abc", [0.0, 1.0, 2.0]),
    ("maximum(tokens)", "bca", ["c", "c", "c"]),
    ("minimum(tokens_int)", "213", [1, 1, 1]),
    ("first_index(tokens, \"b\") + 10 * last_index(tokens, \"b\")", "abcb", [31, 31, 31, 31]),
    ("last_index(tokens, \"z\")", "ab", [-1, -1]),
    ("False and 1 / 0 > 1", "ab", [False, False]),
    ("True or no_such_name", "ab", [True, True]),
]  # fmt: skip

#: Expression, vocabulary, and whether some input has no value under full attention.
COMPILED: list[tuple[str, str | list[Atom], bool]] = [
    (
        'aggregate(best(not best(select(indices, indices, <=), 3), indices), tokens) + "b" '
        'if has_focus(best(not best(select(indices, indices, <=), 3), indices)) else "-"',
        "ab",
        False,
    ),
    ("tokens_int / (indices - 1) if indices != 1 else 0", "012", False),
    ("{0: 1, 2: -1}[round(length * average({\"a\": 1, \"b\": -2, \"c\": 0.5}[tokens])) * 2] "
     "if round(length * average({\"a\": 1, \"b\": -2, \"c\": 0.5}[tokens])) * 2 == 0 else indices", "abc", False),
    ("6 / tokens_int if tokens_int > 0 else 0", "012", False),
    ("6 / tokens_int if indices > 0 else 0", "012", True),
    ("indices / tokens_int + 1 if tokens_int != 0 and indices > 0 else 2", "012", False),
    ("{0: 1, 1: 0}[indices] if indices < 2 else indices", "ab", False),
    ("{\"a\": 1, \"b\": 2}[tokens] + count(tokens, \"a\") if tokens != \"c\" else -1", "abc", False),
    ("tokens_int * 2 if tokens != \"a\" else -1", "12a", False),
    ("average(tokens_int) if not contains(tokens, \"a\") else -1", "12a", False),
    ("selector_width(select(6 / tokens_int, indices, >)) if not contains(tokens, \"0\") else -1", "012", False),
    ("aggregate(select(indices, 2 / tokens_int, ==), tokens) if not contains(tokens, \"0\") else \"-\"", "012", True),
    ("aggregate(full_s, tokens) if length == 1 else \"-\"", "ab", False),
    ("aggregate(select(tokens, tokens, ==), tokens) if count(tokens, tokens) == 1 else \"?\"", "ab", False),
    ("aggregate(select(tokens, \"a\", ==), tokens == \"a\") if count(tokens, \"a\") == 1 else tokens == \"b\"", "ab",
     False),
    ("aggregate(select(indices, indices - 1, ==), tokens) if indices > 0 else \"-\"", "ab", False),
    ("aggregate(select(indices, indices - 1, ==), [\"x\", \"y\"][indices % 2]) if indices > 0 else \"-\"", "ab", False),
    ("count(tokens, \"a\") > 0 and length / count(tokens, \"a\") > 2", "ab", False),
    ("round(10 / count(tokens, \"a\")) + round(10 / count(tokens, \"b\")) if contains(tokens, \"a\") and "
     "contains(tokens, \"b\") else indices", "abc", False),
]  # fmt: skip


@pytest.mark.parametrize("expression, given, expected", VALUES)
def test_values(expression: str, given: str, expected: list[Atom] | str) -> None:
    node = load_program(Source("<test>", "")).sop(expression)
    outcome = evaluate([node], [list(given)])[0][0]
    if isinstance(expected, str):
        assert isinstance(outcome, EvaluationError) and expected in outcome.message
    else:
        assert not isinstance(outcome, EvaluationError), outcome.message
        assert [(type(a), a) for a in outcome] == [(type(a), a) for a in expected]


def test_a_static_error_outside_a_branch_is_one() -> None:
    program = load_program(
        Source("<test>", "x = 1 / 0;\ny = 2 if indices > 0 else 3;\n"), tolerate_errors=True
    )
    assert [problem.message for problem in program.diagnostics] == ["division by zero"]


@pytest.mark.parametrize("attention", ["full", "causal"])
@pytest.mark.parametrize("level", [0, 2])
@pytest.mark.parametrize("expression, vocabulary, partial", COMPILED)
def test_compiled(expression: str, vocabulary: str, partial: bool, attention: str, level: int) -> None:
    program = load_program(Source("<test>", ""))
    options = CompileOptions(tuple(vocabulary), LENGTH, attention, level=level)
    model = Model(compile_program(program, {"out": expression}, options).weights)
    inputs = [word for n in range(1, LENGTH + 1) for word in product(vocabulary, repeat=n)]
    outcomes = evaluate([program.sop(expression)], inputs, attention)[0]
    if attention == "full":
        assert any(isinstance(outcome, EvaluationError) for outcome in outcomes) == partial
    valued = [(t, o) for t, o in zip(inputs, outcomes, strict=True) if not isinstance(o, EvaluationError)]
    answers = cast(list[list[Atom]], model.batch([tokens for tokens, _ in valued]))
    for (tokens, outcome), answer in zip(valued, answers, strict=True):
        assert [compare_key(a) for a in answer] == [compare_key(cast(Atom, a)) for a in outcome], tokens


@pytest.mark.parametrize(
    "mixed", ['{0: "a", 1: 2}[indices]', '({0: "a", 1: 2}[indices] if tokens == "a" else 2)']
)
def test_what_could_be_mixed_is_refused(mixed: str) -> None:
    """A value put in for the missing one could be a string beside numbers, which would be an error of its own."""
    expression = f"(average({mixed}) if length < 2 else 0)"
    with pytest.raises(CompileError, match="strings may stand beside numbers"):
        compile_program(
            load_program(Source("<test>", "")), {"out": expression}, CompileOptions(("a", "b"), LENGTH)
        )
