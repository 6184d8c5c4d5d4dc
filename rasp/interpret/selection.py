"""Selectors without matrices: comparisons of coded keys and queries, and their `and`, `or`, `not`.

A `Comparison` holds integer codes of a key and a query s-op such that comparing codes is comparing values. A
relation on it is a set of the outcomes less, equal, greater (of key to query). A `Selection` is a selector
as an expression over relations; where it stays small it is also kept as `terms`, a sum of products:

    (k < q) or (k == q and i < j)    is    [k < q] + [k == q][i < j]

with a selector's cell as 0 or 1, so `not a` is 1 - a and `a or b` is a + b - ab (inclusion and exclusion).
Relations on one comparison intersect inside a product, which is why the third product above (less *and*
equal) vanishes. Every count and every exact sum over selected positions is linear, hence taken product by
product (`rasp/interpret/counting.py`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from rasp.interpret.atom_array import Array
from rasp.limits import TERMS
from rasp.values import Test

LESS, EQUAL, GREATER = 1, 2, 4
ALWAYS = LESS | EQUAL | GREATER
RELATIONS: dict[Test, int] = {"<": 1, "==": 2, "<=": 3, ">": 4, "!=": 5, ">=": 6}

#: The test that a relation makes of key and query codes.
HOLDS: dict[int, Callable[..., Any]] = {
    1: np.less,
    2: np.equal,
    3: np.less_equal,
    4: np.greater,
    5: np.not_equal,
    6: np.greater_equal,
}


@dataclass(frozen=True)
class BatchShape:
    """How many inputs there are and how long they are; `causal`: a query sees only keys up to itself."""

    batch: int
    length: int
    causal: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        return self.batch, self.length


@dataclass(frozen=True, eq=False)
class Comparison:
    """Codes 0 … size-1 of key and query, each (1 or batch, 1 or length).

    `source` is what the key is: comparisons of one source have the same keys. `number` orders the
    comparisons of one evaluation, for a canonical form of products.
    """

    key: Array
    query: Array
    size: int
    source: object
    number: int

    @cached_property
    def same_key(self) -> bool:
        """Whether an input's keys are all alike, so that only the query matters."""
        return constant_rows(self.key)

    @cached_property
    def same_query(self) -> bool:
        return constant_rows(self.query)

    @cached_property
    def steps(self) -> tuple[Array, Array]:
        """(each key's rank among the distinct keys; for c in 0 … size, how many of these are below code c).

        The ranks depend on the key alone, so comparisons with one source agree on them.
        """
        present = np.zeros(self.size + 1, dtype=np.int64)
        present[1:][self.key.ravel()] = 1
        below = np.cumsum(present)
        return below[self.key], below


def constant_rows(codes: Array) -> bool:
    return codes.shape[1] == 1 or bool((codes == codes[:, :1]).all())


Term = tuple[tuple[Comparison, int], ...]
Terms = dict[Term, int]


@dataclass(frozen=True, eq=False)
class Selection:
    """A selector: a relation (of a leaf), or `parts` joined.

    `terms` is `None` if there would be too many.
    """

    joint: Literal["leaf", "not", "and", "or"]
    parts: tuple["Selection", ...] = ()
    leaf: tuple[Comparison, int] | None = None
    terms: Terms | None = None


def select_related(comparison: Comparison, relation: int) -> Selection:
    """The selector of the cells where key and query are in this relation."""
    terms: Terms = {((comparison, relation),): 1}
    if relation == LESS | GREATER and not (comparison.same_key or comparison.same_query):
        terms = {(): 1, ((comparison, EQUAL),): -1}  # "different" is no range of cells, its complement is
    return Selection("leaf", leaf=(comparison, relation), terms=terms)


def select_others(selection: Selection) -> Selection:
    terms = selection.terms
    if terms is not None:
        terms = added({(): 1}, terms, -1)
    return Selection("not", (selection,), terms=small(terms))


def select_both(a: Selection, b: Selection) -> Selection:
    terms = None
    if a.terms is not None and b.terms is not None:
        terms = product(a.terms, b.terms)
    return Selection("and", (a, b), terms=small(terms))


def select_either(a: Selection, b: Selection) -> Selection:
    terms = None
    if a.terms is not None and b.terms is not None:
        terms = added(added(a.terms, b.terms, 1), product(a.terms, b.terms), -1)
    return Selection("or", (a, b), terms=small(terms))


def small(terms: Terms | None) -> Terms | None:
    return terms if terms is not None and len(terms) <= TERMS.most else None


def added(a: Terms, b: Terms, factor: int) -> Terms:
    """a + factor · b, without the products whose coefficients cancel."""
    result = dict(a)
    for term, coefficient in b.items():
        result[term] = result.get(term, 0) + factor * coefficient
    return {term: coefficient for term, coefficient in result.items() if coefficient}


def product(a: Terms, b: Terms) -> Terms:
    result: Terms = {}
    for left, first in a.items():
        for right, second in b.items():
            for term, coefficient in intersection(left, right).items():
                result = added(result, {term: coefficient}, first * second)
    return result


def intersection(left: Term, right: Term) -> Terms:
    """The product of two products: relations on a shared comparison intersect; none left makes it empty."""
    relations = dict(left)
    for comparison, relation in right:
        relations[comparison] = relations.get(comparison, ALWAYS) & relation
        if not relations[comparison]:
            return {}
    return {tuple(sorted(relations.items(), key=lambda item: item[0].number)): 1}
