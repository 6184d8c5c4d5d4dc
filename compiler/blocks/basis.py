"""Fewest columns for many features: a subset of the requested vectors from which the others follow exactly."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

import numpy as np

from compiler.blocks.form import Vector
from compiler.blocks.matrices import Entries, make_longer, project_vectors
from compiler.limits import COEFFICIENT
from compiler.numerics.rounding import is_binary

GRAIN = 2.0**-10
"""Coefficients have to be multiples of this: then a combination of exact columns is exact in float32."""
TIGHT = 1e-9
SAME = 1e-13
WIDE = 2.0**24
"""Times as large as another of its numbers the largest of a vector is, if it is wide."""
WIDE_POWERS = 2.0**4
"""The same if all of them are powers of two."""
LARGE, BLOCK, GAIN = 10**5, 64, 8
"""Numbers of directions from which on many vectors are split at once, how many, and how much faster each is."""
SAMPLED = 3
"""Entries spread over a vector, beside its ends, by which multiples of it are told from others first."""


Spend = Callable[[float], None]


class Basis:
    """Vectors in the order in which they were chosen, and how others follow from them.

    The independent ones are kept as an orthonormal matrix Q and the inverse of the triangular R (vectors = Q R), both
    grown a column at a time, the inverse as its entries that are not 0; a vector that depends on earlier ones, but not with
    coefficients on the grid, stands for its own multiples only. `terms` limits how many vectors a combination may have:
    columns that are not exact add up their errors. While it is built, `spend` is told how many numbers of directions are
    gone through, before.

    Directions that come first and have one number alone, as those of one-hot vectors, are kept as places and signs: then a
    vector is split in time proportional to its length.
    """

    def __init__(
        self, vectors: Iterable[Vector] = (), terms: int | None = None, spend: Spend | None = None
    ) -> None:
        self.vectors: list[Vector] = []
        self.terms, self.spend = terms, spend
        self._independent: list[int] = []
        self._alone = self._apart = 0  # the first directions, and vectors, that have one number alone
        self._places = np.zeros(0, np.int64)  # (size,): where these have it; what is behind them is free
        self._numbers = np.zeros(0)  # (size,): of directions, as they were before they had length 1
        # Of each the first rows count, as many as there are vectors, or other directions: those behind are free.
        self._rows = np.zeros((0, 0))  # (capacity, size): the vectors once more, to compare many at once
        self._directions = np.zeros((0, 0))  # (capacity, size): the rest of Q
        self._entries = Entries()
        self._expressed: dict[bytes, Vector | None] = {}
        self._shares: dict[bytes, tuple[Vector, Vector]] = {}
        self._begun: dict[bytes, tuple[Vector, Vector]] = {}  # as far as the first directions
        for vector in self.prepare(vectors):
            self.append(vector)

    def __len__(self) -> int:
        return len(self.vectors)

    def append(self, vector: Vector) -> None:
        """Take a vector in."""
        shares, rest = self._split(vector)
        self._forget()
        length = float(np.linalg.norm(rest))
        if length > TIGHT * max(1.0, float(np.linalg.norm(vector))):
            self._turn_to(shares, rest, length)
            self._independent.append(len(self.vectors))
        if len(self.vectors) == len(self._rows):
            self._rows = make_longer(self._rows, len(vector))
        self._rows[len(self.vectors)] = vector
        self.vectors.append(vector)

    def _turn_to(self, shares: Vector, rest: Vector, length: float) -> None:
        """Add a direction, that of what is left of a vector."""
        rank, alone = len(self._independent), np.flatnonzero(rest)
        if not rank:
            self._directions = np.zeros((0, len(rest)))
            self._places, self._numbers = np.zeros(len(rest), np.int64), np.zeros(len(rest))
        self._entries.append(np.append(-self._entries.apply(shares), 1.0) / length)
        if rank == self._apart and len(alone) == 1 and not shares.any():
            self._apart += 1
        if rank == self._alone and len(alone) == 1:
            self._places[rank], self._numbers[rank] = alone[0], rest[alone[0]]
            self._alone += 1
            return
        others = rank - self._alone
        if others == len(self._directions):
            self._directions = make_longer(self._directions, len(rest))
        self._directions[others] = rest / length

    def count_new(self, vectors: Iterable[Vector]) -> int:
        """How many of these it would have to take in for all to follow. It stays as it is."""
        before, rank = len(self.vectors), len(self._independent)
        for vector in vectors:
            if self.express(vector) is None:
                self.append(vector)
        added = len(self.vectors) - before
        del self.vectors[before:], self._independent[rank:]
        self._alone, self._apart = min(self._alone, rank), min(self._apart, rank)
        self._entries.cut(rank)
        self._forget()
        self._begun = {}
        return added

    def _forget(self) -> None:
        """What was found out holds for the vectors that there were."""
        self._expressed.clear()
        self._shares.clear()

    def _split(self, vector: Vector) -> tuple[Vector, Vector]:
        """Shares of the directions in a vector, and what is left of it."""
        rank = len(self._independent)
        if not rank:
            return np.zeros(0), vector
        key = vector.tobytes()
        if key not in self._shares:
            shares, rest = self._begun.get(key) or self._split_alone(vector)
            directions = self._directions[len(shares) - self._alone : rank - self._alone]
            if len(directions):
                self._count(directions.size)
                others, rest = project_vectors(rest, directions)
                shares = np.concatenate([shares, others])
            self._shares = {key: (shares, rest)}
        return self._shares[key]

    def _split_alone(self, vectors: Vector) -> tuple[Vector, Vector]:
        """The same for one or several, as far as the directions that have one number alone."""
        places, signs = self._places[: self._alone], np.sign(self._numbers[: self._alone])
        rest = np.array(vectors, float)
        rest[..., places] = 0
        return vectors[..., places] * signs, rest

    def prepare(self, vectors: Iterable[Vector]) -> Iterator[Vector]:
        """These one by one. Several at once are split before they come, as far as the directions that there are by then,
        which takes a fraction of the time."""
        listed = list(vectors)
        for start in range(0, len(listed), BLOCK):
            self._begin(listed[start : start + BLOCK])
            yield from listed[start : start + BLOCK]

    def _begin(self, block: Sequence[Vector]) -> None:
        directions = self._directions[: len(self._independent) - self._alone]
        self._begun = {}
        if directions.size < LARGE:
            return
        self._count(len(block) * directions.size / GAIN)
        shares, rests = self._split_alone(np.array(block))
        others, rests = project_vectors(rests, directions)
        shares = np.concatenate([shares, others], axis=1)
        splits = zip(shares, rests, strict=True)
        self._begun = {v.tobytes(): split for v, split in zip(block, splits, strict=True)}

    def _count(self, numbers: float) -> None:
        if self.spend is not None:
            self.spend(numbers)

    def express(self, vector: Vector) -> Vector | None:
        """Coefficients with `vector = coefficients @ vectors`, exactly; None when there are none."""
        key = vector.tobytes()
        if key not in self._expressed:
            self._expressed[key] = self._express(vector)
        return self._expressed[key]

    def _express(self, vector: Vector) -> Vector | None:
        coefficients = np.zeros(len(self.vectors))
        if not vector.any():
            return coefficients
        multiple = self._find_multiple(vector)
        if multiple is not None:
            coefficients[multiple[0]] = multiple[1]
            return coefficients
        return self._combination(vector, coefficients)

    def _find_multiple(self, vector: Vector) -> tuple[int, float] | None:
        """The first vector that this one is a multiple of, and the ratio. Most are told apart by a few entries; those that
        are like it there, by where one of them differs first and last."""
        if not self.vectors:
            return None
        size = np.abs(vector)
        pivot = int(size.argmax())
        spread = [k * (len(vector) - 1) // (SAMPLED - 1) for k in range(SAMPLED)]
        samples = [int(size.argmin()), pivot - 1, *np.flatnonzero(vector)[[0, -1]], *spread]
        at_pivot = self._rows[: len(self.vectors), pivot]
        some = np.flatnonzero(at_pivot)
        ratios = vector[pivot] / at_pivot[some]
        while len(some):
            for sample in samples:
                alike = ratios * self._rows[some, sample] == vector[sample]
                some, ratios = some[alike], ratios[alike]
                if not len(some):
                    return None
            wrong = np.flatnonzero(ratios[0] * self._rows[some[0]] != vector)
            if not len(wrong):
                return int(some[0]), float(ratios[0])
            samples = wrong[[0, -1]].tolist()
        return None

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
        solution = np.round(self._entries.apply(shares) / GRAIN) * GRAIN
        used = np.flatnonzero(solution)
        if np.abs(solution).max() > COEFFICIENT.most or (self.terms is not None and len(used) > self.terms):
            return None
        total: Vector = np.zeros_like(vector)
        apart = self._apart
        total[self._places[:apart]] = solution[:apart] * self._numbers[:apart]
        others: list[int] = used[used >= apart].tolist()
        for k in others:
            total += float(solution[k]) * self.vectors[self._independent[k]]
        off = np.abs(total - vector)
        if off.max() > SAME * size or (is_wide(vector) and off.any()):
            return None
        coefficients[self._independent] = solution
        return coefficients


def is_wide(vector: Vector) -> bool:
    """Whether its numbers are so different in size that the small ones are nothing beside the large ones' last digits, or
    would be less exact beside them: powers of two."""
    sizes = np.abs(vector[vector != 0])
    most = WIDE_POWERS if is_binary(sizes) else WIDE
    return bool(len(sizes)) and float(sizes.max()) > most * float(sizes.min())


def choose_basis(
    vectors: Iterable[Vector],
    terms: int | None = None,
    first: Sequence[Vector] = (),
    spend: Spend | None = None,
) -> Basis:
    """The vectors to keep, `first` ones, then sparse ones; every other requested vector can be expressed in them."""
    basis = Basis(terms=terms, spend=spend)
    ordered = sorted(vectors, key=lambda v: (int(np.count_nonzero(v)), float(np.abs(v).max(initial=0.0))))
    for vector in chain(first, basis.prepare(ordered)):
        if basis.express(vector) is None:
            basis.append(vector)
    return basis
