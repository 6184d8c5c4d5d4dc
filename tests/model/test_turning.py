"""Heads that turn by the position: which programs have them, and that transformers answers as the interpreter does."""

import tempfile
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compiler.export.compiled import save
from compiler.export.stock_files import assemble_uniform
from compiler.model.stock_model import StockModel
from compiler.numerics.dtypes import FLOAT32
from compiler.options import CompileError, CompileOptions, Dialect
from compiler.pipeline import Compiled, compile_program
from compiler.targets.rotary import choose_frequency
from compiler.verify.chosen_inputs import choose_inputs
from compiler.verify.differential import Check, verify_model
from compiler.verify.stock_folder import STOCK_READERS
from rasp.elaborate.program import load_program
from rasp.source import Source
from rasp.values import Atom

pytest.importorskip("transformers", reason="the extra `stock` is not installed")

LETTERS = ("a", "b", "c")
ONE_BACK = 'aggregate(select(indices, indices - 1, ==), tokens, "_")'


def compile_text(
    text: str, length: int, vocabulary: tuple[Atom, ...] = LETTERS, target: Dialect = "llama"
) -> Compiled:
    options = CompileOptions(vocabulary, length, "causal", target)
    return compile_program(load_program(Source("test", "")), {"out": text}, options)


def assert_right(compiled: Compiled, folder: Path, budget: int = 200) -> StockModel:
    """The folder, in every way of running it: padded on either side, and with a cache."""
    save(compiled, folder)
    model = StockModel(folder, compiled.weights.config, assemble_uniform(compiled).class_ids)
    options = compiled.options
    inputs = choose_inputs(len(options.vocabulary), options.max_length, budget, 0)
    report = verify_model(Check(model, compiled.meaning, options.no_value, STOCK_READERS["causal"]), inputs)
    assert report.passed, report.smallest or report.readers
    return model


@pytest.mark.parametrize("length", [1, 2, 3, 5, 20, 100])
@pytest.mark.parametrize("lag", [0, 1, 4])
def test_a_position_some_way_before_ones_own_takes_no_layer(lag: int, length: int, tmp_path: Path) -> None:
    text = f'aggregate(select(indices, indices - {lag}, ==), tokens, "_")'
    compiled = compile_text(text, length)
    assert len(compiled.weights.config.layers) <= 1
    model = assert_right(compiled, tmp_path / "model")
    if 0 < lag < length > 2:
        assert compiled.layout.turning
        [*turned] = model.module.model.rotary_emb.inv_freq
        frequency = choose_frequency(length)
        assert abs(float(turned[0]) - frequency) <= 13 * FLOAT32.unit * frequency
        assert all(float(one) < 1e-30 for one in turned[1:])


@pytest.mark.parametrize(
    "text",
    [
        f'aggregate(best(select({ONE_BACK}, tokens, ==), indices), tokens, "?")',
        f'aggregate(best(select(tokens, "a", ==), -3 * indices), {ONE_BACK}, "_")',
        f'aggregate(best(select(tokens, "a", !=), tokens), {ONE_BACK}, "_")',
        f'aggregate(best(select(indices, indices - 1, ==) or select(tokens, "a", ==), indices), {ONE_BACK}, "_")',
        f'aggregate(select(indices + 3, indices + 1, ==) and select(tokens, "b", ==), {ONE_BACK}, "_")',
        'selector_width(select(indices, indices - 2, ==) and select(tokens, "a", ==))',
        '1 if indices % 2 == 0 else (2 if tokens == "b" else aggregate(best(full_s, tokens == "a"), tokens))',
    ],
)
def test_the_latest_and_the_first_are_told_apart(text: str, tmp_path: Path) -> None:
    compiled = compile_text(text, 12)
    assert_right(compiled, tmp_path / "model")


@pytest.mark.parametrize("text", [ONE_BACK, f'aggregate(best(select(tokens, "a", ==), indices), {ONE_BACK})'])
def test_only_this_family_turns(text: str) -> None:
    for target in ("plain", "gpt2", "opt"):
        assert not compile_text(text, 8, target=target).layout.turning


def test_what_does_not_depend_on_positions_turns_nothing(tmp_path: Path) -> None:
    compiled = compile_text("selector_width(select(tokens, tokens, ==))", 12)
    assert not compiled.layout.turning
    model = assert_right(compiled, tmp_path / "model")
    assert torch.all(model.module.model.rotary_emb.inv_freq < 1e-30)


def test_distances_that_are_too_near_are_refused() -> None:
    with pytest.raises(CompileError, match="float32 cannot tell apart") as refusal:
        compile_text(ONE_BACK, 300)
    assert "it holds at --max-length 1" in refusal.value.diagnostics[0].hint


def shifted(value: str, lag: int) -> str:
    return f'aggregate(select(indices, indices - {lag}, ==), {value}, "_")'


def latest(selector: str, value: str, score: str) -> str:
    return f'aggregate(best({selector}, {score}), {value}, "?")'


selectors = st.sampled_from(
    (
        'select(tokens, "a", ==)',
        "select(tokens, tokens, ==)",
        f"select({ONE_BACK}, tokens, ==)",
        f'select({ONE_BACK}, "b", !=)',
        "select(tokens, tokens, <=) and select(indices, indices, <=)",
        "select(tokens, tokens, !=) and select(indices, indices - 2, !=)",
        "select(indices, indices, <)",
        "(select(indices, indices - 1, ==) or select(indices, indices - 2, ==))",
    )
)
values = st.recursive(
    st.sampled_from(("tokens", "1 if indices % 2 == 0 else 2")),
    lambda inner: st.one_of(
        st.builds(shifted, inner, st.integers(0, 4)),
        st.builds(
            latest, selectors, inner, st.sampled_from(("indices", "-indices", "tokens", "indices % 3"))
        ),
        st.builds('({} if tokens == "a" else {})'.format, inner, inner),
    ),
    max_leaves=3,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(value=values, length=st.integers(2, 12))
def test_random_programs_are_right_or_refused(value: str, length: int) -> None:
    try:
        compiled = compile_text(value, length)
    except CompileError:
        return
    with tempfile.TemporaryDirectory() as folder:
        assert_right(compiled, Path(folder) / "model", budget=60)
