"""Comparisons of ordered values in whole numbers: what a matrix of all pairs would say, from one number a value.

The values of both sides, in their order, are numbered; then `key < query` holds where it does for the numbers, and every
row of the matrix selects a range of keys. Of all but numbers that float64 holds, the interpreter is asked about neighbours
in that order: values of one kind are totally ordered, and those of different kinds never equal, except numbers and
booleans, which get no ranks here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

import numpy as np

from compiler.domains.distinct_integers import rank_floats
from compiler.domains.domain import Domain, Ints, make_domain
from compiler.domains.rows import Bools
from rasp.graph.nodes import Map
from rasp.interpret.atom_array import EXACT, AtomArray
from rasp.interpret.evaluate import apply_map
from rasp.values import Atom, Test

ORDERS: tuple[Test, ...] = ("<", "<=", ">", ">=")
COMPARE: dict[Test, Callable[[Any, Any], Bools]] = {
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


@dataclass(frozen=True, eq=False)
class Ranked:
    """`key[k] test query[q]`; both ascend, and no two of one side are equal."""

    test: Test
    key: Ints
    query: Ints

    @property
    def shape(self) -> tuple[int, int]:
        """Queries, keys."""
        return len(self.query), len(self.key)


def rank_comparison(test: Test, key: Domain, query: Domain) -> Ranked | None:
    """A comparison of the values of two s-ops in whole numbers; None where they have no common order."""
    if holds_plain_numbers(key) and holds_plain_numbers(query):
        which = rank_floats(np.concatenate([key.numbers(), query.numbers()]))[1]
        return Ranked(test, which[: len(key)], which[len(key) :])
    kinds = {type(value) for domain in (key, query) for value in domain.values}
    if bool in kinds and kinds & {int, float}:
        return None
    both = key if key is query else make_domain([*key.values, *query.values])
    if not are_apart(both.values, test):
        return None
    numbers = [np.array([both.code(value) for value in domain.values], np.int64) for domain in (key, query)]
    return Ranked(test, *numbers)


def holds_plain_numbers(domain: Domain) -> bool:
    """Whether all values are floats, or ints that are floats as well: they are ordered as those are."""
    if not len(domain) or not domain.is_numeric or isinstance(domain.values[-1], bool):
        return False
    return bool(np.abs(domain.numbers()).max() <= EXACT)


def are_apart(values: Sequence[Atom], test: Test) -> bool:
    """Whether neighbours are in order, or just different where only that is asked, to the interpreter."""
    if len(values) < 2:
        return True
    ordered = test in ORDERS
    sides = [AtomArray.from_atoms(list(part)) for part in (values[:-1], values[1:])]
    answer = apply_map(Map("lt" if ordered else "ne"), sides)
    return bool(answer.data.astype(bool).all()) and (answer.failed is None or not answer.failed.any())


def draw_matrix(ranked: Ranked) -> Bools:
    """The matrix, shape (queries, keys)."""
    return COMPARE[ranked.test](ranked.key[None, :], ranked.query[:, None])


def list_spans(ranked: Ranked) -> tuple[Ints, Ints]:
    """The keys that each query selects, from one up to another; those that it does not, for `!=`."""
    below = np.searchsorted(ranked.key, ranked.query, side="left")
    up_to = np.searchsorted(ranked.key, ranked.query, side="right")
    none, every = np.zeros_like(below), np.full_like(below, len(ranked.key))
    match ranked.test:
        case "==" | "!=":
            return below, up_to
        case "<":
            return none, below
        case "<=":
            return none, up_to
        case ">":
            return up_to, every
        case ">=":
            return below, every
        case _:
            assert_never(ranked.test)


def count_selected(ranked: Ranked) -> Ints:
    """How many keys each query selects."""
    start, stop = list_spans(ranked)
    return len(ranked.key) - (stop - start) if ranked.test == "!=" else stop - start


def is_told_apart(ranked: Ranked) -> bool:
    """Whether an equality, or its opposite, is about two values at least that both sides have. No order is like it then: of
    a < b, key and query may be a and b, b and a, and both the same; whatever goes up from the first to the third goes down
    from there to the second."""
    return len(np.intersect1d(ranked.key, ranked.query, assume_unique=True)) > 1
