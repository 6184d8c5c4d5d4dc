"""What a family rounds besides: each bound against exact arithmetic of the same weights, at its worst inputs.

Never is an error above its bound, and a bound is at most `FAR` above the largest error found.
"""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import product as cartesian

import mpmath
import numpy as np
import pytest
from numpy.typing import NDArray

from compiler.audit.logits import bound_logit_noise
from compiler.audit.lookup_errors import bound_bends, bound_square
from compiler.audit.norms import NormReading
from compiler.blocks.block import Readout
from compiler.blocks.form import TURNING as TURNING_ROLES
from compiler.blocks.form import Form
from compiler.blocks.staircase import Staircase
from compiler.export.stock_files import assemble_uniform
from compiler.factorings.turning import make_order
from compiler.lowering.scores import measure_ties
from compiler.numerics.count_precision import bound_averaging_noise
from compiler.numerics.dtypes import FLOAT32
from compiler.numerics.rounding import Reading, count_roundings, find_middle
from compiler.options import CompileOptions, Dialect
from compiler.pipeline import Compiled, compile_program
from compiler.stock.identity_norms import choose_shrinkage
from compiler.stock.uniform import Placing
from compiler.targets.activation_functions import BEND, CORNER, UNIT_SCALE
from compiler.targets.rotary import bound_turning, choose_frequency
from compiler.targets.rounding_in_transformers import NORMED
from compiler.targets.target import FAMILY_TARGETS, TARGETS
from compiler.targets.uniform_shape import FIRST, ZEROS
from rasp.elaborate.program import load_program
from rasp.graph.nodes import Aggregate, Graph, Tokens, Width
from rasp.source import Source
from tests.proof.any_order import Order, Single, orders, product
from tests.proof.measure_columns import measured
from tests.proof.test_exact_bounds import ALL, CASES, Case, columns_of, ramps
from tests.proof.uniform_order import (
    activate,
    find_single_frequency,
    normalise,
    turn_pair,
    uniform_residuals,
)

FAR = 1e4
EPS = 1e-5
NUMBERS = {"alike": 1.0, "uneven": 2.0**12, "very uneven": 2.0**20}
#: Where families refuse the length that `plain` has: one that they have.
SHORTER = {
    "a count by a count": 15,
    "a mean": 23,
    "a mean of the selected": 24,
}
#: What float32 cannot hold in a family, at the length that makes the case.
REFUSED = {("llama", "the best of so many that equals are not told apart")}
MORE = 'selector_width(select(tokens, "a", ==)) - selector_width(select(tokens, "b", ==))'
#: What only families have a construction for.
OF_FAMILIES = {
    "counts by values": Case(
        f"selector_width(select({MORE}, {MORE}, ==))", ("a", "b"), 4, Width, ramps(4), attention="causal"
    )
}
PREVIOUS = "select(indices, indices - 1, ==)"
#: What is scored by how far heads turn.
TURNING = {
    "a distance": Case(
        "aggregate(select(indices, indices - 2, ==), tokens_int, 9) / 3",
        (0, 5),
        40,
        Aggregate,
        ramps(40, 0, 5),
        attention="causal",
    ),
    "the latest": Case(
        "aggregate(best(select(tokens_int, 0, !=), indices), tokens_int, 9) / 3",
        (0, 3, 5),
        30,
        Aggregate,
        ramps(30, 3, 5),
        attention="causal",
    ),
    "the first of the best": Case(
        f"aggregate(best(full_s, tokens_int), tokens_int + aggregate({PREVIOUS}, tokens_int, 1) / 3)",
        (0, 3, 5),
        12,
        Aggregate,
        ramps(12, 3, 5),
        attention="causal",
    ),
}
#: Families, of those that compute alike the first.
UNLIKE = {replace(TARGETS[name], name="plain"): name for name in reversed(FAMILY_TARGETS)}.values()
#: Orders that families tell by powers of two, and of how many positions.
POWERS = {
    ("bert", "a count by powers"): 16,
    ("bert", "a count by powers of positions"): 40,
    ("bert", "a mean by powers"): 12,
    ("distilbert", "a count by powers of positions"): 30,
    ("gpt2", "a count by powers"): 16,
    ("llama", "a count by powers"): 16,
}
Numbers = NDArray[np.float64]
TOKENS = Graph().add(Tokens())


