"""Counts, sums and best positions over selected keys by sorting and prefix sums, never cell by cell.

A product of relations (`rasp/interpret/selection.py`) is made into `Ranges`: keys are put into numbered cells and each
query selects the live keys in one half-open range of cells. Equalities and the input's number within the
batch make the group; the order relations, which must all be on one key, make a range of that key's ranks
inside the group. So a histogram is a table look-up, a prefix a cumulative sum, both for a whole batch at
once. Everything here is exact: integer sums, or float sums added in position order.
"""

from dataclasses import dataclass

import numpy as np

from rasp.interpret.atom_array import Array
from rasp.interpret.selection import EQUAL, GREATER, HOLDS, LESS, BatchShape, Comparison, Selection, Term

Bounds = tuple[
    Array, Array, Array, int
]  # rank of each key; first and last+1 rank for each query; number of ranks


@dataclass(frozen=True, eq=False)
class Ranges:
    """Query p selects the live keys in cells `first[p]` … `last[p]` - 1. All arrays are flat: batch × length.

    `span` cells make a group (0 when cells have been renumbered); `prefix`: every range starts at its
    group's first cell; `ordered`: inside a group, the cells ascend strictly with the position.
    """

    cells: Array
    live: Array | None
    first: Array
    last: Array
    size: int
    span: int
    prefix: bool
    ordered: bool

    @property
    def single(self) -> bool:
        """Every range is one cell, or none."""
        return self.span == 1


Sum = list[tuple[int, Ranges]]


def structure_selector(selection: Selection, sizes: BatchShape) -> Sum | None:
    """The selector as a sum of ranges, or `None` if it has no such form."""
    if selection.terms is None:
        return None
    found: Sum = []
    for term, coefficient in selection.terms.items():
        made = ranges(term, sizes)
        if made is None:
            return None
        found.append((coefficient, made))
    return found


def ranges(term: Term, sizes: BatchShape) -> Ranges | None:
    """The ranges of one product; `None` if it orders two different keys."""
    row = np.arange(sizes.batch)[:, None]
    group_key: Array = row
    group_query: Array = row
    groups = sizes.batch
    live: Array | None = None
    wanted: Array | None = None
    bounds: Bounds | None = None
    sources = {c.source for c, relation in term if relation != EQUAL and not (c.same_key or c.same_query)}
    if len(sources) > 1:
        return None
    for comparison, relation in term:
        holds = HOLDS[relation]
        if comparison.same_query:
            met = holds(comparison.key, comparison.query[:, :1])
            live = met if live is None else live & met
        elif comparison.same_key:
            met = holds(comparison.key[:, :1], comparison.query)
            wanted = met if wanted is None else wanted & met
        elif relation == EQUAL:
            group_key = group_key * comparison.size + comparison.key
            group_query = group_query * comparison.size + comparison.query
            groups *= comparison.size
            if groups > 2**40:
                group_key, group_query, groups = renumber(group_key, group_query)
        else:
            bounds = narrow(bounds, comparison, relation)
    return place((group_key, group_query, groups), bounds, (live, wanted), sizes)


def renumber(group_key: Array, group_query: Array) -> tuple[Array, Array, int]:
    """The same groups numbered without gaps."""
    joined = np.concatenate([group_key.ravel(), group_query.ravel()])
    values, index = np.unique(joined, return_inverse=True)
    split = group_key.size
    return index[:split].reshape(group_key.shape), index[split:].reshape(group_query.shape), values.size


def narrow(bounds: Bounds | None, comparison: Comparison, relation: int) -> Bounds:
    """Bounds on the key's rank, made tighter by one more order relation."""
    rank, below = comparison.steps
    number = int(below[-1])
    low: Array = np.zeros((1, 1), dtype=np.int64)
    high: Array = np.full((1, 1), number)
    if not relation & LESS:
        low = below[comparison.query if relation & EQUAL else comparison.query + 1]
    if not relation & GREATER:
        high = below[comparison.query + 1 if relation & EQUAL else comparison.query]
    if bounds is not None:
        low, high = np.maximum(low, bounds[1]), np.minimum(high, bounds[2])
    return rank, low, high, number


