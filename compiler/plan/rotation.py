"""A rotation of the residual's basis: columns become directions, and nothing else of what a model computes changes.

In: a layout and a seed. Out: an orthogonal matrix Q, whose row c is the direction of place c. What was x is x Q; what
writes is multiplied by Q, what reads by Q transposed, and x Q (Qᵀ w) = x w.

Q is a product of rounds. Each deals the columns at random, with random signs, into fours, and turns each four by the
Hadamard matrix of order 4, halved. So all entries are multiples of a power of two, Q is orthogonal without any rounding,
and after k rounds a direction is spread over up to 4^k columns. Orthogonal matrices of such numbers begin at order 4:
fewer columns are filled up with some that nobody writes.

Columns that only the embedding writes are turned among themselves, and so are all others: the first stay as exact as they
were, which counting rests on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
from numpy.typing import NDArray

from compiler.blocks.form import Vector
from compiler.plan.layout import Layout

FOUR = 4
HADAMARD = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]) / 2


@dataclass(frozen=True, eq=False)
class Turned:
    """Places that are turned among themselves, into the columns from `first` on, so many of them; the directions' entries
    are multiples of `grain`."""

    places: tuple[int, ...]
    first: int
    width: int
    grain: float


@dataclass(frozen=True, eq=False)
class Rotation:
    """`matrix` (place, column): the direction of each place. `fixed` are the places that only the embedding writes."""

    matrix: NDArray[np.float64]
    fixed: Turned
    written: Turned


def choose_rotation(layout: Layout, seed: int) -> Rotation:
    """The rotation of a layout's places by a seed."""
    random = Random(f"rotation {seed}")
    fixed = find_fixed_places(layout)
    others = tuple(place for place in range(layout.d_model) if place not in set(fixed))
    first = turn_places(fixed, 0)
    second = turn_places(others, first.width)
    matrix = np.zeros((layout.d_model, first.width + second.width))
    for part in (first, second):
        square = draw_orthogonal(part.width, random)
        matrix[list(part.places), part.first : part.first + part.width] = square[: len(part.places)]
    return Rotation(matrix, first, second)


def find_fixed_places(layout: Layout) -> tuple[int, ...]:
    """The places that hold a column of the embedding, and nothing else ever."""
    later = {layout.places[k] for k in range(len(layout.embedding), layout.width)}
    cleared = {layout.places[erasure.column] for erasure in layout.erasures}
    return tuple(place for place in layout.places[: len(layout.embedding)] if place not in later | cleared)


def turn_places(places: Sequence[int], first: int) -> Turned:
    """Where places go. None of them: no columns."""
    width = max(FOUR, len(places)) if places else 0
    return Turned(tuple(places), first, width, 2.0 ** -count_rounds(width))


def count_rounds(width: int) -> int:
    """How many rounds spread a direction over all columns."""
    rounds = 1
    while FOUR**rounds < width:
        rounds += 1
    return rounds


def draw_orthogonal(width: int, random: Random) -> NDArray[np.float64]:
    """A square orthogonal matrix whose entries are multiples of 2^-rounds, each row with four of them or more."""
    found = draw_rounds(width, random)
    while (np.count_nonzero(found, axis=1) < min(width, FOUR)).any():  # some may undo others
        found = draw_rounds(width, random)
    return found


def draw_rounds(width: int, random: Random) -> NDArray[np.float64]:
    """The product of so many rounds as it takes."""
    found = np.eye(width)
    for _ in range(count_rounds(width)):
        order = random.sample(range(width), width)
        signs = np.array([random.choice((-1.0, 1.0)) for _ in range(width)])
        found = found[:, order] * signs
        for start in range(0, width - width % FOUR, FOUR):
            four = slice(start, start + FOUR)
            found[:, four] = found[:, four] @ HADAMARD
    return found


def measure_norm(vector: Vector) -> float:
    """The Euclidean length."""
    return float(np.sqrt((vector**2).sum()))
