"""What an output's logits round, in float64 or float32: a sum of products for each class, and their comparison."""

import numpy as np

from compiler.blocks.block import Readout
from compiler.blocks.form import Vector
from compiler.numerics.dtypes import FLOAT32
from compiler.numerics.rounding import find_grain, find_middle


def bound_logit_noise(readout: Readout, size: float, grain: float, terms: int, unit: float) -> float:
    """How far that moves the number that is read, of at most `size`, towards the boundary between two classes.

    `grain`: what the products with the form's weights are multiples of (0: unknown); `terms`: how many there are; `unit`:
    relative rounding of the sums. Logits of centers c and d differ by 2·(c - d) times the number's distance from their
    middle, so an error of both counts the more the closer they are. Where the number itself is read, and logits are made of
    it, they round less: its error is that of all of them, and counts as much as in the logits of 0 and any center. Where
    centers are described (`compiler/fraction_set.py`), nothing else rounds: what is nearest to it is found exactly.
    """
    size += max(abs(form.constant) for form in readout.forms)
    if readout.described:
        return (terms + 2) * unit * size
    if readout.hot:
        return (terms + 2) * unit * size
    centers = np.unique(readout.centers)
    middle = find_middle(readout.centers) if unit == FLOAT32.unit else 0.0
    totals = 2 * size * np.abs(centers - middle) + np.abs(centers**2 - middle**2)
    total = float(totals.max(initial=0.0))
    grid = find_grain(centers)
    whole = grid * min(grid, grain, find_grain(np.array([readout.form.constant])))
    if whole and total / whole <= 1 / unit:
        return 0.0
    # Each product and its weight are rounded, the weights twice; each addition; the bias three times.
    return bound_pairs(centers, (terms + 6) * unit * totals)


def bound_pairs(centers: Vector, off: Vector) -> float:
    """The same, from what the logit of each of ascending centers is off: where two are farther apart than the closest two,
    their boundary is farther away."""
    worst, closest = 0.0, float(np.diff(centers).min(initial=np.inf))
    for step in range(1, len(centers)):
        apart = centers[step:] - centers[:-step]
        spare = (apart - closest) / 2
        if float(off.max()) / float(apart.min()) - float(spare.min()) <= worst:
            break
        worst = max(worst, float(((off[step:] + off[:-step]) / (2 * apart) - spare).max()))
    return worst
