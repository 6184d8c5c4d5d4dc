"""How far rounding carries a look-up's outputs from its steps and bends: what its units round, and what they pass on."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from compiler.blocks.form import Form, Variable, Vector
from compiler.blocks.staircase import Staircase
from compiler.numerics.dtypes import Arithmetic
from compiler.numerics.rounding import Products, Reading, find_grain, find_grains, find_steepest, is_binary
from compiler.plan.layout import Layout, weigh_form
from compiler.targets.activation_functions import CORNER


def bound_lookup_errors(
    stairs: Staircase, constant: float, reading: Reading, arithmetic: Arithmetic
) -> tuple[NDArray[np.float64], list[Products]]:
    """Error bound of every feature at both ends of z, shape (2, features), for z read like this, with `constant` in the
    bias; and the products that each feature is a sum of.

    From the base outwards units only come on and grow, and so does what they round: nowhere is it more than at an end.
    """
    unit, whole = arithmetic.unit, arithmetic.whole
    ends = np.array([stairs.low, stairs.high])
    raw = np.outer(ends, stairs.slopes) + stairs.offsets  # (ends, units)
    hidden = np.maximum(raw, 0.0)
    steep = np.abs(stairs.slopes)
    reach = max(abs(stairs.low), abs(stairs.high), reading.size, reading.reach)
    bias = stairs.offsets + stairs.slopes * constant
    # Every unit adds the form up for itself, with its slope in the weights; then comes the bias.
    again = reading.rounding if is_binary(stairs.slopes) else (reading.terms + 1) * unit * reach
    off = steep * again + arithmetic.bound_storing(bias)
    on = raw > -off
    grain = min(reading.grain * find_grain(stairs.slopes), find_grain(bias))
    largest = max(float(part.max(initial=0.0)) for part in (steep * reach, np.abs(bias), hidden))
    exact = bool(grain) and largest / grain <= whole
    units = np.zeros_like(hidden) if exact else on * (off + unit * hidden)
    heights = np.abs(stairs.heights)
    totals = hidden @ heights  # (ends, features)
    # Partial sums lie between what is negative in all and what is positive in all.
    partial = np.maximum(*(hidden @ np.maximum(side * stairs.heights, 0.0) for side in (1, -1)))
    additions = np.maximum(on.astype(float) @ (heights > 0) - 1, 0.0)
    rounded = np.array([0.0 if is_binary(column) else 1.0 for column in stairs.heights.T])  # products
    weights = hidden @ arithmetic.bound_storing(stairs.heights)
    passed = passed_on(stairs, bias, reading)
    profile = units @ heights + unit * (additions * partial + rounded * totals) + weights + passed
    sums: list[Products] = []
    for k in range(heights.shape[1]):
        fine = grain * find_grain(stairs.heights[:, k])
        total = float(totals[:, k].max())
        if exact and fine and total / fine <= whole:
            profile[:, k] = passed[k]
        sums.append(Products(total, fine if exact else 0.0, int(additions[:, k].max())))
    return profile, sums


def read_beside_bias(stairs: Staircase, constant: float, reading: Reading, arithmetic: Arithmetic) -> Reading:
    """The same form where each unit's bias is one product more, added at any time: so it can be part of all sums but the
    last, which takes it in anyway."""
    used = stairs.slopes != 0
    if reading.terms < 2 or not used.any():
        return reading
    slopes, bias = np.abs(stairs.slopes[used]), np.abs((stairs.offsets + stairs.slopes * constant)[used])
    grain = min(reading.grain * find_grain(slopes), find_grain(bias))
    if grain and float((slopes * reading.size + bias).max()) / grain <= arithmetic.whole:
        return replace(reading, biased=True)
    more, reach = float((bias / slopes).max()), max(reading.size, reading.reach)
    rounding = reading.rounding + (reading.terms - 1) * arithmetic.unit * (more + reach)
    error = reading.error - reading.rounding + rounding
    return Reading(error, reading.size + more, 0.0, rounding, reading.terms, reading.norm, reach + more)


def bound_bends(
    stairs: Staircase, constant: float, reading: Reading, most: float, arithmetic: Arithmetic
) -> NDArray[np.float64]:
    """How far each unit is from a ReLU, shape (u,): `most` near its corner, nothing far from it. An exact z is at the
    corner or far away, but for the error that is left of a 0; ramps are as far from every point as they leave flat."""
    bias = stairs.offsets + stairs.slopes * constant
    steep = np.abs(stairs.slopes)
    if reading.grain and min(reading.grain * find_grain(stairs.slopes), find_grain(bias)) >= CORNER:
        return np.minimum(most, np.where(bias == 0, steep * reading.error / 2, 0.0))
    off = reading.error + 4 * arithmetic.unit * (
        reading.size + float(np.abs(stairs.offsets).max(initial=0.0))
    )
    return np.where(steep * (stairs.flat - off) >= CORNER, 0.0, most)


def passed_on(stairs: Staircase, bias: NDArray[np.float64], reading: Reading) -> NDArray[np.float64]:
    """How much of an error of z each feature shows: none where ramps leave that much flat, else at most its slope times it.

    An exact z is off by so little that it is rounded away when anything but 0 is added: the bias, where there is one and it
    comes last. A bias among the products may cancel against some, and then the error of the others is added to 0.
    """
    if reading.error <= stairs.flat:
        return np.zeros(len(stairs.heights.T))
    if reading.grain:
        open_units = (bias == 0) | reading.biased
        shares = [float(np.abs(stairs.slopes * heights)[open_units].sum()) for heights in stairs.heights.T]
    else:
        shares = [find_steepest(stairs.slopes, heights) for heights in stairs.heights.T]
    return np.array(shares) * (reading.error - reading.rounding)


def bound_wave_error(stairs: Staircase, reading: Reading, one: Reading, arithmetic: Arithmetic) -> float:
    """How far off, in multiples of 1 of z, what a unit of waves rounds can be: z itself, and the sum of its products and
    those of the constant, whose weights are rounded too."""
    assert stairs.shifts is not None, "waves have shifts"
    rounds = stairs.slopes > 0
    slopes, shifts = stairs.slopes[rounds], np.abs(stairs.shifts[rounds])
    error = slopes * reading.error + shifts * one.error
    size = slopes * reading.size + shifts * one.size
    return float(((error + (reading.terms + one.terms + 3) * arithmetic.unit * size) / slopes).max())


def find_rounding_margin(stairs: Staircase, weights: Vector, layout: Layout) -> float:
    """How far off what a rounding reads may be: nothing where a product is no multiple of what it rounds to."""
    used = np.flatnonzero(weights)
    grains = find_grains(weights[used]) * np.array([layout.grain(k) for k in used.tolist()])
    return stairs.margin if (grains >= stairs.grid).all() else 0.0


def bound_square(reading: Reading, bend: float, arithmetic: Arithmetic) -> float:
    """How far off the square of a number from 0 on is: a gate and a sum that both read it are multiplied. Near its corner
    the gate is off by `bend` at most, and the sum is no larger than that is wide; else it rounds, as do both products."""
    largest = reading.size + reading.error
    read = (2 * reading.size + reading.error) * reading.error
    return read + bend * (CORNER + reading.error) + 4 * arithmetic.unit * largest**2


def bound_joint_error(
    forms: Sequence[Form],
    shares: Sequence[float],
    layout: Layout,
    known: tuple[Vector, Mapping[Variable, NDArray[np.float64]]],
) -> float:
    """Bound on the sum of share times error of forms read together, from what is known of columns' errors: those of one
    look-up, of which there are profiles, are all read at one point of its z, and the errors of all grow towards either end
    of it."""
    errors, profiles = known
    total, rest = 0.0, np.zeros(layout.width)
    for form, share in zip(forms, shares, strict=True):
        rest += abs(share) * np.abs(weigh_form(form, layout))
    for variable, profile in profiles.items():
        places = [layout.numbers[variable, k] for k in range(profile.shape[1])]
        total += float((profile @ rest[places]).max(initial=0.0))
        rest[places] = 0.0
    return total + float(rest @ errors)