@pytest.mark.parametrize("target, name", sorted({*cartesian(UNLIKE, CASES | OF_FAMILIES)} - REFUSED))
def test_errors_of_columns_stay_below_their_bounds(target: Dialect, name: str) -> None:
    """Every construction, run as the family runs it, in any order of addition. What happens to be exact counts as off by
    one rounding."""
    case = (CASES | OF_FAMILIES)[name]
    length = SHORTER.get(name, case.length)
    case = replace(case, length=length, inputs=[word[:length] for word in case.inputs[-3:]])
    model = compile_for(target, case)
    written = [k for k, column in enumerate(model.layout.columns) if column is not None]
    columns = columns_of(model, case.kind) or written  # some attentions have simpler ways for some
    worst, bounds = measure_worst(model, case), model.bounds.columns
    assert not [(k, worst[k], bounds[k]) for k in np.flatnonzero(worst > bounds)]
    found = np.maximum(worst, FLOAT32.unit * model.bounds.sizes)
    assert min(bounds[k] / found[k] for k in columns) <= FAR


def compile_for(target: Dialect, case: Case) -> Compiled:
    options = CompileOptions(case.vocabulary, case.length, TARGETS[target].attentions[0], target)
    return compile_program(load_program(Source("test", "")), {"out": case.text}, options)


def measure_worst(model: Compiled, case: Case) -> Numbers:
    """How far each column is off at most, in any order of addition, as the family runs the model."""
    uniform, family = assemble_uniform(model), TARGETS[model.options.dialect]
    layout, worst = model.layout, np.zeros(model.layout.width)
    turned = [layout.places[column] for column in layout.turning]
    kept = [place for place in range(layout.d_model) if place not in turned]
    plain = slice(uniform.shape.first, uniform.shape.first + len(kept))
    reach = float((model.bounds.sizes / layout.scales).sum())
    stored = np.zeros(layout.d_model)
    stored[list(layout.places)] = 2.0 ** -choose_shrinkage(reach, family.eps or 0.0) / layout.scales

    def run(ids: list[int], order: Order) -> Single:
        residuals = uniform_residuals(uniform, family, order, ids)[:, :, plain]
        found = np.zeros((*residuals.shape[:2], layout.d_model), np.float32)
        found[:, :, kept] = residuals / stored[kept]
        if turned:  # no family has these: what heads make of them is measured by itself
            found[:, :, turned] = model.weights.arrays["embedding.positions"][: len(ids), turned]
        return found

    for order in orders(0):
        errors, seen = measured(model, case.inputs, lambda ids, order=order: run(ids, order))
        assert seen[columns_of(model, case.kind)].all()
        worst = np.maximum(worst, errors)
    return worst


@pytest.mark.parametrize("target, name", POWERS)
def test_orders_by_powers_stay_below_their_bounds(target: Dialect, name: str) -> None:
    """The same where numbers of a column are as different in size as a target has room for."""
    case = replace(ALL[name], length=POWERS[target, name])
    case = replace(case, inputs=[word[: case.length] for word in case.inputs[3::7]])
    model = compile_for(target, case)
    groups = [group for layer in model.plan.layers for head in layer.heads for group in head.scores.groups]
    assert any(group.kind == "powers" for group in groups)
    worst, bounds = measure_worst(model, case), model.bounds.columns
    assert (worst <= bounds).all()
    assert bounds.max() <= FAR * worst.max()


@pytest.mark.parametrize("name", TURNING)
def test_what_turning_heads_bring_stays_below_its_bound(name: str) -> None:
    """A column that no family has is not measured, but what is brought by it."""
    case = TURNING[name]
    model = compile_for("llama", case)
    assert model.layout.turning
    worst, bounds = measure_worst(model, case), model.bounds.columns
    assert (worst <= bounds).all()


