"""Fewest columns for many features: a subset of the requested vectors from which the others follow exactly."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from compiler.lower.form import Vector

SOLVED = 32
"""Combinations of the first so many basis vectors are looked for; of the others, only multiples."""
GRAIN = 2.0**-10
"""Coefficients have to be multiples of this: then a combination of exact columns is exact in float32."""
TIGHT = 1e-10


def choose_basis(vectors: Sequence[Vector]) -> list[Vector]:
    """The vectors to keep, sparse ones first; every other requested vector is `express`-ible in them."""
    basis: list[Vector] = []
    for vector in sorted(vectors, key=lambda v: (int(np.count_nonzero(v)), float(np.abs(v).max(initial=0.0)))):
        if np.any(vector) and express(vector, basis) is None:
            basis.append(vector)
    return basis


def express(vector: Vector, basis: Sequence[Vector]) -> Vector | None:
    """Coefficients with `vector = coefficients @ basis`, exactly; None when there are none."""
    coefficients = np.zeros(len(basis))
    if not np.any(vector):
        return coefficients
    pivot = int(np.argmax(np.abs(vector)))
    for k, candidate in enumerate(basis):
        if candidate[pivot]:
            ratio = vector[pivot] / candidate[pivot]
            if np.array_equal(ratio * candidate, vector):
                coefficients[k] = ratio
                return coefficients
    # A vector that was dropped follows from the vectors chosen before it; those chosen later may depend on them off
    # the grid, so that the full basis has other solutions.
    for size in range(min(len(basis), SOLVED), 0, -1):
        found = combination(vector, np.array(basis[:size]))
        if found is not None:
            coefficients[:size] = found
            return coefficients
    return None


def combination(vector: Vector, basis: NDArray[np.float64]) -> Vector | None:
    """A combination with coefficients on the grid."""
    solution = np.linalg.lstsq(basis.T, vector, rcond=None)[0]
    solution = np.round(solution / GRAIN) * GRAIN
    if np.abs(solution @ basis - vector).max() > TIGHT * max(1.0, float(np.abs(vector).max())):
        return None
    return solution
