"""What is read through a norm that stands there as an identity: how far it is off, by the target's noise.

Every write to the residual is scaled down so far that the norm's variance is nothing beside its eps, and the norm's gain
scales it up again (`compiler/stock/uniform.py`). What remains:

- each number is off by `reading` roundings, relative to it and to the mean that is subtracted from it;
- the mean M itself, which ought to be 0: a *balance* column takes minus the sum of all that is written, and is off by the
  rounding of these sums. A reader's weights sum up to 0, by way of a column that is always 0, so that M goes away again;
- a number that is 0 in the residual comes out as minus M, and all such are the same to the last bit. A head that counts
  reads such columns at BOS; of one, or of two with like weights, 0 is what it gets.

What stands in for the column of zeros (`Layout.proxies`) is 0 to the last bit as well; where answers are read it is a
number, which makes one product more.

Without a balance (`Layout.balanced`) the mean is as large as the sum of all columns by their number, and all that holds.
"""

from dataclasses import replace

import numpy as np

from compiler.blocks.form import Vector
from compiler.numerics.dtypes import Arithmetic
from compiler.numerics.rounding import Reading, count_roundings, is_binary
from compiler.targets.activation_functions import CORNER
from compiler.targets.rounding_in_transformers import Noise

MEAN_ROUNDINGS = 8.0
"""Of a mean, relative to the sum S of sizes, however it is added up. Of d numbers one after the other, or in blocks: d - 1
additions of at most S, and a division by d: 2. By running means: step k rounds, four times, what is at most S/k, and that
weighs k/d in the end: S + (3 ln d + 6)·S/d, and as much again where such means are put together in pairs."""