@pytest.mark.parametrize("name", TURNING)
def test_what_turns_is_as_large_as_said(name: str) -> None:
    """The numbers of one position, and the largest product of two: what errors are multiplied by."""
    model, seen = compile_for("llama", TURNING[name]), 0
    for scores in (head.scores for layer in model.plan.layers for head in layer.heads):
        for group in scores.groups:
            queries, keys = (
                [forms[c] for c in group.columns if any(v.role in TURNING_ROLES for v in forms[c].parts)]
                for forms in (scores.queries, scores.keys)
            )
            if not keys:
                continue
            query, key = (
                np.stack([np.sum([*form.parts.values()], axis=0) for form in forms])
                for forms in (queries, keys)
            )
            for largest, said in (
                (np.abs(query.T @ key).max(), group.pair),
                (np.abs(query).sum(axis=0).max(), group.query),
                (np.abs(key).sum(axis=0).max(), group.key),
            ):
                assert largest <= said * (1 + 2.0**-50) and said <= 2 * largest
            seen += 1
    assert seen


@pytest.mark.parametrize("length", [1, 2, 3, 5, 16, 64, 139])
@pytest.mark.parametrize("latest", [False, True])
def test_ranks_are_farther_apart_than_what_breaks_their_ties(length: int, latest: bool) -> None:
    """By as much as two positions are at least."""
    wave = make_order(length, latest=latest)
    frequency = choose_frequency(length)
    scored = wave.size * np.cos(frequency * np.arange(length) + wave.phase)
    apart, spread = measure_ties(1, wave)
    assert np.ptp(scored) <= spread * (1 + 2.0**-40)
    assert 1 - 2.0**-30 <= apart - np.ptp(scored) <= 2
    assert length == 1 or np.abs(np.diff(scored)).min() >= 1 - 2.0**-30
    assert measure_ties(0, wave) == (0, spread)


@pytest.mark.parametrize("length", [1, 2, 3, 5, 16, 20, 64, 139, 512, 4096])
def test_turned_numbers_are_off_by_no_more_than_said(length: int) -> None:
    """A query or key of length 1 at each of many angles and positions, the last among them, turned in float32 by what
    float32 makes of the frequency."""
    frequency, bound, closest = choose_frequency(length), bound_turning(length), 0.0
    angles = np.concatenate([np.linspace(-np.pi, np.pi, 101), [-2 * frequency, frequency - np.pi / 2]])
    pairs = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    positions = np.unique(np.append(np.linspace(0, length, 60).astype(int), length))
    single = find_single_frequency(length)
    with mpmath.workdps(30):
        for angle, pair in zip(angles.tolist(), pairs.astype(np.float32), strict=True):
            found = turn_pair(np.tile(pair, (length + 1, 1)), single)[positions]
            turned = [mpmath.mpf(frequency) * int(p) + mpmath.mpf(angle) for p in positions]
            exact = np.array([[float(mpmath.cos(t)), float(mpmath.sin(t))] for t in turned])
            closest = max(closest, float(np.abs(found - exact).max()))
    assert bound / FAR <= closest <= bound


def shrunk_residual(
    sizes: Numbers, shrink: float, order: Order, *, balanced: bool = True
) -> tuple[Single, NormReading, Numbers]:
    """Rows that three half-layers of hidden units have written, in float32; the audit's account of them; and the plain
    columns as float32 holds them, of which what is read is a sum."""
    hidden = len(sizes) + FIRST + 4
    rng, place = np.random.default_rng(0), Placing(hidden, shrink, balance=hidden - 1 if balanced else None)
    norm = NormReading(NORMED, hidden - (not balanced), FLOAT32, balanced=balanced)
    x = np.zeros((8, place.hidden), np.float32)
    for units in (2, 7, 30):
        heights = rng.uniform(-1, 1, (units, len(sizes))) * sizes / units
        hidden = rng.uniform(0, 1, (len(x), units)).astype(np.float32)
        x = x + product(hidden, place.write(heights, units), order)
        for k in range(len(sizes)):
            norm.note_products(float(np.abs(heights[:, k]).sum()), units)
            norm.note_column(float(np.abs(heights[:, k]).sum()))
        norm.end_half_layer()
    return x, norm, x[:, FIRST : FIRST + len(sizes)].astype(float) / shrink


