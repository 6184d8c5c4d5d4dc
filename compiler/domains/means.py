"""Which numbers a mean can be: for every count of selected positions, the sums that so many values can have.

The sums are exact: integers, or fractions of a power of two scaled to integers. Other fractions (0.1, a
third) have sums whose last bit depends on the order of addition, so that the mean's value is not one number;
they are refused.
"""

from collections.abc import Callable, Iterable
from fractions import Fraction
from math import gcd

import numpy as np

from compiler.domains.domain import Floats
from compiler.limits import SCALE, SUMS
from rasp.values import Atom


class Unsummable(Exception):
    """These values have no exact means. The message says why, in the user's words."""


def list_means(
    values: Iterable[Atom], counts: range, expect: Callable[[int], None] = lambda size: None
) -> dict[int, Floats]:
    """For each count, every value that the mean of so many of `values` can take, ascending: as the interpreter would
    give it, but that the mean of one is what it is, and not a float. `expect` is told how many these are at most, all
    counts together, before they are listed, and may refuse.

    Raises `Unsummable` when sums are inexact or too many.
    """
    numbers: list[Atom] = [v for v in values if not isinstance(v, str)]
    scale = common_scale(numbers)
    steps = sorted({int(Fraction(v) * scale) for v in numbers})
    unit = gcd(*(step - steps[0] for step in steps)) or 1
    largest = max(abs(steps[0]), abs(steps[-1]))
    if ((steps[-1] - steps[0]) // unit + 1) * counts.stop > SUMS.most or largest * counts.stop >= 2**53:
        raise Unsummable(f"sums of up to {counts.stop - 1} of these values are too many to enumerate")
    expect(len(counts) + (steps[-1] - steps[0]) // unit * sum(counts))
    found: dict[int, Floats] = {}
    reachable = np.ones(1, bool)  # index: sum minus count times the smallest step, in units
    offsets = (np.array(steps) - steps[0]) // unit
    for count in range(1, counts.stop):
        grown = np.zeros(len(reachable) + int(offsets[-1]), bool)
        for offset in offsets:
            grown[offset : offset + len(reachable)] |= reachable
        reachable = grown
        if count in counts:
            sums = np.flatnonzero(reachable) * unit + count * steps[0]
            found[count] = sums.astype(np.float64) / scale / count
    return found


def is_own_average(values: Iterable[Atom], count: int) -> bool:
    """Whether the mean of up to `count` equal numbers is that number, for each of these: not so for 0.1."""
    numbers: list[Atom] = [v for v in values if not isinstance(v, str)]
    try:
        scale = common_scale(numbers)
    except Unsummable:
        return False
    return all(abs(Fraction(v)) * scale * count < 2**53 for v in numbers)


def common_scale(numbers: list[Atom]) -> int:
    """The power of two that makes every number an integer."""
    scale = max((Fraction(v).denominator for v in numbers), default=1)  # floats are dyadic, always
    if scale > SCALE.most:
        raise Unsummable(
            "the values have no short binary fraction, so the order of addition would change their mean"
        )
    return scale
