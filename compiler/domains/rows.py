"""Joint enumeration: which combinations of values can several s-ops have at one position.

A `Relation` says, for one s-op, which of its values can occur in which context; a context is a position i and
an input length n, i < n ≤ N, or only one of them, or nothing. `join_relations` enumerates the combinations that can
occur together: in one context, so that `indices < length`, or a count that cannot exceed its position, is
respected.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce

import numpy as np
from numpy.typing import NDArray

from compiler.domains.contexts import Context, Contexts, count_contexts, list_contexts, spread_array
from compiler.domains.distinct_integers import list_distinct
from compiler.domains.domain import Domain, Ints
from compiler.limits import ROWS

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
NUMBERED = 2**62
"""How many combinations one number may stand for."""
JOIN_WORK = 2
"""Listing a combination and finding its like, for each value in it, in cells (`compiler/effort.py`)."""


class TooMany(Exception):
    """An enumeration would have too many `rows`."""

    def __init__(self, rows: float) -> None:
        super().__init__(f"{rows:.3g} combinations")
        self.rows = rows


@dataclass(frozen=True, eq=False)
class Relation:
    """`allowed[context, code]`: the values of `domain` that can occur; contexts range over `depends`."""

    domain: Domain
    depends: Context = Context.NOTHING
    allowed: Bools | None = None

    @property
    def cells(self) -> int:
        """How many numbers it is made of."""
        return len(self.domain) if self.allowed is None else self.allowed.size

    @cached_property
    def counts(self) -> Ints:
        """How many values can occur in each context."""
        assert self.allowed is not None
        return np.einsum(
            "ck->c", self.allowed.view(np.uint8), dtype=np.int64
        )  # faster than `sum` for short rows


def project_relation(relation: Relation, keep: Context, max_length: int) -> Relation:
    """Forget the parts of a context that are not in `keep`: a value can occur when it can for some value of theirs."""
    if relation.allowed is None or relation.depends in keep:
        return relation
    kept = relation.depends & keep
    if not kept:
        return Relation(relation.domain)
    rows = list_contexts(relation.depends, max_length).rows_of(kept)
    allowed = np.zeros((list_contexts(kept, max_length).size, len(relation.domain)), bool)
    np.logical_or.at(allowed, rows, relation.allowed)
    return Relation(relation.domain, kept, allowed)


def join_relations(
    relations: Sequence[Relation],
    max_length: int,
    most: int = ROWS.most,
    spend: Callable[[float], None] | None = None,
) -> Ints:
    """All combinations of codes, shape (rows, relations), no two alike. Raises `TooMany` for more than `most`; `spend` is
    told of the work before it is done."""
    if len(relations) == 1:
        allowed = relations[0].allowed
        codes = np.arange(len(relations[0].domain))
        return (codes if allowed is None else codes[allowed.any(axis=0)])[:, None]
    for keep in (Context.BOTH, Context.INDEX, Context.NOTHING):
        narrowed = [project_relation(r, keep, max_length) for r in relations]
        depends = reduce(lambda a, b: a | b, (r.depends for r in narrowed), Context.NOTHING)
        rows = count_rows(narrowed, depends, max_length)
        if rows <= most:
            if spend is not None:
                spend(JOIN_WORK * rows * len(relations))
            if all(relation.allowed is None for relation in narrowed):  # each with each
                sizes = [len(relation.domain) for relation in narrowed]
                return np.indices(sizes, np.int64).reshape(len(sizes), int(rows)).T
            return expand(narrowed, list_contexts(depends, max_length)).list_rows()
    raise TooMany(rows)


def count_rows(relations: Sequence[Relation], depends: Context, max_length: int) -> float:
    """How many rows `expand` would make in the contexts over `depends`."""
    everywhere, products = 1.0, dict[Context, Floats]()
    for relation in relations:
        if relation.allowed is None:
            everywhere *= len(relation.domain)
        else:
            products[relation.depends] = products.get(relation.depends, np.ones(1)) * relation.counts
    spread = [spread_array(product, own, depends, max_length) for own, product in products.items()]
    return everywhere * float(
        reduce(np.multiply, spread).sum() if spread else count_contexts(depends, max_length)
    )


class Combinations:
    """Combinations of codes within contexts: the codes of each are digits of one number, or of several where that would be
    too large. So they are gone through as one column, however many codes they have."""

    def __init__(self, contexts: int) -> None:
        self.context = np.arange(contexts)  # of each combination
        self._numbers: list[Ints] = []
        self._sizes: list[list[int]] = []  # of the digits of each
        self._room = 0  # for digits of the last

    def combine(self, codes: Ints, size: int, times: Ints | int = 1) -> None:
        """Each combination with so many of these codes, in their order, of `size` that there are."""
        if not isinstance(times, int) or times != 1:
            self.context = np.repeat(self.context, times)
            self._numbers = [np.repeat(numbers, times) for numbers in self._numbers]
        if max(size, 1) > self._room:
            self._numbers.append(np.zeros(len(codes), np.int64))
            self._sizes.append([])
            self._room = NUMBERED
        self._room //= max(size, 1)
        self._numbers[-1] = self._numbers[-1] * size
        self._numbers[-1] += codes
        self._sizes[-1].append(size)

    def list_rows(self) -> Ints:
        """All that are different in lexicographic order, shape (rows, codes); of no codes there is one."""
        match self._numbers:
            case []:
                return np.zeros((1, 0), np.int64)
            case [numbers]:
                different = list_distinct(numbers)[None]
            case several:
                different = np.unique(np.stack(several), axis=1)
        # Each column in one piece: they are used one by one.
        columns = np.empty((sum(map(len, self._sizes)), different.shape[1]), np.int64)
        end = len(columns)
        for left, sizes in zip(different[::-1], reversed(self._sizes), strict=True):
            split_digits(left, sizes, columns[end - len(sizes) : end])
            end -= len(sizes)
        return columns.T


def split_digits(numbers: Ints, sizes: Sequence[int], columns: Ints) -> None:
    """Write the digits of some numbers into columns, shape (digits, numbers)."""
    for column, size in zip(columns[:0:-1], sizes[:0:-1], strict=True):
        rest = numbers // size  # faster than both at once
        np.multiply(rest, size, out=column)
        np.subtract(numbers, column, out=column)
        numbers = rest
    columns[0] = numbers


def expand(relations: Sequence[Relation], where: Contexts) -> Combinations:
    """The cross product within each context, with repetitions."""
    found = Combinations(where.size)
    for relation in relations:
        size = len(relation.domain)
        if relation.allowed is None:
            found.combine(np.tile(np.arange(size), len(found.context)), size, size)
            continue
        rows = where.rows_of(relation.depends)[found.context]
        codes = np.nonzero(relation.allowed)[1]
        if (relation.counts == 1).all():  # as of all that position and length determine
            found.combine(codes[rows], size)
            continue
        times = relation.counts[rows]
        before = np.cumsum(relation.counts) - relation.counts  # where a row's codes begin
        shift = before[rows] - (np.cumsum(times) - times)  # from a place among all to one among the codes
        found.combine(codes[np.repeat(shift, times) + np.arange(times.sum())], size, times)
    return found


def find_distinct_rows(matrix: Bools) -> tuple[Bools, Ints]:
    """The different rows of a matrix in lexicographic order, and which of them each row is: `np.unique` of the rows, but
    comparing eight elements at a time."""
    packed = np.packbits(matrix, axis=1)
    keys = np.ascontiguousarray(packed).view(np.dtype((np.void, packed.shape[1])))[:, 0]
    _, first, of_row = np.unique(keys, return_index=True, return_inverse=True)
    return matrix[first], of_row.reshape(-1)
