"""Columns of the interpreter as domains and codes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from compiler.domains.distinct_integers import (
    DENSE,
    Ints,
    list_different,
    list_distinct,
    rank_distinct,
    rank_floats,
)
from compiler.domains.domain import Domain, make_domain
from rasp.interpret.atom_array import AtomArray, join_columns
from rasp.values import Atom, make_typed_key

Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Distinct:
    """The different elements of a column that have a value, and which of them each element is; -1 for none. `minus_zero`:
    one of them is 0, and -0.0 somewhere. `problem`: why others have no value."""

    elements: AtomArray
    which: Ints
    minus_zero: bool
    problem: str = ""


def find_distinct(column: AtomArray) -> Distinct:
    """Those of a column."""
    ok, flat = find_existing(column)
    first, which = find_distinct_elements(flat)
    if column.failed is not None:
        known, which = which, np.full(column.data.size, -1, dtype=np.int64)
        which[ok.ravel()] = known
    elements = flat.indexed(lambda array: array[first])
    return Distinct(elements, which, has_minus_zero(flat, elements), column.problem)


def has_minus_zero(column: AtomArray, elements: AtomArray) -> bool:
    """Whether -0.0 is in a column, of which these are the different elements: among floats it is not told from 0.0."""
    match column.data.dtype.kind:
        case "f":
            return bool(np.signbit(column.data[column.data == 0]).any())
        case "O":
            return any(type(value) is float and repr(value) == "-0.0" for value in elements.data.tolist())
        case _:
            return False


def join_distinct(parts: Iterable[Distinct]) -> Distinct:
    """Those of a column that comes in parts, one after another."""
    kept = list(parts)
    joined = find_distinct(join_columns([part.elements for part in kept]))
    which = np.empty(sum(len(part.which) for part in kept), np.int64)
    begin = end = 0  # among the different elements of all parts, and among all elements
    for part in kept:
        own = np.append(joined.which[begin : begin + part.elements.data.size], -1)
        which[end : end + len(part.which)] = own[part.which]
        begin, end = begin + len(own) - 1, end + len(part.which)
    minus_zero = any(part.minus_zero for part in kept)
    return Distinct(joined.elements, which, minus_zero, next((p.problem for p in kept if p.problem), ""))


def factor_values(column: AtomArray) -> tuple[Domain, Ints]:
    """The domain of a column's values that exist, and each element's code (-1 where it failed)."""
    return factor_distinct(find_distinct(column))


def factor_distinct(distinct: Distinct, keep: Callable[[int], None] | None = None) -> tuple[Domain, Ints]:
    """The same of what is different in it. `keep` is told how many values that will be, and may refuse."""
    elements = distinct.elements
    if keep is not None:
        keep(elements.data.size)
    atoms = elements.atoms()
    # All of one type are found in ascending order.
    ordered = elements.kinds is None and elements.data.dtype != object
    domain = Domain(tuple(atoms)) if ordered else make_domain(atoms)
    if distinct.minus_zero:
        domain = replace(domain, minus_zero=True)
    if ordered:
        return domain, distinct.which
    codes = np.array([*map(domain.code, atoms), -1], dtype=np.int64)
    return domain, codes[distinct.which]


def find_existing(column: AtomArray) -> tuple[Bools, AtomArray]:
    """Which elements of a column have a value, and these."""
    if column.failed is None:
        flat = column.indexed(lambda array: np.broadcast_to(array, column.shape).ravel())
        return np.ones(column.shape, bool), flat
    ok = ~np.broadcast_to(column.failed, column.shape)
    return ok, column.indexed(lambda array: np.broadcast_to(array, column.shape)[ok])


def find_elements(column: AtomArray) -> list[Atom]:
    """The different elements of a column that have a value. Of zeros that are floats there is one."""
    flat = find_existing(column)[1]
    if flat.kinds is None and flat.data.dtype == np.float64:
        return list_different(flat.data + 0.0).tolist()  # -0.0 becomes 0.0
    low = int(flat.data.min(initial=0)) if flat.data.dtype == np.int64 else 0
    if flat.kinds is None and flat.data.dtype == np.int64 and int(flat.data.max(initial=0)) < 2**62 + low:
        return (list_distinct(flat.data - low) + low).tolist()
    first = find_distinct_elements(flat)[0]
    return flat.indexed(lambda array: array[first]).atoms()


def find_distinct_elements(column: AtomArray) -> tuple[Ints, Ints]:
    """Indices of the first occurrence of each different element of a flat column, and which of them each one
    is.
    """
    data = column.data.ravel()
    if column.origin is not None:
        codes, table = column.origin
        return rank_distinct(find_distinct_elements(table)[1][codes.ravel()])
    if column.kinds is not None:
        return rank_distinct(rank_floats(data)[1] * 4 + column.kinds.ravel())
    if data.dtype == np.float64:
        return rank_floats(data)
    if data.dtype == np.bool_:
        return rank_distinct(data.astype(np.int64))
    if data.dtype == np.int64 and int(data.max(initial=0)) - (low := int(data.min(initial=0))) < DENSE * len(
        data
    ):
        return rank_distinct(data - low)
    if data.dtype == object:
        seen: dict[tuple[str, str], int] = {}
        which = [seen.setdefault(make_typed_key(value), len(seen)) for value in data]
        return rank_distinct(np.array(which, dtype=np.int64))
    _, first, which = np.unique(data, return_index=True, return_inverse=True)
    return first, which