def place(
    grouped: tuple[Array, Array, int],
    bounds: Bounds | None,
    masks: tuple[Array | None, Array | None],
    sizes: BatchShape,
) -> Ranges:
    """Groups and bounds as cells; renumbered when there are too many cells for a table."""
    group_key, group_query, groups = grouped
    live, wanted = masks
    prefix = ordered = False
    span = 1
    if bounds is None:
        cells, first, last = group_key, group_query, group_query + 1
    else:
        rank, low, high, span = bounds
        prefix = not low.any()
        ordered = sizes.length == 1 or (rank.shape[1] > 1 and bool((rank[:, 1:] > rank[:, :-1]).all()))
        cells, first, last = group_key * span + rank, group_query * span + low, group_query * span + high
        last = np.maximum(first, last)
    if wanted is not None:
        last = np.where(wanted, last, first)
    cells, first, last = (np.broadcast_to(array, sizes.shape).ravel() for array in (cells, first, last))
    if live is not None:
        live = np.broadcast_to(live, sizes.shape).ravel()
        cells = cells[live]
    size = groups * span
    if size > 8 * sizes.batch * sizes.length + 2**16:
        values, cells = np.unique(cells, return_inverse=True)
        first, last, size = np.searchsorted(values, first), np.searchsorted(values, last), values.size
        span = 1 if span == 1 else 0
    return Ranges(cells, live, first, last, size, span, prefix, ordered)


def sum_weights(parts: Sum, weights: Array | None, sizes: BatchShape) -> Array:
    """Σ of the weights (batch, length) of the selected keys, per query; of ones when `weights` is `None`.

    Weights are whole numbers whose absolute values add up to less than 2**53 in each input.
    """
    result = np.zeros(sizes.batch * sizes.length, dtype=np.int64)
    flat = None if weights is None else np.broadcast_to(weights, sizes.shape).ravel()
    for coefficient, part in parts:
        table = cell_sums(part, flat).astype(np.int64, copy=False)
        if part.single:
            sums = look_up(table, part)
        else:
            running = np.concatenate([[0], np.cumsum(table)])
            sums = running[part.last] - running[part.first]
        result += coefficient * sums
    return result.reshape(sizes.shape)


def cell_sums(part: Ranges, flat: Array | None) -> Array:
    """The sum of the live keys' weights in each cell, added in position order."""
    weights = flat if flat is None or part.live is None else flat[part.live]
    return np.bincount(part.cells, weights, minlength=part.size)


def look_up(table: Array, part: Ranges, empty: int = 0) -> Array:
    """The table's entry for ranges of one cell, `empty` for ranges of none."""
    if part.size == 0:
        return np.full(part.first.shape, empty, dtype=table.dtype)
    entries = table[np.minimum(part.first, part.size - 1)]
    return np.where(part.last > part.first, entries, empty)


def sum_in_order(parts: Sum, values: Array, sizes: BatchShape) -> Array | None:
    """Float sums of the selected values, added in position order; `None` if this form cannot tell."""
    if len(parts) != 1 or parts[0][0] != 1:
        return None
    part = parts[0][1]
    if part.single:
        table = cell_sums(part, np.broadcast_to(values, sizes.shape).ravel())
        return look_up(table, part).reshape(sizes.shape)
    if part.prefix and part.ordered and part.span:
        # At most one key a cell: adding an empty cell's 0.0 changes nothing.
        table = cell_sums(part, np.broadcast_to(values, sizes.shape).ravel())
        running = np.cumsum(table.reshape(-1, part.span), axis=1).ravel()
        return np.where(part.last > part.first, running[part.last - 1], 0.0).reshape(sizes.shape)
    return None


def find_highest(parts: Sum, priority: Array, sizes: BatchShape) -> Array | None:
    """The highest priority (≥ 0, batch × length) among the selected keys, -1 where none; `None` as above."""
    if len(parts) != 1 or parts[0][0] != 1:
        return None
    part = parts[0][1]
    if not part.single and not (part.prefix and part.span):
        return None
    flat = np.broadcast_to(priority, sizes.shape).ravel()
    table = np.full(part.size, -1, dtype=np.int64)
    np.maximum.at(table, part.cells, flat if part.live is None else flat[part.live])
    if part.single:
        return look_up(table, part, -1).reshape(sizes.shape)
    running = np.maximum.accumulate(table.reshape(-1, part.span), axis=1).ravel()
    return np.where(part.last > part.first, running[part.last - 1], -1).reshape(sizes.shape)
