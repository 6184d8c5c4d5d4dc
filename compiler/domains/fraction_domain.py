"""The domain of a mean with too many values to be listed: a described set of fractions (`compiler/fraction_set.py`)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise

import numpy as np

from compiler.domains.domain import Domain, Floats, Ints, is_carriable
from compiler.fraction_set import FractionSet
from compiler.limits import DESCRIBED
from rasp.interpret.atom_array import FLOAT, INT, Array, AtomArray
from rasp.values import Atom


@dataclass(frozen=True)
class FractionDomain(Domain):
    """Its values are a `FractionSet`, and so numbers, all different: they are computed, where they are asked for."""

    values: FractionSet

    def code(self, value: Atom) -> int:
        found = None if isinstance(value, bool | str) else self.values.find(value)
        if found is None:
            raise KeyError(value)
        return found

    def has(self, value: Atom) -> bool:
        return value in self.values

    @cached_property
    def known(self) -> Sequence[Atom]:
        return self.values

    @cached_property
    def is_numeric(self) -> bool:
        sizes = np.abs(self.values.numbers)
        return all(is_carriable(float(size)) for size in (sizes.max(), *sizes[sizes > 0].min(keepdims=True)))

    def numbers(self) -> Floats:
        return self.values.numbers

    @property
    def numbers_differ(self) -> bool:
        return True

    def ranks(self) -> Floats:
        return np.arange(len(self), dtype=float)

    def column(self, codes: Ints, *, as_floats: bool = False) -> AtomArray:
        data = self.values.numbers[codes]
        if as_floats or not self.floats:
            return AtomArray(data)
        kinds = self._kinds[codes]
        if (kinds == INT).all() and len(codes):
            return AtomArray(data.astype(np.int64))
        return AtomArray(data, kinds=kinds if (kinds == INT).any() else None)

    @cached_property
    def _kinds(self) -> Array:
        """The kind of each value: those that may be a float are ints, else."""
        kinds = np.full(len(self), FLOAT, np.uint8)
        kinds[[*self.floats]] = INT
        return kinds

    def shown(self) -> Sequence[Atom]:
        return self.values.as_floats()


def describe_means(
    numbers: Sequence[Atom],
    counts: Iterable[int],
    default: Sequence[Atom],
    keep: Callable[[int], None] = lambda size: None,
    share: Callable[[FractionSet], FractionSet] = lambda found: found,
) -> FractionDomain | None:
    """The means of some numbers, of so many at a time, where they are too many to be listed; None where they are not, or
    where no four numbers say what they are: numbers that are not evenly spaced, counts that are passed over, a default of
    another value, ints beside floats that are none. `keep` is told how many they are before each is a number, and may
    refuse; `share` gives an equal set for one, if there is one whose numbers are known."""
    counted, kinds = {*counts} - {0}, {type(number) for number in numbers}
    longest = max(counted, default=0)
    if longest < 2 or counted != {*range(1, longest + 1)} or not kinds <= {int, float}:
        return None
    exact = sorted({Fraction(number) for number in numbers if not isinstance(number, str)})
    ints = int in kinds
    if len(exact) < 2 or (ints and any(number.denominator > 1 for number in exact)):
        return None
    step = exact[1] - exact[0]
    if any(after - before != step for before, after in pairwise(exact)):
        return None
    try:
        found = FractionSet(float(exact[0]), float(step), len(exact) - 1, longest, ints)
    except ValueError:
        return None
    if len(found) <= DESCRIBED.most:
        return None
    keep(len(found))
    found = share(found)
    if any(value not in found for value in default):
        return None
    twins = (
        frozenset(int(place) for place in np.searchsorted(found.numbers, found.undivided))
        if ints
        else frozenset[int]()
    )
    return FractionDomain(found, twins)
