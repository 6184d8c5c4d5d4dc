"""Waves: what float32 makes of them, against whole-number arithmetic, and the bound on what they bear."""

import numpy as np
import pytest
from numpy.typing import NDArray

from compiler.audit.lookup_errors import bound_wave_error
from compiler.blocks.form import Form
from compiler.blocks.staircase import Matrix, Runs, Staircase
from compiler.blocks.waves import build_waves
from compiler.lowering.lookup import move_constant
from compiler.numerics.rounding import Reading
from compiler.options import CompileOptions
from compiler.pipeline import compile_program
from rasp.arguments import Attention
from rasp.elaborate.program import load_program
from rasp.source import Source
from tests.proof.test_exact_waves import FLOAT32, Tolerance
from tests.right import assert_right

COUNTS = "selector_width(select(tokens, tokens, ==))"


def waves_for(numbers: Matrix, values: Matrix, base: int) -> Staircase | None:
    runs = Runs(numbers, numbers, np.arange(len(numbers)))
    return build_waves(runs, values - values[base], base, Tolerance())


def computed(stairs: Staircase, z: NDArray[np.floating]) -> NDArray[np.float32]:
    """In float32, every product and sum rounded."""
    assert stairs.shifts is not None
    slopes, shifts, offsets = (x.astype(np.float32) for x in (stairs.slopes, stairs.shifts, stairs.offsets))
    hidden = np.maximum(z.astype(np.float32)[:, None] * slopes + shifts + offsets, np.float32(0))
    return (hidden[:, :, None] * stairs.heights.astype(np.float32)).sum(axis=1, dtype=np.float32)


@pytest.mark.parametrize("least", [0, -7, 1000])
@pytest.mark.parametrize("period", [1, 2, 3, 7, 8, 64])
@pytest.mark.parametrize("grain", [1.0, 0.5])
def test_waves_are_exact_for_all_they_may_be_off(least: int, period: int, grain: float) -> None:
    whole = np.arange(least, least + 300)
    values = np.stack(
        [whole // period, 2 * ((whole - 1) // period), whole % period >= (period + 1) // 2], axis=1
    )
    values = values[:, : 2 if period == 1 else 3].astype(float)
    base = 150
    stairs = waves_for((whole * grain).astype(np.float64), values, base)
    assert stairs is not None and stairs.units <= 5
    reach = float(np.abs(whole).max() * grain)
    error = bound_wave_error(stairs, Reading(0.0, reach, grain), Reading(0.0, 1.0, 1.0), FLOAT32)
    room = stairs.margin - error
    assert room > 0.45 * grain
    for off in (0.0, room, -room):
        assert (computed(stairs, whole * grain + off) == values - values[base]).all()


@pytest.mark.parametrize("constant", [5.0, -2.0])
def test_a_constant_moves_into_the_shifts(constant: float) -> None:
    """The same waves over what is left of the form; at BOS, where it has to be at the base, too."""
    numbers = np.arange(40.0)
    stairs = waves_for(numbers, numbers[:, None] // 3, 20)
    assert stairs is not None
    form, moved = move_constant(Form({}, constant, stairs.base), stairs)
    assert form.constant == 0 and form.bos is not None
    assert (computed(moved, numbers - constant) == computed(stairs, numbers)).all()
    assert not computed(moved, np.array([form.bos])).any()


def test_the_margin_is_all_there_is() -> None:
    numbers = np.arange(40.0)
    stairs = waves_for(numbers, numbers[:, None] % 2, 20)
    assert stairs is not None and stairs.units == 2
    assert (computed(stairs, numbers + 0.51)[:, 0] != numbers % 2).any()


@pytest.mark.parametrize(
    "values",
    [[0, 1, 0, 2, 0, 1], [0, 1, 0, 1, 1, 0], [0, 3, 0, 3, 0, 3]],
    ids=["heights", "gaps", "no power of two"],
)
def test_what_is_no_wave(values: list[int]) -> None:
    assert waves_for(np.arange(6.0), np.array(values, float)[:, None], 0) is None


@pytest.mark.parametrize(("period", "found"), [(512, True), (901, False)])
def test_large_numbers_are_not_divided_by_what_rounds(period: int, found: bool) -> None:
    """Powers of two divide without error."""
    numbers = np.arange(2.0**19, 2.0**19 + 3 * period)
    assert (waves_for(numbers, numbers[:, None] // period % 2, 0) is not None) == found


def test_numbers_with_gaps_are_none() -> None:
    numbers = np.array([0.0, 1.0, 3.0, 4.0])
    assert waves_for(numbers, numbers[:, None] % 2, 0) is None


@pytest.mark.parametrize("attention", ["full", "causal"])
@pytest.mark.parametrize("text", [f"{COUNTS} % 2", f"{COUNTS} % 8 > 3", f"select(indices, {COUNTS} - 1, ==)"])
def test_models_with_waves_are_right(text: str, attention: Attention) -> None:
    text = f"aggregate({text}, tokens)" if text.startswith("select(") else text
    options = CompileOptions(tuple("ab"), 60, attention)
    model = compile_program(load_program(Source("<test>", "")), {"out": text}, options)
    blocks = [lookup for layer in model.plan.layers for lookup in layer.lookups]
    assert all(block.one is not None for block in blocks if block.stairs.units > 8)
    assert_right(model, 400)
