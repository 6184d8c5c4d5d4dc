"""The meaning of the language, case by case: values are exact, and what is an error stays one with a place.

The cases in `tests/conformance` are RASP programs with what the first implementation of RASP gave for them.
"""

import json
from typing import Any

import pytest

from rasp.diagnostics import RaspError
from rasp.elaborate.program import load_program
from rasp.graph.nodes import Node
from rasp.interpret.evaluate import EvaluationError, evaluate
from rasp.source import Source
from rasp.values import Atom
from tests.places import CONFORMANCE
from tests.right import is_close


def read(name: str) -> list[Any]:
    lines = (CONFORMANCE / name).read_text(encoding="utf-8").splitlines()
    return [pytest.param(json.loads(line), id=json.loads(line)["id"]) for line in lines]


def exact(value: Any) -> Any:
    """A value in which 1, 1.0, True and "1" stay apart under `==`."""
    match value:
        case list():
            return [exact(item) for item in value]
        case {"__dict__": entries}:
            return {"dict": exact(entries)}
        case dict():
            return {"dict": [exact(list(entry)) for entry in value.items()]}
        case bool() | int() | float() | str():
            return type(value).__name__, repr(value)
        case _:
            return "<function>"


def inputs_of(case: dict[str, Any]) -> list[list[Atom]]:
    return [list(given) for given in case["inputs"] or ["hello"]]


@pytest.mark.parametrize("case", read("values.jsonl"))
def test_values(case: dict[str, Any]) -> None:
    program = load_program(
        Source(case["id"], case["program"]), tolerate_errors=bool(case.get("tolerate_errors"))
    )
    value = program.expression(case["query"])
    if case["kind"] == "value":
        assert exact(value) == exact(case["expected"][0])
        return
    node = program.sop(case["query"]) if case["kind"] == "sop" else value
    assert isinstance(node, Node)
    for given, expected in zip(inputs_of(case), case["expected"], strict=True):
        outcome = evaluate([node], [given])[0][0]
        assert not isinstance(outcome, EvaluationError), outcome.message
        if case["kind"] == "selector":
            outcome = [[int(cell) for cell in row] for row in outcome]
        assert exact(outcome) == exact(expected)


@pytest.mark.parametrize("case", [*read("public.jsonl"), *read("kinds.jsonl")])
def test_public_programs(case: dict[str, Any]) -> None:
    """Programs that people published, with what their own interpreters give; those count 1.0, 1 and True as one. Then more
    of the same kinds."""
    node = load_program(Source(case["id"], case["program"])).expression(case["query"])
    assert isinstance(node, Node)
    outcomes = evaluate([node], inputs_of(case), case["attention"])[0]
    for given, outcome, expected in zip(inputs_of(case), outcomes, case["expected"], strict=True):
        assert not isinstance(outcome, EvaluationError), outcome.message
        assert all(map(is_close, outcome, expected)) and len(outcome) == len(expected), (
            given,
            outcome,
            expected,
        )


@pytest.mark.parametrize("case", read("errors.jsonl"))
def test_errors(case: dict[str, Any]) -> None:
    try:
        program = load_program(Source(case["id"], case["program"]))
        asked = [program.expression(case["query"])] if case["query"] else [r.value for r in program.results]
    except RaspError as error:
        assert all(d.message and d.source is not None and d.span is not None for d in error.diagnostics)
        return
    nodes = [value for value in asked if isinstance(value, Node)]
    outcomes = [outcome for row in evaluate(nodes, inputs_of(case)) for outcome in row]
    failures = [outcome for outcome in outcomes if isinstance(outcome, EvaluationError)]
    assert failures, "this should be refused"
    for failure in failures:
        assert failure.message
        assert failure.node in program.graph.origins
