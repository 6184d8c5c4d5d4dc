"""Floating-point arithmetic in numbers: what is exact, how often a sum rounds, how steep a staircase is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from compiler.numerics.dtypes import Arithmetic

FINEST = 2.0**-40
"""Nothing is a grain that is finer than this."""
SAMPLED = 1_000
"""Values of many that are looked at first: where one of them is too fine, so are all together."""
LEAST_GAP = 14.0
"""Logit distance below which the leak e^-gap would reach 10^-6 a position."""


@dataclass(frozen=True)
class Reading:
    """A form as it is read: its error bound, its largest magnitude, and the power of two that its exact values
    are multiples of (0 when they are not exact). `rounding` is the part of the error that reading itself makes, of so many
    `terms`, `norm` the part of what it is read through. `reach`: how large all products are together, where that is more
    than `size`. `biased`: the bias of a hidden unit is one more product among them, added at any time. `near`: the part of
    the error that does not grow with the form, if the other does; None: all of it. `zero`: how far off it is where it is 0,
    if its weight is no power of two, and not at all where it is one."""

    error: float
    size: float
    grain: float
    rounding: float = 0.0
    terms: int = 1
    norm: float = 0.0
    reach: float = 0.0
    biased: bool = False
    near: float | None = None
    zero: float | None = None

    @property
    def apart(self) -> tuple[float, float]:
        """The error as a part that does not grow with the form, and one relative to the form."""
        near = self.error if self.near is None else self.near
        return near, (self.error - near) / self.size if self.size else 0.0


@dataclass(frozen=True)
class Products:
    """What an MLP adds up in one column: how large all of them are together, the power of two that they are multiples of (0
    when they are not exact), and how many additions that is (of those that are not 0)."""

    size: float
    grain: float
    additions: int


@dataclass(frozen=True)
class Weighting:
    """Attention weights of a head: how many positions can share in them, how far a selected one's logit may be off, and the
    share of what is not selected. `beside`: BOS's logit as it is read, where one position shares with BOS alone."""

    sharing: int
    level: float
    leak: float
    edge: float = 0.0
    beside: Reading | None = None


def find_grains(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The largest power of two that each value is a multiple of; 0 where it is finer than `FINEST`, 1 for 0."""
    mantissas, exponents = np.frexp(values)
    whole = np.abs(mantissas * 2.0**53).astype(np.int64)
    lowest = (whole & -whole).astype(float)
    grains = np.where(whole == 0, 1.0, np.ldexp(lowest, exponents - 53))
    return np.where(grains < FINEST, 0.0, grains)


def find_grain(values: NDArray[np.float64]) -> float:
    """The largest power of two that all values are multiples of; 0 when they are finer than `FINEST`."""
    if np.abs(values).max(initial=0.0) < 2.0**53:
        whole = values.astype(np.int64)
        if (whole == values).all():  # the lowest bit of any of them
            bits = int(np.bitwise_or.reduce(whole, axis=None))
            return min(float(bits & -bits), 2.0**40) if bits else 1.0
    if len(values) > SAMPLED and not find_grains(values[:SAMPLED]).all():
        return 0.0
    values = values[values != 0]
    return float(find_grains(values).min(initial=2.0**40)) if len(values) else 1.0


def count_roundings(weights: NDArray[np.float64]) -> int:
    """Roundings that one sum of products goes through: additions, and products with other than powers of two (whose
    weights are themselves rounded)."""
    return len(weights) - 1 + (0 if is_binary(weights) else 2)


def bound_clearing(products: Products, old: float, grain: float, arithmetic: Arithmetic) -> float:
    """What it adds to a sum's error to clear its place of another value, of at most `old` and a multiple of `grain`, in the
    same sum: each addition may have the old value in it, one takes it in, and one takes the sum to the place."""
    total, fine = products.size + old, min(products.grain, grain)
    if fine and total / fine <= arithmetic.whole:
        return 0.0
    return arithmetic.unit * (2 * products.size + (products.additions + 1) * old)


def is_binary(values: NDArray[np.float64]) -> bool:
    """Whether all values are powers of two (or 0): products with them are exact."""
    mantissas = np.abs(np.frexp(values)[0])
    return bool(((mantissas == 0.5) | (mantissas == 0.0)).all())


def find_steepest(slopes: NDArray[np.float64], heights: NDArray[np.float64]) -> float:
    """Largest slope of a piecewise linear output: units come in order of their corners, on either side."""
    best = 0.0
    for side in (slopes > 0, slopes < 0):
        running = np.cumsum((slopes * heights)[side])
        best = max(best, float(np.abs(running).max(initial=0.0)))
    return best


def find_middle(centers: NDArray[np.float64]) -> float:
    """The center whose logit is taken from all others' where they are float32: what is left is as small as it can be."""
    return float(np.sort(centers)[len(centers) // 2])
