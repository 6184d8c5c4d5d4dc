"""Staircase: a function of one number, exact on finitely many points, as a layer of ReLU units.

Two constructions, whichever takes fewer units:
- *steps*: constant on runs of points with one target; between two runs a ramp made of two units, which occupies the
  middle half of the gap, so that the output is exact while the input is off by less than a quarter of it;
- *bends*: piecewise linear through the points, one unit per change of slope; errors of the input pass through,
  multiplied by the slope, so it is only taken where that is harmless.
Both start from a *base* point, where every unit is off and the output 0, and go outwards to both sides: units far
from the point at hand cancel in pairs, and starting from the middle keeps what cancels, and its rounding, small.

Where z is nearly a multiple of a power of two, an *anchor* (`compiler/numerics/count_precision.py`) makes it one before
any unit sees it: then both constructions are exact, if slopes are powers of two.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from compiler.blocks.form import Vector
from compiler.domains.domain import Ints
from compiler.numerics.count_precision import ANCHORED_MARGIN
from compiler.numerics.dtypes import FLOAT32, Arithmetic
from compiler.numerics.rounding import find_grain

Matrix = NDArray[np.float64]
GENTLE, STEEP = 1 / 4, 3 / 8
"""How much of a gap is left flat on either side of a ramp: steeper ramps bear more error, and make more."""
BEND_NOISE = 0.01
"""Share of a target's smallest step that a bend may pass on of its input's error."""

SAMPLED = 2**12
"""Points of many that are looked at first: where they contradict each other, so do all."""


@dataclass(frozen=True, eq=False)
class Staircase:
    """hidden[u] = relu(slope[u] * z + offset[u]); output = hidden @ heights, 0 at `base`.

    `margin` is how far z may be off before it takes another step than its own; infinite where errors of z pass through.
    They pass through beyond `flat`, which ramps leave level on either side of a point. z lies between `low` and `high`.
    Shapes (u,), (u,), (u, f). `grid`: z is rounded to multiples of this (0: it is not). `shifts` (u,), where there are any,
    are added to slope * z before the offset rounds it (`compiler/blocks/waves.py`).
    """

    slopes: Vector
    offsets: Vector
    heights: Matrix
    base: float
    margin: float
    low: float
    high: float
    grid: float = 0.0
    flat: float = 0.0
    shifts: Vector | None = None

    @property
    def units(self) -> int:
        return len(self.slopes)


@dataclass(frozen=True, eq=False)
class Runs:
    """Disjoint intervals of z in ascending order, and the target of each (a row number of `targets`)."""

    low: Vector
    high: Vector
    group: Ints

    @property
    def are_points(self) -> bool:
        return bool((self.low == self.high).all())


def merge_runs(low: Vector, high: Vector, group: Ints, same: float) -> Runs | None:
    """Merge points that are `same` relative to their range, and overlapping intervals of one target; None when two with
    different targets meet: most that do are among a few of them. Where all are points, `high` may be `low` itself."""
    tolerance = same * max(1.0, -float(low.min()), float(high.max()))
    some = slice(None, None, len(low) // SAMPLED or 1)
    if len(low) > 2 * SAMPLED and join_points(low[some], high[some], group[some], tolerance) is None:
        return None  # what lies between them only joins more
    return join_points(low, high, group, tolerance)


def join_points(low: Vector, high: Vector, group: Ints, tolerance: float) -> Runs | None:
    """`merge_runs` of points that a tolerance tells apart."""
    if not (low[1:] >= low[:-1]).all():
        order = np.argsort(low, kind="stable")
        group, ascending = group[order], low[order]
        high = ascending if high is low else high[order]
        low = ascending
    high = low if high is low else np.maximum.accumulate(high)
    fresh = np.concatenate([[True], low[1:] - high[:-1] > tolerance])
    if high is low and fresh.all():
        return Runs(low, low, group)
    if bool(((group[1:] != group[:-1]) & ~fresh[1:]).any()):
        return None
    last = np.concatenate([np.flatnonzero(fresh)[1:] - 1, [len(low) - 1]])
    start, stop = low[fresh], high[last]
    return Runs(start, np.where(stop - start <= tolerance, start, stop), group[fresh])


@dataclass(frozen=True)
class Tolerance:
    """`noise` bounds the error of z; with `care` only steps are used if there is any, and each of their ramps leaves
    `inset` of its gap flat on either side. With a `grain` z is rounded to multiples of it first; all in an `arithmetic`."""

    noise: float = 0.0
    care: int = 0
    inset: float = GENTLE
    grain: float = 0.0
    arithmetic: Arithmetic = FLOAT32


def bound_units(runs: Runs, targets: Matrix, same: float) -> int:
    """How many units both constructions take at least. All columns together bend where one generic sum of them does, so
    that there is one to look at, however many there are."""
    changes = int(np.count_nonzero(np.diff(runs.group)))  # no two groups have the same targets
    if not runs.are_points:
        return 2 * changes
    weights = np.sqrt(np.arange(2.0, 2 + targets.shape[1]))
    gaps = np.diff(runs.low)
    rise = np.diff((targets @ weights)[runs.group]) / gaps
    steepest = float(np.ptp(targets, axis=0).max()) / float(gaps.min(initial=np.inf))
    bent = np.abs(np.diff(rise)) > 2 * same * float(weights.sum()) * steepest
    return min(2 * changes, int(np.count_nonzero(bent)))


def build_staircase(runs: Runs, targets: Matrix, base_group: int, tolerance: Tolerance) -> Staircase | None:
    """The cheaper of the two constructions whose margins hold; None when neither's do.

    `targets[group]` is the output vector of a group; the base is a point of `base_group`, whose targets have to be 0.
    """
    if tolerance.grain:
        return anchored(runs, targets, base_group, tolerance)
    noise, care = tolerance.noise, tolerance.care
    reach = float(max(np.abs(runs.low).max(), np.abs(runs.high).max()))
    noise = noise + 4 * tolerance.arithmetic.unit * reach if noise else 0.0
    middle = choose_base(runs, base_group)
    stairs = steps(runs, targets, middle, replace(tolerance, noise=noise))
    exact = runs.are_points and not (care and noise)
    curve = bends(runs, targets, middle, replace(tolerance, noise=noise)) if exact else None
    if stairs is None or (curve is not None and curve.units < stairs.units):
        return curve
    return stairs


def anchored(runs: Runs, targets: Matrix, base_group: int, tolerance: Tolerance) -> Staircase:
    """The cheaper of the two constructions for a z that is rounded to multiples of a grain; with much care, of those
    that are exact."""
    grain = tolerance.grain
    base = choose_base(runs, base_group)
    stairs = steps(runs, targets, base, replace(tolerance, noise=0.0))
    curve = bends(runs, targets, base, replace(tolerance, noise=0.0)) if runs.are_points else None
    assert stairs is not None, "without noise there always are steps"
    if tolerance.care > 1 and curve is not None and not find_grain(curve.heights):
        curve = None
    best = curve if curve is not None and curve.units < stairs.units else stairs
    return replace(best, margin=ANCHORED_MARGIN * grain)


def choose_base(runs: Runs, base_group: int) -> float:
    """The middle one of the points where the output is 0."""
    candidates = np.flatnonzero(runs.group == base_group)
    return float(runs.low[candidates[np.argmin(np.abs(candidates - len(runs.low) / 2))]])


def steps(runs: Runs, targets: Matrix, base: float, tolerance: Tolerance) -> Staircase | None:
    """Two units per change of target; `inset` is the share of a gap on either side of its ramp.

    Ramps between multiples of a `grain` take as much of their gap as makes their slope a power of two.
    """
    noise, inset, grain = tolerance.noise, tolerance.inset, tolerance.grain
    change = np.flatnonzero(runs.group[1:] != runs.group[:-1])
    change = change[np.any(targets[runs.group[change + 1]] != targets[runs.group[change]], axis=1)]
    low, high = runs.high[change], runs.low[change + 1]
    gap = high - low
    # Without noise a ramp may span the whole gap: slopes 1/gap keep integer points exact.
    margin = float((gap * inset).min()) if len(gap) else np.inf
    if margin < noise:
        return None
    beside = gap * inset if noise else np.zeros_like(gap)
    start, stop = low + beside, high - beside
    if grain:
        stop = start + grain * 2.0 ** np.floor(np.log2(np.round(gap / grain)))
    jump = targets[runs.group[change + 1]] - targets[runs.group[change]]
    right = low >= base
    sign = np.where(right, 1.0, -1.0)
    width = stop - start
    # Rightwards: relu((z - start)/w) - relu((z - stop)/w). Leftwards: relu((stop - z)/w) - relu((start - z)/w).
    near, far = np.where(right, start, stop), np.where(right, stop, start)
    slopes = np.concatenate([sign / width, sign / width])
    offsets = np.concatenate([-sign * near / width, -sign * far / width])
    heights = np.concatenate([sign[:, None] * jump, -sign[:, None] * jump])
    ends, flat = (float(runs.low[0]), float(runs.high[-1])), float(beside.min(initial=np.inf))
    return Staircase(slopes, offsets, heights, base, margin, *ends, flat=flat)


def build_rounding(numbers: Vector, arithmetic: Arithmetic) -> Staircase:
    """z itself, brought back to the grid of `numbers`: z + C - C, where C is so large that there is only the grid.

    The sum with C is that of a hidden unit; another one holds C alone. (Dekker, "A Floating-Point Technique for Extending
    the Available Precision", 1971, splits numbers this way.)
    """
    grid = find_grain(numbers)
    carrier = (
        1.5 * arithmetic.anchor * grid
    )  # between two powers of two, so that negative z are rounded alike
    ends = (float(numbers.min()), float(numbers.max()))
    slopes, offsets, heights = np.array([1.0, 0.0]), np.array([carrier, carrier]), np.array([[1.0], [-1.0]])
    return Staircase(slopes, offsets, heights, 0.0, grid / 2, *ends, grid)


def bends(points: Runs, targets: Matrix, base: float, tolerance: Tolerance) -> Staircase | None:
    """One unit per change of slope, on either side of the base."""
    noise, same = tolerance.noise, tolerance.arithmetic.same
    value = targets[points.group]  # (points, features)
    rise = np.diff(value, axis=0) / np.diff(points.low)[:, None]
    if noise and not harmless(value, rise, noise):
        return None
    start = int(np.searchsorted(points.low, base - same * max(1.0, abs(base))))
    sides = [
        corners(1.0, points.low[start:-1], rise[start:], same),
        corners(-1.0, points.low[1 : start + 1][::-1], -rise[:start][::-1], same),
    ]
    slopes, offsets, heights = (np.concatenate(parts) for parts in zip(*sides, strict=True))
    ends = (float(points.low[0]), float(points.high[-1]))
    return Staircase(slopes, offsets, heights, base, np.inf, *ends)


def corners(sign: float, points: Vector, slants: Matrix, same: float) -> tuple[Vector, Vector, Matrix]:
    """Slopes, offsets and heights of the units on one side of the base, going outwards: one where the slope changes by more
    than the share `same` of the largest."""
    before = np.concatenate([np.zeros((1, slants.shape[1])), slants[:-1]]) if len(slants) else slants
    flat = same * float(np.abs(slants).max(initial=0.0))
    bent = np.flatnonzero(np.abs(slants - before).max(axis=1, initial=0.0) > flat)
    # The slope that is left behind is that of the last corner taken, which differs from `before` by at most `flat`.
    kept = slants[bent]
    previous = np.concatenate([np.zeros((1, slants.shape[1])), kept[:-1]]) if len(kept) else kept
    return np.full(len(bent), sign), -sign * points[bent], kept - previous


def harmless(value: Matrix, rise: Matrix, noise: float) -> bool:
    """Whether input noise times slope stays a small share of every feature's smallest step."""
    for column in range(value.shape[1]):
        apart = np.diff(np.unique(value[:, column]))
        if len(apart) and np.abs(rise[:, column]).max() * noise > BEND_NOISE * apart.min():
            return False
    return True


def evaluate_staircase(stairs: Staircase, z: Vector) -> Matrix:
    """The output at each z, in float64."""
    return np.maximum(z[:, None] * stairs.slopes + stairs.offsets, 0.0) @ stairs.heights
