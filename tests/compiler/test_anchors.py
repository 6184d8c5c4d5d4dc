"""Whole numbers that an anchor rounds: exact in any order of addition, and what that makes compilable."""

from dataclasses import replace

import numpy as np
import pytest

from compiler.audit.anchors import bound_anchored_reading
from compiler.audit.bounds import Auditor, audit_plan
from compiler.numerics.count_precision import ANCHORED_MARGIN, Precision
from compiler.numerics.dtypes import ARITHMETICS, FLOAT32, Arithmetic
from compiler.options import CompileOptions
from compiler.pipeline import Compiled, compile_program
from compiler.plan.layout import drop_constant, weigh_form
from compiler.targets.rounding_in_transformers import PLAIN
from rasp.elaborate.program import load_program
from rasp.source import Source
from tests.places import PROGRAMS
from tests.right import assert_right

COUNTING = PROGRAMS / "counting"
SECOND = """
so_far = selector_width(select(tokens, tokens, ==) and select(indices, indices, <=));
second = select(so_far, 2, ==) and select(tokens, tokens, ==);
"""
DIGITS = (0, 1, 2)
# name: program, expression, vocabulary, length, attention; none of them holds as a sum that passes errors on, or in waves
CASES = {
    "mean of what a count selects": (SECOND, "aggregate(second, indices, -1)", tuple("abcxyz"), 7, "full"),
    "one share for each pair of counts": ("", "selector_width(select(tokens, tokens, ==)) / length", "abc", 21, "full"),
    "three counts": ((COUNTING / "variance.rasp").read_text(), "variance", DIGITS, 15, "causal"),
}  # fmt: skip


#: Products of steep units round, whatever they read; the whole numbers that they write are told apart all the same.
STEEP = {"one share for each pair of counts"}


def compiled(name: str) -> Compiled:
    text, expression, vocabulary, length, attention = CASES[name]
    options = CompileOptions(tuple(vocabulary), length, attention)
    return compile_program(load_program(Source("test", text)), {"out": expression}, options)


def added_in_any_order(terms: np.ndarray, rng: np.random.Generator) -> np.floating:
    """A sum along a random tree."""
    left = list(terms)
    while len(left) > 1:
        one, other = (left.pop(int(rng.integers(len(left)))) for _ in range(2))
        left.append(one + other)
    return left[0]


@pytest.mark.parametrize("grain", [1.0, 0.25, 8.0])
@pytest.mark.parametrize("far", [(0.0, 1.0), (0.0, 7.0), (0.5, 0.0), (1.0, -1.0)])
@pytest.mark.parametrize("arithmetic", ARITHMETICS.values(), ids=list(ARITHMETICS))
def test_an_anchor_holds_what_it_rounds_and_nothing_finer(
    grain: float, far: tuple[float, float], arithmetic: Arithmetic
) -> None:
    """As far above the anchor and below it as sums may be: multiples of the grain are there, and what is off by less than
    the margin becomes one."""
    away, stored = far[0] * arithmetic.anchored_reach + far[1], np.dtype(arithmetic.name).type
    for whole in (arithmetic.anchor + away, arithmetic.anchor - away):
        assert float(stored(whole * grain)) == whole * grain
        for off in (0.99 * ANCHORED_MARGIN, -0.99 * ANCHORED_MARGIN):
            assert float(stored(whole * grain) + stored(off * grain)) == whole * grain


@pytest.mark.parametrize("grain", [1.0, 0.25, 8.0])
@pytest.mark.parametrize("arithmetic", ARITHMETICS.values(), ids=list(ARITHMETICS))
def test_an_anchor_rounds_in_any_order(grain: float, arithmetic: Arithmetic) -> None:
    rng, reach = np.random.default_rng(0), arithmetic.anchored_reach
    stored = np.dtype(arithmetic.name).type
    for _ in range(300):
        whole = rng.integers(-reach / 8, reach / 8, 6) * grain
        noise = rng.uniform(-1, 1, 6) * 0.9 * ANCHORED_MARGIN * grain / 6
        small = np.abs(whole) < reach / 64 * grain  # the noise of large terms would be below their last digit
        terms = np.append(whole + noise * small, arithmetic.anchor * grain)
        total = added_in_any_order(terms.astype(arithmetic.name), rng)
        assert total - stored(arithmetic.anchor * grain) == whole.sum()


@pytest.mark.parametrize("name", CASES)
def test_anchored_tables_are_exact(name: str) -> None:
    model = compiled(name)
    anchored = [lookup for layer in model.plan.layers for lookup in layer.lookups if lookup.grain]
    assert anchored
    for lookup in anchored:
        features = range(len(model.layout.blocks.features[lookup.variable].basis))
        columns = [model.layout.numbers[lookup.variable, k] for k in features]
        errors = model.bounds.columns[columns]
        assert not errors.any() or (name in STEEP and (errors < 0.5).all())
    assert_right(model, 600)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("factor", [2.0**-12, 2.0])
def test_the_wrong_grain_is_refused(name: str, factor: float) -> None:
    """Too coarse, and numbers are rounded to others; too fine, and their errors stay."""
    model = compiled(name)
    layers = tuple(
        replace(layer, lookups=tuple(replace(t, grain=t.grain * factor) for t in layer.lookups))
        for layer in model.plan.layers
    )
    plan = replace(model.plan, layers=layers)
    assert audit_plan(plan, model.layout, Precision(model.options.max_length)).unsafe


@pytest.mark.parametrize("name", CASES)
def test_what_an_anchor_cannot_round_has_no_bound(name: str) -> None:
    """The anchor itself is exact, all of the sum stays where float32 is as fine as half a grain, and no finer."""
    model = compiled(name)
    auditor = Auditor(model.plan, model.layout, Precision(model.options.max_length), PLAIN)
    auditor.run()
    (block, *_) = [lookup for layer in model.plan.layers for lookup in layer.lookups if lookup.grain]
    error, reading = bound_anchored_reading(block, model.layout, auditor.errors, auditor.size_of, FLOAT32)
    assert 0 < error < ANCHORED_MARGIN * block.grain and reading.error == 0 and reading.grain == block.grain
    used = np.flatnonzero(weigh_form(drop_constant(block.form), model.layout))
    held_exactly = [k for k in used if not auditor.errors[k]]
    refused = 0
    for column in held_exactly:
        errors = auditor.errors.copy()
        errors[column] = 1e-12
        more, _ = bound_anchored_reading(block, model.layout, errors, auditor.size_of, FLOAT32)
        assert more >= error
        refused += np.isinf(more)
    assert refused == 1, "the column that holds the anchor, and no other"
    doubled, _ = bound_anchored_reading(block, model.layout, 2 * auditor.errors, auditor.size_of, FLOAT32)
    assert error < doubled <= 2 * error
    for share, holds in ((0.5, True), (1.0, False)):
        size = share * FLOAT32.anchored_reach * block.grain
        far, _ = bound_anchored_reading(
            block, model.layout, auditor.errors, lambda _, size=size: size, FLOAT32
        )
        assert np.isfinite(far) == holds
