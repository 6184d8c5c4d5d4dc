"""Whole numbers for the values that a comparison compares: equal where it is an equality, in order where it is an order.

Out of a matrix of all pairs, or, where values have ranks, out of those: the same numbers, without the matrix.
"""

from typing import assert_never

import numpy as np

from compiler.blocks.form import Vector
from compiler.domains.domain import has_whole
from compiler.domains.ranked import ORDERS, Ranked, is_told_apart, list_spans
from compiler.domains.rows import Bools, find_distinct_rows
from compiler.limits import PAIRS
from compiler.selector_facts.matching import Matching, Pairs

Codes = tuple[Vector, Vector]
"""Of the queries' values, and of the keys'."""


def find_equality_codes(match: Matching, numbers: Codes) -> Codes | None:
    """Integer codes of query and key values that are equal exactly where selected; None when there are none.

    The values themselves are taken where they serve: a linear form then provides them for nothing.
    """
    if isinstance(match.given, Ranked) and match.given.test == "==":
        return numbers if rank_alike(match.given, numbers) else number_compactly(match)
    if match.size > PAIRS.most:
        return None
    rows, _ = find_distinct_rows(match.selects)
    if (rows.sum(axis=0) > 1).any():
        return None
    return numbers if serves(match.selects, *numbers) else number_compactly(match)


def number_compactly(match: Matching) -> Codes:
    """Such codes from 0 on, without gaps, for an equality."""
    match match.given:
        case Ranked("==", key, query):
            shared = np.intersect1d(key, query, assume_unique=True)
            ranks = [np.searchsorted(shared, side).astype(float) for side in (query, key)]
            alone = [~np.isin(side, shared) for side in (query, key)]
            ranks[0][alone[0]] = len(shared)
            ranks[1][alone[1]] = len(shared) + alone[0].any()
            return ranks[0], ranks[1]
        case _:
            return compact_codes(match.selects)


def compact_codes(selects: Bools) -> Codes:
    """The same, of a matrix."""
    rows, row_kind = find_distinct_rows(selects)
    codes = np.full(selects.shape[1], -1.0)
    row_codes = np.zeros(len(rows))
    taken = 0
    for kind in np.argsort([np.flatnonzero(r)[0] if r.any() else len(codes) for r in rows], kind="stable"):
        row_codes[kind] = taken
        codes[rows[kind]] = taken
        taken += 1
    codes[codes < 0] = taken
    return row_codes[row_kind], codes


def rank_alike(ranked: Ranked, numbers: Codes) -> bool:
    """Whether the numbers are whole, and equal exactly where ranks are."""
    query, key = numbers
    shared, of_query, of_key = np.intersect1d(ranked.query, ranked.key, return_indices=True)
    equal = np.searchsorted(key, query, side="right") - np.searchsorted(key, query, side="left")
    return has_whole(*numbers) and bool((query[of_query] == key[of_key]).all()) and equal.sum() == len(shared)


def serves(selects: Bools, query: Vector, key: Vector) -> bool:
    """Whether the numbers differ by at least 1 exactly where nothing is selected, and are whole."""
    return has_whole(query, key) and bool(((query[:, None] == key[None, :]) == selects).all())


def find_order_codes(match: Matching, numbers: Codes) -> Codes | None:
    """Codes t of queries and r of keys with t >= r exactly where selected: the values themselves, shifted, if they are
    whole and serve; otherwise how many kinds of rows select a key, and how few may for a query to."""
    if is_no_order(match):
        return None
    for sign in (1.0, -1.0) if has_whole(*numbers) else ():
        query, key = (sign * side for side in numbers)
        least, beyond = bound_differences(match, query, key)
        if np.isfinite(least) and beyond < least:
            return query - least, key
    return number_order(match)


def is_no_order(match: Matching) -> bool:
    """Whether it is known without looking at pairs that rows are not prefixes of one another, or too many to look at."""
    match match.given:
        case Ranked(test) as ranked if test not in ORDERS:
            return is_told_apart(ranked) or match.size > PAIRS.most
        case Ranked() | Pairs():
            return False
        case _:
            assert_never(match.given)


def bound_differences(match: Matching, query: Vector, key: Vector) -> tuple[float, float]:
    """The least of `query - key` where selected, and the greatest where not. Keys of ranked values rise, or fall."""
    match match.given:
        case Ranked(test, keys) as ranked if test in ORDERS:
            start, stop = list_spans(ranked)
            least = [query[start < stop] - key[at[start < stop]] for at in (start, stop - 1)]
            others = np.where(start > 0, 0, stop), np.where(stop < len(keys), len(keys), start)
            some = others[0] < others[1]
            beyond = [query[some] - key[at[some]] for at in (others[0], others[1] - 1)]
            return float(np.min(least, initial=np.inf)), float(np.max(beyond, initial=-np.inf))
        case _:
            apart = query[:, None] - key[None, :]
            wanted, others = match.selects & match.cares, ~match.selects & match.cares
            return float(apart[wanted].min(initial=np.inf)), float(apart[others].max(initial=-np.inf))


def measure_top(match: Matching, limits: Vector, ranks: Vector) -> float:
    """The most that a limit exceeds the rank of a selected key by."""
    least, _ = bound_differences(match, -limits, -ranks)
    return max(0.0, -least)


def number_order(match: Matching) -> Codes | None:
    """Such codes from 0 on, without gaps; None where the rows are not prefixes of one another."""
    if is_no_order(match):
        return None
    match match.given:
        case Ranked(test, keys) as ranked if test in ORDERS:
            start, stop = list_spans(ranked)
            kinds, which = np.unique(stop - start, return_inverse=True)
            rows = np.arange(len(keys))
            before = rows if test in ("<", "<=") else rows[::-1]
            return which.astype(float), np.searchsorted(kinds, before, side="right").astype(float)
        case _:
            return order_kinds(match.selects | ~match.cares)


def order_kinds(selects: Bools) -> Codes | None:
    """The same, of a matrix."""
    kinds, of_row = find_distinct_rows(selects)
    order = np.argsort(kinds.sum(axis=1), kind="stable")
    if (kinds[order][:-1] & ~kinds[order][1:]).any():
        return None
    rank = np.empty(len(kinds))
    rank[order] = np.arange(len(kinds))
    return rank[of_row], (~kinds).sum(axis=0).astype(float)
