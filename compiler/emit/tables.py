"""How far float32 carries the outputs of a table from its steps and bends: what its units round, and what they pass on."""

import math

import numpy as np
from numpy.typing import NDArray

from compiler.emit.precision import UNIT
from compiler.emit.rounding import MANTISSA, POINTS, Reading, grain_of, is_binary, steepest
from compiler.lower.staircase import Staircase


def table_errors(
    stairs: Staircase, reading: Reading
) -> tuple[NDArray[np.float64], list[tuple[float, float]]]:
    """Error bound of every feature at points all over z, shape (points, features), for z read like this; and how large the
    products are that each feature is a sum of, and what they are multiples of (0: not exact)."""
    points = np.linspace(stairs.low, stairs.high, POINTS)
    hidden = np.maximum(np.outer(points, stairs.slopes) + stairs.offsets, 0.0)  # (points, units)
    reach = max(abs(stairs.low), abs(stairs.high))
    # Before the ReLU: the product with the slope (unless that is a power of two) and the sum with the offset.
    units = UNIT * (
        hidden + (hidden > 0) * (0.0 if is_binary(stairs.slopes) else 2.0) * np.abs(stairs.slopes) * reach
    )
    heights = np.abs(stairs.heights)
    totals = hidden @ heights  # (points, features)
    additions = np.maximum((hidden > 0).astype(float) @ (heights > 0) - 1, 0.0)
    additions = additions + np.array([0.0 if is_binary(column) else 2.0 for column in stairs.heights.T])
    passed = np.array([passed_on(stairs, k) * reading.error for k in range(heights.shape[1])])
    profile = units @ heights + additions * UNIT * totals + passed
    grain = min(reading.grain * grain_of(stairs.slopes), grain_of(stairs.offsets))
    sums: list[tuple[float, float]] = []
    for k in range(heights.shape[1]):
        fine = grain * grain_of(stairs.heights[:, k])
        largest = max(float(totals[:, k].max()), float(np.abs(stairs.slopes).max(initial=0.0)) * reach)
        if reading.grain and fine and largest / fine <= MANTISSA:
            profile[:, k] = passed[k]
        sums.append((largest, fine if reading.grain else 0.0))
    return profile, sums


def passed_on(stairs: Staircase, feature: int) -> float:
    """How much of an error of z a feature shows: none past steps, at most its slope where it bends."""
    return 0.0 if math.isfinite(stairs.margin) else steepest(stairs.slopes, stairs.heights[:, feature])
