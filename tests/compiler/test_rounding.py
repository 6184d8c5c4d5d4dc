"""Counts that an MLP rounds to whole numbers: exact in float32, and what that makes compilable."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch

from compiler.audit.bounds import Auditor
from compiler.blocks.form import Variable
from compiler.blocks.staircase import build_rounding, evaluate_staircase
from compiler.numerics.count_precision import Precision
from compiler.numerics.dtypes import FLOAT32
from compiler.options import CompileOptions
from compiler.pipeline import Compiled, compile_program
from compiler.reading.building_style import Style
from compiler.targets.rounding_in_transformers import NORMED, PLAIN
from compiler.transformer.exact_decoder import ExactDecoder
from compiler.transformer.record_activations import record_activations
from rasp.elaborate.program import load_program
from rasp.source import Source
from tests.lower_in_style import lower_in_style
from tests.places import PROGRAMS
from tests.right import assert_right

MEAN_OF_TABLES = """
scaled = (length - 3) * tokens_int;
answer = aggregate(select(scaled, scaled, <), scaled % 3, 7);
"""
# name: program, expression, vocabulary, length, attention
CASES = {
    "mean of look-ups": (MEAN_OF_TABLES, "answer", (-1, 0, 2), 6, "full"),
    "median": ("sorting/median", "median", tuple("0123456789"), 9, "causal"),
    "counts of counts": ("counting/double_histogram", "double_histogram", tuple("abcdefghij"), 80, "full"),
}


def compiled(name: str) -> Compiled:
    program, expression, vocabulary, length, attention = CASES[name]
    path = PROGRAMS / f"{program}.rasp"
    text = path.read_text(encoding="utf-8") if "\n" not in program else program
    if expression == "median":
        vocabulary = tuple(map(int, vocabulary))
    options = CompileOptions(vocabulary, length, attention)
    sturdy = compile_program(load_program(Source("test", text)), {"out": expression}, options)
    model = lower_in_style(sturdy, Style(exact=True))
    assert not model.bounds.unsafe
    return model


def rounded(model: Compiled) -> list[Variable]:
    return [lookup.variable for layer in model.plan.layers for lookup in layer.lookups if lookup.stairs.grid]


@pytest.mark.parametrize("grid", [1.0, 0.25, 2.0])
def test_float32_rounds_to_the_grid(grid: float) -> None:
    numbers = np.arange(-3, 90) * grid
    stairs = build_rounding(numbers, FLOAT32)
    noise = np.random.default_rng(0).uniform(-0.49, 0.49, numbers.shape) * grid
    z, slopes, offsets = (
        torch.tensor(x, dtype=torch.float32) for x in (numbers + noise, stairs.slopes, stairs.offsets)
    )
    heights = torch.tensor(stairs.heights, dtype=torch.float32)
    answer = torch.relu(z[:, None] @ slopes[None] + offsets) @ heights
    assert answer[:, 0].tolist() == numbers.tolist()
    assert np.allclose(evaluate_staircase(stairs, numbers)[:, 0], numbers)


@pytest.mark.parametrize("name", CASES)
def test_exact_counts_are_right(name: str) -> None:
    model = compiled(name)
    assert_right(model, 600)


@pytest.mark.parametrize("name", CASES)
def test_a_rounded_count_has_two_units_and_no_error(name: str) -> None:
    model = compiled(name)
    assert rounded(model)
    for layer in model.plan.layers:
        for lookup in layer.lookups:
            if lookup.stairs.grid:
                assert lookup.stairs.units == 2
                assert model.bounds.columns[model.layout.numbers[lookup.variable, 0]] == 0
    ids = torch.tensor([[len(model.options.vocabulary), *[0] * model.options.max_length]])
    halves = record_activations(ExactDecoder(model.weights), ids).residuals
    for number, layer in enumerate(model.plan.layers):
        for lookup in layer.lookups:
            if lookup.stairs.grid:
                place = model.layout.places[model.layout.numbers[lookup.variable, 0]]
                held = halves[2 * number + 2][..., place]
                assert (held == held.round()).all()


def test_sturdy_programs_do_without() -> None:
    text = (PROGRAMS / "sorting/sort.rasp").read_text(encoding="utf-8")
    options = CompileOptions(tuple("abc"), 8)
    assert not rounded(compile_program(load_program(Source("sort", text)), {"out": "sorted_tokens"}, options))


@pytest.mark.parametrize("grid", [1.0, 0.25, 2.0])
def test_what_is_rounded_is_on_the_grid_and_nothing_finer(grid: float) -> None:
    """As the audit has it."""
    model = compiled("mean of look-ups")
    block = next(t for layer in model.plan.layers for t in layer.lookups if t.stairs.grid)
    auditor = Auditor(model.plan, model.layout, Precision(model.options.max_length), PLAIN)
    stairs = build_rounding(np.arange(9) * grid, FLOAT32)
    auditor.keep_rounded(replace(block, stairs=stairs), grid / 2, 0.0)
    assert auditor.grains[model.layout.numbers[block.variable, 0]] == grid
    assert auditor.decisions[-1].margin == stairs.margin


@pytest.mark.parametrize("height", [0.25, 1.0, 8.0])
def test_what_rounds_is_as_large_as_the_products_that_it_is_made_of(height: float) -> None:
    """The norm's part of the audit is told of both units, as large as the anchor, times their height."""
    model = compiled("mean of look-ups")
    block = next(t for layer in model.plan.layers for t in layer.lookups if t.stairs.grid)
    auditor = Auditor(model.plan, model.layout, Precision(model.options.max_length), NORMED)
    numbers = np.arange(9.0)
    stairs = build_rounding(numbers, FLOAT32)
    stairs = replace(stairs, heights=height * stairs.heights)
    auditor.keep_rounded(replace(block, stairs=stairs), stairs.margin, 0.0)
    units = np.maximum(numbers[:, None] * stairs.slopes + stairs.offsets, 0)
    weights = [Fraction(weight) for weight in np.abs(stairs.heights[:, 0]).tolist()]
    sums = [
        sum(Fraction(unit) * weight for unit, weight in zip(row, weights, strict=True))
        for row in units.tolist()
    ]
    exact = max(sums) / Fraction(float(auditor.scales[model.layout.numbers[block.variable, 0]]))
    # An anchor is so large that the numbers beside it are nothing.
    assert 1 - 2**-20 < Fraction(auditor.norm.products) / exact < 1 + 2**-20
    assert auditor.norm.longest == len(weights)
