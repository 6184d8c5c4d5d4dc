"""Verification: which inputs are checked, what counts as equal, and that wrong weights are found."""

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
import pytest

from compiler.config import Config, Output
from compiler.emit.weights import Weights, list_shapes
from compiler.model.answers import same_answer
from compiler.model.runner import Answer, Model
from compiler.options import CompileOptions
from compiler.pipeline import compile_program
from compiler.verify import blame
from compiler.verify.chosen_inputs import SHAPES, Word, batch_inputs, choose_inputs, sequences
from compiler.verify.differential import Check, simpler, verify_model
from compiler.verify.first_wrong_column import find_wrong_column
from compiler.verify.mismatch import Mismatch
from compiler.verify.readers import READERS, padded, stepwise
from compiler.verify.tally import Compared
from rasp.elaborate.program import Program, load_program
from rasp.graph.nodes import Node
from rasp.source import Source
from rasp.values import Atom, make_typed_key
from tests.model.random_models import random_weights

LETTERS = ("a", "b", "c")


def table_model(classes: tuple[Atom, ...], vocabulary: tuple[Atom, ...] = LETTERS, length: int = 4) -> Model:
    """A model that answers `classes[i]` wherever token i stands."""
    config = Config(
        "plain", "full", vocabulary, length, len(vocabulary), (), (Output("out", classes),), False
    )
    arrays = {name: np.zeros(shape) for name, shape in list_shapes(config).items()}
    arrays["embedding.tokens"][: len(vocabulary)] = arrays["unembeddings.0.weight"][:] = np.eye(
        len(vocabulary)
    )
    return Model(Weights(config, arrays))


def sop(expression: str, program: str = "") -> Node:
    return load_program(Source("test", program)).sop(expression)


def flattened(
    vocabulary: tuple[Atom, ...], length: int, budget: int, seed: int = 0
) -> list[tuple[Atom, ...]]:
    selection = choose_inputs(len(vocabulary), length, budget, seed)
    return [tokens for batch in batch_inputs(vocabulary, selection, lambda n: 7) for tokens in batch]


def test_all_inputs_when_they_fit() -> None:
    assert choose_inputs(3, 4, 120, 0).exhaustive
    everything = [tokens for n in range(1, 5) for tokens in product(LETTERS, repeat=n)]
    assert flattened(LETTERS, 4, 120) == everything


@pytest.mark.parametrize(
    "size, length, budget", [(3, 4, 119), (26, 9, 500), (1, 40, 20), (2, 64, 3), (200, 2, 300)]
)
def test_a_sample_has_every_length(size: int, length: int, budget: int) -> None:
    vocabulary = tuple(range(size))
    chosen = flattened(vocabulary, length, budget)
    assert {len(tokens) for tokens in chosen} == set(range(1, length + 1))
    assert (
        len(set(chosen)) == len(chosen) == choose_inputs(size, length, budget, 0).total <= max(budget, length)
    )
    assert flattened(vocabulary, length, budget) == chosen
    if size > 2:
        assert flattened(vocabulary, length, budget, seed=1) != chosen


def test_a_sample_is_not_called_exhaustive() -> None:
    assert not choose_inputs(3, 4, 119, 0).exhaustive
    assert choose_inputs(1, 40, 20, 0).exhaustive  # one input a length
    assert choose_inputs(3, 10_000, 50_000, 0).total <= 50_000


def test_a_model_has_each_token_once() -> None:
    for classes, vocabulary in ((LETTERS, ("a", "a", "b")), ((1, 2, 3), (1, 2, 1))):
        with pytest.raises(ValueError, match="twice"):
            table_model(classes, vocabulary)


def test_the_budget_is_spent() -> None:
    assert choose_inputs(26, 9, 5000, 0).total == 5000
    assert choose_inputs(3, 6, 500, 0).counts == {1: 3, 2: 9, 3: 27, 4: 81, 5: 190, 6: 190}


def test_the_sample_mixes_shapes() -> None:
    chosen = set(sequences(tuple("abcdefghij"), 6, 400, 0))
    assert sum(len(set(tokens)) == 1 for tokens in chosen) >= 5
    assert sum(list(tokens) == sorted(tokens) for tokens in chosen) >= 20
    assert sum(len(set(tokens)) <= 3 for tokens in chosen) >= 50
    assert len(SHAPES) == 7


