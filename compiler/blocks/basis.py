"""Fewest columns for many features: a subset of the requested vectors from which the others follow exactly."""

from collections.abc import Iterable, Sequence

import numpy as np

from compiler.blocks.form import Vector
from compiler.limits import COEFFICIENT

GRAIN = 2.0**-10
"""Coefficients have to be multiples of this: then a combination of exact columns is exact in float32."""
TIGHT = 1e-9
SAME = 1e-13


class Basis:
    """Vectors in the order in which they were chosen, and how others follow from them.

    The independent ones are kept as an orthonormal matrix Q and the inverse of the triangular R (vectors = Q R), both
    grown a column at a time; a vector that depends on earlier ones, but not with coefficients on the grid, stands for
    its own multiples only. `terms` limits how many vectors a combination may have: columns that are not exact add up
    their errors.
    """

    def __init__(self, vectors: Iterable[Vector] = (), terms: int | None = None) -> None:
        self.vectors: list[Vector] = []
        self.terms = terms
        self._known: set[bytes] = set()
        self._independent: list[int] = []
        self._directions = np.zeros((0, 0))  # (size, capacity), of which the first rank columns count
        self._inverse = np.zeros((0, 0))
        self._expressed: dict[bytes, Vector | None] = {}
        for vector in vectors:
            self.append(vector)

    def __len__(self) -> int:
        return len(self.vectors)

    def copy(self) -> "Basis":
        """The same vectors; what is appended to one does not concern the other."""
        other = Basis(terms=self.terms)
        other.vectors, other._known, other._independent = (
            [*self.vectors],
            {*self._known},
            [*self._independent],
        )
        other._directions, other._inverse = self._directions.copy(), self._inverse.copy()
        return other

    def has(self, vector: Vector) -> bool:
        """Whether this very vector was taken in."""
        return vector.tobytes() in self._known

    def append(self, vector: Vector) -> None:
        """Take a vector in."""
        self._expressed.clear()
        self._known.add(vector.tobytes())
        shares, rest = self._split(vector)
        length = float(np.linalg.norm(rest))
        if length > TIGHT * max(1.0, float(np.linalg.norm(vector))):
            rank = len(self._independent)
            if rank == self._directions.shape[1]:
                self._grow(len(vector), 2 * rank + 8)
            self._directions[:, rank] = rest / length
            self._inverse[:rank, rank] = -(self._inverse[:rank, :rank] @ shares) / length
            self._inverse[rank, rank] = 1 / length
            self._independent.append(len(self.vectors))
        self.vectors.append(vector)

    def _grow(self, size: int, capacity: int) -> None:
        rank = len(self._independent)
        directions, inverse = np.zeros((size, capacity)), np.zeros((capacity, capacity))
        if rank:
            directions[:, :rank] = self._directions[:, :rank]
            inverse[:rank, :rank] = self._inverse[:rank, :rank]
        self._directions, self._inverse = directions, inverse

    def _split(self, vector: Vector) -> tuple[Vector, Vector]:
        """Shares of the directions in a vector, and what is left of it."""
        rank = len(self._independent)
        if not rank:
            return np.zeros(0), vector
        directions = self._directions[:, :rank]
        shares = directions.T @ vector
        rest = vector - directions @ shares
        again = directions.T @ rest  # once more: one pass of Gram-Schmidt loses digits
        return shares + again, rest - directions @ again

    def express(self, vector: Vector) -> Vector | None:
        """Coefficients with `vector = coefficients @ vectors`, exactly; None when there are none."""
        key = vector.tobytes()
        if key not in self._expressed:
            self._expressed[key] = self._express(vector)
        return self._expressed[key]

    def _express(self, vector: Vector) -> Vector | None:
        coefficients = np.zeros(len(self.vectors))
        if not np.any(vector):
            return coefficients
        pivot, probe = int(np.argmax(np.abs(vector))), int(np.argmin(np.abs(vector)))
        for k, candidate in enumerate(self.vectors):
            if candidate[pivot]:
                ratio = vector[pivot] / candidate[pivot]
                # Most are told apart by one number, in a tenth of the time.
                if ratio * candidate[probe] == vector[probe] and np.array_equal(ratio * candidate, vector):
                    coefficients[k] = ratio
                    return coefficients
        return self._combination(vector, coefficients)

    def multiple(self, vector: Vector) -> Vector | None:
        """Coefficients that take one vector only, exact up to the last bits that scaling it in two steps may differ by."""
        pivot = int(np.argmax(np.abs(vector)))
        for k, candidate in enumerate(self.vectors):
            if candidate[pivot]:
                ratio = vector[pivot] / candidate[pivot]
                if np.abs(ratio * candidate - vector).max() <= SAME * abs(vector[pivot]):
                    return np.where(np.arange(len(self.vectors)) == k, ratio, 0.0)
        return None

    def _combination(self, vector: Vector, coefficients: Vector) -> Vector | None:
        """A combination of the independent vectors with coefficients on the grid."""
        shares, rest = self._split(vector)
        size = max(1.0, float(np.abs(vector).max()))
        if not len(shares) or np.abs(rest).max() > TIGHT * size:
            return None
        rank = len(self._independent)
        solution = self._inverse[:rank, :rank] @ shares
        solution = np.round(solution / GRAIN) * GRAIN
        used = np.flatnonzero(solution)
        if np.abs(solution).max() > COEFFICIENT.most or (self.terms is not None and len(used) > self.terms):
            return None
        total = sum((solution[k] * self.vectors[self._independent[k]] for k in used), np.zeros_like(vector))
        if np.abs(total - vector).max() > SAME * size:
            return None
        coefficients[self._independent] = solution
        return coefficients


def choose_basis(vectors: Sequence[Vector], terms: int | None = None, first: Sequence[Vector] = ()) -> Basis:
    """The vectors to keep, `first` ones, then sparse ones; every other requested vector can be expressed in them."""
    basis = Basis(terms=terms)
    for vector in (
        *first,
        *sorted(vectors, key=lambda v: (int(np.count_nonzero(v)), float(np.abs(v).max(initial=0.0)))),
    ):
        if basis.express(vector) is None:
            basis.append(vector)
    return basis
