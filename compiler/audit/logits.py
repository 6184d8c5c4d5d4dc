"""What an output's logits round, in float64 or float32: a sum of products for each class, and their comparison."""

import numpy as np

from compiler.blocks.block import Readout
from compiler.numerics.precision import UNIT
from compiler.numerics.rounding import find_grain, find_middle


def bound_logit_noise(readout: Readout, size: float, grain: float, terms: int, unit: float) -> float:
    """How far that moves the number that is read, of at most `size`, towards the boundary between two classes.

    `grain`: what the products with the form's weights are multiples of (0: unknown); `terms`: how many there are; `unit`:
    relative rounding of the sums. Logits of centers c and d differ by 2·(c - d) times the number's distance from their
    middle, so an error of both counts the more the closer they are.
    """
    size += max(abs(form.constant) for form in readout.forms)
    if readout.hot:
        return (terms + 2) * unit * size
    centers = readout.centers
    middle = find_middle(centers) if unit == UNIT else 0.0
    largest, apart = (
        np.abs(centers - middle).max(initial=0.0),
        np.diff(np.unique(centers)).min(initial=np.inf),
    )
    bias = np.abs(centers**2 - middle**2).max(initial=0.0)
    total = float(2 * size * largest + bias)
    grid = find_grain(centers)
    whole = grid * min(grid, grain, find_grain(np.array([readout.form.constant])))
    if whole and total / whole <= 1 / unit:
        return 0.0
    # Each product and its weight are rounded, the weights twice; each addition; the bias three times.
    return (terms + 6) * unit * total / float(apart)
