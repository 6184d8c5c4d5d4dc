"""Outputs that are texts joined of parts: each part has classes of its own where the texts are too many to be listed."""

import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import torch

from compiler import CompileOptions, compile_program, load
from compiler.circuits.forward import EdgeDecoder
from compiler.config import Output
from compiler.explorer.build_page import build_page
from compiler.export.checkpoint import read_checkpoint, write_checkpoint
from compiler.export.compiled import make_checkpoint
from compiler.export.files import CONFIG, encode_files
from compiler.export.read_file import CheckpointError
from compiler.export.recompile import recompile_checkpoint
from compiler.inside_commands.info_command import info_record, info_text
from compiler.joined_texts import JoinedTexts
from compiler.model.answers import UNDECIDED
from compiler.model.generate import generate_batch
from compiler.model.read_logits import read_scores
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
from tests.right import assert_right

BIGRAMS = 'tokens + shift(tokens, -1, "$")'
JOINED = {
    "two tokens": BIGRAMS,
    "three": f'{BIGRAMS} + "-" + shift(tokens, 1, "^")',
    "of parts that are computed": '("x" if tokens == "a" else "yy") + ("" if indices % 2 else tokens)',
    "the same twice": "tokens + tokens",
}
LISTED = {
    "numbers": "tokens_int + indices",
    "a choice between sums": 'tokens + tokens if indices else "-"',
    "numbers as text": 'tokens + "%s" % indices',
}


