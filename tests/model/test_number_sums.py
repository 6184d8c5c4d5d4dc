"""Outputs that are sums of numbers: each is told by itself where the sums are a rounding apart."""

import json
from fractions import Fraction
from functools import reduce
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import torch

from compiler import CompileOptions, compile_program, load
from compiler.analysis.infer import Analysis
from compiler.circuits.forward import EdgeDecoder
from compiler.config import Output
from compiler.emit.join_outputs import split_outputs
from compiler.emit.number_terms import find_sum
from compiler.explorer.build_page import build_page
from compiler.export.checkpoint import read_checkpoint, write_checkpoint
from compiler.export.compiled import make_checkpoint
from compiler.export.files import CONFIG, encode_files
from compiler.export.read_file import CheckpointError
from compiler.export.recompile import recompile_checkpoint
from compiler.fraction_set import FractionSet
from compiler.inside_commands.info_command import info_record, info_text
from compiler.model.answers import UNDECIDED
from compiler.model.read_logits import read_scores
from compiler.model.runner import Model
from compiler.number_sums import NESTED, NumberSum, Term
from compiler.options import CompileError
from compiler.pipeline import Compiled
from compiler.strict_json.class_records import describe_term
from compiler.training.shape import choose_shape
from rasp.arguments import ATTENTIONS, Attention
from rasp.elaborate.program import load_program
from rasp.interpret.evaluate import evaluate
from rasp.limits import Limit
from rasp.source import Source
from tests.fuzz.checkpoints import mended
from tests.right import assert_right


def share(of: str, selector: str = "select(indices, indices, <=)") -> str:
    return f'aggregate({selector}, indicator(tokens == "{of}"))'


A, B, C = map(share, "abc")
BALANCE = f"{A} - {B}"
SUMS = {
    "a difference": BALANCE,
    "three, from the first to the last": f"{A} - {B} + {C}",
    "a difference that is subtracted": f"{A} - ({B} - {C})",
    "differences of differences": f"({A} - {B}) - ({C} - {share('a', 'full_s')})",
    "multiples": f"{A} * 2 - {B} / 3",
    "beside a whole number": f"{A} - {B} + selector_width(select(tokens, tokens, ==))",
    "beside the position": f"indices - {A} - {B}",
    "means over different positions": f"{A} - {share('b', 'full_s')}",
    "of several values": f'aggregate(full_s, {{"a": -1, "b": 3, "c": 0}}[tokens]) + {A}',
}
ONE = {
    "fractions of one mean": f"{A} - {A} / 4",
    "whole numbers": "selector_width(select(tokens, tokens, ==)) - indices",
    "a fraction and a flag": f'{A} - indicator(tokens == "b")',
    "a product of a sum": f"({BALANCE}) * 3",
    "a choice": f"{BALANCE} if indices else 0.25",
}


def compiled(text: str, attention: Attention = "full", length: int = 6, **more: Any) -> Compiled:
    program = load_program(Source("test", f"told = {text};"))
    return compile_program(program, {"told": "told"}, CompileOptions(tuple("abc"), length, attention, **more))


@pytest.mark.parametrize("attention", ATTENTIONS)
@pytest.mark.parametrize("text", SUMS.values(), ids=SUMS)
def test_numbers_are_added_up(text: str, attention: Attention, tmp_path: Path) -> None:
    model = compiled(text, attention)
    [output] = model.weights.config.outputs
    assert isinstance(output.classes, NumberSum)
    assert model.weights.arrays["unembeddings.0.bias"].shape == (output.columns,)
    assert_right(model, 200)
    inputs = ["".join(word) for n in range(1, 7) for word in product("abc", repeat=n)]
    [expected] = evaluate(list(model.meaning.values()), inputs, attention)
    write_checkpoint(make_checkpoint(model), tmp_path / "model")
    assert load(tmp_path / "model").batch(inputs) == expected
    checkpoint = read_checkpoint(tmp_path / "model")
    assert checkpoint.weights.config == model.weights.config
    assert recompile_checkpoint(checkpoint, model.program).holds
    [told] = info_record(checkpoint)["outputs"]
    assert told.get("terms") == [*map(describe_term, output.classes.terms)]
    assert output.classes.describe() in info_text(checkpoint)
    run = Model(model.weights, symbols=model.symbols, recompile=lambda: model).run("abca")
    assert (run.margins["told"] > 0).all()


