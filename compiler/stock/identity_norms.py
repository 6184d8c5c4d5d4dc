"""Norms that change nothing: how far the residual is scaled down, what keeps its mean at 0, and the gains that undo a norm.

What makes that exact enough is in `compiler/stock/uniform.py`; what is left of it the audit bounds
(`compiler/audit/norms.py`).
"""

import math

import numpy as np

from compiler.emit.rotate import READERS, WRITERS
from compiler.emit.weights import Array, Weights
from compiler.targets.target import TargetModel
from compiler.targets.uniform_shape import ZEROS, UniformShape


def choose_shrinkage(reach: float, eps: float) -> int:
    """s: with the residual times 2^-s its variance is below eps·2^-26, a quarter of a rounding of the norm's."""
    return math.ceil((27 + 2 * math.log2(reach + 1) - math.log2(eps)) / 2)


def store_smaller(weights: Weights, scales: Array | None) -> Weights:
    """The same model with columns of the residual that are powers of two smaller: what writes them is, and what reads them
    is larger."""
    if scales is None or (scales == 1).all():
        return weights
    arrays: dict[str, Array] = {}
    for name, array in weights.arrays.items():
        match name.rsplit(".", 1)[-1]:
            case part if part in WRITERS:
                arrays[name] = array / scales
            case part if part in READERS:
                arrays[name] = array * scales[:, None]
            case _:
                arrays[name] = array
    return Weights(weights.config, arrays)


def make_norms(target: TargetModel, shape: UniformShape, gain: float, one: int) -> dict[str, np.ndarray]:
    """The gains that undo a norm, and the bias of the last that makes a 1 of the column `one`."""
    gains = np.full(shape.hidden, gain, np.float32)
    if not target.biased:
        return {"gain": gains}
    made = np.arange(shape.hidden) == one
    return {
        "gain": gains,
        "last_gain": np.where(made, np.float32(0.0), gains),
        "last_bias": made.astype(np.float32),
    }


def balance_writes(rows: np.ndarray, balance: int | None) -> np.ndarray:
    """Rows over uniform columns, each made to sum up to 0 by its balance column, if there is one."""
    if balance is not None:
        rows[:, balance] = 0
        rows[:, balance] = -rows.astype(np.float64).sum(axis=1)
    return rows


def balance_reads(columns: np.ndarray, zeros: int = ZEROS) -> np.ndarray:
    """Weights over uniform columns, each column of them made to sum up to 0 by the weight of the zeros."""
    columns[zeros] = 0
    columns[zeros] = -columns.astype(np.float64).sum(axis=0)
    return columns
