"""What float64 rounds in the logits of an output: a sum of products for each class, and their comparison."""

import numpy as np

from compiler.blocks.block import Readout
from compiler.numerics.rounding import find_grain

FINE = 2.0**53
"""Whole numbers up to this are exact in float64; a rounding is off by at most a share of 1/FINE."""


def bound_logit_noise(readout: Readout, size: float, grain: float, terms: int) -> float:
    """How far that moves the number that is read, of at most `size`, towards the boundary between two classes.

    `grain`: what the products with the form's weights are multiples of (0: unknown); `terms`: how many there are. Logits
    of centers c and d differ by 2·(c - d) times the number's distance from their middle, so an error of both counts the
    more the closer they are.
    """
    size += max(abs(form.constant) for form in readout.forms)
    if readout.hot:
        return (terms + 2) / FINE * size
    centers = readout.centers
    largest, apart = np.abs(centers).max(initial=0.0), np.diff(np.unique(centers)).min(initial=np.inf)
    total = float(2 * size * largest + largest**2)
    unit = find_grain(centers)
    whole = unit * min(unit, grain, find_grain(np.array([readout.form.constant])))
    if whole and total / whole <= FINE:
        return 0.0
    # Each product and its weight are rounded, the weights twice; each addition; the bias three times.
    return (terms + 6) / FINE * total / float(apart)
