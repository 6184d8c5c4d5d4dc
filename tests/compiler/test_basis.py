"""Fewest columns for many features (`compiler/blocks/basis.py`): what follows from what, exactly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.blocks.basis import GAIN, Basis, choose_basis
from compiler.blocks.form import Vector

SIZE = 7
NUMBERS = st.integers(-3, 3).map(float)
ONE_HOT = st.tuples(st.integers(0, SIZE - 1), NUMBERS.filter(bool)).map(lambda p: np.eye(SIZE)[p[0]] * p[1])
THRESHOLD = st.integers(1, SIZE).map(lambda k: (np.arange(SIZE) < k).astype(float))
DENSE = st.lists(NUMBERS, min_size=SIZE, max_size=SIZE).map(np.array)
VECTORS = st.lists(st.one_of(ONE_HOT, THRESHOLD, DENSE), min_size=1, max_size=9)


def check(basis: Basis, vector: Vector) -> None:
    """What is expressed is the vector itself."""
    coefficients = basis.express(vector)
    assert coefficients is not None
    np.testing.assert_array_equal(coefficients @ np.stack(basis.vectors), vector)


@given(vectors=VECTORS, weights=st.lists(st.integers(-2, 2), min_size=9, max_size=9))
def test_sums_of_vectors_follow_from_them(vectors: list[Vector], weights: list[int]) -> None:
    basis = Basis()
    for vector in vectors:
        if basis.express(vector) is None:
            basis.append(vector)
    independent = np.linalg.matrix_rank(np.stack(vectors))
    assert len(basis) >= independent
    if 0 < len(basis) == independent:  # else some follow with coefficients off the grid
        check(basis, sum((w * v for w, v in zip(weights, basis.vectors, strict=False)), np.zeros(SIZE)))


@given(vectors=VECTORS)
def test_every_vector_asked_for_is_expressed(vectors: list[Vector]) -> None:
    basis = choose_basis(vectors)
    for vector in vectors:
        if vector.any():
            check(basis, vector)


STEPS = st.tuples(st.integers(1, SIZE), st.integers(1, SIZE), NUMBERS.filter(bool)).map(
    lambda t: t[2] * ((np.arange(SIZE) < t[0]).astype(float) + (np.arange(SIZE) < t[1]))
)


@given(vectors=st.lists(STEPS, min_size=1, max_size=12), asked=STEPS, ratio=st.sampled_from([1.0, -0.5, 3.0]))
def test_a_multiple_is_one_of_the_first_vector_it_can_be(
    vectors: list[Vector], asked: Vector, ratio: float
) -> None:
    """Vectors that are alike in all entries but one or two."""
    basis = Basis(vectors)
    for vector in (asked, ratio * vectors[-1]):
        ratios = [vector[0] / v[0] for v in vectors]
        first = next((k for k, v in enumerate(vectors) if (ratios[k] * v == vector).all()), None)
        if first is not None:
            found = basis.express(vector)
            assert found is not None
            np.testing.assert_array_equal(found, np.eye(len(vectors))[first] * ratios[first])


@given(vectors=VECTORS, more=VECTORS)
def test_counting_changes_nothing(vectors: list[Vector], more: list[Vector]) -> None:
    basis, same = choose_basis(vectors), choose_basis(vectors)
    added = basis.count_new(more)
    for vector in more:
        if same.express(vector) is None:
            same.append(vector)
    assert len(basis) + added == len(same)
    fresh = choose_basis(vectors)
    for vector in more:
        expected, found = fresh.express(vector), basis.express(vector)
        assert (expected is None) == (found is None)
        if expected is not None and found is not None:
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("first", [np.ones(SIZE), np.arange(SIZE) + 1.0])
def test_a_vector_of_many_numbers_may_come_first(first: Vector) -> None:
    basis = Basis([first, *np.eye(SIZE)[:-1]])
    check(basis, first - np.eye(SIZE)[2])
    check(basis, np.eye(SIZE)[-1] * first[-1])


@given(vectors=VECTORS, more=VECTORS)
def test_vectors_split_at_once_follow_as_each_alone(vectors: list[Vector], more: list[Vector]) -> None:
    alone = choose_basis(vectors + more, first=vectors[:1])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("compiler.blocks.basis.LARGE", 1)
        patch.setattr("compiler.blocks.basis.BLOCK", 3)
        together = choose_basis(vectors + more, first=vectors[:1])
        np.testing.assert_array_equal(together.vectors, alone.vectors)
        for vector in together.prepare(more):
            expected, found = alone.express(vector), together.express(vector)
            assert expected is not None and found is not None
            np.testing.assert_array_equal(found, expected)


def test_what_is_gone_through_is_told_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one-hot vectors nothing; of others all directions, or a part of that where many are split at once."""
    told: list[float] = []
    dense = [np.arange(SIZE, dtype=float) ** k + 1 for k in range(3)]
    Basis(np.eye(SIZE), spend=told.append)
    assert not told
    basis = Basis(dense, spend=told.append)
    assert sum(told) == SIZE + 2 * SIZE
    told.clear()
    monkeypatch.setattr("compiler.blocks.basis.LARGE", 1)
    list(basis.prepare(dense))
    assert told == [len(dense) * 3 * SIZE / GAIN]
