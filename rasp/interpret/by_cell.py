"""Selectors cell by cell, in blocks of query rows: for whatever `rasp/interpret/counting.py` has no form for.

A block is a boolean array (inputs, queries, keys) of bounded size, so memory does not grow with the square
of the length.
"""

from collections.abc import Iterator
from operator import attrgetter

import numpy as np

from rasp.graph.nodes import list_in_order
from rasp.interpret.atom_array import Array
from rasp.interpret.selection import HOLDS, BatchShape, Selection

#: Cells of all the boolean arrays alive at once.
BLOCK_CELLS = 2**23

Block = tuple[slice, slice, Array]


def blocks(selection: Selection, sizes: BatchShape) -> Iterator[Block]:
    """(inputs, queries, cells): the selector's matrices piece by piece, each cell once."""
    order = list_parts_in_order(selection)
    budget = max(1, BLOCK_CELLS // len(order))
    rows = max(1, min(sizes.length, budget // sizes.length))
    inputs = max(1, budget // (rows * sizes.length)) if rows == sizes.length else 1
    for start in range(0, sizes.batch, inputs):
        for query in range(0, sizes.length, rows):
            place = (
                slice(start, min(start + inputs, sizes.batch)),
                slice(query, min(query + rows, sizes.length)),
            )
            yield *place, cells(order, sizes, place)


def list_parts_in_order(selection: Selection) -> list[Selection]:
    """The parts that a selector is made of, each once, parts before wholes."""
    return list_in_order([selection], attrgetter("parts"))


def cells(order: list[Selection], sizes: BatchShape, place: tuple[slice, slice]) -> Array:
    """The matrices of the last of `order` at these inputs and queries: (inputs, queries, keys)."""
    inputs, queries = place
    found: dict[Selection, Array] = {}
    for part in order:
        inner = [found[piece] for piece in part.parts]
        if part.leaf is not None:
            comparison, relation = part.leaf
            key = np.broadcast_to(comparison.key, sizes.shape)[inputs, None, :]
            query = np.broadcast_to(comparison.query, sizes.shape)[inputs, queries, None]
            found[part] = HOLDS[relation](key, query)
        elif part.joint == "not":
            found[part] = ~inner[0]
        else:
            found[part] = inner[0] & inner[1] if part.joint == "and" else inner[0] | inner[1]
    result = found[order[-1]]
    if sizes.causal:
        position = np.arange(sizes.length)
        result = result & (position <= position[queries, None])
    return result


def count_and_first(selection: Selection, sizes: BatchShape) -> tuple[Array, Array]:
    """How many keys each query selects, and the first of them (0 if none)."""
    count = np.zeros(sizes.shape, dtype=np.int64)
    first = np.zeros(sizes.shape, dtype=np.int64)
    for inputs, queries, mask in blocks(selection, sizes):
        count[inputs, queries] = np.count_nonzero(mask, axis=2)
        first[inputs, queries] = mask.argmax(axis=2)
    return count, first


def sum_cells_exactly(selection: Selection, weights: Array, sizes: BatchShape) -> Array:
    """Σ of the selected keys' whole-number weights (float64), whose sum is below 2**53 in each input."""
    result = np.zeros(sizes.shape)
    weights = np.broadcast_to(weights, sizes.shape)
    for inputs, queries, mask in blocks(selection, sizes):
        result[inputs, queries] = np.matmul(mask.astype(np.float64), weights[inputs, :, None])[:, :, 0]
    return result


def sum_cells_in_order(selection: Selection, values: Array, sizes: BatchShape) -> Array:
    """Float sums of the selected values, added one by one in position order."""
    result = np.zeros(sizes.shape)
    values = np.broadcast_to(values, sizes.shape)
    for inputs, queries, mask in blocks(selection, sizes):
        terms = np.where(mask, values[inputs, None, :], 0.0)
        result[inputs, queries] = np.cumsum(terms, axis=2)[:, :, -1]
    return result + 0.0  # a sum that starts from 0 is never -0.0


def find_highest_cell(selection: Selection, priority: Array, sizes: BatchShape) -> Array:
    """The highest priority (≥ 0) among the selected keys, -1 where none."""
    result = np.full(sizes.shape, -1, dtype=np.int64)
    priority = np.broadcast_to(priority, sizes.shape)
    for inputs, queries, mask in blocks(selection, sizes):
        result[inputs, queries] = np.where(mask, priority[inputs, None, :], -1).max(axis=2)
    return result


def list_selected_rows(
    selection: Selection, sizes: BatchShape, wanted: Array
) -> Iterator[tuple[int, int, list[int]]]:
    """(input, query, selected keys in order) for the queries marked in `wanted`."""
    for inputs, queries, mask in blocks(selection, sizes):
        for row, query in np.argwhere(wanted[inputs, queries]).tolist():
            yield inputs.start + row, queries.start + query, np.flatnonzero(mask[row, query]).tolist()


def build_matrix(selection: Selection, sizes: BatchShape) -> Array:
    """All cells: (batch, query, key)."""
    result = np.zeros((sizes.batch, sizes.length, sizes.length), dtype=np.bool_)
    for inputs, queries, mask in blocks(selection, sizes):
        result[inputs, queries] = mask
    return result
