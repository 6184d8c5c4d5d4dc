"""Comparisons as scores: a boolean matrix over query and key values, factored into query and key features.

A score is 0 where selected and at most -1 where not, so the scores of a conjunction add up. The factorings:
- *quadratic*, for equality in the widest sense (every query value matches at most one key value and back):
  -(k - q)² = 2qk - k² - q², three columns whatever the number of values, or two when the head never has to
  compare a row's scores with BOS (-q² shifts a whole row);
- *by digits*, for equality: the same for each digit of a number in some base, where the squares of all digits take two
  columns together; or, in base 2 with digits 1 and -1, one product a digit and no squares;
- *by rows*, one column for each kind of row (query values that select alike), or *by columns*, likewise.
An order on m values has m - 1 kinds of rows, and no fewer columns will do where every prefix needs equal scores. Where
selected positions only have to score above the others, two columns do:
- *by threshold*: t(q) - r(k), at least 0 where selected and at most -1 where not.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from compiler.blocks.form import Vector
from compiler.domains.domain import Ints
from compiler.domains.rows import Bools, find_distinct_rows
from compiler.factorings.turning import Wave
from compiler.factorings.value_codes import (
    find_equality_codes,
    find_order_codes,
    measure_top,
    number_compactly,
)
from compiler.numerics.rounding import find_grain
from compiler.selector_facts.matching import Matching


@dataclass(frozen=True)
class Bit:
    """A bit of whole numbers less `origin`, by its `number`: the lowest is 0. The highest is all that there is above."""

    number: int
    origin: int
    is_highest: bool

    def take(self, numbers: Ints) -> Vector:
        """The bit of whole numbers."""
        above = (numbers - self.origin) // 2**self.number
        return (above if self.is_highest else above % 2).astype(float)


@dataclass(frozen=True, eq=False)
class Factor:
    """One column of a head: a feature of the query s-op and one of the key s-op; scores are sums of products. `bit`: what
    both are affine in, where that is known."""

    query: Vector
    key: Vector
    bit: Bit | None = None


FactoringKind = Literal["plain", "quadratic", "digits", "powers"]


@dataclass(frozen=True, eq=False)
class Kinds:
    """The different rows of a matrix, and which of them each row is."""

    rows: Bools
    of_row: Ints


@dataclass(frozen=True, eq=False)
class KindFactors:
    """A column for each of the `chosen` kinds of rows: which rows are of that kind, and the kind's own row, of which
    `least` stands for 0. Made when asked for: of most factorings it is enough to know how many there are."""

    kinds: Kinds
    chosen: Ints
    least: float
    turned: bool

    def __len__(self) -> int:
        return len(self.chosen)

    def __getitem__(self, number: int) -> Factor:
        kind = self.chosen[number]
        belongs, row = (
            (self.kinds.of_row == kind).astype(float),
            self.kinds.rows[kind].astype(float) + self.least,
        )
        return Factor(row, belongs) if self.turned else Factor(belongs, row)

    def __iter__(self) -> Iterator[Factor]:
        return map(self.__getitem__, range(len(self.chosen)))


@dataclass(frozen=True, eq=False)
class Factoring:
    """Those of the kind `quadratic` have integer codes of at most `reach`. Selected pairs score `reward`, others 1 less.

    Selected pairs of a threshold score anything from 0 to `top`. Those by `digits` are exact where float32 holds `steps`
    steps apart. Selected pairs of powers
    score `spread` less at most, and those of one query with each key value once `together`. `way` is its name. What scores
    by turning has a `wave`, and no factors of values."""

    way: str
    factors: tuple[Factor, ...] | KindFactors
    kind: FactoringKind = "plain"
    reach: float = 1.0
    reward: float = 0.0
    top: float = 0.0
    spread: float = 0.0
    together: float = 0.0
    wave: Wave | None = None

    @cached_property
    def size(self) -> float:
        """At most how large all products of a pair are together."""
        return sum(float(np.abs(f.query).max() * np.abs(f.key).max()) for f in self.factors)

    @cached_property
    def steps(self) -> float:
        """At most how many times what all products are multiples of a sum of their sizes is."""
        return self.size / min(find_grain(f.query) * find_grain(f.key) for f in self.factors)

    @property
    def injective(self) -> bool:
        """Whether no two key values have the same features."""
        return len(np.unique(np.stack([factor.key for factor in self.factors]), axis=1).T) == len(
            self.factors[0].key
        )


def list_factorings(
    match: Matching, numbers: tuple[Vector, Vector], *, with_bos: bool
) -> Iterator[Factoring]:
    """Ways to score a matching, made one after another: they can be large. `numbers` are the query's and key's values as
    numbers, for codes that cost nothing."""
    yield from list_by_kinds(match)
    yield from list_by_codes(match, numbers, with_bos=with_bos)


def list_by_kinds(match: Matching) -> Iterator[Factoring]:
    """A column for each kind of row, or of column: always accurate."""
    selects = match.selects | ~match.cares
    rows, columns = Kinds(*find_distinct_rows(selects)), Kinds(*find_distinct_rows(selects.T))
    yield penalties(rows)
    yield penalties(columns, turned=True)
    if selects.any():
        yield rewards(rows)
        yield rewards(columns, turned=True)


def list_by_codes(match: Matching, numbers: tuple[Vector, Vector], *, with_bos: bool) -> Iterator[Factoring]:
    """By whole numbers that are equal where a pair is selected, if there are such."""
    codes = find_equality_codes(match, numbers)
    if codes is None:
        return
    yield quadratic(*codes, with_bos=with_bos)
    compact = number_compactly(match)
    yield from by_digits(*compact, with_bos=with_bos)
    lowest = min(float(numbers.min()) for numbers in codes)
    own = (codes[0] - lowest, codes[1] - lowest)
    if not all(np.array_equal(*pair) for pair in zip(own, compact, strict=True)):
        yield from by_digits(*own, with_bos=with_bos, of="the values' digits")


def list_centred(match: Matching, numbers: tuple[Vector, Vector], *, with_bos: bool) -> Iterator[Factoring]:
    """The quadratic one of numbers about 0: a quarter of the size."""
    codes = find_equality_codes(match, numbers)
    if codes is not None:
        middle = np.floor((max(map(np.max, codes)) + min(map(np.min, codes))) / 2)
        yield quadratic(
            codes[0] - middle, codes[1] - middle, with_bos=with_bos, of="quadratic about the middle"
        )


def penalties(kinds: Kinds, *, turned: bool = False) -> Factoring:
    """One column per kind of row: the query says which kind it is, the key's feature is -1 where that kind rejects.

    Rows that select everything need none. `turned`: it is keys that are rows.
    """
    way = "by columns" if turned else "by rows"
    return Factoring(way, KindFactors(kinds, np.flatnonzero(~kinds.rows.all(axis=1)), -1.0, turned))


def rewards(kinds: Kinds, *, turned: bool = False) -> Factoring:
    """The same with 1 where the kind selects: few keys are 1 where few are selected, so that errors don't add up."""
    way = "by columns, rewarded" if turned else "by rows, rewarded"
    factors = KindFactors(kinds, np.flatnonzero(kinds.rows.any(axis=1)), 0.0, turned)
    return Factoring(way, factors, reward=1.0)


