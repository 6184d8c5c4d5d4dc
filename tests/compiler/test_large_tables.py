"""What is done in blocks, in parts, or with a sample first, for large tables gives what is done at once."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.analysis import row_values
from compiler.analysis.infer import Analysis
from compiler.domains.distinct_elements import factor_distinct, find_distinct, join_distinct
from compiler.domains.distinct_integers import place_distinct
from compiler.effort import Effort
from compiler.limits import Limit
from compiler.lowering.candidates import SOME_PLACES, find_alike, list_means, number_rows
from compiler.numerics.rounding import find_grain, find_grains
from compiler.options import CompileError, CompileOptions
from rasp.elaborate.program import load_program
from rasp.interpret.atom_array import AtomArray, join_columns
from rasp.source import Source
from rasp.values import Atom, make_typed_key

ATOMS = st.one_of(
    st.integers(-3, 3),
    st.sampled_from([0.0, -0.0, 1.0, 2.5, 2**53 + 1, 2**70, -(2**70), 1e300]),
    st.booleans(),
    st.sampled_from(["", "a", "abc", "1", "\0"]),
)
PARTS = st.lists(st.lists(ATOMS, min_size=1, max_size=4), min_size=1, max_size=4)


def keys(atoms: Sequence[Atom]) -> list[tuple[str, str]]:
    return [make_typed_key(atom) for atom in atoms]


@settings(max_examples=300, deadline=None)
@given(PARTS)
def test_columns_one_after_another(parts: list[list[Atom]]) -> None:
    joined = join_columns([AtomArray.from_atoms(part) for part in parts])
    assert keys(joined.atoms()) == keys([atom for part in parts for atom in part])
    assert join_columns([AtomArray.from_atoms([])]).atoms() == []


@settings(max_examples=300, deadline=None)
@given(PARTS, st.data())
def test_parts_have_the_domain_of_the_whole(parts: list[list[Atom]], data: st.DataObject) -> None:
    """Also where some elements, or all of a part, have no value."""
    whole = [atom for part in parts for atom in part]
    failed = np.array(data.draw(st.lists(st.booleans(), min_size=len(whole), max_size=len(whole))))
    ends = np.cumsum([len(part) for part in parts])[:-1]
    pieces = zip(parts, np.split(failed, ends), strict=True)
    columns = [replace(AtomArray.from_atoms(part), failed=missing) for part, missing in pieces]
    expected = factor_distinct(find_distinct(replace(AtomArray.from_atoms(whole), failed=failed)))
    found = factor_distinct(join_distinct(map(find_distinct, columns)))
    assert keys(list(found[0].values)) == keys(list(expected[0].values))
    assert found[0] == expected[0] and found[1].tolist() == expected[1].tolist()


PROGRAM = """
a = indices * 2 + tokens_int;
b = (length - indices) / (1 + tokens_int);
c = "%s" % tokens if indices < 3 else "late";
d = (indices * 3 + 1) * indices + tokens_int * tokens_int;
e = {1: "one", 2: "two"}[tokens_int] if indices > 1 else 0;
f = aggregate(select(tokens, "1", ==), indices) + indices;
g = 1 / (tokens_int - 1) + length;
"""


@pytest.mark.parametrize("attention", ["full", "causal"])
@pytest.mark.parametrize("name", "abcdefg")
def test_a_table_in_blocks(name: str, attention: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = load_program(Source("test", PROGRAM))
    options = CompileOptions(tuple("012"), 6, attention)  # type: ignore[arg-type]

    def find_table() -> object:
        try:
            table = Analysis(program.graph, options).table(program.sop(name))
        except CompileError as error:
            return error.diagnostics
        return table.codes.tolist(), table.values.tolist(), keys(list(table.domain.values)), table.domain

    expected = find_table()
    monkeypatch.setattr(row_values, "LARGE_ROWS", Limit(3, "rows", ""))
    monkeypatch.setattr(row_values, "BLOCK", 4)
    assert find_table() == expected


def test_what_was_listed_last_counts_again() -> None:
    program = load_program(Source("test", "a = indices + tokens_int; b = a * 2;"))
    effort = Effort(1e9)
    analysis = Analysis(program.graph, CompileOptions((0, 1, 2), 8), effort=effort)
    first, second = (analysis.table(program.sop(name)) for name in "ab")
    assert first.codes is second.codes
    taken: list[float] = []
    for stands_for in (first.stands_for, tuple(np.zeros(len(one), np.int64) for one in first.stands_for)) * 2:
        for _ in range(2):
            before = effort.cells
            analysis.rows.list_combinations(program.sop("a"), first.leaves, stands_for)
            taken.append(effort.cells - before)
    assert taken == [taken[0], taken[0], taken[2], taken[2]] * 2 and taken[0] > taken[2] > 0


@pytest.mark.parametrize("size", [1, 4, 300, 10**6, 2**40])
@pytest.mark.parametrize("count", [0, 1, 50])
def test_places_of_distinct_integers(count: int, size: int) -> None:
    numbers = np.random.default_rng(count).integers(0, size, count)
    values, which = np.unique(numbers, return_inverse=True)
    found = place_distinct(numbers)
    assert np.array_equal(found[0], values) and np.array_equal(found[1], which)


@pytest.mark.parametrize("sizes", [(3,), (2, 3), (2, 1000, 3), (1000, 1000, 1000, 1000)])
def test_numbers_of_rows(sizes: tuple[int, ...]) -> None:
    draw = np.random.default_rng(7)
    codes = np.stack([draw.integers(0, size, 60) // (size // 2 or 1) * (size // 2) for size in sizes], axis=1)
    for columns in ([], [0], [*range(len(sizes))], [*range(len(sizes))][::-1]):
        expected = (
            np.unique(codes[:, columns], axis=0, return_inverse=True)[1].reshape(-1)
            if columns
            else np.zeros(60)
        )
        assert np.array_equal(place_distinct(number_rows(codes, columns))[1], expected)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 5), st.integers(1, 3 * SOME_PLACES), st.integers(1, 3), st.integers(0, 2**32))
def test_the_first_class_that_is_not_contradicted(count: int, width: int, kinds: int, seed: int) -> None:
    """-1 contradicts nothing."""
    draw = np.random.default_rng(seed)
    classes = draw.integers(-1, kinds, (count, width)).astype(np.int32)
    row = draw.integers(-1, kinds, width).astype(np.int32)
    if count and draw.random() < 0.5:
        row = np.where(draw.random(width) < 0.3, -1, classes[-1]).astype(np.int32)
    fits = [all(a == b or -1 in (a, b) for a, b in zip(one, row, strict=True)) for one in classes.tolist()]
    assert find_alike(classes, row) == next((k for k, fit in enumerate(fits) if fit), count)


def test_means_of_classes() -> None:
    targets = np.array([[1.0, 5.0], [2.0, 7.0], [4.0, 0.5]])
    classes = np.array([[0, 1, -1, 1], [2, -1, -1, -1], [2, 0, 0, 2]], np.int32)
    assert list_means(targets, classes) == [[5 / 3, 19 / 3], [4.0, 0.5], [2.5, 2.75]]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from([0.0, -0.0, 1.0, -6.0, 0.75, 2.0**60, 3 * 2.0**52, 2.0**-80, 0.1, 1e300]), max_size=5
    )
)
def test_the_grain_of_whole_numbers(values: list[float]) -> None:
    """By their bits, as by those of each."""
    array = np.array(values)
    others = [grain for value, grain in zip(values, find_grains(array).tolist(), strict=True) if value]
    assert find_grain(array) == (min(2.0**40, *others) if others else 1.0)
