"""Waves against exact fractions: how far off a unit is before it rounds, and that rounding takes all of that away."""

from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from compiler.audit.lookup_errors import bound_wave_error
from compiler.blocks.staircase import Runs, Staircase, Tolerance
from compiler.blocks.waves import CARRIER, build_waves
from compiler.numerics.dtypes import ARITHMETICS, FLOAT32, Arithmetic
from compiler.numerics.rounding import Reading
from compiler.options import Dtype
from tests.kept import check_row
from tests.proof.any_order import Order, Single, orders, product

Numbers = NDArray[np.float64]
LOOSE = 12.0
"""How far a bound is at most above the largest error found: products with powers of two are said to round, too."""


def waves_over(numbers: Numbers, period: int, arithmetic: Arithmetic) -> Staircase:
    """For a quotient, a binary digit if the period is even, and a middle digit, 0 at the middle number."""
    whole = np.round(numbers / (numbers[1] - numbers[0]))
    values = np.stack([whole // period, (whole - 3) % period >= (period + 1) // 2], axis=1).astype(float)
    values = values[:, : 1 if period == 1 else 2]
    middle = len(numbers) // 2
    runs = Runs(numbers, numbers, np.arange(len(numbers)))
    found = build_waves(runs, values - values[middle], middle, Tolerance(arithmetic=arithmetic))
    assert found is not None
    return found


def before_rounding(stairs: Staircase, parts: Numbers, order: Order, dtype: Dtype) -> Single:
    """What units of (point, term) have added up when the bias comes, with 1 as a term that the shifts weigh."""
    assert stairs.shifts is not None
    terms = np.append(parts, np.ones((len(parts), 1)), axis=1)
    weights = np.append(np.tile(stairs.slopes, (parts.shape[1], 1)), stairs.shifts[None], axis=0)
    return product(terms, weights, order, dtype)


def split(numbers: Numbers, terms: int, size: float) -> Numbers:
    """Each as a sum of so many float32 numbers, (point, term), which are that large."""
    rng = np.random.default_rng(terms)
    parts = rng.uniform(0.5, 1, (len(numbers), terms)) * rng.choice([-1, 1], (len(numbers), terms)) * size
    parts = parts.astype(np.float32).astype(float)
    parts[:, -1] = (numbers - parts[:, :-1].sum(axis=1)).astype(np.float32)
    return parts


#: Numbers, the period, in how many terms they come, and how large these are. Where slopes are powers of two all is exact.
SUMS = {
    "a count": (np.arange(200.0), 2, 1, 0.0),
    "a third": (np.arange(-100.0, 100.0), 3, 1, 0.0),
    "an eighth of a sum": (np.arange(300.0), 8, 4, 900.0),
    "a seventh of a large sum": (np.arange(300.0), 7, 6, 5000.0),
    "a rounded sum of halves": (np.arange(1000.0, 1300.0) / 2, 1, 5, 100.0),
}


@pytest.mark.parametrize("name", SUMS)
@pytest.mark.parametrize("arithmetic", ARITHMETICS.values(), ids=list(ARITHMETICS))
def test_units_are_off_by_no_more_than_said(name: str, arithmetic: Arithmetic) -> None:
    numbers, period, terms, large = SUMS[name]
    stairs = waves_over(numbers, period, arithmetic)
    parts = split(numbers, terms, large) if terms > 1 else numbers[:, None]
    off = float(np.abs(parts.sum(axis=1) - numbers).max())
    reading = Reading(off, float(np.abs(parts).sum(axis=1).max()), 0.0, terms=terms)
    bound = bound_wave_error(stairs, reading, Reading(0.0, 1.0, 1.0), arithmetic)
    rounds = np.flatnonzero(stairs.slopes)
    assert stairs.shifts is not None
    worst = Fraction(0)
    for order in orders(4):
        found = before_rounding(stairs, parts, order, arithmetic.name)
        for unit in rounds.tolist():
            slope, shift = Fraction(float(stairs.slopes[unit])), Fraction(float(stairs.shifts[unit]))
            exact = [Fraction(float(z)) * slope + shift for z in numbers]
            far = max(abs(Fraction(float(a)) - b) for a, b in zip(found[:, unit], exact, strict=True))
            worst = max(worst, far / slope)
    assert worst <= bound < stairs.margin
    if arithmetic is not FLOAT32:  # described as coarser than it is
        return
    check_row("tables", f"waves, {name}", f"{bound:.3g}")
    assert bound <= LOOSE * worst or not worst
    assert bool(worst) == (name != "a count")


@pytest.mark.parametrize("share, right", [(0.99, True), (-0.99, True), (1.03, False), (-1.03, False)])
@pytest.mark.parametrize("period", [1, 2, 3, 8, 64])
@pytest.mark.parametrize("arithmetic", ARITHMETICS.values(), ids=list(ARITHMETICS))
def test_rounding_takes_it_all_away(
    period: int, share: float, arithmetic: Arithmetic, *, right: bool
) -> None:
    """Beside the carrier: the nearest whole number, up to the margin and, somewhere, no further."""
    numbers = np.arange(-70.0, 230.0)
    stairs = waves_over(numbers, period, arithmetic)
    wanted = waves_values(stairs, numbers, arithmetic)
    found = np.array(
        [outputs(stairs, numbers + share * stairs.margin, order, arithmetic.name) for order in orders(2)]
    )
    assert (found == wanted).all() == right


def waves_values(stairs: Staircase, numbers: Numbers, arithmetic: Arithmetic) -> Numbers:
    """In fractions, with the carrier taken away before anything could round."""
    assert stairs.shifts is not None
    rows: list[list[float]] = []
    for z in numbers:
        hidden = [
            round(Fraction(z) * Fraction(a) + Fraction(b)) + Fraction(c - CARRIER * arithmetic.anchor)
            for a, b, c in zip(stairs.slopes, stairs.shifts, stairs.offsets, strict=True)
        ]
        rows.append(
            [
                float(sum(h * Fraction(w) for h, w in zip(hidden, column, strict=True)))
                for column in stairs.heights.T
            ]
        )
    return np.array(rows)


def outputs(stairs: Staircase, numbers: Numbers, order: Order, dtype: Dtype) -> Single:
    """In a dtype, the bias last."""
    hidden = before_rounding(stairs, numbers[:, None], order, dtype) + stairs.offsets.astype(dtype)
    return product(np.maximum(hidden, 0), stairs.heights, order, dtype)
