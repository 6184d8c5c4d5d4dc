"""Matrices that grow while a basis does, and what of a vector goes along some directions."""

import numpy as np

from compiler.blocks.form import Vector

LONG = 10**6
"""Numbers that are put aside for rows that may come."""


def project_vectors(vectors: Vector, directions: Vector) -> tuple[Vector, Vector]:
    """Shares of orthonormal directions in one vector or several, and what is left: twice, since one pass of Gram-Schmidt
    loses digits."""
    first = vectors @ directions.T
    rests = vectors - first @ directions
    second = rests @ directions.T
    return first + second, rests - second @ directions


class Entries:
    """A square matrix that grows by columns, as those of its entries that are not 0."""

    def __init__(self) -> None:
        self._ends = [0]  # of the columns
        self._rows = np.zeros(0, np.int64)
        self._columns = self._rows
        self._numbers = np.zeros(0)

    def append(self, column: Vector) -> None:
        """Add a column, that has a number for each row with the new one."""
        rows, start = np.flatnonzero(column), self._ends[-1]
        end = start + len(rows)
        if end > len(self._numbers):
            free = np.zeros(max(start, len(rows)), np.int64)
            self._rows = np.concatenate([self._rows[:start], free])
            self._columns = np.concatenate([self._columns[:start], free])
            self._numbers = np.concatenate([self._numbers[:start], free.astype(float)])
        self._rows[start:end], self._numbers[start:end] = rows, column[rows]
        self._columns[start:end] = len(self._ends) - 1
        self._ends.append(end)

    def cut(self, size: int) -> None:
        """Keep the first columns."""
        del self._ends[size + 1 :]

    def apply(self, vector: Vector) -> Vector:
        """The matrix times a vector."""
        end = self._ends[-1]
        products: Vector = self._numbers[:end] * vector[self._columns[:end]]
        return np.bincount(self._rows[:end], products, len(vector)).astype(float)


def make_longer(rows: Vector, size: int) -> Vector:
    """Rows with as many free ones behind them, and some, where they are not very long."""
    longer = np.zeros(
        (2 * len(rows) + max(1, min(8, LONG // size)), size)
    )  # no memory before it is written to
    longer[: len(rows)] = rows.reshape(-1, size)
    return longer
