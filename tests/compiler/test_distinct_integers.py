"""Different numbers are found alike by a table and by sorting; look-ups that contradict themselves on a few of many points
are those that do on all."""

import numpy as np
import pytest

from compiler.blocks.staircase import SAMPLED, join_points, merge_runs
from compiler.domains.distinct_elements import find_distinct_elements, find_elements
from compiler.domains.distinct_integers import list_distinct, make_whole, rank_distinct
from compiler.domains.rows import Combinations
from compiler.lowering.lookup import rank_rows
from rasp.interpret.atom_array import AtomArray
from rasp.interpret.codes import encode_column
from rasp.values import Atom, make_typed_key

SIZES = (1, 5, 40, 10_000)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("count", [0, 1, 30])
def test_as_numpy_finds_them(count: int, size: int) -> None:
    numbers = np.random.default_rng(count * size).integers(0, size, count)
    values, first, which = np.unique(numbers, return_index=True, return_inverse=True)
    assert np.array_equal(list_distinct(numbers), values)
    found = rank_distinct(numbers)
    assert np.array_equal(found[0], first) and np.array_equal(found[1], which)


@pytest.mark.parametrize("unit", [1.0, 0.5, 0.25, 0.125, 1 / 3, 1e300])
def test_floats_as_numpy_finds_them(unit: float) -> None:
    """Those that are whole, halves or quarters by a table; -0.0 is 0.0."""
    numbers = np.append(np.random.default_rng(1).integers(-20, 20, 300) * unit, [0.0, -0.0])
    values, first, which = np.unique(numbers, return_index=True, return_inverse=True)
    whole = make_whole(numbers)
    assert (whole is not None) == (unit in (1.0, 0.5, 0.25))
    if whole is not None:
        assert np.array_equal(whole, (numbers - numbers.min()) * (whole.max() / np.ptp(numbers)))
    found = find_distinct_elements(AtomArray(numbers))
    assert np.array_equal(found[0], first) and np.array_equal(found[1], which) and len(values) == len(first)


def test_floats_too_far_apart_for_a_table() -> None:
    for numbers in ([0.0, 1e9], [-1.7e308, 1.7e308], [1e300, 2e300]):
        assert make_whole(np.array(numbers)) is None
    whole = make_whole(np.array([1e300, 1e300]))
    assert whole is not None and whole.tolist() == [0, 0]


def test_of_nothing_nothing_is_different() -> None:
    """Where all of a column failed."""
    for dtype in (np.int64, np.float64, object):
        first, which = find_distinct_elements(AtomArray(np.zeros(0, dtype)))
        assert len(first) == len(which) == 0


@pytest.mark.parametrize(
    "sizes", [(), (7,), (3, 4), (3, 4, 1000), (2**40, 2**40), (5, 2**61, 2**40, 7, 2**30)]
)
def test_rows_in_order(sizes: tuple[int, ...]) -> None:
    draw = np.random.default_rng(len(sizes))
    rows = np.stack([draw.integers(0, min(size, 5), 50) for size in sizes], axis=1) if sizes else [()] * 50
    rows = np.array(rows, np.int64)
    found = Combinations(50)
    for column, size in zip(rows.T, sizes, strict=True):
        found.combine(column, size)
    assert np.array_equal(found.list_rows(), np.unique(rows, axis=0) if sizes else rows[:1])


@pytest.mark.parametrize("kinds", [1, 2, 3 * SAMPLED])
@pytest.mark.parametrize("wrong", [0, 1, 5 * SAMPLED])
def test_many_points(kinds: int, wrong: int) -> None:
    """As many points of a group each are merged; some that stand among those of another group contradict them."""
    draw = np.random.default_rng(kinds + wrong)
    points = draw.permutation(10 * SAMPLED)
    group = points * kinds // len(points)
    group[:wrong] = draw.integers(0, kinds, wrong)
    values = (points // 10).astype(np.float64)
    runs, expected = merge_runs(values, values, group, 1e-9), join_points(values, values, group, 1e-9)
    assert (runs is None) == (expected is None)
    if runs is not None and expected is not None:
        assert np.array_equal(runs.low, expected.low) and np.array_equal(runs.group, expected.group)
        assert len(runs.group) == SAMPLED


@pytest.mark.parametrize(
    "atoms",
    [
        [3, 1, 3, 2**60, -(2**62)],
        [2**63 - 1, -(2**63)],
        [2**70, 5, 2**70],
        [0.5, -0.0, 0.0, 0.5],
        [1, 1.0, 2, True, 1],
        ["b", "a", "b"],
        [],
    ],
)
def test_different_elements(atoms: list[Atom]) -> None:
    found = find_elements(AtomArray.from_atoms(atoms))
    keys = [make_typed_key(atom) for atom in found]
    one_zero = [atom + 0.0 if isinstance(atom, float) else atom for atom in atoms]
    assert sorted(keys) == sorted(set(map(make_typed_key, one_zero)))


def test_elements_without_a_value() -> None:
    column = AtomArray(np.array([[1, 2], [3, 2]]), failed=np.array([[False, False], [True, False]]))
    assert sorted(find_elements(column)) == [1, 2]


@pytest.mark.parametrize("rare", [0, 1, 40])
@pytest.mark.parametrize("count", [0, 1, 7, 25_000])
def test_objects_as_a_dict_finds_them(count: int, rare: int) -> None:
    """In the order in which they come; also those that are not among some of them."""
    draw = np.random.default_rng(count + rare)
    kinds: list[Atom] = ["a", 1, 1.0, 0.0, -0.0, True, "b"]
    flat: list[Atom] = [kinds[k] for k in draw.integers(0, len(kinds), count).tolist()]
    flat += [2**70 + k for k in range(rare)]
    data = np.empty(len(flat), dtype=object)
    data[:] = flat
    codes, atoms = encode_column(AtomArray(data))
    seen: dict[tuple[str, str], int] = {}
    assert codes.tolist() == [seen.setdefault(make_typed_key(value), len(seen)) for value in flat]
    assert [*map(make_typed_key, atoms)] == [*seen]


@pytest.mark.parametrize("features", [1, 2, 3])
def test_rows_of_numbers_as_numpy_finds_them(features: int) -> None:
    draw = np.random.default_rng(features)
    whole, thirds = draw.integers(-2, 3, (200, features)), np.array([1 / 3, -1 / 3])
    rows = whole.astype(np.float64) * draw.choice(thirds, (200, features))  # -0.0 is 0.0
    first, which = rank_rows(rows)
    expected, index, inverse = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    assert np.array_equal(rows[first], expected) and np.array_equal(first, index)
    assert np.array_equal(which, inverse.reshape(-1))
