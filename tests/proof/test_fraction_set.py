"""Described sets of fractions, against all of their members listed with exact fractions."""

from fractions import Fraction
from itertools import pairwise
from random import Random

import numpy as np
import pytest

from compiler.domains.domain import Domain, make_domain
from compiler.domains.fraction_domain import FractionDomain, describe_means
from compiler.domains.means import list_means
from compiler.fraction_set import FractionSet
from rasp.limits import Limit
from rasp.values import Atom

SETS = {
    "flags": FractionSet(0.0, 1.0, 1, 30),
    "signs": FractionSet(-1.0, 2.0, 1, 17),
    "digits": FractionSet(0.0, 1.0, 9, 12),
    "sixteenths": FractionSet(-0.25, 0.0625, 3, 9),
    "far from 0": FractionSet(4096.0, 8.0, 2, 7),
    "one at a time": FractionSet(0.0, 1.0, 3, 1),
    "two": FractionSet(0.0, 1.0, 1, 2),
    "whole ones are ints": FractionSet(-3.0, 2.0, 4, 5, ints=True),
}


def list_exactly(of: FractionSet) -> list[Fraction]:
    start, step = Fraction(of.start), Fraction(of.step)
    found = {start + step * Fraction(k, n) for n in range(1, of.longest + 1) for k in range(of.most * n + 1)}
    return sorted(found)


@pytest.mark.parametrize("of", SETS.values(), ids=SETS)
def test_members_are_the_nearest_floats_in_order(of: FractionSet) -> None:
    exact = list_exactly(of)
    assert len(of) == len(exact)
    assert of.numbers.tolist() == [float(number) for number in exact]
    assert [of.find(float(number)) for number in exact] == [*range(len(exact))]
    assert all(float(number) in of for number in exact)
    between = [float((one + other) / 2) for one, other in pairwise(exact)]
    assert not any(number in of for number in between)
    for count in range(1, of.longest + 1):
        means = [
            Fraction(of.start) + Fraction(of.step) * Fraction(k, count) for k in range(of.most * count + 1)
        ]
        assert of.list_of_count(count).tolist() == [float(mean) for mean in means]


@pytest.mark.parametrize("of", SETS.values(), ids=SETS)
def test_the_nearest_one_is_found_within_half_of_what_any_are_apart(of: FractionSet) -> None:
    exact, random = list_exactly(of), Random(1)
    apart = min(other - one for one, other in pairwise(exact))
    assert apart == Fraction(of.step) / (of.longest * max(1, of.longest - 1))
    for number in exact:
        for share in (-0.999, -0.5, -1e-6, 0.0, 1e-6, random.uniform(-0.99, 0.99), 0.999):
            near = float(number + apart / 2 * Fraction(share))
            assert of.find_nearest(near) == float(number), (number, share)
    for one, other in pairwise(exact):
        middle = float((one + other) / 2)
        off = min(abs(Fraction(middle) - one), abs(Fraction(middle) - other))
        assert (of.find_nearest(middle) is None) == (off >= apart / 2)
    ends = (float(exact[0]), float(exact[-1]))
    assert [of.find_nearest(end + side) for end, side in zip(ends, (-of.step, of.step), strict=True)] == [
        None
    ] * 2
    assert of.find_nearest(float("nan")) is None and of.find_nearest(float("inf")) is None


def test_the_nearest_of_millions_is_found_without_a_list() -> None:
    of, random = FractionSet(0.0, 1.0, 1, 4096), Random(2)
    assert len(of) == 5_100_021
    for _ in range(500):
        n = random.randint(1, 4096)
        exact = Fraction(random.randint(0, n), n)
        off = Fraction(random.uniform(-0.9, 0.9)) / (2 * 4096 * 4095)
        assert of.find_nearest(float(exact + off)) == float(exact)
    assert "numbers" not in vars(of)


@pytest.mark.parametrize(
    "start, step, most, longest",
    [
        (0.0, 0.0, 1, 5),
        (0.0, -1.0, 1, 5),
        (float("inf"), 1.0, 1, 5),
        (0.0, 1.0, 0, 5),
        (0.0, 1.0, 1, 0),
        (2.0**52, 1.0, 1, 5),
        (2.0**40, 1.0, 1, 4096),
        (0.1, 1.0, 1, 4096),
    ],
)
def test_what_floats_cannot_tell_apart_is_no_set(start: float, step: float, most: int, longest: int) -> None:
    with pytest.raises(ValueError, match="means"):
        FractionSet(start, step, most, longest)


DESCRIBED: dict[str, tuple[list[Atom], int]] = {
    "flags": ([0, 1], 6),
    "floats": ([0.5, 0.25], 5),
    "three": ([-2, 0, 2], 4),
    "more ints": ([3, 4, 5, 6], 3),
}


@pytest.mark.parametrize("values, longest", DESCRIBED.values(), ids=DESCRIBED)
def test_a_described_domain_is_that_of_its_means(
    values: list[Atom], longest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("compiler.domains.fraction_domain.DESCRIBED", Limit(0, "values", ""))
    found = describe_means(values, range(1, longest + 1), ())
    assert isinstance(found, FractionDomain)
    several = np.unique(np.concatenate([*list_means(values, range(2, longest + 1)).values()]))
    listed = make_domain([*values, *several[several == 0].tolist()], several)
    assert [*map(repr, found.values)] == [*map(repr, listed.values)]
    assert (found.floats, found.minus_zero) == (listed.floats, listed.minus_zero)
    assert [*map(repr, found.shown())] == [*map(repr, listed.shown())]
    assert [*map(repr, found.kinds())] == [*map(repr, listed.kinds())]
    assert str(found) == str(listed)
    codes = np.arange(len(listed))
    for as_floats in (False, True):
        for some in (
            codes,
            codes[:1],
            codes[[-1, 0]],
            codes[:0],
            np.flatnonzero(np.isin(codes, [*found.floats])),
        ):
            one, other = (of.column(some, as_floats=as_floats) for of in (found, listed))
            assert [*map(repr, one.atoms())] == [*map(repr, other.atoms())]
    compare_facts(found, listed)
    for value in (*listed.kinds(), True, "0", 7.25, 1e9):
        assert found.has(value) == listed.has(value)
        if listed.has(value):
            assert found.code(value) == listed.code(value)


def compare_facts(one: Domain, other: Domain) -> None:
    assert (len(one), one.is_numeric, one.numbers_differ) == (
        len(other),
        other.is_numeric,
        other.numbers_differ,
    )
    np.testing.assert_array_equal(one.numbers(), other.numbers())
    np.testing.assert_array_equal(one.ranks(), other.ranks())


@pytest.mark.parametrize(
    "values, counts, default",
    [
        ([0, 1, 3], range(1, 5), []),
        ([0, 0.5], range(1, 5), []),
        ([0, 1, "x"], range(1, 5), []),
        ([False, True], range(1, 5), []),
        ([0, 1], [1, 3], []),
        ([0, 1], range(1, 5), [2]),
        ([0, 1], range(1, 5), ["none"]),
        ([0, 1], [0, 1], []),
        ([1], range(1, 5), []),
        ([0, 2**50], range(1, 4097), []),
    ],
)
def test_other_means_are_listed(
    values: list[Atom], counts: list[int], default: list[Atom], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("compiler.domains.fraction_domain.DESCRIBED", Limit(0, "values", ""))
    assert describe_means(values, counts, default) is None