@pytest.mark.parametrize("balanced", [True, False])
@pytest.mark.parametrize("eps", [1e-5, 1e-12])
@pytest.mark.parametrize("name", NUMBERS)
def test_the_mean_is_as_near_to_0_as_said(name: str, eps: float, *, balanced: bool) -> None:
    sizes = NUMBERS[name] ** np.linspace(0, 1, 12)
    shrink, worst = 2.0 ** -choose_shrinkage(4 * sizes.sum(), eps), 0.0
    for order in orders(2):
        x, norm, _ = shrunk_residual(sizes, shrink, order, balanced=balanced)
        for row in x:
            mean = sum(map(Fraction, row.tolist()), Fraction(0)) / len(row) / Fraction(shrink)
            computed = Fraction(float(order(row[:, None])[0] / np.float32(len(row)))) / Fraction(shrink)
            assert max(abs(mean), abs(computed)) <= norm.mean
            worst = max(worst, float(abs(mean)), float(abs(computed)))
    assert norm.mean <= FAR * worst


@pytest.mark.parametrize("balanced", [True, False])
@pytest.mark.parametrize("eps", [1e-5, 1e-12])
@pytest.mark.parametrize("name", NUMBERS)
def test_a_sum_read_through_a_norm_is_off_by_no_more_than_said(
    name: str, eps: float, *, balanced: bool
) -> None:
    """Against the exact sum of weights and columns; all weights positive, and such as cancel."""
    sizes = NUMBERS[name] ** np.linspace(0, 1, 12)
    reach = 4 * sizes.sum()
    shrink, worst = 2.0 ** -choose_shrinkage(reach, eps), 0.0
    rng = np.random.default_rng(1)
    weights = np.stack([1 / sizes, rng.uniform(-1, 1, 12), np.eye(12)[3], np.eye(12)[11] * 0.3], axis=1)
    gain = np.full(12 + FIRST + 4, np.sqrt(eps) / shrink).astype(np.float32)
    reader = Placing(len(gain), shrink).read(weights, 4)
    for order, shifted in cartesian(orders(1), (False, True)):
        x, norm, columns = shrunk_residual(sizes, shrink, order, balanced=balanced)
        seen = product(normalise(x, order, eps, gain, shifted=shifted), reader, order)
        for row, held in zip(seen, columns, strict=True):
            for k, own in enumerate(weights.T):
                size = float(np.abs(own) @ np.abs(held))
                exact = sum(
                    Fraction(w) * Fraction(c) for w, c in zip(own.tolist(), held.tolist(), strict=True)
                )
                off = abs(Fraction(float(row[k])) - exact)
                mean = 2 * norm.mean * float(np.abs(own).sum())
                rounding = (count_roundings(own[own != 0]) + 1) * FLOAT32.unit * (size + mean)
                bound = norm.bound_reading(own, size) + rounding
                assert off <= bound
                worst = max(worst, float(off) / bound)
    assert worst >= 1 / FAR


