"""Selectors of one short input: each query's selected keys as the bits of an integer, bit k for key k.

`and`, `or` and `not` are then operations on integers, a width is a count of bits, and a sum of whole numbers is one count
for each binary digit of theirs. In: keys and values that are all numbers, or all strings, where that matters. What is
undefined, or only the general way (`rasp/interpret/counting.py`) can decide, raises `NoShortWay`.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Sequence
from itertools import accumulate
from math import isfinite
from typing import Any

from rasp.values import Atom, Test

Rows = list[int]
#: What adds up the values at the bits of a row.
Sum = Callable[[int], float]

#: Whole numbers up to here, in magnitude, are added by their binary digits.
MOST = 2**62


class NoShortWay(Exception):
    """This input has no value, or needs the general way of evaluating."""


def find_rows(test: Test, keys: Sequence[Any], queries: Sequence[Any]) -> Rows:
    """For each query, the keys with `key test query`."""
    masks = mark_positions(keys)
    everything = (1 << len(keys)) - 1
    if test in ("==", "!="):
        flip = everything if test == "!=" else 0
        return [masks.get(query, 0) ^ flip for query in queries]
    ordered = sorted(masks)
    below = [0, *accumulate(map(masks.__getitem__, ordered), int.__or__)]
    count, flip = {
        "<": (bisect_left, 0),
        "<=": (bisect_right, 0),
        ">": (bisect_right, everything),
        ">=": (bisect_left, everything),
    }[test]
    found = {query: below[count(ordered, query)] ^ flip for query in set(queries)}
    return [found[query] for query in queries]


def mark_positions(values: Sequence[Hashable]) -> dict[Any, int]:
    """For each value, the positions where it stands as bits."""
    masks: dict[Any, int] = {}
    bit = 1
    for value in values:
        masks[value] = masks.get(value, 0) | bit
        bit <<= 1
    return masks


def find_best_rows(rows: Rows, scores: Sequence[Any]) -> Rows:
    """In each row the bit of the highest score alone, of equal ones the last."""
    order = sorted(range(len(scores)), key=lambda k: (scores[k], k), reverse=True)
    bits = [1 << k for k in order]
    found = {row: next((bit for bit in bits if row & bit), 0) for row in set(rows)}
    return [found[row] for row in rows]


def average_rows(rows: Rows, values: Sequence[Any], add: Callable[[], Sum], default: Atom) -> list[Atom]:
    """For each row the default, the one selected value, or the mean. `add` is called only if there are means."""
    found: dict[int, Atom] = {}
    total: Sum | None = None
    for row in rows:
        if row in found:
            continue
        if not row:
            found[row] = default
        elif not row & (row - 1):
            found[row] = values[row.bit_length() - 1]
        else:
            total = total or add()
            found[row] = total(row) / row.bit_count()
    return [found[row] for row in rows]


def add_whole(values: Sequence[int]) -> Sum:
    """Sums of whole numbers, exactly."""
    low, high = min(values), max(values)
    if low <= -MOST or high >= MOST:
        raise NoShortWay
    digits = [
        (sum(1 << k for k, value in enumerate(values) if (value - low) >> place & 1), place)
        for place in range((high - low).bit_length())
    ]

    def total(row: int) -> float:
        found = low * row.bit_count()
        for mask, place in digits:
            found += (row & mask).bit_count() << place
        return float(found)

    return total


def add_in_order(values: Sequence[int | float]) -> Sum:
    """Sums in position order, as Python adds."""

    def total(row: int) -> float:
        found: int | float = 0
        while row:
            bit = row & -row
            found += values[bit.bit_length() - 1]
            row ^= bit
        result = float(found)
        if not isfinite(result):
            raise NoShortWay
        return result

    return total