def compiled(text: str, attention: Attention = "full", **more: Any) -> Compiled:
    program = load_program(Source("test", f"told = {text};"))
    vocabulary = tuple("012") if "int" in text else tuple("abc")
    return compile_program(program, {"told": "told"}, CompileOptions(vocabulary, 4, attention, **more))


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few texts are too many."""
    monkeypatch.setattr("compiler.emit.join_outputs.ROWS", Limit(0, "rows", ""))
    monkeypatch.setattr("compiler.strict_json.class_records.ROWS", Limit(0, "rows", ""))


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("attention", ATTENTIONS)
@pytest.mark.parametrize("text", JOINED.values(), ids=JOINED)
def test_texts_are_joined_of_their_parts(text: str, attention: Attention, tmp_path: Path) -> None:
    model = compiled(text, attention)
    [output] = model.weights.config.outputs
    assert isinstance(output.classes, JoinedTexts)
    assert model.weights.arrays["unembeddings.0.bias"].shape == (output.columns,)
    assert_right(model, 200)
    inputs = ["".join(word) for n in range(1, 5) for word in product("abc", repeat=n)]
    [expected] = evaluate(list(model.meaning.values()), inputs, attention)
    write_checkpoint(make_checkpoint(model), tmp_path / "model")
    assert load(tmp_path / "model").batch(inputs) == expected
    checkpoint = read_checkpoint(tmp_path / "model")
    assert recompile_checkpoint(checkpoint, model.program).holds
    [told] = info_record(checkpoint)["outputs"]
    assert told.get("parts") == [[*part] for part in output.classes.parts]
    assert "texts joined of one of" in info_text(checkpoint)
    run = Model(model.weights, symbols=model.symbols, recompile=lambda: model).run("abca")
    assert (run.margins["told"] > 0).all()


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("text", LISTED.values(), ids=LISTED)
def test_what_else_is_listed(text: str) -> None:
    assert isinstance(compiled(text).weights.config.outputs[0].classes, tuple)


@pytest.mark.usefixtures("few")
def test_who_asks_for_more_than_an_answer_gets_classes() -> None:
    assert isinstance(compiled(BIGRAMS, margin=2.0).weights.config.outputs[0].classes, tuple)
    assert isinstance(compiled(BIGRAMS, no_value=True).weights.config.outputs[0].classes, tuple)
    family = compiled(BIGRAMS.replace("-1", "1"), "causal", dialect="gpt2")
    assert isinstance(family.weights.config.outputs[0].classes, tuple)


@pytest.mark.usefixtures("few")
def test_beside_other_outputs() -> None:
    program = load_program(Source("test", ""))
    outputs = {"one": "tokens", "two": BIGRAMS, "three": "indices"}
    model = compile_program(program, outputs, CompileOptions(tuple("abc"), 4))
    assert [output.name for output in model.weights.config.outputs] == [*outputs]
    assert Model(model.weights)("cab") == {
        "one": ["c", "a", "b"], "two": ["ca", "ab", "b$"], "three": [0, 1, 2]
    }  # fmt: skip
    assert_right(model, 200)


@pytest.mark.usefixtures("few")
def test_what_needs_a_class_for_each_value_is_refused() -> None:
    model = compiled(BIGRAMS.replace("-1", "1"), "causal")
    assert "told [1]" in build_page(model, "ab", "page")
    with pytest.raises(ModelError, match="what is described alone"):
        generate_batch(Model(model.weights), ["ab"], 2)
    for ask in (
        lambda: EdgeDecoder(model.weights),
        lambda: choose_shape(model.weights.config, None, None, None),
    ):
        with pytest.raises(CompileError, match="a class for each of its values"):
            ask()


def test_vocabularies_of_thousands() -> None:
    vocabulary = tuple(chr(0x4E00 + k) for k in range(3_000))
    program = load_program(Source("test", f"told = {BIGRAMS};"))
    model = compile_program(program, {"told": "told"}, CompileOptions(vocabulary, 4))
    assert len(model.weights.config.outputs[0].classes) == 3_000 * 3_001
    assert_right(model, 100)


def test_a_part_that_is_undecided_is_no_answer() -> None:
    output = Output("told", JoinedTexts((("a", "b"), ("x", "y", "z"))))
    scores = torch.tensor(
        [[[1.0, 0, 3, 2, 1], [0, 1, 0, 0, 1], [1, 1, 3, 2, 1], [0, 1, 3, 3, 1], [torch.nan, 1, 3, 2, 1]]]
    )
    assert read_scores(output, scores) == [["ax", "bz", UNDECIDED, UNDECIDED, UNDECIDED]]


def test_joined_texts_are_what_their_parts_make() -> None:
    parts = ("a", "ab", ""), ("x", "bx"), ("1",)
    texts = JoinedTexts(parts)
    listed = ["".join(some) for some in product(*parts)]
    assert [*texts] == listed and len(texts) == len(listed)
    assert texts[-1] == listed[-1] and texts[1:4] == tuple(listed[1:4])
    assert all(text in texts for text in listed)
    assert not any(text in texts for text in ("", "a", "x", "ax", "abb1", None, 1))
    with pytest.raises(IndexError):
        texts[len(listed)]
    for wrong in ((("a",),), (("a",), ())):
        with pytest.raises(ValueError, match="two parts or more"):
            JoinedTexts(wrong)


WRONG: dict[str, dict[str, Any]] = {
    "one part": {"parts": [["a", "b", "c"]]},
    "a part without texts": {"parts": [["a"], []]},
    "a number": {"parts": [["a"], [1]]},
    "listed as well": {"parts": [["a", "b", "c"], ["a", "b", "c", "$"]], "classes": ["a"]},
    "fewer": {"parts": [["a", "b"], ["a", "b", "c", "$"]]},
    "nearest": {"parts": [["a", "b", "c"], ["a", "b", "c", "$"]], "nearest": True},
}


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_checkpoint_that_is_wrong_about_them_is_refused(wrong: dict[str, Any], tmp_path: Path) -> None:
    files = encode_files(make_checkpoint(compiled(BIGRAMS)))
    config = json.loads(files[CONFIG])
    config["outputs"] = [{"name": "told"} | wrong]
    for name, data in mended(files | {CONFIG: json.dumps(config, indent=1).encode() + b"\n"}).items():
        (tmp_path / name).write_bytes(data)
    with pytest.raises(CheckpointError):
        load(tmp_path)


@pytest.mark.usefixtures("few")
def test_so_few_would_have_been_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_checkpoint(make_checkpoint(compiled(BIGRAMS)), tmp_path / "model")
    monkeypatch.setattr("compiler.strict_json.class_records.ROWS", Limit(10**6, "rows", ""))
    with pytest.raises(CheckpointError):
        load(tmp_path / "model")
