"""The algorithms among the conformance cases, compiled at their inputs' vocabulary and longest length."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from benchmarks.measure import Refused, Target, attempt
from benchmarks.tables import Cell, Table
from compiler.model.answers import same_answer
from compiler.model.runner import Model
from rasp.source import Source
from rasp.values import Atom

CASES = Path(__file__).resolve().parent.parent / "tests" / "conformance" / "values.jsonl"
AREA = "algo"
SIZES = ("layers", "heads", "d_model", "parameters")
COLUMNS = ("case", "outcome", "expression", "V", "N", *SIZES, "compile CPU s", "note")
OUTCOMES = ("right", "WRONG", "refused")


def cases() -> list[dict[str, Any]]:
    """The cases whose expression is an s-op on given inputs."""
    read = (json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines())
    return [case for case in read if case["area"] == AREA and case["kind"] == "sop" and case["inputs"]]


def vocabulary_of(inputs: list[list[Atom]]) -> tuple[Atom, ...]:
    """Every token of the inputs, once; of those that `==` cannot tell apart (1 and 1.0) the first one met."""
    found: dict[Atom, Atom] = {}
    for token in (token for given in inputs for token in given):
        found.setdefault(token, token)
    return tuple(sorted(found.values(), key=lambda token: (isinstance(token, str), token)))


def run(case: dict[str, Any]) -> dict[str, Cell]:
    """One case: right, wrong, or refused and why."""
    inputs = [list(given) for given in case["inputs"]]
    vocabulary = vocabulary_of(inputs)
    longest = max(map(len, inputs))
    row: dict[str, Cell] = {
        "case": case["id"],
        "expression": case["query"],
        "V": len(vocabulary),
        "N": longest,
    }
    source = Source(case["id"], case["program"])
    timed = attempt(source, case["query"], Target(vocabulary, longest))
    if isinstance(timed, Refused):
        return row | {"outcome": "WRONG" if timed.crashed else "refused", "note": timed.reason}
    sizes = timed.compiled.summary
    row |= {name: sizes[name] for name in SIZES}
    return row | {"compile CPU s": round(timed.cpu, 3)} | verdict(case, Model(timed.compiled.weights), inputs)


def verdict(case: dict[str, Any], model: Model, inputs: list[list[Atom]]) -> dict[str, Cell]:
    """Whether the model gives the expected values."""
    known = {token: token for token in model.config.vocabulary}
    words = [[known[token] for token in given] for given in inputs]
    answers = [cast(list[Atom], answer) for answer in model.batch(words)]
    for given, expected, got in zip(inputs, case["expected"], answers, strict=True):
        if not all(same_answer(one, other) for one, other in zip(expected, got, strict=True)):
            return {"outcome": "WRONG", "note": f"{given}: {got}, not {expected}"}
    return {"outcome": "right", "note": case.get("note", "")}


def table(advance: Callable[[str], None]) -> Table:
    """All cases."""
    rows: list[dict[str, Cell]] = []
    for case in cases():
        advance(case["id"])
        rows.append(run(case))
    counts = {outcome: sum(row["outcome"] == outcome for row in rows) for outcome in OUTCOMES}
    remark = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
    title = "Algorithms among the conformance cases"
    return Table("algorithms", title, COLUMNS, tuple(rows), COLUMNS, (f"{len(rows)} cases: {remark}",))
