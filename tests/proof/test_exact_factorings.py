"""Every factoring of a comparison in exact numbers: what is selected scores what it should, all else at least 1 less."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from compiler.blocks.form import Vector
from compiler.domains.rows import Bools
from compiler.factorings.powers import factor_by_powers, find_base
from compiler.factorings.relations import (
    Factoring,
    factor_by_threshold,
    list_factorings,
)
from compiler.factorings.value_codes import compact_codes, find_equality_codes, find_order_codes
from compiler.selector_facts.matching import Matching, Pairs
from compiler.targets.target import CENTRED_ROOMS, ROOM
from rasp.graph.nodes import Graph, Tokens

NODE = Graph().add(Tokens())
SPACED = np.array([-7.0, -2.0, 0.0, 1.0, 5.0])
FRACTIONS = np.array([0.0, 0.5, 0.75, 1.0, 3.25])
COUNTED = np.arange(5.0)
TESTS = {
    "equal": lambda q, k: q == k,
    "less": lambda q, k: k < q,
    "at most": lambda q, k: k <= q,
    "more": lambda q, k: k > q,
    "next": lambda q, k: k == q + 1,
    "near": lambda q, k: np.abs(q - k) <= 1,
    "unlike": lambda q, k: q != k,
    "all": lambda q, k: q + k > -np.inf,
    "none": lambda q, k: q + k > np.inf,
}
NUMBERS = {"counted": COUNTED, "spaced": SPACED, "fractions": FRACTIONS}


def matchings() -> Iterator[tuple[str, Matching, tuple[Vector, Vector]]]:
    """Named, with the numbers of query and key: comparisons of numbers, and of what no numbers tell."""
    rng = np.random.default_rng(0)
    for test, select in TESTS.items():
        for of_query, query in NUMBERS.items():
            for of_key, key in NUMBERS.items():
                selects = np.asarray(select(query[:, None], key[None, :]))
                yield f"{test}, {of_query} and {of_key}", matching(selects), (query, key)
    for number in range(12):
        shape = tuple(rng.integers(2, 7, 2))
        selects = rng.random(shape) < rng.choice([0.2, 0.5, 0.8])
        numbers = rng.permutation(shape[0]) * 1.0, rng.permutation(shape[1]) * 1.0
        seen = matching(selects, rng.random(shape) < 0.8)
        yield f"at random {number}", seen, numbers
    for largest in (2, 3, 4, 6, 7, 8, 9, 26, 63, 64):
        codes = np.arange(largest + 1.0)
        mixed, other = rng.permutation(codes), rng.permutation(codes)
        equal = matching(mixed[:, None] == other)
        yield f"equality of {largest + 1}", equal, (codes / 2, codes)


def matching(selects: Bools, cares: Bools | None = None) -> Matching:
    return Matching(NODE, NODE, Pairs(selects, np.ones_like(selects) if cares is None else cares))


CASES = {name: (match, numbers) for name, match, numbers in matchings()}
Exact = NDArray[np.int64]
UNITS = 16


def exact(numbers: Vector) -> Exact:
    """In quarters."""
    quarters = (4 * numbers).astype(np.int64)
    assert (quarters == 4 * numbers).all()
    return quarters


def scores(factoring: Factoring, shape: tuple[int, ...]) -> Exact:
    """(query, key), in units of 1 / `UNITS`."""
    total = np.zeros(shape, np.int64)
    for factor in factoring.factors:
        total = total + np.outer(exact(factor.query), exact(factor.key))
    return total


@pytest.mark.parametrize("with_bos", [True, False])
@pytest.mark.parametrize("name", CASES)
def test_factorings_tell_what_is_selected(name: str, *, with_bos: bool) -> None:
    """By as much as they say; rows of those without BOS are only compared within."""
    match, numbers = CASES[name]
    chosen = match.selects | ~match.cares
    ways: set[str] = set()
    for factoring in list_factorings(match, numbers, with_bos=with_bos):
        ways.add(factoring.way)
        found = scores(factoring, chosen.shape)
        free = not with_bos and factoring.kind != "plain"
        for row, picked, seen in zip(found, match.selects, match.cares, strict=True):
            # A query that nothing may equal has no row of its own to be compared with.
            best = max(row[picked & seen], default=None) if free else UNITS * factoring.reward
            if best is None:
                continue
            assert (row[picked & seen] == best).all(), factoring.way
            assert (row[~picked & seen] <= best - UNITS).all(), factoring.way
        check_size(factoring, found)
    codes = find_equality_codes(match, numbers)
    assert (codes is not None) == ("quadratic" in ways)


def check_size(factoring: Factoring, found: Exact) -> None:
    """All codes are at most `reach`, and sums of products at most `steps` times something that all are multiples of."""
    if factoring.kind == "quadratic":
        codes = [np.abs(factoring.factors[0].query).max() / 2, np.abs(factoring.factors[0].key).max()]
        assert factoring.reach == max(codes)
    if factoring.kind == "digits":
        products = [np.outer(exact(f.query), exact(f.key)).ravel() for f in factoring.factors]
        grain = np.gcd.reduce(np.concatenate(products))
        assert sum(int(np.abs(row).max()) for row in products) <= factoring.steps * grain
    if factoring.factors:
        keys = {tuple(column) for column in np.stack([f.key for f in factoring.factors]).T.tolist()}
        assert factoring.injective == (len(keys) == found.shape[1])


@pytest.mark.parametrize("name", CASES)
def test_a_threshold_tells_what_is_selected(name: str) -> None:
    match, numbers = CASES[name]
    factoring, codes = factor_by_threshold(match, numbers), find_order_codes(match, numbers)
    assert (factoring is None) == (codes is None) == (not is_order(match, numbers))
    if factoring is None or codes is None:
        return
    found = scores(factoring, match.selects.shape)
    wanted, others = match.selects & match.cares, ~match.selects & match.cares
    assert (found[wanted] >= 0).all() and (found[wanted] <= UNITS * factoring.top).all()
    assert (found[others] <= -UNITS).all()
    limits, ranks = (exact(code) for code in codes)
    assert ((limits[:, None] >= ranks) == match.selects)[match.cares].all()
    assert UNITS * factoring.top == found[wanted].max(initial=0)


def is_order(match: Matching, numbers: tuple[Vector, Vector]) -> bool:
    """Whether rows are prefixes of one another; or the values, being whole, have a limit between what is selected and
    what is not, where pairs that never meet do not count."""
    rows = sorted(match.selects | ~match.cares, key=np.sum)
    nested = all((one <= other).all() for one, other in pairwise(rows))
    query, key = numbers
    if nested or not all(float(x).is_integer() for x in (*query, *key)):
        return nested
    chosen, others = match.selects & match.cares, ~match.selects & match.cares
    apart = query[:, None] - key
    return bool(chosen.any()) and any(
        (sign * apart[chosen]).min() > (sign * apart[others]).max(initial=-np.inf) for sign in (1, -1)
    )


@pytest.mark.parametrize("name", [name for name in CASES if name.startswith("equality")])
def test_codes_of_an_equality_are_equal_where_it_holds(name: str) -> None:
    match, _ = CASES[name]
    query, key = compact_codes(match.selects)
    assert ((query[:, None] == key) == match.selects).all()
    assert set(query.tolist()) | set(key.tolist()) == set(range(len(key)))


def test_what_no_key_equals_has_a_code_of_its_own() -> None:
    selects = np.array([[False, True, False], [False, False, False], [True, False, False]])
    query, key = compact_codes(selects)
    assert ((query[:, None] == key) == selects).all() and min(*query, *key) == 0


@pytest.mark.parametrize("spread", [2.0**-3, 2.0**-12, 0.3, 1e-5])
@pytest.mark.parametrize("count", [3, 7, 24, 200])
@pytest.mark.parametrize("room", [ROOM, CENTRED_ROOMS[0]])
def test_powers_tell_an_order(room: int, count: int, spread: float) -> None:
    """In exact fractions: what is selected scores from -`spread` to 0, all else -1 at most; no product is larger than there
    is room for. One limit is beyond all ranks, and several keys have one rank."""
    rng = np.random.default_rng(count)
    ranks = np.sort(rng.integers(0, count + 1, 2 * count)).astype(float)
    limits = np.arange(count + 2.0)
    factoring = factor_by_powers(limits, ranks, spread, room)
    assert factoring is not None and factoring.spread <= spread
    total = np.full((len(limits), len(ranks)), Fraction(0), dtype=object)
    for factor in factoring.factors:
        query, key = ([Fraction(float(x)) for x in side] for side in (factor.query, factor.key))
        total = total + np.outer(np.array(query, dtype=object), np.array(key, dtype=object))
        assert np.abs(factor.query).max() * np.abs(factor.key).max() <= 2.0**room
    chosen = ranks[None, :] <= limits[:, None]
    assert (total[chosen] <= 0).all() and (total[chosen] >= -Fraction(factoring.spread)).all()
    assert (total[~chosen] <= -1).all()
    together = [-sum(row[picked], Fraction(0)) for row, picked in zip(total, chosen, strict=True)]
    assert max(together) <= Fraction(factoring.together)
    assert len(factoring.factors) < count - 1


def test_powers_need_room() -> None:
    """One column has to have room for two ranks."""
    assert factor_by_powers(np.arange(4.0), np.arange(1.0, 5.0), 2.0 ** (-ROOM - 1)) is None
    assert factor_by_powers(np.arange(4.0), np.arange(1.0, 5.0), 2.0**-ROOM) is not None
    base = find_base(2.0**-9)
    of_digit = np.arange(float(base))
    found = factor_by_powers(of_digit, of_digit + 1, 2.0**-9)
    assert found is not None and len(found.factors) == 1
    wider = factor_by_powers(np.arange(2.0 * base), np.arange(2.0 * base) + 1, 2.0**-9)
    assert wider is not None and len(wider.factors) == 2