def test_what_counts_at_bos_is_0_to_the_last_bit() -> None:
    """A column that nobody has written, or two that are read alike; of others it is as near to 0 as said."""
    shrink = 2.0 ** -choose_shrinkage(100.0, EPS)
    gain = np.full(20, np.sqrt(EPS) / shrink).astype(np.float32)
    weights = np.array([[0.5, -4.0, 0.7], [0.0, -4.0, 0.9]])
    reader = np.zeros((20, 3), np.float32)
    reader[10:12], reader[ZEROS] = weights, -weights.sum(axis=0)
    worst = 0.0
    for order in orders(4):
        x, norm, _ = shrunk_residual(np.linspace(1, 9, 8), shrink, order)
        x = np.concatenate([x, np.zeros((8, 20 - x.shape[1]), np.float32)], axis=1)
        x[:, 10:12] = 0
        x[:, -1] += np.float32(0.5 * norm.mean * shrink * 20)  # as far from 0 as the mean can be
        seen = product(normalise(x, order, EPS, gain, shifted=False), reader, order)
        assert not seen[:, :2].any()
        bounds = [
            norm.bound_at_bos(w[w != 0], np.zeros(k), np.zeros(k))
            for w, k in zip(weights.T, (1, 2, 2), strict=True)
        ]
        assert bounds[:2] == [0, 0] and (np.abs(seen) <= bounds).all()
        worst = max(worst, float(np.abs(seen).max()) / max(bounds))
    assert worst >= 1 / FAR


@pytest.mark.parametrize("pairs", [1, 6, 150])
def test_what_counts_at_bos_of_columns_that_cancel_is_as_near_to_0_as_said(pairs: int) -> None:
    """Two of each number, of which one is taken away from the other, beside a column of 0 that is read, too."""
    rng, width = np.random.default_rng(0), 2 * pairs + 20
    contents = np.append(np.repeat(rng.uniform(1, 1.1, pairs).astype(np.float32), 2), 0).astype(float)
    weights = np.append(np.tile([1.0, -1.0], pairs), 3.0)
    shrink = 2.0 ** -choose_shrinkage(contents.sum() + 100, EPS)
    gain = np.full(width, np.sqrt(EPS) / shrink).astype(np.float32)
    reader = np.zeros((width, 1), np.float32)
    reader[12 : 13 + 2 * pairs, 0], reader[ZEROS] = weights, -weights.sum()
    worst = bound = 0.0
    for order in orders(1):
        x, norm, _ = shrunk_residual(np.linspace(1, 9, 8), shrink, order)
        x = np.pad(x, ((0, 0), (0, width - x.shape[1])))
        x[:, 12 : 13 + 2 * pairs] = contents * shrink
        x[:, -1] -= np.float32(contents.sum() * shrink)
        norm.note_column(float(contents.sum()))
        norm.end_half_layer()
        seen = product(normalise(x, order, EPS, gain, shifted=True), reader, order)
        worst = max(worst, float(np.abs(seen).max()))
        bound = norm.bound_at_bos(weights, contents, np.zeros_like(contents))
        more = norm.bound_at_bos(weights, contents, np.full_like(contents, 2.0**-8))
        assert more == pytest.approx(bound + np.abs(weights).sum() * 2.0**-8)
    assert 0 < worst <= bound <= FAR * worst


def far_from_relu(z: mpmath.mpf, kind: str) -> mpmath.mpf:
    """|f(z) - max(z, 0)| for a smooth unit."""
    match kind:
        case "gelu_new":
            inner = mpmath.sqrt(2 / mpmath.pi) * (z + mpmath.mpf("0.044715") * z**3)
            found = z * (1 + mpmath.tanh(inner)) / 2
        case "gelu":
            found = z * mpmath.ncdf(z)
        case _:
            found = z / (1 + mpmath.exp(-z))
    return abs(found - max(z, mpmath.mpf(0)))


@pytest.mark.parametrize("error", [0.0, 2.0**-18, 2.0**-6])
def test_the_square_that_a_gate_makes_is_no_farther_off_than_said(error: float) -> None:
    """Of whole numbers from 0 on that are off by so much, either way; SiLU, its factor and the product in float32."""
    wide, size = np.float32(UNIT_SCALE), 60.0
    numbers = np.arange(size + 1)
    worst, bound = 0.0, bound_square(Reading(error, size, 0.0), BEND / UNIT_SCALE, FLOAT32)
    for off in (-error, error, error / 2):
        read = np.float32(numbers + off)
        with np.errstate(over="ignore"):
            made = (activate(read * wide, TARGETS["llama"]) * read) / wide
        worst = max(worst, float(np.abs(made.astype(float) - numbers**2).max()))
    assert worst <= bound <= FAR * max(worst, FLOAT32.unit * size**2)


