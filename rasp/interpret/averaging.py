"""What `aggregate` returns: the mean, the one value, or the default, for each query of a batch.

A mean is `float(sum) / count` with the sum taken in position order, as Python adds: integers exactly, from
the first float on with rounding after each addition. Values whose sum has no rounding at all (whole
multiples of a power of two, not too large) may be added in any order, and most are such.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rasp.interpret import by_cell, counting
from rasp.interpret.atom_array import (
    BOOL,
    EXACT,
    FLOAT,
    INT,
    STRING,
    Array,
    AtomArray,
    build_constant,
    choose_elements,
    find_kinds,
    list_objects,
    pack_atoms,
)
from rasp.interpret.counting import Sum
from rasp.interpret.selection import BatchShape, Selection
from rasp.values import Atom

#: Powers of two tried as the common unit of a column of floats.
SCALES = (0, 12, 30)


@dataclass(frozen=True, eq=False)
class Chosen:
    """A selector ready to be read.

    `parts` are its ranges if it has such a form; `count` says how many keys each query selects, and `only`
    which one (0 where it is not exactly one).
    """

    selection: Selection
    parts: Sum | None
    count: Array
    only: Array


def choose_keys(selection: Selection, parts: Sum | None, sizes: BatchShape) -> Chosen:
    """Count the selected keys, and find the selected one where there is only one."""
    if parts is None:
        count, only = by_cell.count_and_first(selection, sizes)
    else:
        count = counting.sum_weights(parts, None, sizes)
        only = counting.sum_weights(parts, np.arange(sizes.length, dtype=np.float64)[None, :], sizes)
    return Chosen(selection, parts, count, np.where(count == 1, only, 0))


def average_selected(chosen: Chosen, values: AtomArray, default: Atom, sizes: BatchShape) -> AtomArray:
    """Each query's value; `failed` marks means that are too large. Means of strings are arbitrary numbers."""
    count = chosen.count
    result = picked(values, chosen.only, sizes)
    if (count == 0).any():
        result = choose_elements(count == 0, build_constant(default, sizes.shape), result)
    several = count > 1
    if not several.any():
        return result
    mean, failed = means(chosen, values, sizes)
    result = choose_elements(several, AtomArray(mean), result)
    failed = failed & several
    return AtomArray(result.data, failed if failed.any() else None, "", result.kinds)


def picked(values: AtomArray, only: Array, sizes: BatchShape) -> AtomArray:
    """The value at position `only`, for each query."""
    if values.shape[1] == 1:
        return values.broadcast(sizes.shape)
    if values.shape[0] == 1:
        return values.indexed(lambda array: array[0][only])
    rows = np.arange(sizes.batch)[:, None]
    return values.indexed(lambda array: array[rows, only])


def means(chosen: Chosen, values: AtomArray, sizes: BatchShape) -> tuple[Array, Array]:
    """(sum / count for each query, which of them are too large for a float). 0 where nothing is selected."""
    count = np.maximum(chosen.count, 1)
    values = only_numbers(values)
    with np.errstate(all="ignore"):
        exact = whole_numbers(values, sizes)
        if exact is not None:
            weights, scale = exact
            mean = _exact_sums(chosen, weights, sizes) / scale / count
        elif values.data.dtype.kind == "f" and not _long_integers(values, sizes):
            mean = _ordered_sums(chosen, values.data, sizes) / count
        else:
            mean = _python_means(chosen, values, sizes)
    failed = ~np.isfinite(mean)
    return np.where(failed, 0.0, mean), failed


def only_numbers(values: AtomArray) -> AtomArray:
    """The column with 0 for its strings (whose means are not wanted)."""
    if values.data.dtype.kind == "U":
        return AtomArray(np.zeros((1, 1), dtype=np.int64))
    if values.data.dtype != object:
        return values
    numbers = np.where(find_kinds(values) == STRING, 0, values.data)
    return pack_atoms(numbers.ravel().tolist(), values.shape)


def whole_numbers(values: AtomArray, sizes: BatchShape) -> tuple[Array, float] | None:
    """(w, u) with w = values · u whole numbers that add up exactly in any order; `None` without such a u."""
    if values.data.dtype == object:
        return None
    data = values.data.astype(np.float64, copy=False)
    repeats = sizes.length // values.shape[1]
    for scale in SCALES:
        weights = data * 2.0**scale
        if (weights == np.rint(weights)).all():
            small = np.abs(weights).sum(axis=1).max() * repeats < EXACT
            return (weights, 2.0**scale) if small else None
    return None


def _long_integers(values: AtomArray, sizes: BatchShape) -> bool:
    """Whether the integers among the floats could add up to more than floats hold exactly."""
    if values.kinds is None:
        return False
    integers = np.where(values.kinds == FLOAT, 0.0, np.abs(values.data))
    return bool(integers.sum(axis=1).max() * sizes.length >= EXACT)


def _exact_sums(chosen: Chosen, weights: Array, sizes: BatchShape) -> Array:
    if chosen.parts is not None:
        return counting.sum_weights(chosen.parts, weights, sizes)
    return by_cell.sum_cells_exactly(chosen.selection, weights, sizes)


def _ordered_sums(chosen: Chosen, values: Array, sizes: BatchShape) -> Array:
    sums = None
    if chosen.parts is not None:
        sums = counting.sum_in_order(chosen.parts, values, sizes)
    return by_cell.sum_cells_in_order(chosen.selection, values, sizes) if sums is None else sums


def _python_means(chosen: Chosen, values: AtomArray, sizes: BatchShape) -> Array:
    """Numbers of any size, added by Python; infinite where the sum is too large for a float."""
    result = np.zeros(sizes.shape)
    rows = np.broadcast_to(list_objects(values), sizes.shape).tolist()
    for row, query, keys in by_cell.list_selected_rows(chosen.selection, sizes, chosen.count > 1):
        result[row, query] = python_mean([rows[row][key] for key in keys])
    return result


def python_mean(values: Sequence[int | float]) -> float:
    """`float(sum) / count`, adding one by one; infinite if that is too large for a float."""
    total: int | float = 0
    try:
        for value in values:
            total += value
        return float(total) / len(values)
    except OverflowError:
        return float("inf")


def find_unaveraged(values: AtomArray, sizes: BatchShape) -> Array:
    """Which positions see only strings or only booleans: (batch or 1, n or 1). Such values have no mean."""
    kinds = find_kinds(values)
    if kinds.ndim == 0:
        return np.full((1, 1), int(kinds) not in (INT, FLOAT))
    alike = [kinds == STRING, kinds == BOOL]
    if sizes.causal:
        return np.logical_or(*(np.logical_and.accumulate(cells, axis=1) for cells in alike))
    return np.logical_or(*(cells.all(axis=1, keepdims=True) for cells in alike))
