"""What compiles at a size, compiles at every smaller one, and hardly larger: a few programs of the grid (`make grid`)."""

import pytest

from benchmarks.grid import PROGRAMS, Course, Point, compile_point, find_cliffs, find_holes

VOCABULARIES, LENGTHS = (4, 11), (3, 5, 12)
SOME = (
    "reverse",
    "hist",
    "sort",
    "hist2_double_histogram",
    "shift_by_1",
    "count_less_freq_2",
    "parity",
    "bigrams",
    "swap",
)


@pytest.mark.parametrize("name", SOME)
def test_smaller_sizes_compile_and_are_smaller(name: str) -> None:
    entry = PROGRAMS[name]
    sizes = [(tokens, length) for tokens in VOCABULARIES for length in LENGTHS]
    points = {size: compile_point(entry, size) for size in sizes}
    assert not [point.reason for point in points.values() if point.reason]
    assert find_cliffs(points) == []


HOLES = (
    ("induction_most_recent(causal)", (54, 16)),
    ("induction_unique_prev(causal)", (364, 4)),
    ("running_maximum", (100, 128)),
    ("dyck2", (364, 128)),
    ("swap", (364, 8)),
)


@pytest.mark.parametrize(("name", "size"), HOLES)
def test_what_was_refused_between_sizes_that_compile(name: str, size: tuple[int, int]) -> None:
    found = compile_point(PROGRAMS[name], size, Course(inputs=20))
    assert found.reason == "" and found.inputs and not found.wrong


CLIFFS = (
    ("swap", (11, 4), (26, 4)),
    ("swap", (26, 16), (54, 16)),
    ("swap", (54, 6), (54, 8)),
    ("swap", (26, 64), (54, 64)),
    ("dyck2", (5, 16), (5, 32)),
    ("median", (2, 6), (2, 8)),
)


@pytest.mark.parametrize(("name", "smaller", "larger"), CLIFFS)
def test_what_took_more_than_a_larger_size(
    name: str, smaller: tuple[int, int], larger: tuple[int, int]
) -> None:
    points = {size: compile_point(PROGRAMS[name], size, Course(inputs=20)) for size in (smaller, larger)}
    assert find_cliffs(points) == []
    assert all(found.inputs and not found.wrong for found in points.values())


def point(parameters: int | None, layers: int = 1) -> Point:
    return Point(parameters, "" if parameters else "no", 0.0, 0, layers=layers)


def test_a_hole_is_inside_of_what_compiles() -> None:
    points = {
        (2, 4): point(9),
        (4, 4): point(None),
        (8, 4): point(20),
        (2, 8): point(None),
        (8, 8): point(None),
    }
    assert find_holes(points) == [(4, 4)]


def test_a_cliff_is_beside_what_is_larger_and_takes_less() -> None:
    points = {(2, 4): point(90), (4, 4): point(30), (8, 4): point(45), (2, 8): point(120), (4, 2): point(36)}
    assert find_cliffs(points) == [(3.0, (2, 4), (4, 4))]
    assert find_cliffs(points, 1.1) == [(3.0, (2, 4), (4, 4)), (1.2, (4, 2), (4, 4))]


def test_more_layers_may_take_less() -> None:
    assert find_cliffs({(2, 4): point(90, 2), (4, 4): point(30, 3)}) == []
    assert find_cliffs({(2, 4): point(90, 3), (4, 4): point(30, 2)}) == [(3.0, (2, 4), (4, 4))]