@pytest.mark.parametrize("text", ONE.values(), ids=ONE)
def test_what_else_is_told_as_one(text: str) -> None:
    assert isinstance(compiled(text, length=4).weights.config.outputs[0].classes, tuple)


def test_two_positions_need_no_terms() -> None:
    assert isinstance(compiled(BALANCE, length=2).weights.config.outputs[0].classes, tuple)


def test_who_asks_for_more_than_an_answer_gets_classes() -> None:
    assert isinstance(compiled(BALANCE, length=4, margin=2.0).weights.config.outputs[0].classes, tuple)
    assert isinstance(compiled(BALANCE, length=4, no_value=True).weights.config.outputs[0].classes, tuple)
    family = compiled(BALANCE, "causal", 3, dialect="gpt2")
    assert isinstance(family.weights.config.outputs[0].classes, tuple)


def test_what_needs_a_class_for_each_value_is_refused() -> None:
    model = compiled(BALANCE)
    for ask in (
        lambda: EdgeDecoder(model.weights),
        lambda: choose_shape(model.weights.config, None, None, None),
    ):
        with pytest.raises(CompileError, match="a class for each of its values"):
            ask()


def test_a_page_has_an_output_for_each_number() -> None:
    model = compiled(SUMS["a difference that is subtracted"])
    assert "told [2]" in build_page(model, "ab", "page")
    parted = split_outputs(model.weights)
    [output] = model.weights.config.outputs
    assert isinstance(output.classes, NumberSum)
    found = Model(parted)("abcab")
    assert [*found] == ["told [0]", "told [1]", "told [2]"]
    a, b, c = found.values()
    assert Model(model.weights)("abcab") == [x - (y - z) for x, y, z in zip(a, b, c, strict=True)]


def test_beside_other_outputs() -> None:
    program = load_program(Source("test", ""))
    outputs = {"one": "tokens", "two": BALANCE, "three": "indices"}
    model = compile_program(program, outputs, CompileOptions(tuple("abc"), 4))
    assert [output.name for output in model.weights.config.outputs] == [*outputs]
    assert Model(model.weights)("cab") == {
        "one": ["c", "a", "b"], "two": [0, 0.5, 0], "three": [0, 1, 2]
    }  # fmt: skip
    assert_right(model, 200)


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_at_every_length_a_model_is_small(attention: Attention) -> None:
    sizes = [compiled(BALANCE, attention, length).summary["parameters"] for length in (4, 10, 16, 64)]
    assert sizes == sorted(sizes) and sizes[1] < 250 and sizes[-1] < 3_000


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_of_described_values(attention: Attention) -> None:
    model = compiled(BALANCE, attention, 300)
    [output] = model.weights.config.outputs
    assert isinstance(output.classes, NumberSum)
    assert all(isinstance(term.values, FractionSet) for term in output.classes.terms)
    random = Random(1)
    words = ["a" * 300, "ab" * 150, "b" + "a" * 299, "".join(random.choices("abc", k=300)), "cab"]
    assert Model(model.weights).batch(words) == evaluate(list(model.meaning.values()), words, attention)[0]


