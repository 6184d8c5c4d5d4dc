"""Domain: the finite set of values that an s-op can take, in a fixed order, with codes 0 … size-1.

Numbers come first in ascending order, then booleans, then strings. `1` and `1.0` are one entry (a mean is an
int when one position was selected and a float when several were, which no transformer can tell); `True` stays
apart from `1`. Such an entry stands as the int, and `floats` marks it so that both kinds can be tried.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from compiler.domains.distinct_integers import Ints
from compiler.limits import NUMBER
from rasp.interpret.atom_array import AtomArray
from rasp.values import KINDS, Atom, Const, make_const, show_count

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
NONE: Floats = np.empty(0)
RANKS = {"int": 0, "float": 0, "bool": 1, "string": 2}


def make_domain_key(value: Atom) -> tuple[int, Atom]:
    """Equal for values that share an entry; sorts entries."""
    return RANKS[KINDS[type(value)]], value


def is_carriable(value: Atom) -> bool:
    """Whether an arithmetic can hold a number with room for what is done to it."""
    return not isinstance(value, str) and (value == 0 or 1 / NUMBER.most <= abs(value) <= NUMBER.most)


@dataclass(frozen=True)
class Domain:
    """Values by code. Build one with `make_domain`. `minus_zero`: the 0 among them may be the float -0.0."""

    values: Sequence[Atom]
    floats: frozenset[int] = frozenset()
    minus_zero: bool = False

    @cached_property
    def index(self) -> dict[tuple[int, Atom], int]:
        """The code of each value, by its key."""
        return {make_domain_key(v): i for i, v in enumerate(self.values)}

    def __len__(self) -> int:
        return len(self.values)

    def code(self, value: Atom) -> int:
        """The code of a value. Raises `KeyError` when it is not in the domain."""
        return self.index[make_domain_key(value)]

    def has(self, value: Atom) -> bool:
        return make_domain_key(value) in self.index

    @cached_property
    def known(self) -> Sequence[Atom]:
        """The numbers, and booleans as 0 and 1: strings come last."""
        return self.values[: bisect_left(self.values, True, key=lambda value: isinstance(value, str))]

    @cached_property
    def is_numeric(self) -> bool:
        """Every value (booleans as 0 and 1) can be carried as a number: no strings, none too large or small."""
        return len(self.known) == len(self) and self.is_held

    @cached_property
    def is_held(self) -> bool:
        """Whether all numbers can be carried. They ascend: the outermost are the largest, those around 0 the smallest."""
        numbers = self.known[: bisect_left(self.known, True, key=lambda value: isinstance(value, bool))]
        around = slice(max(bisect_left(numbers, 0) - 1, 0), bisect_right(numbers, 0) + 1)
        return all(map(is_carriable, (*numbers[:1], *numbers[around], *numbers[-1:])))

    def numbers(self) -> Floats:
        """Values as float64; strings are numbered on from the largest number, so that no mean can be one. Codes, if
        there are numbers too large or small to be carried."""
        return self._numbers

    @cached_property
    def _numbers(self) -> Floats:
        if self.is_held:
            known = np.fromiter(self.known, np.float64, len(self.known))
            above = float(np.floor(known.max())) + 1 if len(known) else 0.0
            numbers = np.concatenate([known, above + np.arange(len(self) - len(known), dtype=np.float64)])
        else:
            numbers = np.arange(len(self), dtype=float)
        numbers.flags.writeable = False
        return numbers

    @cached_property
    def is_whole(self) -> bool:
        """Whether every value can be carried as a whole number."""
        return self.is_numeric and has_whole(self.numbers())

    @property
    def numbers_differ(self) -> bool:
        """Whether no two values have the same number, as `1` and `True` do, and whole numbers beyond 2^53 may."""
        return len(np.unique(self.numbers())) == len(self)

    def ranks(self) -> Floats:
        """Each value's rank among the different ones, 0 for the smallest; `True` has that of 1."""
        if not any(isinstance(value, bool) for value in self.values):
            return np.arange(len(self), dtype=float)
        order = sorted(set(self.values), key=lambda v: (isinstance(v, str), v))
        rank_of = {value: rank for rank, value in enumerate(order)}
        return np.array([rank_of[v] for v in self.values], dtype=float)

    def select(self, codes: Ints) -> list[Atom]:
        """The values under some codes."""
        return [self.values[int(code)] for code in codes]

    def column(self, codes: Ints, *, as_floats: bool = False) -> AtomArray:
        """The values under `codes`, for the interpreter; `as_floats` takes the float twin where there is
        one.
        """
        return (self.as_floats if as_floats else self.packed).take(codes)

    @cached_property
    def packed(self) -> AtomArray:
        """The values in the order of their codes."""
        return AtomArray.from_atoms(list(self.values))

    @cached_property
    def as_floats(self) -> AtomArray:
        """The same with the float twins of those that have one."""
        return AtomArray.from_atoms(list(self.shown())) if self.floats else self.packed

    @cached_property
    def constants(self) -> tuple[Const, ...]:
        """The values, as parameters of an op."""
        return tuple(map(make_const, self.values))

    def kinds(self) -> tuple[Atom, ...]:
        """The values, with the float twins of those that have one."""
        return (*self.values, *(float(self.values[i]) for i in sorted(self.floats)))

    def shown(self) -> Sequence[Atom]:
        """Values as answers: an entry that may be a float is shown as one."""
        return tuple(float(v) if i in self.floats else v for i, v in enumerate(self.values))

    def __str__(self) -> str:
        if len(self.values) <= 12:
            return "{" + ", ".join(map(repr, self.values)) + "}"
        head = ", ".join(map(repr, self.values[:4]))
        return f"{{{head}, … {self.values[-1]!r}}} ({show_count(len(self.values), 'value')})"


def has_whole(*numbers: Floats) -> bool:
    """Whether all of them are whole."""
    return all(bool((some == np.round(some)).all()) for some in numbers)


def make_domain(values: Iterable[Atom], means: Floats = NONE) -> Domain:
    """The domain of some values, in canonical order, and of `means`, which ascend and of which no two are equal."""
    found: dict[type[Atom], set[Atom]] = {kind: set() for kind in KINDS}
    zero: set[Atom] = set()
    for value in values:
        found[type(value)].add(value)
        if not value and type(value) is float:
            zero = {value}  # of 0.0 and -0.0 the last one stands
    ints, floats = found[int], found[float]
    numbers = sorted(ints | zero | floats)  # what is equal to an int stands as the int
    both = ints & floats
    if len(means):
        more: list[float] = means.tolist()
        both |= {value for value in ints if more[bisect_left(more, value) :][:1] == [value]}
        numbers = sorted([*numbers, *more])
        numbers = numbers[:1] + [value for before, value in pairwise(numbers) if value != before]
    return Domain(
        (*numbers, *sorted(found[bool]), *sorted(found[str])),
        frozenset(bisect_left(numbers, value) for value in both),
    )
