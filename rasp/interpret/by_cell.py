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


def blocks(selection: Selection, frame: BatchShape) -> Iterator[Block]:
    """(inputs, queries, cells): the selector's matrices piece by piece, each cell once."""
    order = list_parts_in_order(selection)
    budget = max(1, BLOCK_CELLS // len(order))
    rows = max(1, min(frame.length, budget // frame.length))
    inputs = max(1, budget // (rows * frame.length)) if rows == frame.length else 1
    for start in range(0, frame.batch, inputs):
        for query in range(0, frame.length, rows):
            place = (
                slice(start, min(start + inputs, frame.batch)),
                slice(query, min(query + rows, frame.length)),
            )
            yield *place, cells(order, frame, place)


def list_parts_in_order(selection: Selection) -> list[Selection]:
    """The parts that a selector is made of, each once, parts before wholes."""
    return list_in_order([selection], attrgetter("parts"))


def cells(order: list[Selection], frame: BatchShape, place: tuple[slice, slice]) -> Array:
    """The matrices of the last of `order` at these inputs and queries: (inputs, queries, keys)."""
    inputs, queries = place
    found: dict[Selection, Array] = {}
    for part in order:
        inner = [found[piece] for piece in part.parts]
        if part.leaf is not None:
            comparison, relation = part.leaf
            key = np.broadcast_to(comparison.key, frame.shape)[inputs, None, :]
            query = np.broadcast_to(comparison.query, frame.shape)[inputs, queries, None]
            found[part] = HOLDS[relation](key, query)
        elif part.joint == "not":
            found[part] = ~inner[0]
        else:
            found[part] = inner[0] & inner[1] if part.joint == "and" else inner[0] | inner[1]
    result = found[order[-1]]
    if frame.causal:
        position = np.arange(frame.length)
        result = result & (position <= position[queries, None])
    return result


def count_and_first(selection: Selection, frame: BatchShape) -> tuple[Array, Array]:
    """How many keys each query selects, and the first of them (0 if none)."""
    count = np.zeros(frame.shape, dtype=np.int64)
    first = np.zeros(frame.shape, dtype=np.int64)
    for inputs, queries, mask in blocks(selection, frame):
        count[inputs, queries] = np.count_nonzero(mask, axis=2)
        first[inputs, queries] = mask.argmax(axis=2)
    return count, first


def sum_cells_exactly(selection: Selection, weights: Array, frame: BatchShape) -> Array:
    """Σ of the selected keys' whole-number weights (float64), whose sum is below 2**53 in each input."""
    result = np.zeros(frame.shape)
    weights = np.broadcast_to(weights, frame.shape)
    for inputs, queries, mask in blocks(selection, frame):
        result[inputs, queries] = np.matmul(mask.astype(np.float64), weights[inputs, :, None])[:, :, 0]
    return result


def sum_cells_in_order(selection: Selection, values: Array, frame: BatchShape) -> Array:
    """Float sums of the selected values, added one by one in position order."""
    result = np.zeros(frame.shape)
    values = np.broadcast_to(values, frame.shape)
    for inputs, queries, mask in blocks(selection, frame):
        terms = np.where(mask, values[inputs, None, :], 0.0)
        result[inputs, queries] = np.cumsum(terms, axis=2)[:, :, -1]
    return result + 0.0  # a sum that starts from 0 is never -0.0


def find_highest_cell(selection: Selection, priority: Array, frame: BatchShape) -> Array:
    """The highest priority (≥ 0) among the selected keys, -1 where none."""
    result = np.full(frame.shape, -1, dtype=np.int64)
    priority = np.broadcast_to(priority, frame.shape)
    for inputs, queries, mask in blocks(selection, frame):
        result[inputs, queries] = np.where(mask, priority[inputs, None, :], -1).max(axis=2)
    return result


def list_selected_rows(
    selection: Selection, frame: BatchShape, wanted: Array
) -> Iterator[tuple[int, int, list[int]]]:
    """(input, query, selected keys in order) for the queries marked in `wanted`."""
    for inputs, queries, mask in blocks(selection, frame):
        for row, query in np.argwhere(wanted[inputs, queries]).tolist():
            yield inputs.start + row, queries.start + query, np.flatnonzero(mask[row, query]).tolist()


def build_matrix(selection: Selection, frame: BatchShape) -> Array:
    """All cells: (batch, query, key)."""
    result = np.zeros((frame.batch, frame.length, frame.length), dtype=np.bool_)
    for inputs, queries, mask in blocks(selection, frame):
        result[inputs, queries] = mask
    return result
