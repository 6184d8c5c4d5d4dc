"""Outputs that are fractions: the model computes the number, and the nearest value is the answer."""

import json
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compiler import CompileOptions, compile_program, load
from compiler.circuits.forward import EdgeDecoder
from compiler.config import Output
from compiler.emit.weights import spread_unembedding
from compiler.explorer.build_page import build_page
from compiler.export.checkpoint import read_checkpoint, write_checkpoint
from compiler.export.compiled import make_checkpoint
from compiler.export.files import CONFIG, encode_files
from compiler.export.read_file import CheckpointError
from compiler.export.recompile import recompile_checkpoint
from compiler.fraction_set import FractionSet
from compiler.inside_commands.info_command import info_record, info_text
from compiler.model.answers import compare_key
from compiler.model.generate import generate_batch
from compiler.model.runner import Model
from compiler.options import CompileError
from compiler.pipeline import Compiled
from compiler.training.shape import choose_shape
from compiler.transformer.problem import ModelError
from rasp.arguments import ATTENTIONS, Attention
from rasp.elaborate.program import load_program
from rasp.interpret.evaluate import evaluate
from rasp.limits import Limit
from rasp.source import Source
from tests.fuzz.checkpoints import mended
from tests.right import assert_right, compare

UP_TO_HERE = 'aggregate(select(indices, indices, <=), indicator(tokens == "a"))'
OF_B = UP_TO_HERE.replace('"a"', '"b"')
NUMBERS = {
    "a mean": UP_TO_HERE,
    "a mean moved and shrunk": f"{UP_TO_HERE} / 2 - 0.25",
    "a mean over a selector that may be empty": 'aggregate(select(indices, indices, <), indicator(tokens == "a"), 0.5)',
    "fractions of a count": 'selector_width(select(tokens, "a", ==)) / 2',
}
CLASSES = {
    "whole numbers": 'selector_width(select(tokens, "a", ==))',
    "two numbers that are equal": f"({UP_TO_HERE} if indices > 1 else 0) if indices else 0.0",
    "one fraction": "indices * 0 + 0.5",
    "strings": "tokens",
    "numbers that rounding alone makes different": f"({UP_TO_HERE} - {OF_B} / 2) * 3",
    "numbers beside no value": "1 / (indices - 1)",
}


def compiled(text: str, **more: Any) -> Compiled:
    program = load_program(Source("test", f"told = {text};"))
    return compile_program(program, {"told": "told"}, CompileOptions(("a", "b", "c"), 4, **more))


@pytest.mark.parametrize("text", NUMBERS.values(), ids=NUMBERS)
def test_fractions_are_one_number(text: str, tmp_path: Path) -> None:
    model = compiled(text)
    config = model.weights.config
    assert config.outputs[0].nearest
    assert model.weights.arrays["unembeddings.0.weight"].shape == (config.d_model, 1)
    inputs = [list(word) for n in range(1, 5) for word in product("abc", repeat=n)]
    [expected] = evaluate(list(model.meaning.values()), inputs)
    write_checkpoint(make_checkpoint(model), tmp_path / "model")
    opened = load(tmp_path / "model")
    assert [opened(word) for word in inputs] == expected
    ids = np.array([[3, *("abc".index(token) for token in word)] for word in inputs if len(word) == 4])
    [classes] = EdgeDecoder(model.weights).run(ids).classes
    found = [[config.outputs[0].classes[c] for c in row[1:]] for row in classes]
    assert found == [row for row in expected if len(row) == 4]


@pytest.mark.parametrize("text", CLASSES.values(), ids=CLASSES)
def test_what_else_is_classes(text: str) -> None:
    model = compiled(text, no_value="1 /" in text)
    weights = model.weights
    assert not weights.config.outputs[0].nearest
    assert weights.arrays["unembeddings.0.bias"].shape == (len(weights.config.outputs[0].classes),)


def test_families_have_logits() -> None:
    assert not compiled(UP_TO_HERE, dialect="gpt2", attention="causal").weights.config.outputs[0].nearest


def test_spread_out_the_logits_are_those_of_every_value() -> None:
    model = compiled(UP_TO_HERE)
    matrix, bias = spread_unembedding(model.weights, 0)
    values = np.array(model.weights.config.outputs[0].classes, dtype=float)
    number = model.weights.arrays["unembeddings.0.weight"][:, 0]
    np.testing.assert_array_equal(matrix, number[:, None] * 2 * values)
    np.testing.assert_array_equal(bias, -(values**2))


#: What is described already where it is little, and what is computed from such.
FEW = NUMBERS | {
    "of two numbers": 'aggregate(select(indices, indices, <=), 3 if tokens == "a" else 7)',
    "of floats": 'aggregate(select(indices, indices, <=), 0.25 if tokens == "a" else 1.5)',
    "of three numbers": 'aggregate(select(indices, indices, >=), {"a": -1, "b": 0, "c": 1}[tokens])',
    "unevenly spaced": 'aggregate(full_s, {"a": -1, "b": 0, "c": 2}[tokens])',
    "made whole": f"round((indices + 1) * {UP_TO_HERE})",
    "compared": f"{UP_TO_HERE} > {OF_B}",
    "added to another": f"{UP_TO_HERE} + {OF_B}",
    "beside strings": f"{UP_TO_HERE} if indices else 0.5",
    "with a default that is none of them": f"{UP_TO_HERE.replace('<=', '<')[:-1]}, 2)",
}


