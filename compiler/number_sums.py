"""Numbers that are added up or subtracted as answers are read: the model tells each of them.

    balance = opened - closed          two means over the same positions

A difference of quotients is rounded: 5/6 - 2/6 is 0.5000000000000001, and 3/6 is 0.5. So two answers may be a rounding
apart, and no one number of a model tells them; but it tells the terms, whose values are fractions that lie apart. Each is
read as the nearest value that it can have, and what is answered is their sum, from the first to the last, in float64: the
very operations of the interpreter on the very numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import isfinite, prod
from typing import overload

import numpy as np
from numpy.typing import NDArray

from compiler.fraction_set import FractionSet
from rasp.values import Atom

Number = int | float
LARGEST = 2**53
"""Up to it whole numbers are added up without rounding, as floats as well as ints: what all terms may be together."""
NESTED = 100
"""Sums that are terms of sums, and so on, so many at most: less than calls may be nested."""


def has_different_numbers(values: Sequence[Atom | None]) -> bool:
    """Whether these are several numbers, no two of them equal."""
    numbers = [float(value) for value in values if isinstance(value, int | float)]
    return len(values) == len(numbers) == len(set(numbers)) > 1 and all(map(isfinite, numbers))


@dataclass(frozen=True)
class Term:
    """One of the numbers: which values it has, and whether it is subtracted. `nearest`: the model computes the number
    itself, and the nearest value is meant; else it has a class for each value, or is a sum itself. Raises `ValueError` for
    what are no numbers."""

    values: "tuple[Number, ...] | FractionSet | NumberSum"
    nearest: bool = True
    minus: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.values, FractionSet):
            if not self.nearest or self.values.ints:
                raise ValueError("these values are too many for a class each")
            return
        if isinstance(self.values, NumberSum):
            if self.nearest:
                raise ValueError("no one number tells the values of a sum apart")
            return
        if not self.values or not all(type(value) in (int, float) for value in self.values):
            raise ValueError("what is added up are numbers")
        if not all(abs(value) <= LARGEST for value in self.values):  # nor is NaN
            raise ValueError("these numbers are too large to be added up")
        if self.nearest and not has_different_numbers(self.values):
            raise ValueError("no number tells these values apart")

    @property
    def total(self) -> int:
        """How many values there are."""
        return self.values.total if isinstance(self.values, NumberSum) else len(self.values)

    @property
    def columns(self) -> int:
        """Of the unembedding."""
        if isinstance(self.values, NumberSum):
            return self.values.columns
        return 1 if self.nearest else len(self.values)

    def find_nearest(self, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        """For each number the value that is nearest to it, NaN where there is none: for what is not finite, what lies in
        the middle of two values, and what is as far from all of described ones as a right number never is."""
        different, places = np.unique(numbers, return_inverse=True)
        if isinstance(self.values, FractionSet):
            found = [self.values.find_nearest(number) for number in different.tolist()]
            nearest = np.array([np.nan if value is None else value for value in found])
        else:
            values = np.unique(np.array(self.values, dtype=np.float64))
            middles = (values[1:] + values[:-1]) / 2
            after = np.searchsorted(middles, different, side="right")
            sure = (after == np.searchsorted(middles, different)) & np.isfinite(different)
            nearest = np.where(sure, values[after], np.nan)
        return nearest[places.reshape(numbers.shape)]

    def describe(self) -> str:
        """In words."""
        if isinstance(self.values, NumberSum):
            return f"({self.values.describe()})"
        if isinstance(self.values, FractionSet):
            return f"one of {len(self.values):,} {self.values.describe()}"
        return f"one of {len(self.values):,}"


@dataclass(frozen=True)
class NumberSum(Sequence[Number]):
    """Every sum of a value of each term, in order, the last term's varying the quickest: floats, of which some may be
    equal. Raises `ValueError` for less than two terms, and where the first is subtracted."""

    terms: tuple[Term, ...]

    def __post_init__(self) -> None:
        if len(self.terms) < 2 or self.terms[0].minus:
            raise ValueError("a sum has two terms or more, of which the first is not subtracted")

    @property
    def total(self) -> int:
        """How many sums there are: more than `len` can say, if need be."""
        return prod(term.total for term in self.terms)

    def __len__(self) -> int:
        return self.total

    @overload
    def __getitem__(self, index: int) -> Number: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Number, ...]: ...
    def __getitem__(self, index: int | slice) -> Number | tuple[Number, ...]:
        if isinstance(index, slice):
            return tuple(self[k] for k in range(*index.indices(self.total)))
        if not -self.total <= index < self.total:
            raise IndexError(index)
        rest, found = index % self.total, list[Number]()
        for term in reversed(self.terms):
            rest, k = divmod(rest, term.total)
            found.append(term.values[k])
        return self.add_up(found[::-1])

    def __contains__(self, value: object) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return any(value == self.add_up(numbers) for numbers in product(*(t.values for t in self.terms)))

    def add_up(self, numbers: Sequence[Number]) -> float:
        """The sum of a number for each term."""
        total = float(numbers[0])
        for term, number in zip(self.terms[1:], numbers[1:], strict=True):
            total = total - number if term.minus else total + number
        return total

    @property
    def columns(self) -> int:
        """Of all terms."""
        return sum(term.columns for term in self.terms)

    @property
    def numbers(self) -> list[Term]:
        """All terms that are no sums, those of sums within it among them."""
        found = list[Term]()
        for term in self.terms:
            found += term.values.numbers if isinstance(term.values, NumberSum) else [term]
        return found

    def describe(self) -> str:
        """In words."""
        first, *others = self.terms
        rest = [f"{'minus' if term.minus else 'plus'} {term.describe()}" for term in others]
        return " ".join([first.describe(), *rest])

    def __repr__(self) -> str:
        return f"<{self.describe()}: {self.total:,}>"