@pytest.mark.parametrize("kind", ["gelu_new", "gelu", "silu"])
def test_smooth_units_are_no_farther_from_relu_than_said(kind: str) -> None:
    """At 2,000 points about the corner; farther away it is less and less."""
    step = mpmath.mpf(1) / 100
    with mpmath.workdps(30):
        most = max(far_from_relu(k * step, kind) for k in range(-1000, 1001))
    assert most <= BEND <= 2 * most


@pytest.mark.parametrize("target", [name for name in FAMILY_TARGETS if TARGETS[name].activation != "relu"])
def test_units_in_float32_are_relus_but_for_what_is_said(target: Dialect) -> None:
    """Near the corner, far away, and where the cube overflows; in the unit of what a unit gives."""
    family = TARGETS[target]
    norm = NormReading(family.noise, 10, FLOAT32)
    ends = 2.0 ** np.arange(-30, 40)
    z = np.concatenate([np.linspace(-4, 4, 4001) / UNIT_SCALE, ends, -ends]).astype(np.float32)
    with np.errstate(over="ignore"):
        found = activate(z * np.float32(UNIT_SCALE), family).astype(float) / UNIT_SCALE
    ideal = np.maximum(z.astype(float), 0)
    off = np.abs(found - ideal)
    bounds = np.array([family.noise.unit + norm.bound_passing(total) for total in ideal])
    assert (off <= bounds).all()
    assert family.noise.unit <= FAR * off.max()
    far = np.abs(z) >= CORNER
    assert far.any() and (found[far] == ideal[far]).all()


@pytest.mark.parametrize("near", [2.0**-20, 2.0**-18, 2.0**-13, 2.0**-12])
def test_units_are_off_where_errors_bring_them_near_their_corner(near: float) -> None:
    """Ramps leave more flat, but z may be off by nearly as much."""
    flat, noise = 2 * near + CORNER, TARGETS["llama"].noise
    stairs = Staircase(np.ones(1), np.array([-flat]), np.ones((1, 1)), 0.0, flat, 0.0, 0.0, flat=flat)
    (bound,) = bound_bends(stairs, 0.0, Reading(flat - near, 0.0, 0.0, terms=2), noise.unit, FLOAT32)
    with mpmath.workdps(30):
        off = float(far_from_relu(mpmath.mpf(-near * UNIT_SCALE), "silu")) / UNIT_SCALE
    assert off <= bound + 2.0**-64 and (bound == 0) == (near > CORNER)


SCALED: dict[str, Callable[[Single, Single, np.float32, Order], Single]] = {
    "product": lambda q, k, s, order: product(q, k.T, order) * s,
    "query": lambda q, k, s, order: product(q * s, k.T, order),
    "both": lambda q, k, s, order: product(q * np.sqrt(s), k.T * np.sqrt(s), order),
}


@pytest.mark.parametrize("way", SCALED)
def test_a_scale_in_the_scores_costs_what_is_said(way: str) -> None:
    """Queries hold sqrt(d_head) times what they should, for each size of a head."""
    rng, closest = np.random.default_rng(0), 0.0
    for size in (1, 2, 3, 5, 8, 17):
        plain, keys = (rng.uniform(-3, 3, (6, size)).astype(np.float32) for _ in range(2))
        queries = (plain.astype(float) * np.sqrt(size)).astype(
            np.float32
        )  # from float64 weights, as they are written
        for order in orders(1):
            found = SCALED[way](queries, keys, np.float32(size**-0.5), order)
            for i, j in cartesian(range(6), range(6)):
                terms = [
                    Fraction(a) * Fraction(b)
                    for a, b in zip(plain[i].tolist(), keys[j].tolist(), strict=True)
                ]
                total = float(sum(map(abs, terms)))
                bound = (size + 1 + NORMED.scores) * FLOAT32.unit * total
                off = abs(Fraction(float(found[i, j])) - sum(terms))
                assert off <= bound
                closest = max(closest, float(off) / bound)
    assert closest >= 0.1


