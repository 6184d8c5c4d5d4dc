"""What is read from a residual whose basis is rotated: how far it is off, by the lengths of vectors.

Every number then stands in all columns at once, and each column of float32 rounds the sum of all of them. Rounding is no
longer a matter of one value but of the whole residual x, and of the reader's weights w, whose lengths a rotation keeps:

- a *reading* is a sum of d products that are, together, no larger than |x|·|w| (Cauchy-Schwarz): off by (d + 4) roundings
  of that, weights and their own rounding included;
- a *half-layer* adds t vectors to x that are, together, no longer than the products of what is written, P: off by (t + 2)
  roundings of P, and one of x. As a vector that error may point along any direction, so every value may be off by it;
- the columns that only the embedding writes are turned among themselves (`compiler/plan/rotation.py`). While all that they
  hold is whole multiples of a power of two, few enough of them, they are read exactly: so counts see 0 at BOS.

Large numbers that are added and taken away again would round everything else: a rotated model is built without them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from compiler.audit.magnitudes import Magnitudes
from compiler.blocks.form import Vector
from compiler.numerics.dtypes import Arithmetic
from compiler.numerics.rounding import Reading, find_grain
from compiler.plan.layers import Plan
from compiler.plan.layout import Layout
from compiler.plan.rotation import choose_rotation, measure_norm

READ_ROUNDINGS = 4
"""Of a sum of d products besides the d: each weight and each product is rounded, and errors of second order."""
WRITE_ROUNDINGS = 2
EMBEDDED_ROUNDINGS = 3
"""A row of tokens, one of positions, and their sum."""


class RotatedReading:
    """The rotation's part of the audit: is told of every write, asked about every read."""

    def __init__(self, plan: Plan, layout: Layout, arithmetic: Arithmetic) -> None:
        self.unit, self.whole = arithmetic.unit, arithmetic.whole
        rotation = choose_rotation(layout, 0)  # bounds are those of any seed
        fixed, magnitudes = set(rotation.fixed.places), Magnitudes(layout)
        self.fixed = np.array([place in fixed for place in layout.places], bool)
        self.grain = rotation.fixed.grain
        self.width = rotation.matrix.shape[1]
        self.fixed_length, self.length = magnitudes.bound_lengths(self.fixed)
        vectors = [vector for vector, kept in zip(layout.embedding.vectors, self.fixed, strict=False) if kept]
        self.grid = find_grain(np.concatenate(vectors)) if vectors else 1.0
        self.halves = iter(list_halves(plan, layout, magnitudes, self.fixed))
        self.products = 0.0
        self.more = self.drift = 0.0
        self.embedded = 0.0 if self.is_exact else EMBEDDED_ROUNDINGS * self.unit * self.fixed_length

    @property
    def is_exact(self) -> bool:
        """Whether the columns that only the embedding writes are."""
        return bool(self.grid) and self.fixed_length / (self.grid * self.grain) <= self.whole

    def note_products(self, products: float, additions: int = 1) -> None:
        """What is written to a column is a sum of products that are so large together."""
        self.products += products

    def note_clearing(self, size: float, units: int) -> None:
        """Hidden units clear a column."""
        self.note_products(size)

    def note_column(self, size: float) -> None:
        """A column is written: from then on it is at most so large."""
        self.note_products(size)

    def end_half_layer(self) -> None:
        """All writes since the last time are added, in one sum."""
        half = next(self.halves)
        written = half.cleared if half.embeds else self.products + half.cleared
        roundings = half.terms + WRITE_ROUNDINGS
        self.products, self.more = 0.0, self.unit * (roundings * written + self.length * (written > 0))
        self.drift += self.more

    def bound_drift(self, sizes: Vector) -> Vector:
        """How much farther off numbers are after the half-layer that has ended."""
        embedded, self.embedded = self.embedded, 0.0
        return np.where(self.fixed, embedded, self.more)

    def bound_landing(self, size: float) -> float:
        """What writing rounds is in `bound_drift`."""
        return 0.0

    def measure_reach(self, weights: Vector) -> float:
        """How large the products of a sum over all columns are together."""
        fixed, written = measure_norm(weights[self.fixed]), measure_norm(weights[~self.fixed])
        return self.fixed_length * fixed + self.length * written

    def read(self, weights: Vector, error: float, size: float, grain: float) -> Reading:
        """A sum of weights times columns: exact, or off by the error of these and its own."""
        reach = self.measure_reach(weights)
        if grain and self.reads_exactly(weights):
            return Reading(error, size, grain, terms=self.width)
        terms = self.width + READ_ROUNDINGS
        rounding = terms * self.unit * reach
        return Reading(error + rounding, size, 0.0, rounding, terms, rounding, reach)

    def reads_exactly(self, weights: Vector) -> bool:
        """Whether a sum is over columns of the embedding alone, and none of its products rounds."""
        if weights[~self.fixed].any() or not self.is_exact:
            return False
        fine, length = find_grain(weights) * self.grain, measure_norm(weights)
        products = self.fixed_length * length / (self.grid * self.grain)
        return bool(fine) and max(length, products) / fine <= self.whole

    def tell_near(self, found: Reading, weights: Vector, near: Vector) -> Reading:
        """The reading of one column of the embedding: all of what rounds it may be there at 0, too."""
        return found

    def read_out(self, weights: Vector, size: float) -> tuple[float, float, int]:
        """What an output's sum adds to its error, how large its products are together, and how many there are."""
        return 0.0, max(size, self.measure_reach(weights)), self.width + READ_ROUNDINGS

    def bound_clearing(self, size: float, units: int, grain: float, scale: float = 1.0) -> float:
        """What is left of a column that hidden units clear: what they read of it is rounded."""
        return (self.width + READ_ROUNDINGS) * self.unit * max(self.length, size)

    def bound_passing(self, total: float) -> float:
        """Hidden units are ReLUs."""
        return 0.0

    def bound_stray(self, weights: Vector) -> float:
        """Nothing rounds by a grid here."""
        return np.inf

    def bound_at_bos(self, weights: Vector, at_bos: Vector, errors: Vector) -> float:
        """How far from 0 a counting head's value is at BOS."""
        if self.reads_exactly(weights) and not errors.any():
            return 0.0
        own = (self.width + READ_ROUNDINGS) * self.unit * self.measure_reach(weights)
        return own + float(np.abs(weights) @ errors) + float(np.abs(weights).sum()) * self.drift


@dataclass(frozen=True)
class Half:
    """What a half-layer adds: how many vectors, and how large those are that clear places, or embed into others than the
    fixed ones."""

    terms: int
    cleared: float = 0.0
    embeds: bool = False


def list_halves(
    plan: Plan, layout: Layout, magnitudes: Magnitudes, fixed: NDArray[np.bool_]
) -> Iterator[Half]:
    """All half-layers, the embedding first."""
    sizes = [magnitudes.bound_sum(one) for one in np.eye(layout.width)]
    embedded = sum(
        size for size, kept in zip(sizes[: len(layout.embedding)], fixed, strict=False) if not kept
    )
    yield Half(1, embedded, embeds=True)
    for number, layer in enumerate(plan.layers):
        yield Half(sum(len(head.targets) for head in layer.heads))
        cleared = [erasure for erasure in layout.erasures if erasure.layer == number]
        units = sum(len(erasure.signs) for erasure in cleared) + sum(t.stairs.units for t in layer.lookups)
        yield Half(units, sum(sizes[erasure.column] for erasure in cleared))
