"""Heads whose queries and keys are turned by the position, made not to turn.

Of a head's d dimensions i and i + d/2 are a pair, which is turned by position · theta^(-2i/d). With a theta as large as
float64 has, all pairs but the first few are turned by nothing: their sine is 0 beside any number, and their cosine 1. The
first ones hold zeros.
"""

import math

THETA = 1e300
"""In float32 it is infinite, and then only the first pair turns; the same pairs stay free where it is kept in float64."""
STILL = 2.0**-100
"""An angle that is nothing: its sine times any number of a head is lost beside any other."""


def count_turning_pairs(d_head: int, positions: int) -> int:
    """How many of the first pairs of a head are turned by more than nothing."""
    exponent = math.log(positions / STILL) / math.log(THETA)
    return max(1, math.ceil(exponent * d_head / 2))


def list_still_dimensions(d_head: int, positions: int) -> list[int]:
    """The dimensions of a head that are not turned, in order."""
    half, first = d_head // 2, count_turning_pairs(d_head, positions)
    return [*range(first, half), *range(half + first, 2 * half)]


def choose_turned_size(scored: int, valued: int, positions: int) -> int:
    """The least even number of dimensions of a head that leaves `scored` of them still, and has room for `valued`."""
    size = 2 * math.ceil(max(scored, valued, 1) / 2)
    while len(list_still_dimensions(size, positions)) < scored:
        size += 2
    return size
