"""The arithmetics that a model may run in, described once: what the audit, the bounds and the constructions reckon with.

float32 is described as it is. The weights of a float64 model are computed in float64 themselves, and what that rounds must
not go unseen: its bounds are those of an arithmetic that rounds 2^10 times as much, and of the numbers that it holds only
those below 2^40 grains count as exact. (A fraction with a denominator up to 4,096 has at most 12 equal digits in a row, so
that none that float64 has cut off looks like a number of 40 digits.) What anchors do is what the hardware does, with all
its 53 digits."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from compiler.options import CompileOptions, Dtype

Floats = NDArray[np.float64]


FEW_DIGITS = 2.0**24


@dataclass(frozen=True)
class Arithmetic:
    """`unit`: relative rounding of a product, a sum, a stored weight. `whole`: multiples of a grain are exact up to so many
    grains. `finest`: whole numbers up to here are what it can hold at all. `sharpness`: logit distance between a selected
    and an unselected position: e^-sharpness is far below `unit`, and a power of two keeps integer scores exact. `same`: how
    far, relatively, two numbers may be apart that the compiler takes for one; `made`: how far what it computes is off,
    where that is not negligible beside storing it."""

    name: Dtype
    unit: float
    whole: float
    finest: float
    sharpness: float
    same: float
    made: float

    @property
    def anchor(self) -> float:
        """Numbers that are nearly multiples of a power of two g become multiples of it when anchor·g is added: there are no
        others there. Taken away again, it leaves them exact."""
        return self.finest / 2

    @property
    def anchored_reach(self) -> float:
        """How many g they may be away from 0 for that, in all: numbers are as fine as g/2 from there to as far above the
        anchor."""
        return self.finest / 4

    @property
    def negligible(self) -> float:
        """Share of the grain of exact values by which the leak of a head may disturb them: less than half the distance to
        the next number of any multiple of the grain but 0, so that the next rounding takes it away."""
        return 1 / (2 * self.finest)

    def bound_storing(self, values: Floats) -> Floats:
        """How far weights are from the numbers that they stand for. Those of few binary digits, powers of two among them,
        are these numbers: no quotient, logarithm or power of e that is cut off is one of them."""
        stored = values.astype(self.name).astype(np.float64)
        digits = np.frexp(values)[0] * FEW_DIGITS
        made = np.where(digits == np.round(digits), 0.0, self.made * np.abs(values))
        return np.abs(values - stored) + made


FLOAT32 = Arithmetic(
    "float32", unit=2.0**-24, whole=2.0**24, finest=2.0**24, sharpness=32.0, same=1e-9, made=0.0
)
FLOAT64 = Arithmetic(
    "float64", unit=2.0**-43, whole=2.0**40, finest=2.0**53, sharpness=64.0, same=2.0**-47, made=2.0**-43
)
ARITHMETICS: Mapping[Dtype, Arithmetic] = {"float32": FLOAT32, "float64": FLOAT64}


def find_arithmetic(options: CompileOptions) -> Arithmetic:
    """The arithmetic that options name."""
    return ARITHMETICS[options.dtype]
