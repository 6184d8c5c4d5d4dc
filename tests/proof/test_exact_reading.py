"""When the audit says that a sum of columns is exact, float32 does not round it, and else by no more than is said."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from compiler.analysis.infer import Analysis
from compiler.audit.bounds import Auditor
from compiler.audit.lookup_errors import bound_lookup_errors, read_beside_bias
from compiler.audit.norms import MEAN_ROUNDINGS, NormReading
from compiler.blocks.form import Form, Variable, scale_form
from compiler.blocks.staircase import Staircase
from compiler.numerics.count_precision import ANCHORED_MARGIN, Precision
from compiler.numerics.dtypes import ARITHMETICS, FLOAT32
from compiler.numerics.rounding import Reading, Weighting, is_binary
from compiler.options import CompileOptions
from compiler.pipeline import Compiled, compile_program
from compiler.reading.reader import Reader
from compiler.reading.sum_terms import join_counts
from compiler.targets.rounding_in_transformers import DRIFTING, NORMED, NORMED_AFTER, PLAIN, Noise
from compiler.targets.target import FAMILY_TARGETS, TARGETS
from rasp.elaborate.program import load_program
from rasp.source import Source
from tests.proof.any_order import orders, product

LOOSE = 20.0
"""How far a bound is at most above the largest error found: of one bias far larger than all else, one addition rounds."""
WEIGHTS = np.array([1.0, -2.0, 1.0])


@pytest.fixture(scope="module")
def sorting() -> Compiled:
    options = CompileOptions(("a", "b", "c"), 4)
    return compile_program(load_program(Source("test", "")), {"out": "sort(tokens, tokens)"}, options)


@pytest.fixture
def auditor(sorting: Compiled) -> Auditor:
    """Nothing is audited yet; the layout is that of some program."""
    return Auditor(sorting.plan, sorting.layout, Precision(sorting.options.max_length), PLAIN)


@pytest.mark.parametrize("grain", [2.0**-20, 2.0**-8, 1.0, 2.0**6])
@pytest.mark.parametrize("steps", [2.0**12, FLOAT32.whole / 4, FLOAT32.whole, 2.0**28])
def test_a_sum_is_called_exact_only_when_it_is(grain: float, steps: float) -> None:
    """Columns that go up to so many steps of a grain, all at their largest and just below."""
    largest = grain * steps / np.abs(WEIGHTS).sum()
    columns = [[share * largest // grain * grain - k * grain for share in (1, 0.75, 0.5)] for k in range(3)]
    reading = NormReading(PLAIN, 5, FLOAT32).read(WEIGHTS, 0.0, grain * steps, grain)
    worst = 0.0
    for order in orders(4):
        for row in columns:
            exact = sum(
                Fraction(float(np.float32(c))) * Fraction(w) for c, w in zip(row, WEIGHTS, strict=True)
            )
            found = product(np.array([row]), WEIGHTS[:, None], order)[0, 0]
            worst = max(worst, float(abs(Fraction(float(found)) - exact)))
    assert worst <= reading.error
    assert (reading.grain > 0) == (steps <= FLOAT32.whole)


#: Slopes of units, the biases beside them, the grain of the three numbers that are read, and how large these are.
BESIDE = {
    "all exact": ([1.0, -2.0, 0.5], [3.0, 8.0, -1.0], 1.0, 64.0),
    "a bias too large for fine numbers": ([1.0, -1.0], [1024.0, 0.0], 2.0**-20, 1.0),
    "one bias of two": ([1.0, 4.0], [0.0, 1000.1], 2.0**-10, 8.0),
    "biases that round": ([0.3, -0.7, 1.1], [100.1, -3.3, 0.1], 2.0**-10, 8.0),
    "a unit that is always the same": ([0.0, 1.0], [7.0, 300.1], 2.0**-10, 8.0),
}


@pytest.mark.parametrize("name", BESIDE)
def test_a_bias_that_is_added_at_any_time_is_counted(name: str) -> None:
    """Where each unit's bias is one product more: no sum is off by more than is said, nor by far less."""
    slopes, biases, grain, large = (np.array(part) for part in BESIDE[name])
    stairs = Staircase(slopes, biases, np.ones((len(slopes), 1)), 0.0, 1.0, -1.0, 1.0)
    rng, size = np.random.default_rng(0), float(large)
    numbers = np.round(rng.uniform(-1, 1, (60, 3)) * size / 3 / grain) * grain
    rounding = 0.0 if is_binary(slopes) else 4 * FLOAT32.unit * size
    reading = Reading(rounding, size, 0.0 if rounding else float(grain), rounding, terms=3)
    after = read_beside_bias(stairs, 0.0, reading, FLOAT32)
    worst = 0.0
    for order in orders(4):
        terms = np.append(numbers, np.ones((len(numbers), 1)), axis=1)
        found = product(terms, np.append(np.tile(slopes, (3, 1)), biases[None], axis=0), order)
        exact = numbers.sum(axis=1)[:, None] * slopes + biases
        steep = np.flatnonzero(slopes)
        worst = max(
            worst, float((np.abs(found - exact) / np.where(slopes, np.abs(slopes), 1))[:, steep].max())
        )
    assert worst <= after.error <= LOOSE * worst
    for constant in (60.0, -3.0):  # a part of the same biases
        moved = replace(stairs, offsets=stairs.offsets - slopes * constant)
        assert read_beside_bias(moved, constant, reading, FLOAT32).error == pytest.approx(after.error, 1e-9)


