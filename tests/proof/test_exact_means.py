"""The mean that norms take out of a residual that goes through them is no larger than said, where none balances it."""

from fractions import Fraction

import numpy as np
import pytest

from compiler.audit.norms import MEAN_ROUNDINGS, NormReading
from compiler.numerics.dtypes import FLOAT32
from compiler.targets.rounding_in_transformers import DRIFTING, NORMED_AFTER, Noise

WIDTH = 64
#: What each half-layer writes to a column of its own, and what it clears.
HALF_LAYERS = {
    "writes": [(1.0, 0.0), (5.0, 0.0), (0.25, 0.0)],
    "clears": [(8.0, 0.0), (0.0, 8.0), (0.0, 2.0)],
    "both": [(8.0, 3.0), (3.0, 8.0), (1.0, 2.0**12)],
    "large": [(2.0**20, 0.0), (1.0, 2.0**20)],
}


@pytest.mark.parametrize("noise", [NORMED_AFTER, DRIFTING])
@pytest.mark.parametrize("name", HALF_LAYERS)
def test_a_mean_is_as_large_as_all_that_moved_and_what_rounded(name: str, noise: Noise) -> None:
    """The mean moves by what is written and what goes, over the width, as fractions have it; and a mean of numbers rounds
    in proportion to all that stands there: columns, and in each of them the mean of before."""
    norm = NormReading(noise, WIDTH, FLOAT32, balanced=False)
    mean, size, rounding = Fraction(0), Fraction(0), Fraction(MEAN_ROUNDINGS * FLOAT32.unit)
    for written, cleared in HALF_LAYERS[name]:
        if written:
            norm.note_column(written)
        if cleared:
            norm.note_clearing(cleared, 1)
        norm.end_half_layer()
        moved = Fraction(written) + Fraction(cleared)
        size += Fraction(written)
        mean += moved / WIDTH + rounding * (size + WIDTH * mean)
        assert mean <= Fraction(norm.mean) <= mean * (1 + Fraction(1, 2**10))


def test_running_means_of_a_residual_are_no_larger_than_said() -> None:
    """Columns that are written once, as far to one side as they may be, in float32: the means taken away so far."""
    norm, residual, taken = (
        NormReading(NORMED_AFTER, WIDTH, FLOAT32, balanced=False),
        np.zeros(WIDTH, np.float32),
        0.0,
    )
    for column in range(12):
        residual[column] += np.float32(1 + column / 7)
        norm.note_column(1 + column / 7)
        norm.end_half_layer()
        mean = np.float32(0)
        for k, number in enumerate(residual, 1):
            mean += (number - mean) / np.float32(k)
        residual -= mean
        taken += float(mean)
        assert taken <= norm.mean <= 1.01 * taken
