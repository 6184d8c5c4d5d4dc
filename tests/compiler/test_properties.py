"""Random programs, compiled: right or refused, never wrong; and what each stage promises to the next.

Expressions come from `tests/generate.py`. Every property is checked on all inputs over "abc" of up to four
tokens. Set RASP_EXAMPLES to search longer than a test run should.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np
import torch
from hypothesis import HealthCheck, event, given, reject, settings
from hypothesis import strategies as st

from compiler.analysis.infer import Analysis
from compiler.analysis.kinds import shows_kinds
from compiler.model.answers import Label, Undecided, compare_key
from compiler.model.runner import Model
from compiler.options import CompileError, CompileOptions
from compiler.pipeline import Compiled, compile_program
from compiler.rewrite import RULES, list_rules
from compiler.rewrite.driver import Rule, rewrite_outputs
from compiler.rewrite.make_total import make_total
from compiler.transformer.exact_decoder import ExactDecoder
from compiler.verify.readers import answer_together, padded, stepwise
from rasp.arguments import ATTENTIONS
from rasp.diagnostics import RaspError
from rasp.elaborate.program import Program, load_program
from rasp.graph.nodes import Node, list_reachable
from rasp.interpret.evaluate import EvaluationError, Outcome, evaluate, evaluate_by_position
from rasp.source import Source
from rasp.values import Atom, find_kind
from tests.generate import VOCABULARY, guarded, s_ops
from tests.places import ROOT

LENGTH = 4
INPUTS = [word for n in range(1, LENGTH + 1) for word in product(VOCABULARY, repeat=n)]
EXAMPLES = int(os.environ.get("RASP_EXAMPLES", "0"))

attentions = st.sampled_from(ATTENTIONS)


def search(examples: int) -> settings:
    """So many examples, or RASP_EXAMPLES."""
    return settings(max_examples=EXAMPLES or examples, suppress_health_check=list(HealthCheck))


@dataclass(frozen=True)
class Case:
    """A program that could be compiled."""

    compiled: Compiled
    node: Node
    expected: list[Outcome]

    @property
    def model(self) -> Model:
        return Model(self.compiled.weights)

    @property
    def answerable(self) -> list[tuple[Atom, ...]]:
        """The inputs on which the program has a value."""
        outcomes = zip(INPUTS, self.expected, strict=True)
        return [tokens for tokens, outcome in outcomes if not isinstance(outcome, EvaluationError)]


def agree(expected: Sequence[Label], got: Sequence[Label | Undecided]) -> bool:
    """Whether answers are right wherever a value is expected."""
    pairs = [(one, other) for one, other in zip(expected, got, strict=True) if one is not None]
    return all(not isinstance(b, Undecided) and compare_key(a) == compare_key(b) for a, b in pairs)


def empty_program() -> Program:
    return load_program(Source("<none>", ""))


@cache
def shared_program() -> Program:
    return empty_program()


def s_op(program: Program, text: str) -> Node:
    """The s-op of a random expression. One of constants alone may be none: `indicator(1)`."""
    try:
        return program.sop(text)
    except RaspError:
        return reject()


def options(attention: str) -> CompileOptions:
    return CompileOptions(tuple(VOCABULARY), LENGTH, attention)


def compiled(text: str, attention: str) -> Case | None:
    """The program compiled, and what it means; None if it is refused. Nothing else may be raised."""
    fresh = empty_program()
    node = s_op(fresh, text)
    try:
        result = compile_program(fresh, {"out": text}, options(attention))
    except CompileError as error:
        event("refused")
        assert error.diagnostics and all(problem.message for problem in error.diagnostics)
        return None
    return Case(result, node, evaluate([node], INPUTS, attention)[0])


@search(300)
@given(s_ops(), attentions)
def test_a_model_is_right(text: str, attention: str) -> None:
    case = compiled(text, attention)
    if case is None:
        return
    assert case.compiled.summary["lower_bound_layers"] <= case.compiled.summary["layers"]
    for tokens, outcome, got in zip(INPUTS, case.expected, answer_together(case.model, INPUTS), strict=True):
        assert agree(evaluate_by_position(outcome), got["out"]), tokens


def test_a_sum_of_what_is_not_selected_by_a_best() -> None:
    """Random programs found it to crash."""
    text = 'shift(aggregate(not best(select(indices, indices, <=), 3), tokens, "a"), 1, "-") + "b"'
    assert compiled(text, "causal") is not None


@search(100)
@given(s_ops(), attentions)
def test_domains_hold_every_value(text: str, attention: str) -> None:
    case = compiled(text, attention)
    if case is None:
        return
    analysis = case.compiled.lowered.analysis
    nodes = [node for node in list_reachable(case.compiled.outputs.values()) if not node.is_selector]
    for node, outcomes in zip(nodes, evaluate(nodes, case.answerable, attention), strict=True):
        try:
            domain = analysis.domain(node)
        except CompileError:  # of a part that its users' domains did not need
            continue
        for tokens, outcome in zip(case.answerable, outcomes, strict=True):
            if not isinstance(outcome, EvaluationError):
                assert all(domain.has(value) for value in outcome), (tokens, outcome, domain)


TRIED = [entry.name for entry in RULES if entry.tried]


def rewritten(fresh: Program, node: Node, attention: str, rules: Sequence[Rule]) -> Node:
    """What is lowered in place of a node."""
    first = Analysis(fresh.graph, options(attention))
    placed = rewrite_outputs(first, {"out": node}, [entry.rule for entry in RULES if entry.early])
    total = make_total(first, placed)
    return rewrite_outputs(Analysis(fresh.graph, options(attention)), total, rules)["out"]


def check_rewriting(text: str, attention: str, level: int) -> None:
    """Wherever a program has a value, what it is rewritten to has the same: on whole inputs and at single positions."""
    fresh = empty_program()
    before = s_op(fresh, text)
    rules = list_rules(level, kinds=shows_kinds([before], VOCABULARY), tried=TRIED)
    try:
        after = rewritten(fresh, before, attention, rules)
    except CompileError:
        event("refused")
        return
    old, new = evaluate([before, after], INPUTS, attention)
    for tokens, outcome, now in zip(INPUTS, old, new, strict=True):
        assert isinstance(outcome, EvaluationError) or not isinstance(now, EvaluationError), tokens
        assert agree(evaluate_by_position(outcome), evaluate_by_position(now)), tokens


@search(300)
@given(s_ops(), attentions, st.integers(0, 3))
def test_rewriting_keeps_the_meaning(text: str, attention: str, level: int) -> None:
    check_rewriting(text, attention, level)


@search(60)
@given(st.integers(2, 6).flatmap(guarded), attentions, st.integers(0, 3))
def test_what_a_choice_passes_over_brings_no_error(text: str, attention: str, level: int) -> None:
    check_rewriting(text, attention, level)


@search(150)
@given(s_ops(), attentions)
def test_some_rules_keep_ints_and_floats(text: str, attention: str) -> None:
    fresh = empty_program()
    before = s_op(fresh, text)
    rules = list_rules(3, kinds=True, tried=TRIED)
    try:
        after = rewritten(fresh, before, attention, rules)
    except CompileError:
        event("refused")
        return
    for outcome, now in zip(*evaluate([before, after], INPUTS, attention), strict=True):
        if not isinstance(outcome, EvaluationError):
            assert not isinstance(now, EvaluationError)
            assert [(find_kind(a), a) for a in outcome] == [(find_kind(a), a) for a in now]


@search(60)
@given(s_ops(), attentions)
def test_padding_and_caching_change_nothing(text: str, attention: str) -> None:
    case = compiled(text, attention)
    if case is None or not case.answerable:
        return
    model, inputs = case.model, case.answerable
    alone = [model.answers([tokens])[0] for tokens in inputs[:: max(1, len(inputs) // 20)]]
    assert alone == padded(model, inputs[:: max(1, len(inputs) // 20)])
    if attention == "causal":
        assert model.answers(inputs) == stepwise(model, inputs)


@search(30)
@given(s_ops(), attentions)
def test_compiling_twice_gives_the_same_bytes(text: str, attention: str) -> None:
    first, second = compiled(text, attention), compiled(text, attention)
    if first is None or second is None:
        assert first is second
        return
    one, two = first.compiled.weights, second.compiled.weights
    assert one.config == two.config
    assert {name: array.tobytes() for name, array in one.arrays.items()} == {
        name: array.tobytes() for name, array in two.arrays.items()
    }


FINGERPRINT = """
import hashlib, sys
from compiler import CompileOptions, compile_program
from rasp import load
for text in sys.argv[1:]:
    compiled = compile_program(load("x = 0;").program, {"out": text}, CompileOptions(tuple("abc"), 6))
    arrays = compiled.weights.arrays.items()
    print(hashlib.sha256(b"".join(name.encode() + array.tobytes() for name, array in arrays)).hexdigest())
