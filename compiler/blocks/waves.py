"""Waves: functions of a whole number that repeat, or climb by even steps, in two hidden units whatever the number's range.

Beside an anchor C of 2^23 and more float32 knows only whole numbers (float64 beside 2^52), so that a hidden unit whose bias
is C *rounds*: from z/m - (o + (m - 1)/2)/m it makes floor((z - o)/m), for any whole z that is off by less than half. The
difference of two of these with one m is 1 from one residue of z up to another and 0 elsewhere: a binary digit of z, a
parity. One of them and a unit that holds C alone climb by 1 at every m-th z; with m = 1 that is z itself, rounded.

No more than two units are added up in one column, so that the sum is exact in any order. A bias is added last, as with
other anchors (`compiler/numerics/count_precision.py`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from compiler.blocks.form import Vector
from compiler.blocks.staircase import Matrix, Runs, Staircase, Tolerance, choose_base
from compiler.numerics.dtypes import Arithmetic
from compiler.numerics.rounding import find_grain, is_binary

CARRIER = 1.5
"""Anchors: between two powers of two, so that negative numbers are rounded alike."""
BEARABLE = 7 / 16
"""How far z may be off, in grains, as far as one sees beforehand: a half is too much, and what reads z rounds as well."""
ROUNDINGS = 16
"""Of z/m, where m is no power of two: about how far off z is by them, in roundings of z."""
WAVE_REACH = 2.0**20
"""How large z may get, in multiples of its grain."""


def count_units(numbers: Vector, values: Matrix, arithmetic: Arithmetic) -> int:
    """About how many hidden units make values (numbers, features) of these numbers: waves, or else one for each bend."""
    points, first = np.unique(numbers, return_index=True)
    if len(points) < 3:
        return values.shape[1]
    targets = values[first]
    rises = np.diff(targets, axis=0) / np.diff(points)[:, None]
    bends = 1 + int(np.count_nonzero(np.any(rises[1:] != rises[:-1], axis=1)))
    waves = build_waves(
        Runs(points, points, np.arange(len(points))),
        targets,
        len(points) // 2,
        Tolerance(arithmetic=arithmetic),
    )
    return bends if waves is None else min(bends, waves.units)


@dataclass(frozen=True)
class Wave:
    """height times floor((z - up)/period), less the same with `down` for `up` if there is a `down`."""

    period: int
    height: float
    up: int
    down: int | None = None


def build_waves(runs: Runs, targets: Matrix, base_group: int, tolerance: Tolerance) -> Staircase | None:
    """Units for targets that are waves, each; None where one isn't, or z is not whole, or may be off by too much."""
    grain = find_grain(runs.low)
    multiples = runs.low / grain if grain else runs.low
    whole = bool(grain) and runs.are_points and len(multiples) > 2 and bool((np.diff(multiples) == 1).all())
    if not whole or np.abs(multiples).max() > WAVE_REACH or tolerance.noise >= BEARABLE * grain:
        return None
    known: list[Wave] = []
    for column in targets.T:
        wave = find_wave(multiples.astype(np.int64), column[runs.group])
        if wave is None:
            return None
        known.append(wave)
    if not known:
        return None
    rounded = any(not is_binary(np.array([float(wave.period)])) for wave in known)
    slips = ROUNDINGS * tolerance.arithmetic.unit * float(np.abs(multiples).max()) * grain if rounded else 0.0
    if tolerance.noise + slips >= BEARABLE * grain:
        return None
    carrier = CARRIER * tolerance.arithmetic.anchor
    return join_waves(known, runs, choose_base(runs, base_group), (grain, carrier))


def find_wave(multiples: NDArray[np.int64], values: Vector) -> Wave | None:
    """The wave that has these values at consecutive whole numbers, up to a constant."""
    jumps = np.diff(values)
    height = float(jumps[np.argmax(jumps != 0)])
    ups, downs = (multiples[1:][jumps == h] for h in (height, -height))
    if not height or len(ups) + len(downs) < np.count_nonzero(jumps) or not is_binary(np.array([height])):
        return None
    repeated = ups if len(ups) > 1 else downs
    # What does not come again has a period beyond all that occurs.
    once = 2 ** len(multiples).bit_length()
    period = int(repeated[1] - repeated[0]) if len(repeated) > 1 else once
    wave = Wave(period, height, int(ups[0]) % period, int(downs[0]) % period if len(downs) else None)
    off = evaluate_wave(wave, multiples) - values
    return wave if (off == off[0]).all() else None


def evaluate_wave(wave: Wave, multiples: NDArray[np.int64]) -> Vector:
    """Its values at whole numbers."""
    risen = (multiples - wave.up) // wave.period
    if wave.down is not None:
        risen -= (multiples - wave.down) // wave.period
    return wave.height * risen.astype(np.float64)


def join_waves(waves: list[Wave], runs: Runs, base: float, scales: tuple[float, float]) -> Staircase:
    """One unit for each period and residue that waves begin or end at, and one that holds the anchor if any climbs. In
    `scales` the grain of z, and the anchor."""
    grain, carrier = scales
    edges = {(wave.period, edge): 0 for wave in waves for edge in (wave.up, wave.down) if edge is not None}
    units = {edge: number for number, edge in enumerate(edges)}
    climbs = any(wave.down is None for wave in waves)
    heights = np.zeros((len(units) + climbs, len(waves)))
    for k, wave in enumerate(waves):
        heights[units[wave.period, wave.up], k] = wave.height
        heights[-1 if wave.down is None else units[wave.period, wave.down], k] = -wave.height
    periods, residues = (np.array([edge[k] for edge in units], float) for k in (0, 1))
    at_base = np.floor((base / grain - residues) / periods)
    still = np.zeros(int(climbs))
    return Staircase(
        np.append(1 / (periods * grain), still),
        np.append(carrier - at_base, still + carrier),
        heights,
        base,
        grain / 2,
        float(runs.low[0]),
        float(runs.high[-1]),
        shifts=np.append(-(residues + (periods - 1) / 2) / periods, still),
    )