def test_the_same_answer() -> None:
    assert same_answer(1, 1.0) and same_answer("1", "1") and same_answer(True, True)
    for one, other in ((1, True), (0, False), ("1", 1), (1, 2), (1.0, True), (0.5, 0.25)):
        assert not same_answer(one, other)


def test_a_right_model_passes() -> None:
    report = verify_model(
        Check(table_model(("a", "b", "c")), {"out": sop("tokens")}), choose_inputs(3, 4, 500, 0)
    )
    assert report.passed and report.exhaustive and report.smallest is None
    assert report.lengths == {1: 3, 2: 9, 3: 27, 4: 81} and report.checked == 120
    assert report.by_output == {"out": Compared(120, 0, report.positions)}


def test_a_wrong_model_is_shown_on_the_smallest_input() -> None:
    selection = choose_inputs(3, 4, 100, 0)
    report = verify_model(Check(table_model(("a", "b", "b")), {"out": sop("tokens")}), selection)
    assert not report.passed and report.smallest is not None
    assert (report.smallest.tokens, report.smallest.position) == (("c",), 0)
    assert (report.smallest.expected, report.smallest.got) == ("c", "b")
    assert report.mismatched == sum("c" in tokens for tokens in flattened(LETTERS, 4, 100))


def test_shrinking_starts_from_long_inputs() -> None:
    # Wrong only where a `c` stands behind an `a`, which needs two tokens.
    program = 'seen = has_focus(select(tokens, "a", ==) and select(indices, indices, <));'
    node = sop('"wrong" if seen and tokens == "c" else tokens', program)
    report = verify_model(Check(table_model(LETTERS, length=40), {"out": node}), choose_inputs(3, 40, 40, 3))
    assert report.smallest is not None
    assert report.smallest.tokens == ("a", "c")
    assert report.smallest.expected == "wrong"


def test_simpler_inputs_are_smaller() -> None:
    number = {make_typed_key(token): i for i, token in enumerate(LETTERS)}
    for tokens in (("c",), ("a", "a"), ("b", "c", "a", "c", "b")):
        for smaller in simpler(tokens, LETTERS, number):
            assert (len(smaller), sum(map(LETTERS.index, smaller))) < (
                len(tokens),
                sum(map(LETTERS.index, tokens)),
            )
            assert smaller
    assert list(simpler(("a",), LETTERS, number)) == []


def test_inputs_without_a_value_are_not_compared() -> None:
    node = sop('1 / (0 if tokens == "c" else 1)')
    report = verify_model(Check(table_model((1, 1, 7)), {"out": node}), choose_inputs(3, 4, 500, 0))
    assert report.passed
    assert report.without_value == 120 - (2 + 4 + 8 + 16)


def test_numbers_and_booleans_are_different_answers() -> None:
    node = sop('tokens == "a"')
    assert verify_model(
        Check(table_model((True, False, False)), {"out": node}), choose_inputs(3, 2, 99, 0)
    ).passed
    assert not verify_model(Check(table_model((1, 0, 0)), {"out": node}), choose_inputs(3, 2, 99, 0)).passed


def test_progress_is_reported() -> None:
    steps: list[int] = []
    report = verify_model(
        Check(table_model(LETTERS), {"out": sop("tokens")}), choose_inputs(3, 4, 500, 0), steps.append
    )
    assert sum(steps) == report.checked == 120


@pytest.mark.parametrize("attention, names", [("full", {"padded"}), ("causal", {"padded", "stepwise"})])
def test_other_ways_of_running_a_model_agree(attention: str, names: set[str]) -> None:
    program = load_program(Source("test", "n = selector_width(select(tokens, tokens, ==));"))
    options = CompileOptions(LETTERS, 7, attention)
    compiled = compile_program(program, {"n": "n", "back": "1 / (n - 2)"}, options)
    report = verify_model(Check(Model(compiled.weights), compiled.meaning), choose_inputs(3, 7, 300, 0))
    assert report.passed and set(report.readers) == names
    assert report.by_output["n"] == Compared(report.checked, 0, report.positions)
    assert report.by_output["back"].inputs > 0 and report.by_output["back"].positions == report.compared


