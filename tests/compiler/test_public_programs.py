"""Programs as people write them, compiled at their size: the models give the values that their authors expect, and those of
the interpreter on other inputs.

`public.jsonl` has programs that were published, with what their own interpreters give for them; `kinds.jsonl` has more of
the same kinds, with values from a few lines of Python each. Those that take longer than others are marked slow.
"""

import json
from typing import Any

import pytest

from compiler.model.runner import Model
from compiler.options import CompileError, CompileOptions
from compiler.pipeline import Compiled, compile_program
from compiler.verify.chosen_inputs import batch_inputs, choose_inputs
from compiler.verify.differential import Check, batch_size
from compiler.verify.mismatch import Mismatch
from rasp.diagnostics import RaspError
from rasp.elaborate.program import load_program
from rasp.source import Source
from rasp.values import Atom
from tests.places import CONFORMANCE
from tests.right import is_close

SAMPLE = 60
#: Why each of the programs that are refused is: what its author is told.
REFUSED = {
    "hw8d": "this expression has to be an s-op, got a selector",
    "wb6": "cannot enumerate this mean: the values have no short binary fraction",
    "tr10": "takes more work than is left for it",
    "alternating-digit-sum": "takes more work than is left for it",
    "digits-to-a-number-4-mod-7": "takes more work than is left for it",
    "addition-of-equally-long-numbers-11": "takes more work than is left for it",
    "reverse-addition-with-hints": "takes more work than is left for it",
}
SLOW = {
    "cb6_fixed", "cb38", "cb97_fixed", "cb112_fixed", "cb113", "cb126", "hw3", "hw4", "hw4b", "hw5", "cr3", "cb9", "al2",
    "np13", "ry2", "wb4", "tr10", "hw5b", "wb3", "halves-of-a-split-are-equal", "equal-two-shifts-counted", "digit-sum",
    "digit-sum-of-digit-sum", "running-digit-sum-mod-9", "alternating-digit-sum", "oscillation", "oscillation-12",
    "swap-ends", "swap-first-with-smallest", "base-three-number", "digits-to-a-number-3", "digits-to-a-number-4-mod-7",
    "reverse-after-a-separator", "sort-after-a-separator", "reverse-before-a-separator-after-it",
    "addition-of-equally-long-numbers", "addition-of-equally-long-numbers-11", "addition-as-the-blog-has-it-5",
    "addition-as-the-blog-has-it-7", "addition-as-the-blog-has-it-11", "reverse-addition-with-hints",
    "right-align-before-plus-12", "equal-after-a-shift", "count-of-peaks", "shuffle-dyck-on-fractions",
}  # fmt: skip

Case = dict[str, Any]


def read_cases() -> list[Case]:
    lines = (
        (CONFORMANCE / name).read_text(encoding="utf-8").splitlines()
        for name in ("public.jsonl", "kinds.jsonl")
    )
    return [json.loads(line) for file in lines for line in file]


CASES = {case["id"]: case for case in read_cases()}


def mark(name: str) -> Any:
    return pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else [])


def compile_case(case: Case) -> Compiled:
    """Compile a program for its vocabulary and length, and for what its inputs have beyond them."""
    given = [list(word) for word in case["inputs"]]
    tokens: dict[Atom, None] = dict.fromkeys([*case["vocab"], *(token for word in given for token in word)])
    length = max(case["max_length"], *map(len, given))
    options = CompileOptions(tuple(tokens), length, case["attention"])
    return compile_program(
        load_program(Source(case["id"], case["program"])), {"told": case["query"]}, options
    )


@pytest.mark.parametrize("name", [mark(name) for name in CASES if name not in REFUSED])
def test_models_of_public_programs_are_right(name: str) -> None:
    compiled, case = compile_case(CASES[name]), CASES[name]
    model = Model(compiled.weights)
    for given, expected in zip(case["inputs"], case["expected"], strict=True):
        answer = model.batch([given])[0]
        assert isinstance(answer, list) and len(answer) == len(expected)
        assert all(map(is_close, answer, expected)), (given, answer, expected)
    config, check = model.config, Check(model, compiled.meaning)
    sample = choose_inputs(len(config.vocabulary), config.max_length, SAMPLE, 1)
    for batch in batch_inputs(config.vocabulary, sample, batch_size):
        assert not [found for found in check.compare(batch) if isinstance(found, Mismatch)]


@pytest.mark.parametrize("name", [mark(name) for name in REFUSED])
def test_what_is_refused_says_why(name: str) -> None:
    with pytest.raises((CompileError, RaspError)) as refused:
        compile_case(CASES[name])
    [diagnostic] = refused.value.diagnostics
    assert REFUSED[name] in diagnostic.message
    assert diagnostic.hint


def test_names_in_the_tables_are_there() -> None:
    assert set(REFUSED) | SLOW <= set(CASES)
