"""Weights in another basis of the residual: what writes is turned, what reads is turned back, all else stays."""

from dataclasses import replace

import numpy as np

from compiler.emit.weights import Array, Weights

WRITERS = ("tokens", "positions", "output", "down")
READERS = ("query", "key", "value", "up", "weight")


def rotate_weights(weights: Weights, directions: Array) -> Weights:
    """The same model with column c of its residual along `directions[c]`, shape (column, new column)."""
    arrays: dict[str, Array] = {}
    for name, array in weights.arrays.items():
        match name.rsplit(".", 1)[-1]:
            case part if part in WRITERS:
                arrays[name] = turn_rows(array, directions)
            case part if part in READERS:
                arrays[name] = turn_rows(array.T, directions).T.copy()
            case _:
                arrays[name] = array
    return Weights(replace(weights.config, d_model=directions.shape[1]), arrays)


def turn_rows(rows: Array, directions: Array) -> Array:
    """Rows (·, column) along the directions (column, new column). Sums are in one order on every machine."""
    found = np.zeros((len(rows), directions.shape[1]))
    for column, direction in enumerate(directions):
        found += rows[:, column, None] * direction
    return found