"""


def test_the_order_of_sets_does_not_matter() -> None:
    """Python orders sets of strings differently in every process."""
    texts = ["sort(tokens, tokens)", 'count(tokens, "a") > count(tokens, "b") or tokens in ["a", "c"]']
    found = {
        subprocess.run(
            [sys.executable, "-c", FINGERPRINT, *texts],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(found) == 1 and found != {b""}


@search(30)
@given(s_ops(), attentions)
def test_weights_are_finite_and_run_on_other_devices(text: str, attention: str) -> None:
    case = compiled(text, attention)
    if case is None:
        return
    weights = case.compiled.weights
    assert all(np.isfinite(array).all() for array in weights.arrays.values())
    ids = torch.zeros(2, LENGTH + 1, dtype=torch.long, device="meta")
    (logits,) = ExactDecoder(weights).to("meta")(ids)
    assert logits.device.type == "meta"
    assert logits.shape == (2, LENGTH + 1, len(weights.config.outputs[0].classes))


@search(300)
@given(s_ops(20), attentions, st.lists(st.text("abc", min_size=1, max_size=7), min_size=1, max_size=4))
def test_the_interpreter_never_fails_but_with_a_reason(text: str, attention: str, inputs: list[str]) -> None:
    for outcome in evaluate([s_op(shared_program(), text)], inputs, attention)[0]:
        assert not isinstance(outcome, EvaluationError) or outcome.message
