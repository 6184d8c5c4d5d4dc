"""Look-ups, sums and outputs against exact fractions: what an arithmetic makes of them, and what is said of it."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import product as cartesian

import numpy as np
import pytest
from numpy.typing import NDArray

from compiler.audit.anchors import is_taken_away
from compiler.audit.logits import bound_logit_noise
from compiler.audit.lookup_errors import bound_lookup_errors
from compiler.blocks.block import LookupBlock, Readout
from compiler.blocks.form import Form, Variable
from compiler.blocks.staircase import (
    GENTLE,
    STEEP,
    Runs,
    Staircase,
    Tolerance,
    bends,
    bound_units,
    build_rounding,
    build_staircase,
    merge_runs,
    steps,
)
from compiler.numerics.dtypes import ARITHMETICS, FLOAT32, FLOAT64, Arithmetic
from compiler.numerics.rounding import (
    Products,
    Reading,
    bound_clearing,
    count_roundings,
    find_grain,
    find_grains,
    find_steepest,
    is_binary,
)
from compiler.options import Dtype
from compiler.targets.rounding_in_transformers import PLAIN
from rasp.graph.nodes import Graph, Tokens
from tests.kept import check_row
from tests.proof.any_order import Order, Single, added_adversely, orders, product

Numbers = NDArray[np.float64]
LOOSE = 10.0
"""How far a bound is at most above the largest error found, but where a row says why not."""
TOKENS = Graph().add(Tokens())


def stairs_over(
    points: Numbers, targets: Numbers, make: Callable[..., Staircase | None], *rest: object
) -> Staircase:
    """A staircase through (point, feature) targets, 0 at the middle point."""
    middle = len(points) // 2
    runs = merge_runs(points, points, np.arange(len(points)), FLOAT32.same)
    assert runs is not None
    found = make(runs, targets - targets[middle], float(points[middle]), *rest)
    assert found is not None
    return found


def computed(
    stairs: Staircase, constant: float, parts: Numbers, orders: tuple[Order, Order], dtype: Dtype = "float32"
) -> Single:
    """What units of a dtype make of a z whose parts (point, term) each adds up, in the first order (without the
    constant, which is in the bias), and all of them in the second: (point, feature)."""
    bias = (stairs.offsets + stairs.slopes * constant).astype(dtype)
    slopes = np.tile(stairs.slopes, (parts.shape[1], 1))
    hidden = np.maximum(product(parts, slopes, orders[0], dtype) + bias, 0)
    return product(hidden, stairs.heights, orders[1], dtype)


def worst_error(
    stairs: Staircase, constant: float, parts: Numbers, wanted: Numbers, dtype: Dtype = "float32"
) -> Numbers:
    """The largest distance from what is wanted (point, feature), by feature, over orders of addition."""
    found = [computed(stairs, constant, parts, (order, order), dtype) for order in orders(6)]
    for heights, side in cartesian(stairs.heights.T, (1, -1)):
        inner = towards(side * np.sign(heights))
        found.append(computed(stairs, constant, parts, (inner, towards(side)), dtype))
    return np.max(np.abs(np.array(found) - wanted), axis=(0, 1))


def towards(sides: Numbers | float) -> Order:
    """Each sum is rounded to its side as far as may be."""
    return partial(added_adversely, sides=lambda n: np.broadcast_to(np.asarray(sides, float), n))


RNG = np.random.default_rng(0)
FRACTIONS = RNG.uniform(-5, 5, (12, 3))
#: Points of z, the constant that the bias holds of them, and targets.
TABLES: dict[str, tuple[Numbers, float, Numbers]] = {
    "whole numbers": (np.arange(12.0), 0.0, FRACTIONS),
    "whole numbers and a constant": (np.arange(12.0) - 40, -40.0, FRACTIONS),
    "thirds": (np.arange(12.0) / 3, 0.0, FRACTIONS),
    "a bias that rounds": (np.arange(12.0) + 100.1, 100.1, FRACTIONS),
    "points that round": (np.arange(12.0) + 1000.1, 0.0, FRACTIONS),
    "far points": (np.sort(RNG.uniform(0, 3000, 12)), 0.0, FRACTIONS),
    "many steps": (np.arange(400.0), 0.0, RNG.uniform(-1, 1, (400, 1))),
    "large steps": (np.arange(12.0), 0.0, FRACTIONS * 2.0**20),
}


WAYS = ("steps", "gentle steps", "bends")
#: How far bounds are above errors, where that is more than `LOOSE`: {row: factor}. Products with a slope are as large as z
#: is far, and round alike in the two units of a ramp, which cancel.
LOOSER = {
    ("thirds", "steps"): 20,
    ("thirds", "gentle steps"): 20,
    ("points that round", "gentle steps"): 120,
    ("far points", "steps"): 60,
    ("far points", "gentle steps"): 60,
}


def staircase_for(way: str, points: Numbers, targets: Numbers, error: float) -> tuple[Staircase, float]:
    """Made in one of the ways, for a z that is off by so much; and how far it may be off."""
    match way:
        case "bends":
            return stairs_over(points, targets, bends, Tolerance()), error
        case "steps":
            return stairs_over(points, targets, steps, Tolerance()), error
        case _:
            stairs = stairs_over(points, targets, steps, Tolerance(noise=max(error, 1e-3)))
            assert stairs.flat == stairs.margin >= 1e-3
            return stairs, 0.9 * stairs.flat


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("arithmetic", ARITHMETICS.values(), ids=list(ARITHMETICS))
def test_units_round_by_no_more_than_said(name: str, way: str, arithmetic: Arithmetic) -> None:
    """z is off by what storing it makes, or by as much as ramps leave flat."""
    points, constant, targets = TABLES[name]
    stored = (points - constant).astype(arithmetic.name).astype(float)
    error = float(np.abs(stored - (points - constant)).max())
    stairs, error = staircase_for(way, points, targets, error)
    grain = find_grain(points - constant) if error == 0 else 0.0
    reading = Reading(error, float(np.abs(points).max()), grain)
    profile, _ = bound_lookup_errors(stairs, constant, reading, arithmetic)
    bound = profile.max(axis=0)
    some = [*range(6), *range(-6, 0)]
    wanted = (targets - targets[len(points) // 2])[some]
    worst = np.zeros(targets.shape[1])
    for held in (stored, points - constant - error, points - constant + error):
        worst = np.maximum(worst, worst_error(stairs, constant, held[some, None], wanted, arithmetic.name))
    assert (worst <= bound).all()
    if arithmetic is not FLOAT32:  # described as coarser than it is
        return
    check_row("tables", f"{name}, {way}", " ".join(f"{b:.3g}" for b in bound))
    assert (bound <= LOOSER.get((name, way), LOOSE) * worst).all()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("gap", [1.0, 3.0])
def test_every_unit_adds_up_for_itself(way: str, gap: float) -> None:
    """A z of five large numbers, whose sum each unit may round another way; slopes that are powers of two, and others."""
    points, targets, constant = gap * np.arange(12.0), FRACTIONS, -1000.0
    parts = np.random.default_rng(0).uniform(100, 300, (20, 12, 5)).astype(np.float32).astype(float)
    parts[:, :, 0] = (points - constant - parts[:, :, 1:].sum(axis=2)).astype(np.float32)
    size = float(np.abs(parts).sum(axis=2).max())
    rounding = 4 * FLOAT32.unit * size
    error = rounding + float(np.abs(parts.sum(axis=2) + constant - points).max())
    stairs, _ = staircase_for(way, points, targets, error)
    profile, _ = bound_lookup_errors(stairs, constant, Reading(error, size, 0.0, rounding, 5), FLOAT32)
    wanted = targets - targets[6]
    bound, worst = (
        profile.max(axis=0),
        np.max([worst_error(stairs, constant, each, wanted) for each in parts], axis=0),
    )
    assert (worst <= bound).all()
    check_row("tables", f"a sum, {way}, {gap:g} apart", " ".join(f"{b:.3g}" for b in bound))
    assert (bound <= LOOSE * worst).all()


@pytest.mark.parametrize("fine", [1.0, 2.0**-8, 2.0**-20, 2.0**-30])
@pytest.mark.parametrize("large", [1.0, 2.0**6, 2.0**12])
def test_sums_are_called_exact_only_when_they_are(fine: float, large: float) -> None:
    """Heights that are multiples of something fine, and sums of them that are large."""
    rng = np.random.default_rng(int(large))
    targets = np.round(rng.uniform(-1, 1, (64, 2)) * large / fine) * fine
    points = np.arange(64.0)
    for make, rest in ((steps, (Tolerance(),)), (bends, (Tolerance(),))):
        stairs = stairs_over(points, targets, make, *rest)
        profile, products = bound_lookup_errors(stairs, 0.0, Reading(0.0, 63.0, 1.0), FLOAT32)
        worst = worst_error(stairs, 0.0, points[:, None], targets - targets[32])
        assert (worst <= profile.max(axis=0)).all()
        called = (profile == 0).all(axis=0)
        assert not worst[called].any()
        assert called.all() or fine < 1
        for k, found in enumerate(products):
            total = np.abs(stairs.heights[:, k]) @ np.maximum(
                np.outer(stairs.slopes, [0.0, 63.0]) + stairs.offsets[:, None], 0
            )
            assert found.size == total.max() and found.grain == find_grain(stairs.heights[:, k])
            assert called[k] == (found.size <= 2**24 * found.grain)


def test_leaks_of_exact_numbers_round_away_but_beside_zero() -> None:
    """What a head leaves of its unselected positions, in a number that is otherwise whole."""
    points, leak = np.arange(-3.0, 4.0), FLOAT32.negligible * 0.49
    targets = points[:, None] ** 2
    for shift in (0.0, 0.5):
        stairs = stairs_over(points + shift, targets, bends, Tolerance())
        profile, _ = bound_lookup_errors(stairs, 0.0, Reading(leak, 3.5, 0.5), FLOAT32)
        sides = [(points + shift + side * leak)[:, None] for side in (-1, 1)]
        worst = max(worst_error(stairs, 0.0, held, targets - targets[3]).max() for held in sides)
        assert worst <= profile.max() <= 4 * worst
        assert bool(worst) == (shift == 0)  # a corner at 0 has no bias


@pytest.mark.parametrize("grid", [1.0, 0.25, 4.0])
@pytest.mark.parametrize("arithmetic", ARITHMETICS.values(), ids=list(ARITHMETICS))
def test_two_units_round_to_the_grid(grid: float, arithmetic: Arithmetic) -> None:
    """Up to half of it: at 0.499 the number is still found, at 0.501 another one is."""
    numbers = np.arange(-40.0, 41.0) * grid
    stairs = build_rounding(numbers, arithmetic)
    assert stairs.margin == grid / 2
    for share, right in ((0.499, True), (-0.499, True), (0.501, False), (-0.501, False)):
        for order in orders(1):
            held = (numbers + share * grid)[:, None]
            found = computed(stairs, 0.0, held, (order, order), arithmetic.name)[:, 0]
            assert (found == numbers).all() == right
            assert (found == numbers).any() == right


def anchored_block(slope: float, beside_anchor: float, arithmetic: Arithmetic) -> LookupBlock:
    one = Staircase(np.array([slope]), np.array([0.0]), np.array([[1.0]]), 0.0, 0.25, 0.0, 8.0)
    return LookupBlock(
        Variable(TOKENS, "look-up"), Form({}, -(arithmetic.anchor + beside_anchor)), one, grain=1.0
    )


# slope, what the anchor has to take away beside itself, whether float32 holds the bias as it should be
ANCHORS = {
    "whole": (1.0, 3.0, True),
    "half a grain too fine": (1.0, 0.5, False),
    "gentle slopes hide it": (2.0**-12, 2.0**-3, False),
    "gentle slopes, and whole": (2.0**-12, 2.0, True),
    "steep slopes show more than there is": (2.0**12, 2.0**-25, True),
    "products that round": (0.75, 4.0, False),
}


@pytest.mark.parametrize("name", ANCHORS)
def test_an_anchor_is_taken_away(name: str) -> None:
    slope, more, right = ANCHORS[name]
    block = anchored_block(slope, more, FLOAT32)
    assert is_taken_away(block, FLOAT32) == right
    bias = np.float32(slope * block.form.constant)
    left = Fraction(float(bias)) / Fraction(slope) + Fraction(FLOAT32.anchor) + Fraction(more)
    rounded = slope != 0.75 and abs(left) <= Fraction(FLOAT32.negligible)
    assert rounded == right


@pytest.mark.parametrize(
    "beside, offset, right", [(3.0, 7.0, True), (3.0, 0.125, False), (0.0, 0.5, True), (0.0, -0.5, False)]
)
def test_a_bias_that_float64_cannot_hold_is_none(beside: float, offset: float, *, right: bool) -> None:
    """Beside its own anchor float64 is as fine as half the grain, or the grain: what the sum loses is seen."""
    block = anchored_block(1.0, beside, FLOAT64)
    block = replace(block, stairs=replace(block.stairs, offsets=np.array([offset])))
    wanted = Fraction(offset) - Fraction(FLOAT64.anchor) - Fraction(beside)
    assert (Fraction(float(offset + block.form.constant)) == wanted) == right
    assert is_taken_away(block, FLOAT64) == right


@pytest.mark.parametrize("arithmetic", ARITHMETICS.values(), ids=list(ARITHMETICS))
def test_clearing_beside_writing(arithmetic: Arithmetic) -> None:
    """x + (sum - x): never off by more than said, and by a tenth of it at worst, as the arithmetic is described."""
    rng = np.random.default_rng(0)
    closest = np.inf
    for count in (1, 2, 5, 20):
        for _ in range(60):
            products = rng.uniform(0.5, 1, count).astype(arithmetic.name)
            old = rng.uniform(-4, 4, 1).astype(arithmetic.name)
            exact = sum(Fraction(float(p)) for p in products)
            own = (count - 1) * arithmetic.unit * float(exact)
            bound = own + bound_clearing(
                Products(float(exact), 0.0, count - 1), float(np.abs(old[0])), 0.0, arithmetic
            )
            for order in orders(2):
                terms = np.append(products, -old)[None]
                written = old + product(terms, np.ones((count + 1, 1)), order, arithmetic.name)[0]
                error = abs(Fraction(float(written[0])) - exact)
                assert error <= bound
                closest = min(closest, bound / max(float(error), 1e-300))
    assert closest < 10 * arithmetic.unit / np.finfo(arithmetic.name).epsneg
    assert bound_clearing(Products(100.0, 1.0, 5), 7.0, 0.5, arithmetic) == 0
    assert bound_clearing(Products(arithmetic.whole / 2, 1.0, 5), 7.0, 0.5, arithmetic) > 0
    assert bound_clearing(Products(100.0, 1.0, 5), 7.0, 0.0, arithmetic) > 0


def readout_of(centers: Numbers, constant: float = 0.0) -> Readout:
    return Readout("out", TOKENS, Form({}, constant), centers, np.arange(len(centers)), 0.0)


#: How far apart neighbouring centers are, and how large.
CLOSE = {
    "small": (1.0, 10.0),
    "large": (1.0, 2.0**20),
    "thirds": (1 / 3, 1000.0),
    "very close": (2.0**-10, 2.0**12),
}


@pytest.mark.parametrize("name", CLOSE)
def test_logits_tell_the_nearest_center(name: str) -> None:
    """Up to the boundary between two centers, but for what float64 rounds; and exactly, for numbers that are exact."""
    apart, largest = CLOSE[name]
    centers = largest - apart * np.arange(6.0)[::-1]
    readout = readout_of(centers)
    noise = bound_logit_noise(readout, largest, 0.0, 1, PLAIN.logits)
    assert 0 < noise < apart / 8
    rounded = Fraction(0)
    for k in range(1, 5):
        for share in (-1.0, -0.97, 0.0, 0.93, 1.0):
            x = float(centers[k] + share * (apart / 2 - noise))
            logits = x * (2 * centers) - centers**2
            assert int(np.argmax(logits)) == k
            exact = [Fraction(x) * 2 * Fraction(c) - Fraction(c) ** 2 for c in centers.tolist()]
            rounded = max(
                rounded, *(abs(Fraction(a) - b) for a, b in zip(logits.tolist(), exact, strict=True))
            )
            if share == 0 and find_grain(centers):
                assert bound_logit_noise(readout, largest, find_grain(centers), 1, PLAIN.logits) == 0
                assert logits.tolist() == exact
    assert 0 < rounded <= noise * apart <= 40 * rounded
    assert bound_logit_noise(readout_of(centers, 0.1), largest, 1.0, 1, PLAIN.logits) > 0
    assert bound_logit_noise(readout_of(np.array([0.0, 2.0**27 - 1])), 2.0**27, 1.0, 1, PLAIN.logits) > 0


@pytest.mark.parametrize("constant", [0.0, -1 / 3])
def test_a_number_that_is_read_alone_rounds_by_no_more_than_said(constant: float) -> None:
    """Its products with float64 weights, their sum in any order, and the bias."""
    random = np.random.default_rng(5)
    columns = random.uniform(-1, 1, 6)
    weights = random.uniform(-1, 1, 6) / 3
    readout = replace(readout_of(np.array([0.0, 1.0]), constant), nearest=True, described=True)
    size = float(np.abs(columns) @ np.abs(weights))
    noise = bound_logit_noise(readout, size, 0.0, len(columns), PLAIN.logits)
    exact = sum(
        (Fraction(c) * Fraction(w) for c, w in zip(columns, weights, strict=True)), Fraction(constant)
    )
    worst = Fraction(0)
    for _ in range(300):
        order = random.permutation(len(columns))
        total = 0.0
        for k in order.tolist():
            total += float(columns[k]) * float(weights[k])
        worst = max(worst, abs(Fraction(total + constant) - exact))
    assert 0 < worst <= noise <= 100 * worst


NUMBERS = {
    3.0: 1.0,
    0.0: 1.0,
    12.0: 4.0,
    0.375: 0.125,
    -(2.0**-20) * 3: 2.0**-20,
    0.1: 0.0,
    2.0**-41: 0.0,
    2.0**30: 2.0**30,
}


def test_grains() -> None:
    for number, grain in NUMBERS.items():
        assert find_grains(np.array([number])).tolist() == [grain]
        if grain:
            share = Fraction(number) / Fraction(grain)
            assert share.denominator == 1 and (share.numerator % 2 == 1 or number == 0)
    assert find_grain(np.array([12.0, 0.0, 3.5])) == 0.5
    assert find_grain(np.array([8.0, 0.0])) == 8
    assert find_grain(np.array([0.1, 1.0])) == 0
    assert find_grain(np.zeros(3)) == find_grain(np.zeros(0)) == 1


def test_powers_of_two_do_not_round() -> None:
    assert is_binary(np.array([1.0, -0.25, 0.0, 1024.0]))
    assert not is_binary(np.array([1.0, 3.0]))
    assert count_roundings(np.array([1.0, -2.0, 4.0])) == 2
    assert count_roundings(np.array([1.0, 3.0, 4.0])) == 4


def test_the_steepest_part_of_a_staircase() -> None:
    slopes = np.array([1.0, 1.0, 1.0, -1.0, -2.0])
    heights = np.array([3.0, -5.0, 1.0, 1.0, 2.0])
    assert find_steepest(slopes, heights) == 5  # to the left 1 + 4, to the right 3, -2, -1
    assert find_steepest(slopes[:3], heights[:3]) == 3
    assert (
        find_steepest(np.array([-0.5, 1.0]), np.array([4.0, 3.0])) == 3
    )  # sides apart, however gentle and in what order


@pytest.mark.parametrize("noise", [0.0, 1e-3, 0.2])
@pytest.mark.parametrize("care, steep", [(0, False), (1, False), (1, True)])
def test_a_staircase_bears_what_it_was_built_for(noise: float, care: int, *, steep: bool) -> None:
    """Within its flat part every point keeps its target; within its margin, the target is the nearest."""
    rng = np.random.default_rng(1)
    points = np.cumsum(rng.uniform(1, 2, 9))
    targets = rng.integers(0, 4, (9, 1)).astype(float)
    runs = merge_runs(points, points, np.arange(9), FLOAT32.same)
    assert runs is not None
    stairs = build_staircase(
        runs, targets - targets[4], 4, Tolerance(noise, care, STEEP if steep else GENTLE)
    )
    assert stairs is not None
    if not np.isfinite(stairs.margin):
        return
    assert stairs.margin >= noise and stairs.flat >= noise
    wanted = targets - targets[4]
    for side in (-1, 1):
        assert worst_error(stairs, 0.0, (points + side * stairs.flat)[:, None], wanted).max() < 1e-5
        near = worst_error(stairs, 0.0, (points + side * stairs.margin)[:, None], wanted)
        assert near.max() < np.abs(np.diff(targets[:, 0])).max() * 0.26


def test_units_are_bounded_from_below_by_one_column() -> None:
    """A form that is passed over could not have been better."""
    random = np.random.default_rng(3)
    tight = 0
    for _ in range(200):
        points = np.cumsum(random.integers(1, 4, random.integers(3, 12))).astype(float)
        columns = random.integers(1, 4)
        values = random.integers(0, 3, (len(points), columns)) @ random.integers(-1, 2, (columns, columns))
        values = values + random.integers(0, 2) * points[:, None]
        targets, group = np.unique(values - values[0], axis=0, return_inverse=True)
        runs = Runs(points, points, group.reshape(-1))
        if len(targets) < 2:
            continue
        built = build_staircase(runs, targets, int(group.reshape(-1)[0]), Tolerance())
        assert built is not None
        least = bound_units(runs, targets, FLOAT32.same)
        assert least <= built.units
        tight += least >= built.units - 2
    assert tight > 100
