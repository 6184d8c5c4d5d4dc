"""Where plain columns stand among uniform ones, how large they are there, and what keeps sums of them as they were."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from compiler.emit.weights import Array, Weights
from compiler.stock.identity_norms import balance_reads, balance_writes
from compiler.targets.target import TargetModel
from compiler.targets.uniform_shape import FIRST, ZEROS


@dataclass(frozen=True)
class Placing:
    """Plain columns as uniform ones: of what is written, and of what is read. `scale`: how large what is read is there,
    beside the plain one. `centred`: whether what is read has to sum up to 0; what is written does by the column `balance`,
    if there is one. Plain columns begin at `first`; in `special`, which may be one of them, all positions have a `number`:
    0, or 1, or another where only answers are read."""

    hidden: int
    shrink: float
    scale: float = 1.0
    centred: bool = True
    balance: int | None = None
    first: int = FIRST
    special: int = ZEROS
    number: float = 1.0

    def write(self, rows: Array, count: int) -> np.ndarray:
        """Rows over plain columns, shape (k, d), as `count` rows over uniform ones: shrunk, and balanced."""
        found = np.zeros((count, self.hidden), np.float32)
        found[: len(rows), self.first : self.first + rows.shape[1]] = rows * self.shrink
        return balance_writes(found, self.balance)

    def read(self, columns: Array, count: int) -> np.ndarray:
        """Weights over plain columns, shape (d, k), as `count` columns over uniform ones, balanced."""
        found = np.zeros((self.hidden, count), np.float32)
        found[self.first : self.first + len(columns), : columns.shape[1]] = columns / self.scale
        return balance_reads(found, self.special) if self.centred else found

    def make_good(self, matrix: Array, bias: Array) -> tuple[Array, Array]:
        """The same sums of plain columns, shape (d, k), whose weights sum up to 0 where one of them has a known number."""
        if self.special < self.first:
            return matrix, bias
        sums, matrix = matrix.sum(axis=0), matrix.copy()
        matrix[self.special - self.first] -= sums
        return matrix, bias + sums * self.number


def list_halves(
    placing: Placing, weights: Weights, target: TargetModel, proxies: Sequence[int]
) -> list[Placing]:
    """How each half-layer reads and writes, and how answers are read."""
    if not proxies:
        return [placing] * (2 * max(1, len(weights.config.layers)) + 1)
    first = weights.arrays["embedding.tokens"][0]
    halves = [replace(placing, special=placing.first + place) for place in proxies]
    if target.centred:
        return [*halves[:-1], replace(halves[-1], number=float(first[proxies[-1]]))]
    return [replace(half, number=float(first[place])) for half, place in zip(halves, proxies, strict=True)]
