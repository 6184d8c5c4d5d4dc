"""Joint enumeration: which combinations of values can several s-ops have at one position.

A `Relation` says, for one s-op, which of its values can occur in which context; a context is a position i and
an input length n, i < n ≤ N, or only one of them, or nothing. `join_relations` enumerates the combinations that can
occur together: in one context, so that `indices < length`, or a count that cannot exceed its position, is
respected.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from math import prod

import numpy as np
from numpy.typing import NDArray

from compiler.domains.contexts import Context, Contexts, count_contexts, list_contexts, spread_array
from compiler.domains.distinct_integers import list_distinct
from compiler.domains.domain import Domain, Ints
from compiler.limits import ROWS

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
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
            where = list_contexts(depends, max_length)
            return unique_rows(expand(narrowed, where), [len(r.domain) for r in relations])
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


def expand(relations: Sequence[Relation], where: Contexts) -> list[Ints]:
    """The cross product within each context, a column for each relation, with repetitions."""
    context = np.arange(where.size)
    columns: list[Ints] = []
    for relation in relations:
        if relation.allowed is None:
            size = len(relation.domain)
            parent = np.repeat(np.arange(len(context)), size)
            code = np.tile(np.arange(size), len(context))
        else:
            rows = where.rows_of(relation.depends)[context]
            if (relation.counts == 1).all():  # as of all that position and length determine
                columns.append(np.nonzero(relation.allowed)[1][rows])
                continue
            parent, code = allowed_codes(relation, rows)
        context = context[parent]
        columns = [column[parent] for column in columns] + [code]
    return columns


def allowed_codes(relation: Relation, rows: Ints) -> tuple[Ints, Ints]:
    """`np.nonzero(relation.allowed[rows])`, without a copy of the rows."""
    assert relation.allowed is not None
    counts, codes = relation.counts, np.nonzero(relation.allowed)[1]
    first = np.cumsum(counts) - counts  # where a row's codes begin
    sizes = counts[rows]
    parent = np.repeat(np.arange(len(rows)), sizes)
    shift = first[rows] - (np.cumsum(sizes) - sizes)  # from a place among all to one among the codes
    return parent, codes[np.arange(len(parent)) + np.repeat(shift, sizes)]


def unique_rows(columns: Sequence[Ints], sizes: Sequence[int]) -> Ints:
    """Distinct rows of some columns in lexicographic order, shape (rows, columns); of no columns there is one."""
    if not columns:
        return np.zeros((1, 0), np.int64)
    if prod(sizes) > 2**62:
        return np.unique(np.stack(columns, axis=1), axis=0)
    combined = np.array(columns[0])
    for column, size in zip(columns[1:], sizes[1:], strict=True):
        combined *= size
        combined += column
    left = list_distinct(combined)
    found = np.empty((len(sizes), len(left)), np.int64)  # each column in one piece: they are used one by one
    for column, size in zip(found[::-1], reversed(sizes), strict=True):
        rest = left // size  # `divmod` takes several times as long
        np.multiply(rest, size, out=column)
        np.subtract(left, column, out=column)
        left = rest
    return found.T


def find_distinct_rows(matrix: Bools) -> tuple[Bools, Ints]:
    """The different rows of a matrix in lexicographic order, and which of them each row is: `np.unique` of the rows, but
    comparing eight elements at a time."""
    packed = np.packbits(matrix, axis=1)
    keys = np.ascontiguousarray(packed).view(np.dtype((np.void, packed.shape[1])))[:, 0]
    _, first, of_row = np.unique(keys, return_index=True, return_inverse=True)
    return matrix[first], of_row.reshape(-1)