class NormReading:
    """The norm's part of the audit: is told of every write, asked about every read."""

    def __init__(self, noise: Noise, width: int, arithmetic: Arithmetic, *, balanced: bool = True) -> None:
        self.noise, self.balanced = noise, balanced
        self.arithmetic, self.unit = arithmetic, arithmetic.unit
        self.width = width  # columns, those of zeros and of the balance with them
        self.balance = 0.0
        self.shifts = 0.0
        self.size = 0.0
        self.products = 0.0
        self.writes = self.cleared = 0.0
        self.additions = self.longest = 0

    def note_clearing(self, size: float, units: int) -> None:
        """So many hidden units clear a column of at most that size."""
        self.note_products(size, units)
        self.cleared += size

    def note_products(self, products: float, additions: int = 1) -> None:
        """What is written to a column is a sum of so many products, which are so large together."""
        self.products += products
        self.additions += additions
        self.longest = max(self.longest, additions)

    def note_column(self, size: float) -> None:
        """A column is written: from then on it is at most so large."""
        self.note_products(size)
        self.writes += size

    def end_half_layer(self) -> None:
        """All writes since the last time stand in one sum in the balance column, or make the mean where there is none. That
        sum rounds, and so has the sum of each column that it is to balance."""
        self.balance += (self.additions + self.longest + 3) * self.unit * (self.products + self.size)
        self.size += self.writes
        moved = 0.0 if self.balanced else self.writes + self.cleared
        self.products, self.writes, self.cleared, self.additions, self.longest = 0.0, 0.0, 0.0, 0, 0
        if self.noise.drift:  # the mean goes out of all numbers, and what they round makes the next one
            held = self.size + self.width * self.shifts + moved
            self.shifts += (self.balance + moved) / self.width + MEAN_ROUNDINGS * self.unit * held
            self.balance = self.noise.drift * self.unit * (self.size + 2 * self.width * self.shifts)

    @property
    def mean(self) -> float:
        """How large the mean can be, or what norms have taken out of all numbers, in the unit of the columns."""
        if self.noise.drift:
            return self.shifts
        summed = self.balance + (0.0 if self.balanced else self.size)
        return summed / self.width + MEAN_ROUNDINGS * self.unit * self.size

    def bound_drift(self, sizes: Vector) -> Vector:
        """How much farther off numbers of such sizes are after a half-layer whose norm the residual goes through."""
        return self.noise.drift * self.unit * (sizes + 2 * self.mean) * (sizes > 0)

    def bound_landing(self, size: float) -> float:
        """What is rounded where a number is added to the mean that a residual which goes through norms holds."""
        return self.noise.drift * self.unit * (size + 2 * self.mean)

    def bound_reading(self, weights: Vector, size: float) -> float:
        """How far a sum of weights and columns is off, whose products are at most `size` together."""
        if not self.noise.shifts:
            return 0.0
        mean = 2 * self.mean * float(np.abs(weights).sum())
        return self.unit * (self.noise.reading * (size + mean) + (len(weights) + 4) * mean)

    def read(self, weights: Vector, error: float, size: float, grain: float) -> Reading:
        """A sum of weights times columns that are off by `error` together and, if `grain` is not 0, multiples of that."""
        used = weights[weights != 0]
        norm = self.bound_reading(used, size)
        negligible, whole = self.arithmetic.negligible, self.arithmetic.whole
        if not norm and grain and error <= negligible * grain and size / grain <= whole:
            return Reading(error, size, grain, terms=len(used))
        # The column of zeros is one term more, and all terms hold the mean.
        mean = 2 * self.mean * float(np.abs(used).sum()) if norm else 0.0
        rounding = (count_roundings(used) + (norm > 0)) * self.unit * (size + mean)
        terms = len(used) + bool(norm and not is_binary(used))
        return Reading(
            error + norm + rounding, size, 0.0, rounding, terms, norm, size + mean if norm else 0.0
        )

    def tell_near(self, found: Reading, weights: Vector, near: Vector) -> Reading:
        """The reading of one column that only a table writes: what rounds it is relative to it, but for what means make of
        it, which columns of the residual are off by `near` for."""
        if not found.norm or not is_binary(weights):
            return found
        zero = self.unit * self.bound_stray(2 * weights)
        least = self.read(weights, float(np.abs(weights) @ near), 0.0, 0.0).error
        return replace(found, near=least, zero=zero)

    def read_out(self, weights: Vector, size: float) -> tuple[float, float, int]:
        """What an output's sum adds to its error, how large its products are together, and how many there are."""
        norm = self.bound_reading(weights, size)
        size += 2 * self.mean * float(np.abs(weights).sum()) if norm else 0.0
        return norm, size, int(np.count_nonzero(weights)) + 2 * (norm > 0 or self.noise.summed)

    def bound_clearing(self, size: float, units: int, grain: float, scale: float = 1.0) -> float:
        """What is left of a column that hidden units clear: they read it through the norm. `grain`: what its values are
        multiples of (0: they are not exact); `scale`: how many times smaller it is stored."""
        if not self.noise.shifts:
            return 0.0 if grain >= CORNER else units * self.noise.unit
        read = self.bound_reading(np.array([scale]), size)
        return read + units * self.noise.unit + (self.noise.passing + 2) * self.unit * size

    def bound_passing(self, total: float) -> float:
        """What hidden units that are not ReLUs round of a sum of at most `total`, far from their corners."""
        return self.noise.passing * self.unit * total

    def bound_stray(self, weights: Vector) -> float:
        """What the mean puts beside the numbers that a sum is to round, one after the other."""
        return self.mean * float(np.abs(weights).sum()) if self.noise.shifts else 0.0

    def bound_at_bos(self, weights: Vector, at_bos: Vector, errors: Vector) -> float:
        """How far from 0 a counting head's value is at BOS: weights, contents and errors of the columns that it reads.

        Columns of 0 all hold the same number there, minus the mean, and so does the column of zeros, whose weight takes it
        away: only the sum of its multiples rounds, and not even that where they are two that cancel, or each partial sum is
        that number times a power of two.
        """
        if not self.noise.shifts:
            return 0.0
        used = np.flatnonzero(weights)
        weights, at_bos, errors = weights[used], at_bos[used], errors[used]
        if at_bos.any() or errors.any():
            size = float(np.abs(weights) @ np.abs(at_bos))
            # The column of zeros is one term more.
            rounding = (count_roundings(weights) + 1) * self.unit * size
            return self.bound_reading(weights, size) + rounding + float(np.abs(weights) @ errors)
        if len(weights) <= 2 and is_binary(np.append(weights, weights.sum())):
            return 0.0
        return (len(weights) + 4) * self.unit * 2 * float(np.abs(weights).sum()) * self.mean
