"""Outputs that are fractions: the model computes the number, and the nearest value is the answer."""

import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compiler import CompileOptions, compile_program, load
from compiler.circuits.forward import EdgeDecoder
from compiler.config import Output
from compiler.emit.weights import spread_unembedding
from compiler.export.checkpoint import write_checkpoint
from compiler.export.compiled import make_checkpoint
from compiler.export.files import CONFIG, encode_files
from compiler.export.read_file import CheckpointError
from compiler.pipeline import Compiled
from rasp.elaborate.program import load_program
from rasp.interpret.evaluate import evaluate
from rasp.source import Source
from tests.fuzz.checkpoints import mended

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
    "numbers that rounding alone makes different": f"{UP_TO_HERE} - {OF_B} / 2",
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


def change(classes: Any, nearest: Any) -> Any:
    def changed(output: dict[str, Any]) -> dict[str, Any]:
        found = {"name": output["name"], "classes": classes(output["classes"])}
        return found if nearest is None else found | {"nearest": nearest}

    return changed


WRONG = {
    "not said": change(list, None),
    "said as 1": change(list, 1),
    "denied": change(list, False),
    "a value twice": change(lambda c: [c[0], *c[:-1]], True),
    "one value": change(lambda c: c[:1], True),
    "no value": change(lambda c: [None, *c[1:]], True),
    "a string": change(lambda c: ["0", *c[1:]], True),
    "a value that equals another": change(lambda c: [True, *c[1:]], True),
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