@pytest.mark.parametrize("attention", ATTENTIONS)
@pytest.mark.parametrize("text", FEW.values(), ids=FEW)
def test_described_values_are_like_listed_ones(
    text: str, attention: Attention, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = compiled(text, attention=attention)
    monkeypatch.setattr("compiler.domains.fraction_domain.DESCRIBED", Limit(0, "values", ""))
    described = compiled(text, attention=attention)
    assert_right(described, 200)
    for name, array in listed.weights.arrays.items():
        np.testing.assert_array_equal(described.weights.arrays[name], array)
    [one], [other] = listed.weights.config.outputs, described.weights.config.outputs
    assert [*map(compare_key, one.classes)] == [*map(compare_key, other.classes)]


LONG = 300


def compile_long(attention: Attention = "full", length: int = LONG) -> Compiled:
    program = load_program(Source("test", f"told = {UP_TO_HERE};"))
    return compile_program(program, {"told": "told"}, CompileOptions(("a", "b"), length, attention))


@pytest.fixture(scope="module")
def long_model() -> Compiled:
    return compile_long()


def test_too_close_for_float32_is_refused_at_once() -> None:
    with pytest.raises(CompileError) as refused:
        compile_long(length=1_024)
    [diagnostic] = refused.value.diagnostics
    assert "float32 cannot tell apart the 318,965 values" in diagnostic.message
    assert diagnostic.hint == "it holds with --dtype float64"


def test_too_many_fractions_to_list(long_model: Compiled, tmp_path: Path) -> None:
    [output] = long_model.weights.config.outputs
    assert isinstance(output.classes, FractionSet) and len(output.classes) > 20_000
    write_checkpoint(make_checkpoint(long_model), tmp_path / "model")
    described = json.loads((tmp_path / "model" / CONFIG).read_text())["outputs"][0]
    assert described == {
        "name": "told",
        "fractions": {"start": 0.0, "step": 1.0, "most": 1, "longest": LONG},
        "nearest": True,
    }
    opened = load(tmp_path / "model")
    words = ["a" * LONG, "b" * LONG, "ab" * (LONG // 2), "b" * (LONG - 1) + "a", "a" * (LONG - 1) + "b", "ba"]
    assert opened.batch(words) == evaluate(list(long_model.meaning.values()), words)[0]
    checkpoint = read_checkpoint(tmp_path / "model")
    assert recompile_checkpoint(checkpoint, long_model.program).holds
    assert "27,399 values: means of up to 300 of the numbers 0 and 1" in info_text(checkpoint)
    [told] = info_record(checkpoint)["outputs"]  # type: ignore[misc]
    assert told["fractions"] == described["fractions"] and "classes" not in told  # type: ignore[index]
    assert compare(long_model, 30).passed


def test_what_needs_classes_lists_them_or_refuses(long_model: Compiled) -> None:
    config = long_model.weights.config
    with pytest.raises(ModelError, match="what is described alone: means of up to 300"):
        generate_batch(Model(compile_long("causal").weights), ["ab"], 2)
    assert build_page(long_model, "ab", "page")
    [output] = choose_shape(config, None, None, None).outputs
    assert len(output.classes) == len(config.outputs[0].classes)
    matrix, _ = spread_unembedding(long_model.weights, 0)
    assert matrix.shape == (config.d_model, len(config.outputs[0].classes))
    with pytest.raises(ValueError, match="too many for a class each"):
        replace(config.outputs[0], nearest=False)


def change(classes: Any, nearest: Any) -> Any:
    def changed(output: dict[str, Any]) -> dict[str, Any]:
        found = {"name": output["name"], "classes": classes(output["classes"])}
        return found if nearest is None else found | {"nearest": nearest}

    return changed


def describe(**changed: Any) -> Any:
    """A described output with something changed in it, or without it (None)."""

    def changed_output(output: dict[str, Any]) -> dict[str, Any]:
        fractions = {"start": 0.0, "step": 1.0, "most": 1, "longest": 4} | changed
        kept = {name: value for name, value in fractions.items() if value is not None}
        return {"name": output["name"], "fractions": kept, "nearest": True}

    return changed_output


WRONG = {
    "not said": change(list, None),
    "said as 1": change(list, 1),
    "denied": change(list, False),
    "a value twice": change(lambda c: [c[0], *c[:-1]], True),
    "one value": change(lambda c: c[:1], True),
    "no value": change(lambda c: [None, *c[1:]], True),
    "a string": change(lambda c: ["0", *c[1:]], True),
    "a value that equals another": change(lambda c: [True, *c[1:]], True),
    "described, of other values": describe(longest=5),
    "described, of the same, which are listed": describe(),
    "described, without a step": describe(step=0.0),
    "described, by less than it takes": describe(most=None),
    "described, by ints": describe(start=0),
    "described, too many": describe(longest=5_000),
    "described, too close": describe(most=2**60),
    "described, not nearest": lambda output: describe()(output) | {"nearest": False},
    "described and listed": lambda output: describe()(output) | output,
}


@pytest.mark.parametrize("changed", WRONG.values(), ids=WRONG)
def test_a_checkpoint_that_is_wrong_about_it_is_refused(changed: Any, tmp_path: Path) -> None:
    files = encode_files(make_checkpoint(compiled(UP_TO_HERE)))
    config = json.loads(files[CONFIG])
    config["outputs"] = [changed(output) for output in config["outputs"]]
    files = mended(files | {CONFIG: json.dumps(config, indent=1).encode() + b"\n"})
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    with pytest.raises(CheckpointError):
        load(tmp_path)


def test_values_have_to_differ() -> None:
    with pytest.raises(ValueError, match="no number tells"):
        Output("told", (0, 0.0), nearest=True)
