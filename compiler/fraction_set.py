"""Sets of fractions that are described, since there are too many of them to be listed: the means of up to N numbers.

A mean of n of the numbers a, a + s, … a + m·s is a + s·k/n for a whole k from 0 to m·n, and any such k is some sum. With up
to 4,096 positions the means of flags are 5.1 million different fractions. Which of them is nearest to a number is found
without any list, as best approximations by fractions of bounded denominators are (the tree of Stern and Brocot;
`Fraction.limit_denominator`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from math import isfinite
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

Number = int | float
Floats = NDArray[np.float64]
SHOWN = 3
LARGEST = 2.0**53
"""Below it sums are exact, so that a mean is the float that is nearest to its fraction."""


@dataclass(frozen=True)
class FractionSet(Sequence[Number]):
    """start + step·k/n for all n from 1 to `longest` and k from 0 to `most`·n, ascending, as the interpreter has them: the
    floats that are nearest. With `ints` those of n = 1 are ints, where they are whole.

    Raises `ValueError` where they are not so many different floats, or not what an interpreter would make of sums.
    """

    start: float
    step: float
    most: int
    longest: int
    ints: bool = False

    def __post_init__(self) -> None:
        numbers = (self.start, self.step)
        if not all(map(isfinite, numbers)) or self.step <= 0 or min(self.most, self.longest) < 1:
            raise ValueError("no means of numbers that are evenly spaced")
        grain = Fraction(1, max(Fraction(number).denominator for number in numbers))
        ends = [abs(Fraction(self.start)), abs(Fraction(self.start) + self.most * Fraction(self.step))]
        sums = max(ends) * self.longest / grain
        # Neighbours are step/N² apart, the floats at the far end 2^-52 of it.
        if sums >= LARGEST or max(ends) * self.longest**2 * 16 >= Fraction(self.step) * int(LARGEST):
            raise ValueError("these means are too close to each other")

    def __len__(self) -> int:
        return self.most * self._between + 1

    @overload
    def __getitem__(self, index: int) -> Number: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Number, ...]: ...
    def __getitem__(self, index: int | slice) -> Number | tuple[Number, ...]:
        found = self.numbers[index]
        if isinstance(index, slice):
            return tuple(map(self._shown, found.tolist()))
        return self._shown(float(found))

    def __contains__(self, value: object) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and self.find(value) is not None

    def _shown(self, number: float) -> Number:
        """A member as the atom that it is."""
        return int(number) if self.ints and number.is_integer() and self.is_undivided(number) else number

    def is_undivided(self, number: float) -> bool:
        """Whether a member is one of the numbers themselves, n = 1."""
        return ((Fraction(number) - Fraction(self.start)) / Fraction(self.step)).denominator == 1

    @property
    def undivided(self) -> Floats:
        """The numbers that means are of."""
        return self.list_of_count(1)

    @cached_property
    def _between(self) -> int:
        """How many members there are from one of the numbers up to the next."""
        return int(count_coprime(self.longest).sum())

    @cached_property
    def numbers(self) -> Floats:
        """All members as float64, ascending."""
        k, n = list_coprime(self.longest)
        assert len(k) == self._between
        found = [self.divide(k + float(whole) * n, n) for whole in range(self.most)]
        numbers = np.sort(np.concatenate([*found, self.undivided[-1:]]), kind="stable")  # of ascending runs
        numbers.flags.writeable = False
        return numbers

    def divide(self, k: NDArray[Any], n: NDArray[Any]) -> Floats:
        """start + step·k/n: an exact sum, divided."""
        return (self.start * n + self.step * k) / n

    def list_of_count(self, count: int) -> Floats:
        """The means of exactly so many numbers."""
        return self.divide(np.arange(self.most * count + 1), np.array(count))

    def find(self, number: Number) -> int | None:
        """The place of a member; None for any other number."""
        place = int(np.searchsorted(self.numbers, number))
        return place if place < len(self.numbers) and self.numbers[place] == number else None

    def find_nearest(self, number: float) -> float | None:
        """The member that is nearest to a number; None where that is off by half of what any two are apart at least."""
        if not isfinite(number):
            return None
        given = (Fraction(number) - Fraction(self.start)) / Fraction(self.step)
        near = min(max(given, Fraction(0)), Fraction(self.most)).limit_denominator(self.longest)
        if abs(given - near) * 2 * self.longest * max(1, self.longest - 1) >= 1:
            return None
        return float(Fraction(self.start) + Fraction(self.step) * near)

    def as_floats(self) -> "FractionSet":
        """The same, all of them floats."""
        return replace(self, ints=False)

    def describe(self) -> str:
        """In words."""
        *first, last = [f"{number:g}" for number in self.undivided[: SHOWN + 1].tolist()]
        listed = (
            f"{', '.join(first)} and {last}" if self.most <= SHOWN else f"{', '.join(first)} … {self._end:g}"
        )
        return f"means of up to {self.longest:,} of the numbers {listed}"

    @property
    def _end(self) -> float:
        return self.start + self.most * self.step

    def __repr__(self) -> str:
        return f"<{self.describe()}: {len(self):,}>"


def list_coprime(longest: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """All k from 0 to n - 1 that have no divisor with n, and their n, for each n from 1 to `longest`."""
    sizes = np.arange(1, longest + 1, dtype=np.int32)
    first = np.cumsum(sizes, dtype=np.int32) - sizes  # of each n's numbers
    kept = np.ones(sizes.sum(), dtype=bool)
    for prime in sizes[count_coprime(longest) == sizes - 1].tolist():
        for size in range(prime, longest + 1, prime):
            kept[first[size - 1] : first[size - 1] + size : prime] = False
    n = np.repeat(sizes, sizes)
    k = np.arange(len(n), dtype=np.int32) - np.repeat(first, sizes)
    return k[kept], n[kept]


def count_coprime(longest: int) -> NDArray[np.int64]:
    """For each n from 1 to `longest`, how many of 1 … n have no divisor with it: Euler's totient."""
    count = np.arange(longest + 1)
    for prime in range(2, longest + 1):
        if count[prime] == prime:
            count[prime::prime] -= count[prime::prime] // prime
    return count[1:]