def in_blocks(scores: Single, values: Single, size: int) -> np.float32:
    """A weighted mean as attention in blocks has it: what was summed is scaled down when a higher score comes."""
    high, total, mixed = np.float32(-np.inf), np.float32(0), np.float32(0)
    for first in range(0, len(scores), size):
        own = slice(first, first + size)
        top = max(high, scores[own].max())
        weights, back = np.exp(scores[own] - top), np.exp(high - top)
        total = total * back + weights.sum(dtype=np.float32)
        mixed = mixed * back + (weights * values[own]).sum(dtype=np.float32)
        high = top
    return mixed / total


@pytest.mark.parametrize("size", [1, 2, 8, 32])
@pytest.mark.parametrize("rising", [0.0, 2.0**-20, 1e-3])
def test_attention_in_blocks_costs_what_is_said(size: int, rising: float) -> None:
    """Values of 1 and of either sign; scores that rise, so that each block scales what was there before."""
    rng, closest = np.random.default_rng(0), 0.0
    for count in (2, 9, 40):
        scores = (-rising * np.arange(count)[::-1]).astype(np.float32)
        bound = (
            bound_averaging_noise(count, FLOAT32.unit, equal=rising == 0) + NORMED.averaging * FLOAT32.unit
        )
        for values in (np.ones(count), rng.uniform(-1, 1, count), np.arange(count) / count):
            values = values.astype(np.float32)
            with mpmath.workdps(30):
                weights = [mpmath.exp(mpmath.mpf(float(s))) for s in scores]
                exact = mpmath.fdot(weights, map(float, values)) / mpmath.fsum(weights)
                off = float(abs(mpmath.mpf(float(in_blocks(scores, values, size))) - exact))
            assert off <= bound
            closest = max(closest, off / bound)
    assert closest >= 1 / FAR


@pytest.mark.parametrize("size", [1, 3, 8, 64])
def test_one_position_that_is_far_above_all_others_is_read_as_it_is(size: int) -> None:
    """Wherever its block is: what comes before it is forgotten, and what comes behind scales nothing down."""
    rng, count, gap = np.random.default_rng(0), 40, 32.0
    for winner, top in cartesian(range(count), (0.0, -1000.7, 3.3)):
        scores = (top - gap - rng.uniform(0, 9, count)).astype(np.float32)
        scores[winner] = top
        values = rng.uniform(-1, 1, count).astype(np.float32)
        leak = 2 * count * np.exp(-gap)
        off = abs(float(in_blocks(scores, values, size)) - float(values[winner]))
        assert off <= leak + 4 * FLOAT32.unit * abs(values[winner])


@pytest.mark.parametrize("target, name", [*cartesian(("bert", "distilbert"), NUMBERS)])
def test_a_residual_that_goes_through_norms_drifts_by_no_more_than_said(target: Dialect, name: str) -> None:
    """Columns that are written once, between norms, against the number that each half-layer writes and the column of
    zeros."""
    family, sizes = TARGETS[target], NUMBERS[name] ** np.linspace(0, 1, 12)
    shrink = 2.0 ** -choose_shrinkage(4 * sizes.sum(), family.eps or 0.0)
    place, closest = Placing(len(sizes) + FIRST + 1, shrink, shrink, balance=len(sizes) + FIRST), 0.0
    gain = np.full(place.hidden, np.sqrt(family.eps or 0.0), np.float32)
    for order, shifted in cartesian(orders(3), (False, True)):
        norm, rng = NormReading(family.noise, len(sizes), FLOAT32), np.random.default_rng(5)
        x, held = np.zeros((16, place.hidden), np.float32), np.zeros((16, len(sizes)))
        known, bounds = np.zeros(len(sizes)), np.zeros(len(sizes))
        for k, size in [*enumerate(sizes), *[(0, 0.0)] * 4]:
            added = (rng.uniform(-1, 1, 16) * size).astype(np.float32)
            x = x + place.write(np.outer(added, np.arange(len(sizes)) == k), 16)
            held[:, k] += added
            norm.note_column(size)
            known[k], bounds[k] = max(known[k], size), bounds[k] + norm.bound_landing(size)
            norm.end_half_layer()
            bounds += norm.bound_drift(known)
            x = normalise(x, order, family.eps or 0.0, gain, shifted=shifted)
            off = np.abs((x[:, FIRST:-1].astype(float) - x[:, [ZEROS]]) / shrink - held).max(axis=0)
            assert (off <= bounds).all()
            assert not (x[:, FIRST:-1] - x[:, [ZEROS]])[:, known == 0].any()
            closest = max(closest, float((off[known > 0] / bounds[known > 0]).max()))
    assert closest >= 0.05


