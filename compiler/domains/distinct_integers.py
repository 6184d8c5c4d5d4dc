"""The different ones among many whole numbers: looked up in a table where they lie densely enough, instead of sorted, which
takes ten times as long."""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
DENSE = 4
"""How many times more whole numbers there may be in a range than elements, for looking each up in a table."""


def list_distinct(numbers: Ints) -> Ints:
    """The different ones of some whole numbers from 0 on, in ascending order."""
    size = int(numbers.max(initial=-1)) + 1
    if size <= DENSE * len(numbers):
        seen = np.zeros(size, bool)
        seen[numbers] = True
        return np.flatnonzero(seen)
    ascending = np.sort(numbers)
    return ascending[np.diff(ascending, prepend=-1) > 0]


def rank_distinct(numbers: Ints) -> tuple[Ints, Ints]:
    """Indices of the first occurrence of each different one, in ascending order, and which of them each number is. Whole
    numbers from 0 on."""
    size = int(numbers.max(initial=-1)) + 1
    if size <= DENSE * len(numbers):
        first = np.full(size, -1, np.int64)
        first[numbers[::-1]] = np.arange(len(numbers))[::-1]  # of several the last one stays
        which = np.cumsum(first >= 0) - 1
        return first[first >= 0], which[numbers]
    _, first, which = np.unique(numbers, return_index=True, return_inverse=True)
    return first, which.reshape(-1)
