"""The different ones among many whole numbers: looked up in a table where they lie densely enough, instead of sorted, which
takes ten times as long."""

import math

import numpy as np
from numpy.typing import NDArray

from rasp.interpret.codes import compact_codes

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
DENSE = 4
"""How many times more whole numbers there may be in a range than elements, for looking each up in a table."""
MULTIPLES = (1.0, 2.0, 4.0)
"""By which floats are multiplied to become whole numbers: exactly, as powers of two."""
SAMPLED = 1_000


def make_whole(numbers: Floats) -> Ints | None:
    """Whole numbers from 0 on in the order of some floats, equal where those are: multiples of them, where these are whole
    and lie densely enough for a table. None where not."""
    for multiple in MULTIPLES:
        least = multiple * float(numbers.min(initial=math.inf))
        if not multiple * float(numbers.max(initial=-math.inf)) - least < DENSE * len(numbers):
            return None
        for some in (numbers[:SAMPLED], numbers):  # most that are not whole show it soon
            large = multiple * some
            whole = bool((large == np.floor(large)).all())
            if not whole:
                break
        if whole:
            return (large - least).astype(np.int64)
    return None


def list_different(numbers: Floats) -> Floats:
    """The different ones of some floats, in ascending order. A stable sort takes little time for what ascends for long."""
    ascending = np.sort(numbers, kind="stable")
    return ascending[np.concatenate([np.ones(min(1, len(ascending)), bool), ascending[1:] != ascending[:-1]])]


def list_distinct(numbers: Ints) -> Ints:
    """The different ones of some whole numbers from 0 on, in ascending order."""
    size = int(numbers.max(initial=-1)) + 1
    if size <= DENSE * len(numbers):
        seen = np.zeros(size, bool)
        seen[numbers] = True
        return np.flatnonzero(seen)
    ascending = np.sort(numbers)
    return ascending[np.diff(ascending, prepend=-1) > 0]


def place_distinct(numbers: Ints) -> tuple[Ints, Ints]:
    """The same, and which of them each number is."""
    return compact_codes(numbers, int(numbers.max(initial=-1)) + 1)


def rank_distinct(numbers: Ints) -> tuple[Ints, Ints]:
    """Indices of the first occurrence of each different one, in ascending order, and which of them each number is. Whole
    numbers from 0 on."""
    size = int(numbers.max(initial=-1)) + 1
    if size <= DENSE * len(numbers):
        # int32 is half the memory to go through; no array of ours has 2^31 elements.
        first = np.full(size, -1, np.int32)
        first[numbers[::-1]] = np.arange(len(numbers), dtype=np.int32)[::-1]  # of several the last one stays
        seen = first >= 0
        which = np.cumsum(seen, dtype=np.int32)
        which -= 1
        return first[seen].astype(np.int64), which[numbers].astype(np.int64)
    _, first, which = np.unique(numbers, return_index=True, return_inverse=True)
    return first, which


def rank_floats(numbers: Floats) -> tuple[Ints, Ints]:
    """The same of any floats."""
    whole = make_whole(numbers)
    if whole is not None:
        return rank_distinct(whole)
    # With indices it sorts stably, which what ascends for long takes little time for.
    _, first, which = np.unique(numbers, return_index=True, return_inverse=True)
    return first, which