def quadratic(query: Vector, key: Vector, *, with_bos: bool, of: str = "quadratic") -> Factoring:
    """-(k - q)², up to -q² when BOS need not be compared with."""
    factors = [Factor(2 * query, key), Factor(-np.ones_like(query), key**2)]
    if with_bos:
        factors.append(Factor(-(query**2), np.ones_like(key)))
    reach = float(max(np.abs(query).max(), np.abs(key).max()))
    return Factoring(of, tuple(factors), "quadratic", reach=reach)


def by_digits(query: Vector, key: Vector, *, with_bos: bool, of: str = "digits") -> Iterator[Factoring]:
    """Equality of whole numbers from 0 on, digit by digit, in the smallest base for each number of digits."""
    largest = int(max(query.max(), key.max()))
    for count in range(2, largest.bit_length() + 1):
        base = find_base(largest, count)
        if base ** (count - 1) > largest:  # the same base with fewer digits came before
            continue
        of_query, of_key = (digits_of(codes, base, count) for codes in (query, key))
        if base == 2:
            signs = [Factor(q - 0.5, 2 * k - 1) for q, k in zip(of_query, of_key, strict=True)]
            yield Factoring(f"{of} in base 2", tuple(signs), "digits", reward=count / 2)
        else:
            middle = np.floor(base / 2)
            of_query, of_key = of_query - middle, of_key - middle
            factors = [Factor(2 * q, k) for q, k in zip(of_query, of_key, strict=True)]
            factors.append(Factor(-np.ones_like(query), (of_key**2).sum(axis=0)))
            if with_bos:
                factors.append(Factor(-(of_query**2).sum(axis=0), np.ones_like(key)))
            yield Factoring(f"{of} in base {base}", tuple(factors), "digits")


def factor_by_carries(
    match: Matching, numbers: tuple[Vector, Vector], ends: tuple[int, int]
) -> Factoring | None:
    """Equality of the numbers themselves, bit by bit; None where it is none. They lie between these ends, whatever their
    domains."""
    codes = find_equality_codes(match, numbers)
    if codes is None or not all(np.array_equal(*pair) for pair in zip(codes, numbers, strict=True)):
        return None
    query, key = (vector.astype(np.int64) for vector in numbers)
    unit = 2 ** int(np.abs(key).max()).bit_length()  # then low bits of keys are those of the numbers
    origin = ends[0] // unit * unit
    count = (ends[1] - origin).bit_length()
    bits = [Bit(number, origin, number + 1 == count) for number in range(count)]
    factors = tuple(Factor(bit.take(query) - 0.5, 2 * bit.take(key) - 1, bit) for bit in bits)
    return Factoring("bits with carries", factors, "digits", reward=count / 2)


def find_base(largest: int, count: int) -> int:
    """The smallest base in which a number has so many digits at most."""
    base = max(2, round(largest ** (1 / count)) - 1)  # the root is not exact, but near
    return next(b for b in itertools.count(base) if b**count > largest)


def digits_of(codes: Vector, base: int, count: int) -> NDArray[np.float64]:
    """The digits of whole numbers, lowest first, shape (count, codes)."""
    powers = base ** np.arange(count)[:, None]
    return (codes.astype(np.int64)[None, :] // powers % base).astype(float)


def factor_by_threshold(match: Matching, numbers: tuple[Vector, Vector]) -> Factoring | None:
    """Two columns for an order, in whole numbers; None where the rows are not prefixes of one another."""
    codes = find_order_codes(match, numbers)
    if codes is None:
        return None
    limits, ranks = codes
    factors = [Factor(np.ones_like(limits), -ranks)]
    if limits.any():
        factors.append(Factor(limits, np.ones_like(ranks)))
    return Factoring("by threshold", tuple(factors), top=measure_top(match, limits, ranks))