def test_nothing_read_is_nothing_off(auditor: Auditor) -> None:
    reading = auditor.read(Form({}))
    assert (reading.error, reading.size, reading.terms) == (0.0, 0.0, 0)


@pytest.mark.parametrize(
    "size, grain, error, known",
    [
        (8.0, 1.0, 0.0, True),
        (8.0, 1.0, 2.0**-30, True),
        (8.0, 1.0, 2.0**-10, False),
        (2.0**26, 1.0, 0.0, False),
        (8.0, 0.0, 0.0, False),
    ],
)
def test_a_column_is_on_a_grid_only_when_it_is_near_it(
    auditor: Auditor, size: float, grain: float, error: float, *, known: bool
) -> None:
    """What is off by more than rounds away is a multiple of nothing, however coarse its values, nor what is too large."""
    auditor.settle(0, size, grain, error)
    assert auditor.grains[0] == (grain if known else 0.0)
    assert auditor.errors[0] == error


@pytest.mark.parametrize("error", [0.0, 2.0**-10])
@pytest.mark.parametrize("noise", [PLAIN, NORMED])
def test_of_several_forms_the_largest_counts(
    sorting: Compiled, noise: Noise, error: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An output whose classes have a form each: all of them round, and what they read is off."""
    auditor = Auditor(sorting.plan, sorting.layout, Precision(sorting.options.max_length), noise)
    auditor.run()
    monkeypatch.setattr(auditor, "errors", auditor.errors + error)
    usual = auditor.plan.readouts[0]
    small, large = usual.form, scale_form(usual.form, 2.0**30)
    for forms in ((large,), (small, large), (large, small)):
        auditor.readout(replace(usual, form=forms[0], hot=forms))
    alone, first, last = (decision.error for decision in auditor.decisions[-3:])
    assert first == last >= alone > 0


def test_only_a_sum_as_it_is_carried_is_read_from_its_parts() -> None:
    """And not what an MLP made of it: its number rounded, or any other feature of it."""
    counts = [f'{10**k} * selector_width(select(tokens, "{token}", ==))' for k, token in enumerate("abc")]
    program = load_program(Source("test", f"x = {' + '.join(counts)};"))
    analysis = Analysis(program.graph, CompileOptions(("a", "b", "c"), 30))
    reader, total = Reader(analysis), program.sop("x")
    numbers = analysis.domain(total).numbers()
    assert analysis.is_sum(total)
    carried = reader.summed(Variable(total), numbers)
    assert carried is not None and len(carried.parts) == 3
    assert all((part == 10.0**k * np.arange(31)).all() for k, part in enumerate(carried.parts.values()))
    assert reader.summed(Variable(total, "rounded"), numbers) is None
    assert reader.summed(Variable(total, "look-up"), numbers**2) is None


def test_only_multiples_of_counts_are_told_together() -> None:
    """Another feature of a count is no share of what is added up."""
    program = load_program(Source("test", ""))
    analysis = Analysis(program.graph, CompileOptions(("a", "b", "c"), 5, "causal", "gpt2"))
    one, other = (program.sop(f'selector_width(select(tokens, "{token}", ==))') for token in "ab")
    numbers = analysis.domain(one).numbers()
    for vector, joined in ((2 * numbers, True), (numbers + 1, False), (numbers**2, False)):
        form = join_counts(analysis, Form({Variable(one): vector, Variable(other): numbers}))
        assert [part.role for part in form.parts] == (["tally"] if joined else ["leaf", "leaf"])


@pytest.mark.parametrize("size", [2.0**-20, 0.5, 1.0, 2.0**12])
def test_a_norm_that_the_residual_goes_through_rounds_all_of_it(size: float) -> None:
    """Small numbers, too; a column of zeros stays as it is."""
    norm = NormReading(TARGETS["bert"].noise, 5, FLOAT32)
    nothing, something = norm.bound_drift(np.array([0.0, size]))
    assert nothing == 0 and something >= FLOAT32.unit * size


@pytest.mark.parametrize("noise", [NORMED_AFTER, DRIFTING])
@pytest.mark.parametrize("size", [2.0**-20, 1.0, 2.0**12])
def test_a_number_that_lands_on_the_mean_rounds_by_no_more_than_said(noise: Noise, size: float) -> None:
    rng, norm = np.random.default_rng(0), NormReading(noise, 5, FLOAT32)
    norm.shifts = size / 64
    written = (rng.uniform(0.99, 1, 200) * size).astype(np.float32)
    mean = (rng.uniform(0.9, 1, 200) * norm.mean).astype(np.float32)
    off = np.abs((written + mean).astype(float) - (written.astype(float) + mean)).max()
    assert 0 < off <= norm.bound_landing(size) <= 10 * off


@pytest.mark.parametrize("size", [2.0**-20, 1.0, 2.0**12])
def test_roundings_of_a_norm_are_relative_to_what_is_read(size: float) -> None:
    noise = TARGETS["gpt2"].noise
    assert (
        NormReading(noise, 5, FLOAT32).bound_reading(np.ones(1), size)
        == noise.reading * FLOAT32.unit * size
        > 0
    )


@pytest.mark.parametrize("width", [4, 5, 8, 33, 1000])
def test_running_means_are_as_near_as_said(width: int) -> None:
    """Of numbers that are as large together as is said: each step adds a part of its distance."""
    rng, worst = np.random.default_rng(width), 0.0
    for spread in (0.0, 1.0, 8.0):
        numbers = (rng.uniform(-1, 1, (200, width)) * 2.0 ** rng.uniform(-spread, 0, (200, width))).astype(
            np.float32
        )
        mean = np.zeros(len(numbers), np.float32)
        for k in range(width):
            mean = mean + (numbers[:, k] - mean) / np.float32(k + 1)
        off = np.abs(mean.astype(float) - numbers.astype(float).mean(axis=1))
        worst = max(worst, float((off / np.abs(numbers).sum(axis=1)).max()))
    in_pairs = 2 * (1 + (3 * np.log(width) + 6) / width)
    assert worst <= in_pairs * FLOAT32.unit <= MEAN_ROUNDINGS * FLOAT32.unit


@pytest.mark.parametrize("size", [2.0**-20, 1.0, 2.0**12])
def test_the_next_mean_is_what_a_norm_rounds_of_all_numbers(size: float) -> None:
    """And of the mean that it takes out of them."""
    norm = NormReading(TARGETS["bert"].noise, 5, FLOAT32)
    for _ in range(3):
        for _ in range(norm.width):
            norm.note_column(size)
        norm.end_half_layer()
        drift = norm.bound_drift(np.full(norm.width, norm.size / norm.width))
        assert norm.balance == pytest.approx(drift.sum(), 1e-12)


@pytest.mark.parametrize("largest", [1.0, 2.0**34])
def test_all_terms_of_a_sum_hold_the_mean(largest: float) -> None:
    """As far from 0 as it can be, in columns of 0 and in that whose weight takes it away: what adding them up rounds."""
    norm, weights = NormReading(NORMED, 5, FLOAT32), np.array([1023.0, -331.0, 4095.0])
    norm.note_column(largest)
    norm.end_half_layer()
    reading = norm.read(weights, 0.0, 0.0, 0.0)
    rng, worst = np.random.default_rng(0), 0.0
    matrix = np.append(weights, -weights.sum())[:, None]
    for order in orders(4):
        means = np.float32(norm.mean) * rng.uniform(0.5, 1, (60, 1)).astype(np.float32)
        found = product(np.tile(means, 4), matrix, order)  # exactly 0
        worst = max(worst, float(np.abs(found).max()))
    assert 0 < worst <= reading.rounding <= LOOSE * worst


def test_what_a_hidden_unit_clears_is_off_by_what_it_passes_on() -> None:
    """That, and a rounding of the sum, beside what is read and how far the unit is from a ReLU."""
    for name in FAMILY_TARGETS:
        noise = TARGETS[name].noise
        norm, size = NormReading(noise, 5, FLOAT32), 4096.0
        read = norm.bound_reading(np.ones(1), size)
        passed = norm.bound_passing(size) + FLOAT32.unit * size if noise.reading else 0.0
        assert norm.bound_clearing(size, 1, 1.0) >= read + passed
        assert norm.bound_clearing(size, 2, 0.0) >= read + passed + 2 * noise.unit


def test_a_count_is_off_by_as_much_as_the_1_that_it_counts() -> None:
    """Where that is read through a norm: here one that is off by far more than all else."""
    options = CompileOptions(("a", "b", "c"), 4)
    outputs = {"out": "selector_width(select(tokens, tokens, ==))"}
    model = compile_program(load_program(Source("test", "")), outputs, options)
    noise = replace(NORMED, reading=2.0**12)
    auditor = Auditor(model.plan, model.layout, Precision(options.max_length), noise)
    auditor.embedding()
    (head,) = model.plan.layers[0].heads
    for form, target in zip(head.values, head.targets, strict=True):
        auditor.deliver(target, form, Weighting(head.scores.sharing, 0.0, 0.0))
        column = model.layout.numbers[target]
        assert auditor.errors[column] >= auditor.sizes[column] * auditor.read(form).norm >= 4 * 2.0**-12


def test_weights_of_float64_are_off_by_more_than_computing_them_is() -> None:
    """A thousand roundings are allowed for."""
    double = ARITHMETICS["float64"]
    assert double.unit == double.made == 2.0**10 * np.finfo(np.float64).epsneg


def test_beside_the_anchor_there_are_only_whole_numbers() -> None:
    """Or, below it, halves, of which none is nearer than the margin for what is off by less than it."""
    places = np.array(
        [FLOAT32.anchor - FLOAT32.anchored_reach, FLOAT32.anchor, FLOAT32.anchor + FLOAT32.anchored_reach],
        np.float32,
    )
    assert np.spacing(places).tolist() == [0.5, 1.0, 1.0]
    assert np.spacing(places).min() / 2 == ANCHORED_MARGIN


def test_what_is_left_of_a_zero_shows_beside_a_bias_that_comes_first() -> None:
    """5 + e read with a bias of -5: last, it rounds e away; first, it cancels the 5, and e is what is left."""
    stairs = Staircase(np.array([1.0]), np.array([-5.0]), np.ones((1, 1)), 0.0, 8.0, 0.0, 0.0)
    error = 1e-9
    reading = Reading(error, 8.0, 1.0, terms=2)
    number, left, bias = np.float32(5), np.float32(error), np.float32(-5)
    assert (number + left) + bias == 0 < (bias + number) + left
    last = bound_lookup_errors(stairs, 0.0, reading, FLOAT32)[0]
    first = bound_lookup_errors(stairs, 0.0, read_beside_bias(stairs, 0.0, reading, FLOAT32), FLOAT32)[0]
    assert last.max() == 0 < error <= first.max() <= 2 * error