def test_a_reader_that_is_wrong_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(model: Model, inputs: Sequence[Word]) -> list[Answer]:
        return [{"out": ["a"] * len(tokens)} for tokens in inputs]

    monkeypatch.setitem(READERS, "full", {"forgetful": forgetful})
    report = verify_model(Check(table_model(LETTERS), {"out": sop("tokens")}), choose_inputs(3, 4, 500, 0))
    assert not report.passed and report.mismatched == 0 and report.readers["forgetful"] > 0


def test_padded_and_stepwise_answers() -> None:
    model = Model(random_weights("causal"))
    inputs = [("a",), ("b", "c", "a"), ("c", "c", "c", "a", "b", "a"), ("b", "b")]
    assert padded(model, inputs) == stepwise(model, inputs) == model.answers(inputs)


SORT = """
smaller = select(tokens, tokens, <);
same = select(tokens, tokens, ==) and select(indices, indices, <);
place = selector_width(smaller or same);
sorted = aggregate(select(place, indices, ==), tokens);
"""


def negated(weights: Weights, name: str) -> Model:
    """A model with the sign of one array turned."""
    return Model(Weights(weights.config, {**weights.arrays, name: -weights.arrays[name]}))


@pytest.mark.parametrize(
    "array, where, what",
    [
        ("embedding.tokens", "after embedding", "the embedding of"),
        ("layers.0.attention.heads.0.query", "after layer 0 head 0", "selector_width(smaller) = "),
        ("layers.0.attention.heads.1.output", "after layer 0 head 1", "selector_width(same) = "),
        ("layers.0.mlp.down", "after layer 0 units 0-", "place = "),
        ("layers.1.attention.heads.0.value", "after layer 1 head 0", 'sorted = "'),
        ("unembeddings.0.bias", "", "the unembedding of sorted"),
    ],
)
def test_a_changed_weight_is_found(array: str, where: str, what: str) -> None:
    program, options = load_program(Source("test", SORT)), CompileOptions(LETTERS, 5)
    compiled = compile_program(program, {"sorted": "sorted"}, options)
    check = Check(negated(compiled.weights, array), {"sorted": program.sop("sorted")})
    found = verify_model(check, choose_inputs(3, 5, 500, 0)).smallest
    assert found is not None
    (sentence,) = blame.find_culprits(check, program, options, compiled, found)
    assert where in sentence and what in sentence


def test_a_column_that_is_overwritten_later_is_found() -> None:
    program, options = load_program(Source("test", SORT)), CompileOptions(LETTERS, 5)
    compiled = compile_program(program, {"sorted": "sorted"}, options)
    arrays = dict(compiled.weights.arrays)
    arrays["layers.0.attention.heads.0.output"] = np.ones_like(arrays["layers.0.attention.heads.0.output"])
    model = Model(Weights(compiled.weights.config, arrays))
    wrong = find_wrong_column(compiled, model, ("c", "b"))
    assert wrong is not None
    assert (wrong.held.part.where, wrong.step) == ("embedding", 1)
    assert "after the heads of layer 0 holds" in str(wrong)
    assert find_wrong_column(compiled, Model(compiled.weights), ("c", "b")) is None


def test_blame_falls_on_the_first_wrong_name(monkeypatch: pytest.MonkeyPatch) -> None:
    program = load_program(Source("test", 'a = tokens == "a"; n = length; b = indicator(a) + n; c = b * 2;'))
    options = CompileOptions(LETTERS, 4)

    def forget_lengths(program: Program, outputs: Mapping[str, str], options: CompileOptions) -> object:
        wrong = {"n": "1", "b": "indicator(a) + 1", "c": "2 * (indicator(a) + 1)"}
        return compile_program(
            program, {name: wrong.get(name, text) for name, text in outputs.items()}, options
        )

    monkeypatch.setattr(blame, "compile_program", forget_lengths)
    mismatch = Mismatch(("b", "a"), "c", 0, 4, 2)
    found = blame.first_wrong_name(program, options, program.sop("c"), mismatch)
    assert found == Mismatch(("b", "a"), "n", 0, 2, 1)
    assert blame.first_wrong_name(program, options, program.sop("a"), mismatch) is None