def test_too_many_to_be_listed_are_taken_to_be_close(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compiler.emit.number_terms.PAIRED_NUMBERS", Limit(0, "sums", ""))
    model = compiled(ONE["a fraction and a flag"], length=4)
    assert isinstance(model.weights.config.outputs[0].classes, NumberSum)
    assert_right(model, 200)


def test_what_is_rounded_on_the_way_is_not_added_up() -> None:
    """The interpreter adds up ints without rounding, be they as large as 10 · 2^50."""
    large = f'{{"a": {2**50 - 1}, "b": {2**50 - 3}, "c": {2**50}}}'
    text = " + ".join(f"{large}[aggregate(select(indices, {k}, ==), tokens)]" for k in range(10))
    program = load_program(Source("test", ""))
    analysis = Analysis(program.graph, CompileOptions(tuple("abc"), 10))
    assert find_sum(analysis, program.sop(f"{text} + {A}")) is None
    assert find_sum(analysis, program.sop(f"{text.replace(large, large.replace('1125899', '1'))} + {A}"))


def test_flags_are_no_terms() -> None:
    """Though they can be added to numbers."""
    program = load_program(Source("test", ""))
    analysis = Analysis(program.graph, CompileOptions(tuple("abc"), 5))
    fraction, flag = "aggregate(full_s, indices) / 3", 'has_focus(select(tokens, "a", ==))'
    assert find_sum(analysis, program.sop(f"{flag} + {fraction}")) is None
    assert find_sum(analysis, program.sop(f"indicator({flag}) + {fraction} + {A}"))


def test_sums_in_sums_are_opened_as_deep_as_they_can_be_read() -> None:
    lines = [f"x0 = {A} - {B};", *(f"x{k} = {(A, B)[k % 2]} - x{k - 1};" for k in range(1, NESTED + 1))]
    program = load_program(Source("test", "\n".join(lines)))
    analysis = Analysis(program.graph, CompileOptions(tuple("abc"), 3))
    deepest = find_sum(analysis, program.sop(f"x{NESTED - 1}"))
    assert deepest and deepest.depth == NESTED and find_sum(analysis, program.sop(f"x{NESTED}")) is None


def test_terms_that_cannot_be_told_beside_each_other_are_one_number() -> None:
    """Where columns are mixed, tenths cannot be told beside a count; what they add up to is looked up."""
    tenth = 'aggregate(select(indices, indices - 1, ==), {"a": 1, "b": 2.0, "c": 0}[tokens]) / 10'
    text = f'selector_width(select(tokens, "b", !=)) - ({tenth} + indicator(tokens == "a"))'
    model = compiled(text, "causal", rotation=4)
    assert isinstance(model.weights.config.outputs[0].classes, tuple)
    assert_right(model, 200)


def test_more_sums_than_can_be_counted_by_len(tmp_path: Path) -> None:
    model = compiled(" + ".join([A, B, C] * 10), length=4)
    [classes] = [output.classes for output in model.weights.config.outputs]
    assert isinstance(classes, NumberSum) and classes.total == 7**30 == model.summary["classes"]["told"]
    write_checkpoint(make_checkpoint(model), tmp_path / "model")
    assert load(tmp_path / "model")("abca") == evaluate([*model.meaning.values()], ["abca"])[0][0]
    assert f"{7**30:,} values" in info_text(read_checkpoint(tmp_path / "model"))
    assert f"{7**30:,}" in repr(classes) and classes[7**30 - 1] == sum([1.0] * 30)


THIRDS = (0, 1 / 3, 0.5, 2 / 3, 1)


def test_a_term_is_the_nearest_value() -> None:
    term = Term(THIRDS)
    exact = [Fraction(value) for value in THIRDS]
    random = Random(2)
    given = [random.uniform(-1, 2) for _ in range(500)] + [*map(float, THIRDS), -1e300, 1e300, 0.2499999999]
    found = term.find_nearest(np.array(given)).tolist()
    assert found == [float(min(exact, key=lambda value: abs(value - Fraction(number)))) for number in given]
    nothing = term.find_nearest(np.array([[np.nan, np.inf], [-np.inf, 0.75]]))  # 2/3 is nearer to 0.75 …
    assert np.isnan(nothing[:, 0]).all() and np.isnan(nothing[0, 1]) and nothing[1, 1] == 2 / 3
    assert np.isnan(Term((0, 1)).find_nearest(np.array([0.5]))).all()  # … but 0.5 lies in the middle
    fractions = Term(FractionSet(0.0, 1.0, 1, 7))
    assert fractions.find_nearest(np.array([2 / 7 + 0.01, 0.5, 4.0]))[:2].tolist() == [2 / 7, 0.5]
    assert np.isnan(fractions.find_nearest(np.array([4.0]))).all()


def test_a_term_that_is_undecided_is_no_answer() -> None:
    output = Output("told", NumberSum((Term(THIRDS), Term((3, 5), nearest=False, minus=True))))
    scores = torch.tensor([[[0.33, 0, 1], [0.6, 2, 1], [0.25, 0, 0], [torch.nan, 0, 1]]], dtype=torch.float64)
    assert read_scores(output, scores) == [[1 / 3 - 5, 2 / 3 - 3, UNDECIDED, UNDECIDED]]


def test_sums_are_what_their_terms_make() -> None:
    inner = NumberSum((Term((1, 2)), Term(THIRDS, minus=True)))
    numbers = NumberSum((Term(THIRDS), Term((4, 6), nearest=False), Term(inner, nearest=False, minus=True)))
    listed = [a + b - (c - d) for a, b, c, d in product(THIRDS, (4, 6), (1, 2), THIRDS)]
    assert [*numbers] == listed and len(numbers) == len(listed)
    assert numbers[-1] == listed[-1] and numbers[1:4] == tuple(listed[1:4])
    assert listed[7] in numbers and not any(value in numbers for value in (100, None, "4", True))
    assert numbers.columns == 5 and [term.columns for term in numbers.numbers] == [1, 2, 1, 1]
    with pytest.raises(IndexError):
        numbers[len(listed)]


def test_what_is_no_sum() -> None:
    described = FractionSet(0.0, 1.0, 1, 4)
    for wrong in (
        lambda: NumberSum((Term(THIRDS),)),
        lambda: NumberSum((Term(THIRDS, minus=True), Term(THIRDS))),
        lambda: Term(()),
        lambda: Term((1, True), nearest=False),  # type: ignore[arg-type]
        lambda: Term((1, 1.0)),
        lambda: Term((1, 2**54)),
        lambda: Term((1.0, float("nan"))),
        lambda: Term(described, nearest=False),
        lambda: Term(FractionSet(0.0, 1.0, 1, 4, ints=True)),
        lambda: Term(NumberSum((Term(THIRDS), Term(THIRDS)))),
        lambda: Output("told", NumberSum((Term(THIRDS), Term(THIRDS))), nearest=True),
    ):
        with pytest.raises(ValueError, match=r"number|sum|values"):
            wrong()


TERM = {"classes": [0, 0.5], "nearest": True}
DEEP = reduce(lambda inner, _: {"terms": [TERM, inner]}, range(400), TERM)
WRONG: dict[str, dict[str, Any]] = {
    "sums in sums in sums": DEEP,
    "one term": {"terms": [TERM]},
    "no list": {"terms": TERM},
    "the first is subtracted": {"terms": [TERM | {"minus": True}, TERM]},
    "a value twice": {"terms": [TERM, {"classes": [0, 0.0], "nearest": True}]},
    "a string": {"terms": [TERM, {"classes": ["0"]}]},
    "no values": {"terms": [TERM, {"nearest": True}]},
    "told twice": {"terms": [TERM, TERM | {"terms": [TERM, TERM]}]},
    "a sum that is a number": {"terms": [TERM, {"terms": [TERM, TERM], "nearest": True}]},
    "something more": {"terms": [TERM, TERM | {"plus": True}]},
    "said as 1": {"terms": [TERM, TERM | {"minus": 1}]},
    "fractions that would have been listed": {
        "terms": [TERM, {"fractions": {"start": 0.0, "step": 1.0, "most": 1, "longest": 4}, "nearest": True}]
    },
    "nearest": {"terms": [TERM, TERM], "nearest": True},
    "listed as well": {"terms": [TERM, TERM], "classes": [0, 1]},
    "of another size": {"terms": [TERM, TERM, TERM]},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_checkpoint_that_is_wrong_about_them_is_refused(wrong: dict[str, Any], tmp_path: Path) -> None:
    files = encode_files(make_checkpoint(compiled(BALANCE, length=4)))
    config = json.loads(files[CONFIG])
    config["outputs"] = [{"name": "told"} | wrong]
    for name, data in mended(files | {CONFIG: json.dumps(config, indent=1).encode() + b"\n"}).items():
        (tmp_path / name).write_bytes(data)
    with pytest.raises(CheckpointError):
        load(tmp_path)
