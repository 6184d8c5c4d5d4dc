"""A margin by wish: the likeliest answer is that far above the second, and nothing else changes."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from compiler.cli import main
from compiler.emit.margins import list_logit_gaps
from compiler.emit.weights import spread_unembedding
from compiler.export.checkpoint import read_checkpoint
from compiler.export.compiled import save
from compiler.model.runner import Model
from compiler.options import CompileError, CompileOptions, Dialect
from compiler.pipeline import Compiled, compile_program
from compiler.verify.chosen_inputs import batch_inputs, choose_inputs
from compiler.verify.differential import Check, verify_model
from rasp.elaborate.program import load_program
from rasp.source import Source

PROGRAMS = {
    "count": "selector_width(select(tokens, tokens, ==))",
    "mean": 'aggregate(select(indices, indices, <=), indicator(tokens == "a"))',
    "tokens": 'aggregate(select(indices, indices - 1, ==), tokens, "?")',
    "constant": "indices * 0",
}


def compile_text(text: str, margin: float, target: Dialect = "plain", **other: Any) -> Compiled:
    options = CompileOptions("abc", 6, "causal", target, margin=margin, **other)
    return compile_program(load_program(Source("none", "")), {"out": text}, options)


def spread(compiled: Compiled) -> dict[str, Any]:
    """Its arrays, with logits of the classes where an output is a number."""
    weight, bias = spread_unembedding(compiled.weights, 0)
    return {**compiled.weights.arrays, "unembeddings.0.weight": weight, "unembeddings.0.bias": bias}


def measure_gap(compiled: Compiled, model: Model) -> float:
    """The smallest difference between the first two logits, over all inputs and positions but BOS."""
    options = compiled.options
    selection = choose_inputs(len(options.vocabulary), options.max_length, 2_000, 0)
    smallest = np.inf
    for inputs in batch_inputs(options.vocabulary, selection, lambda _: 500):
        for logits in model.logits([model.encode(tokens) for tokens in inputs]):
            if logits.shape[-1] > 1:
                first, second = logits[:, 1:].double().topk(2, dim=-1).values.unbind(-1)
                smallest = min(smallest, float((first - second).min()))
    return smallest


@pytest.mark.parametrize("margin", [0.5, 20.0, 300.0])
@pytest.mark.parametrize("name", PROGRAMS)
def test_answers_are_apart_and_the_same(name: str, margin: float) -> None:
    compiled = compile_text(PROGRAMS[name], margin)
    model = Model(compiled.weights)
    assert measure_gap(compiled, model) >= compiled.certificate.get("logit_gap", np.inf) >= margin
    inputs = choose_inputs(3, 6, 500, 0)
    report = verify_model(Check(model, compiled.meaning, margin=margin), inputs)
    assert report.passed and report.readers["margin"] == 0


@pytest.mark.parametrize("name", PROGRAMS)
def test_only_the_unembedding_changes_by_a_power_of_two(name: str) -> None:
    plain, wished = (compile_text(PROGRAMS[name], margin) for margin in (0.0, 50.0))
    assert plain.bounds.decisions == wished.bounds.decisions or len(plain.bounds.decisions) == len(
        wished.bounds.decisions
    )
    for key, array in spread(plain).items():
        other = spread(wished)[key]
        factor = 1.0
        if key.startswith("unembeddings") and array.any():
            factor = float((other[array != 0] / array[array != 0]).flat[0])
            assert np.log2(factor) % 1 == 0
        np.testing.assert_array_equal(other, array * factor)


def test_gaps_are_not_far_from_what_is_measured() -> None:
    compiled = compile_text(PROGRAMS["count"], 0.0)
    [gap] = list_logit_gaps(compiled.plan.readouts, compiled.bounds)
    assert gap <= measure_gap(compiled, Model(compiled.weights)) <= 1.01 * gap


@pytest.mark.skipif(find_spec("transformers") is None, reason="transformers is not installed")
@pytest.mark.parametrize("name", ["count", "constant"])
def test_families_keep_the_margin_over_all_ids(name: str, tmp_path: Path) -> None:
    from compiler.verify.stock_folder import open_stock_folder  # noqa: PLC0415

    compiled = compile_text(PROGRAMS[name], 40.0, "gpt2")
    save(compiled, tmp_path / "model")
    opened = open_stock_folder(tmp_path / "model")
    assert opened.standing.holds
    ids, mask = opened.model.pad([opened.model.encode("abcab")], left=False)
    first, second = opened.model.forward(ids, mask)[0][0, 1:].detach().topk(2, dim=-1).values.unbind(-1)
    assert (first - second).min() >= 40.0


@pytest.mark.parametrize("target", ["plain", "gpt2"])
def test_it_is_told(target: Dialect, tmp_path: Path) -> None:
    for margin, told in ((0.0, False), (20.0, True)):
        compiled, folder = compile_text(PROGRAMS["tokens"], margin, target), tmp_path / f"{margin:g}"
        save(compiled, folder)
        said = f"the likeliest answer is {compiled.certificate.get('logit_gap', 0):.4g} nats above the second"
        info = CliRunner().invoke(main, ["info", str(folder)]).stdout
        assert info.startswith("compiled from none") and (said in info) is told
        if target != "plain":
            assert (said in (folder / "README.md").read_text(encoding="utf-8")) is told


def test_it_is_recorded_and_verified(tmp_path: Path) -> None:
    compiled = compile_text(PROGRAMS["mean"], 25.0)
    save(compiled, tmp_path / "model")
    assert read_checkpoint(tmp_path / "model").options.margin == 25.0
    result = CliRunner().invoke(main, ["verify", str(tmp_path / "model"), "--json"], prog_name="rasp")
    assert result.exit_code == 0 and json.loads(result.stdout)["readers"]["margin"] == 0


def test_a_smaller_margin_is_noticed() -> None:
    compiled = compile_text(PROGRAMS["count"], 0.0)
    check = Check(Model(compiled.weights), compiled.meaning, margin=50.0)
    assert verify_model(check, choose_inputs(3, 4, 100, 0)).readers["margin"] > 0


@pytest.mark.parametrize("margin", [-1.0, float("nan"), float("inf"), 1e9, True, "much"])
def test_wrong_margins_are_told(margin: Any) -> None:
    with pytest.raises(CompileError, match="the margin"):
        CompileOptions("ab", 4, margin=margin)
