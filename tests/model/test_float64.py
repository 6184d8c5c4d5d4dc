"""Models in float64: what float32 refuses, right on long inputs; and that everything knows what a model computes in."""

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from compiler import load
from compiler.circuits.forward import EdgeDecoder
from compiler.cli import main
from compiler.explorer.build_page import describe_model
from compiler.export.compiled import make_checkpoint, save
from compiler.export.files import CONFIG, encode_files
from compiler.formats.format_names import FormatName
from compiler.formats.format_table import FORMATS, encode_export
from compiler.model.generate import generate
from compiler.model.runner import Model
from compiler.numerics.dtypes import ARITHMETICS, FLOAT64
from compiler.options import DIALECTS, DTYPES, CompileError, CompileOptions, Dialect, Dtype
from compiler.pipeline import Compiled, compile_program
from compiler.targets.target import TARGETS
from compiler.transformer.problem import ModelError
from rasp.elaborate.program import load_program
from rasp.interpret.evaluate import evaluate
from rasp.source import Source
from rasp.values import Atom
from tests.right import assert_right

PLACES = "aggregate(select(tokens, tokens, ==), indices)"
# name: expression, vocabulary, length; float32 cannot tell their values apart
FINER: dict[str, tuple[str, tuple[Atom, ...], int]] = {
    "the best by a mean": (f"aggregate(best(full_s, {PLACES}), indices)", tuple("abc"), 10),
    "equal means": (f"selector_width(select({PLACES}, {PLACES}, ==))", tuple("abc"), 8),
    "means among the less": (f"selector_width(select({PLACES}, {PLACES}, <))", tuple("abc"), 8),
}
#: What float32 is refused for want of work, before all was tried.
CUT_SHORT = {"means among the less"}
#: What both hold, with anchors, waves and rounding in it.
ALIKE: dict[str, tuple[str, tuple[Atom, ...], int]] = {
    "a sort": ("sort(tokens, tokens)", tuple("abcde"), 12),
    "a parity": ("selector_width(select(tokens, tokens, ==)) % 2", tuple("ab"), 40),
    "fractions of counts": ("selector_width(select(tokens, tokens, ==)) / length", tuple("abc"), 14),
    "a mean": ('aggregate(select(indices, indices, <=), indicator(tokens == "a"))', tuple("ab"), 24),
}


def compiled(row: tuple[str, tuple[Atom, ...], int], dtype: Dtype = "float64", **more: object) -> Compiled:
    text, vocabulary, length = row
    options = CompileOptions(vocabulary, length, dtype=dtype, **more)  # type: ignore[arg-type]
    return compile_program(load_program(Source("test", "")), {"out": text}, options)


@pytest.mark.parametrize("name", FINER)
def test_float64_compiles_what_float32_refuses(name: str) -> None:
    """And the refusal says so."""
    with pytest.raises(CompileError) as refused:
        compiled(FINER[name], "float32")
    longer = "; or let it search longer, with -O 3" if name in CUT_SHORT else ""
    assert refused.value.diagnostics[0].hint == f"it holds with --dtype float64{longer}"
    assert "float32 cannot tell apart" in refused.value.diagnostics[0].message
    model = compiled(FINER[name])
    assert model.certificate["dtype"] == "float64"
    assert_right(model, 500)


@pytest.mark.parametrize("name", ALIKE)
def test_what_both_hold_is_right_in_both(name: str) -> None:
    model = compiled(ALIKE[name])
    assert model.summary["layers"] == compiled(ALIKE[name], "float32").summary["layers"]
    assert_right(model, 500)


def test_a_folder_says_what_it_computes_in(tmp_path: Path) -> None:
    model = compiled(FINER["the best by a mean"])
    save(model, tmp_path / "model")
    opened = load(tmp_path / "model")
    assert {parameter.dtype for parameter in opened.module.parameters()} == {torch.float64}
    word = list("abacbabcca")
    [[wanted]] = evaluate(list(model.meaning.values()), [word])
    assert opened(word) == wanted
    assert opened.compiled.options.dtype == "float64"
    for dtype in (torch.float32, torch.float16, torch.bfloat16):
        with pytest.raises(ModelError, match="exact in float64"):
            load(tmp_path / "model", dtype)
        with pytest.raises(ModelError, match="exact in float64, not with weights converted"):
            opened.module.to(dtype)
    found = CliRunner().invoke(main, ["verify", str(tmp_path / "model"), "--budget", "300"])
    assert found.exit_code == 0, found.output
    assert "float64" in CliRunner().invoke(main, ["info", str(tmp_path / "model")]).output
    assert json.loads(encode_files(make_checkpoint(model))[CONFIG])["dtype"] == "float64"