#: How far apart neighbouring centers are, the largest, and how many.
CLASSES = {
    "small": (1.0, 10.0, 6),
    "large": (1.0, 4096.0, 12),
    "thirds": (1 / 3, 60.0, 12),
    "close": (2.0**-6, 8.0, 9),
}


def test_logits_of_classes_that_have_a_column_each() -> None:
    """A weight, its product and the sum with the bias: all of them can round by half of the last place."""
    rng = np.random.default_rng(0)
    weights = 1 + (rng.integers(0, 4_000, 20_000) + 0.499) * 2.0**-23
    numbers = (1 + rng.integers(0, 4_000, 20_000) * 2.0**-23).astype(np.float32)
    biases = (rng.uniform(0, 1, 20_000) * 2.0**-23).astype(np.float32)
    found = weights.astype(np.float32) * numbers + biases
    off = np.abs(found.astype(float) - (weights * numbers.astype(float) + biases.astype(float)))
    forms = tuple(Form({}, float(bias)) for bias in (0.0, biases.max()))
    readout = Readout("out", TOKENS, forms[0], np.arange(2.0), np.arange(2), 0.5, forms)
    largest = float((weights * numbers).max())
    assert 0.9 <= off.max() / bound_logit_noise(readout, largest, 0.0, 1, FLOAT32.unit) <= 1


@pytest.mark.parametrize("name", CLASSES)
def test_float32_logits_tell_the_nearest_center(name: str) -> None:
    """Read by a sum of two columns, the middle center's logit taken away, in any order of addition."""
    apart, largest, count = CLASSES[name]
    centers = largest - apart * np.arange(float(count))[::-1]
    readout = Readout("out", TOKENS, Form({}, 0.0), centers, np.arange(count), 0.0)
    noise = bound_logit_noise(readout, 2 * largest, 0.0, 3, FLOAT32.unit)
    middle = find_middle(centers)
    matrix = np.concatenate([np.tile(2 * (centers - middle), (2, 1)), [-(centers**2 - middle**2)]])
    closest = 0.0
    for k, share, order in cartesian(range(count), (-1.0, -0.5, 0.0, 0.5, 1.0), orders(0)):
        x = np.float32(centers[k] + share * (apart / 2 - noise))
        parts = np.array([[1.5 * x, -0.5 * x, 1]], np.float32)
        logits = product(parts, matrix, order)[0].astype(float)
        if noise < apart / 2 and abs(float(x) - centers[k]) <= apart / 2 - noise:
            assert int(np.argmax(logits)) == k or logits[k] == logits.max()
        for c, logit in enumerate(logits.tolist()):
            away = Fraction(centers[c]) - Fraction(middle)
            exact = 2 * away * Fraction(float(x)) - (Fraction(centers[c]) ** 2 - Fraction(middle) ** 2)
            off = float(abs(Fraction(logit) - exact))
            assert off <= noise * apart
            closest = max(closest, off / (noise * apart))
    assert closest >= 1e-3