def test_it_generates_token_by_token() -> None:
    text = 'aggregate(select(indices, indices, <=), indicator(tokens == "a")) > 0.5'
    causal = compiled((f'"b" if {text} else "a"', ("a", "b"), 12), attention="causal")
    single = compiled((f'"b" if {text} else "a"', ("a", "b"), 12), "float32", attention="causal")
    assert generate(Model(causal.weights), "aab", 8) == generate(Model(single.weights), "aab", 8)


def test_who_runs_the_weights_elsewhere_does_it_in_float64() -> None:
    model = compiled(ALIKE["a sort"])
    word = list("edcbaabcdeab")
    [[wanted]] = evaluate(list(model.meaning.values()), [word])
    ids = np.array([[5, *("abcde".index(token) for token in word)]])
    edges = EdgeDecoder(model.weights)
    passed = edges.run(ids)
    assert {array.dtype for array in edges.arrays.values()} == {np.dtype("float64")}
    outputs = model.weights.config.outputs[0].classes
    assert [outputs[k] for k in passed.classes[0][0][1:]] == wanted
    page = describe_model(model, word)
    assert page["config"]["dtype"] == "float64"  # type: ignore[index]
    assert all(array["double"] for array in page["arrays"].values())  # type: ignore[attr-defined]


@pytest.mark.parametrize("dialect", [name for name in DIALECTS if "float64" not in TARGETS[name].dtypes])
def test_other_software_computes_in_float32(dialect: Dialect) -> None:
    attention = TARGETS[dialect].attentions[0]
    with pytest.raises(CompileError, match="proved in float32"):
        compiled(ALIKE["a parity"], attention=attention, dialect=dialect)


@pytest.mark.parametrize("name", [name for name, row in FORMATS.items() if "plain" in row.targets])
def test_formats_hold_what_they_say(name: FormatName) -> None:
    model = compiled(ALIKE["a mean"])
    if "float64" not in FORMATS[name].dtypes:
        with pytest.raises(ModelError, match="holds float32, and this model is float64"):
            encode_export(name, model)
    elif find_spec("onnx"):
        assert "model.onnx" in encode_export(name, model)


def test_coarser_dtypes_are_none() -> None:
    for dtype in ("float16", "bfloat16", 64):
        with pytest.raises(CompileError, match=f"there is no dtype called {dtype}"):
            CompileOptions("ab", 4, dtype=dtype)  # type: ignore[arg-type]
    assert tuple(ARITHMETICS) == DTYPES


def test_no_cut_off_fraction_counts_as_exact() -> None:
    """A fraction with a denominator up to the longest length is no multiple of anything up to `whole` of it in size."""
    for denominator in range(3, 4097, 2):
        numerators = np.arange(1, min(denominator, 40))
        mantissas = np.frexp(numerators / denominator)[0] * 2.0**53
        assert (mantissas % (2.0**53 / FLOAT64.whole) != 0).all()


def test_numbers_of_few_digits_are_themselves() -> None:
    """Powers of two are: so orders are told by them in float64, too."""
    exact = np.array([0.0, 1.0, -(2.0**-60), 2.0**90, 3 * 2.0**70, 2.0**24 - 1])
    assert not FLOAT64.bound_storing(exact).any()
    cut_off = [np.log(2 * np.arange(2, 4097) - 1), np.exp(-np.arange(1, 100)), 1 / np.arange(3, 4097, 2)]
    off = np.concatenate([[-0.1, 2.0**24 + 0.5, np.exp2(1 / 2)], *cut_off])
    np.testing.assert_array_equal(FLOAT64.bound_storing(off), FLOAT64.made * np.abs(off))
    row = ("selector_width(select(tokens, tokens, <))", tuple("abcdefghijkl"), 30)
    models = [compiled(row, dtype) for dtype in DTYPES]
    groups = [
        group for m in models for layer in m.plan.layers for h in layer.heads for group in h.scores.groups
    ]
    assert {group.kind for group in groups} == {"powers", "bos"}
    assert len({model.summary["parameters"] for model in models}) == 1
    assert_right(models[1], 200)
