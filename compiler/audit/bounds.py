"""Error bounds: how far rounding can carry every residual column from its ideal value, and what each decision can bear.

Goes through the plan in the order of computation. Model of arithmetic: a sum of t products is off by at most
(t + 1)·u·Σ|products|, whatever the order of addition; sums of integers (times a power of two) are exact below a size: in
float32 u is 2^-24 and that 2^24 (`compiler/numerics/dtypes.py`). Every construction adds its error to what it is given:

- a *form* read from columns with errors e_c and weights w_c: Σ|w_c| e_c, and the rounding of the sum;
- a *head* that moves one value: the value's error and the leak of the unselected, N·e^(-gap) times the values' range, or
  3·e^(-gap) where all are ranked;
  one that averages, be it equal values: also the differences between the logits of selected positions, and the rounding
  of as many additions as can be selected;
- a *look-up*: nothing of its input's error while its ramps leave that much flat (beyond, slope times it), and the rounding
  of its units and their biases; nothing at all where an anchor has rounded what it reads (`compiler/audit/anchors.py`);
- an *output*: what float64 rounds, where its classes lie very close (`compiler/audit/logits.py`);
- in a target with a *norm* each of these also what that, its units and its float32 logits make (`compiler/audit/norms.py`);
- in a *rotated* basis each of these what all columns together round (`compiler/audit/rotated.py`).

A decision (a step, a choice of position, an output class) is safe when its margin exceeds the error: all have to be.
"""

import math
from collections.abc import Sequence
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from compiler.audit.anchors import bound_anchored_reading
from compiler.audit.counts import Count, read_at_bos
from compiler.audit.decisions import Bounds, Decision
from compiler.audit.embedding import bound_embedded_column, bound_turned_column
from compiler.audit.logits import bound_logit_noise
from compiler.audit.lookup_errors import (
    bound_bends,
    bound_joint_error,
    bound_lookup_errors,
    bound_square,
    bound_wave_error,
    find_rounding_margin,
    read_beside_bias,
)
from compiler.audit.magnitudes import Magnitudes
from compiler.audit.norms import NormReading
from compiler.audit.rotated import RotatedReading
from compiler.audit.score_errors import bound_leak, bound_score_errors, drop_bos_column, find_gap
from compiler.blocks.block import Head, LookupBlock, Readout
from compiler.blocks.form import Form, Variable, Vector
from compiler.numerics.count_precision import GAIN, Precision, bound_averaging_noise, bound_share_noise
from compiler.numerics.rounding import Products, Reading, Weighting, bound_clearing, find_grain, find_grains
from compiler.plan.layers import Plan
from compiler.plan.layout import Layout, drop_constant, weigh_form
from compiler.plan.proxies import weigh_answer
from compiler.targets.rounding_in_transformers import PLAIN, Noise
from rasp.graph.nodes import Aggregate, Width


class Auditor:
    """Carries the bounds through the layers; `audit_plan` is its only user."""

    def __init__(self, plan: Plan, layout: Layout, precision: Precision, noise: Noise) -> None:
        self.noise = noise
        self.plan, self.layout = plan, layout
        self.precision, self.arithmetic = precision, (arithmetic := precision.arithmetic)
        self.unit, self.whole, self.negligible = arithmetic.unit, arithmetic.whole, arithmetic.negligible
        self.norm = (
            RotatedReading(plan, layout, arithmetic)
            if noise.rotated
            else NormReading(noise, layout.uniform_width, arithmetic, balanced=layout.balanced)
        )
        self.scales = layout.scales  # all that norms do is done to columns as they are stored
        self.errors = np.zeros(layout.width)
        # The part of errors that norms have made since a column was written, and what of it does not grow with its number.
        self.drift, self.near = np.zeros((2, layout.width))
        self.sizes = np.zeros(layout.width)
        self.grains = np.ones(layout.width)
        self.profiles: dict[Variable, NDArray[np.float64]] = {}  # error by (end of z, feature) of a look-up
        self.counts: dict[int, Count] = {}
        self.decisions: list[Decision] = []
        self.size_of = Magnitudes(layout).bound_sum

    def run(self) -> Bounds:
        self.embedding()
        for layer in self.plan.layers:
            for head in layer.heads:
                self.head(head)
            self.end_half_layer()
            for lookup in layer.lookups:
                self.look_up(lookup)
            self.end_half_layer()
        for readout in self.plan.readouts:
            self.readout(readout)
        return Bounds(self.errors, self.sizes, tuple(self.decisions))

    def embedding(self) -> None:
        """Columns of the embedding."""
        tokens, apart = self.layout.sizes.tokens, not self.noise.rotated
        for k, vector in enumerate(self.layout.embedding.vectors):
            self.settle(k, *bound_embedded_column(vector, tokens, self.arithmetic, apart=apart))
        for k in self.layout.turning:
            self.settle(k, 1.0, 0.0, bound_turned_column(self.layout, self.size_of, self.unit))
        self.end_half_layer()

    def end_half_layer(self) -> None:
        """In a target whose residual goes through norms, they round all of it."""
        self.norm.end_half_layer()
        self.drift += (more := self.scales * self.norm.bound_drift(self.sizes / self.scales))
        self.near += self.norm.bound_landing(0.0)  # of the column as it is stored
        self.errors += more
        self.grains[more > 0] = 0.0
        for variable, profile in self.profiles.items():
            profile += more[[self.layout.numbers[variable, k] for k in range(profile.shape[1])]]

    def settle(self, column: int, size: float, grain: float, error: float) -> None:
        """Record a column."""
        exact = bool(grain) and size / grain <= self.whole
        self.norm.note_column(size / self.scales[column])
        self.sizes[column] = size
        self.errors[column] = error + self.drift[column]
        self.grains[column] = grain if exact and self.errors[column] <= self.negligible * grain else 0.0

    def inherited(self, column: int, products: Products | None = None) -> float:
        """What is left of the column whose place this one takes, given the products of an MLP that may clear it beside
        writing this one."""
        erasure = self.layout.erased_for.get(column)
        if erasure is None:
            return 0.0
        units, old = len(erasure.signs), erasure.column
        size, grain = self.sizes[old].item(), self.grains[old].item()
        self.norm.note_clearing(size / self.scales[column], units)
        left = float(self.errors[old]) if units == 1 else 0.0
        left += self.norm.bound_clearing(size, units, grain, self.scales[column])
        if not erasure.beside:
            return left
        assert products is not None, "only an MLP clears"
        return left + bound_clearing(products, size, grain, self.arithmetic)

    def land(self, column: int, size: float) -> float:
        """What is rounded where a number is added to a column."""
        return self.scales[column] * self.norm.bound_landing(size / self.scales[column])

    def read(self, form: Form) -> Reading:
        """A form over the columns as they are."""
        weights = weigh_form(form, self.layout)
        used = np.flatnonzero(weights)
        if not len(used):
            return Reading(0.0, 0.0, 1.0, terms=0)
        size = self.size_of(np.abs(weights))
        error = float(np.abs(weights[used]) @ self.errors[used])
        found = self.norm.read(weights * self.scales, error, size, self.grain_read(weights))
        stored = len(used) == 1 and self.layout.is_stored(used[0].item())
        return self.norm.tell_near(found, weights * self.scales, self.near) if stored else found

    def grain_read(self, weights: Vector) -> float:
        """What all products of weights and columns are multiples of; 0 where a column is not exact."""
        used = np.flatnonzero(weights)
        return float((find_grains(weights[used]) * self.grains[used]).min(initial=np.inf))

    def head(self, head: Head) -> None:
        """Bound the logits, decide the gap, then bound what each value column delivers."""
        scores, scaling = head.scores, self.noise.scores
        sides = [self.read(form) for form in scores.queries], [self.read(form) for form in scores.keys]
        beside = sides[0][-1] if scores.mode == "divide" else None
        if beside is not None:  # nothing is added to what BOS scores
            scores, sides = drop_bos_column(scores, sides)
        level, gap_loss = bound_score_errors(scores, sides, self.joint_error, scaling, self.arithmetic)
        gap, least = find_gap(scores, self.arithmetic)
        self.decisions.append(Decision("selection", head.selector, gap - least, gap_loss))
        leak = bound_leak(scores, gap - gap_loss, self.precision.max_length)
        edge = sum(group.edge for group in scores.groups)
        weighting = Weighting(scores.sharing, level, leak, edge, beside)
        for form, target in zip(head.values, head.targets, strict=True):
            self.deliver(target, form, weighting)

    def stray(self, form: Form) -> float:
        """How far off BOS's value is, which should be 0, where most of the weight is BOS's."""
        return self.norm.bound_at_bos(*read_at_bos(form, self.layout, self.errors, self.drift))

    def deliver(self, target: tuple[Variable, int], form: Form, weighting: Weighting) -> None:
        """Bound one value column."""
        value, level, leak, edge = self.read(form), weighting.level, weighting.leak, weighting.edge
        (variable, feature), averaging = target, self.noise.averaging * self.unit
        vector = self.layout.blocks.features[variable].basis.vectors[feature]
        size = self.layout.measure(column := self.layout.numbers[target])
        left, landing = self.inherited(column), self.land(column, size)
        beside = 2 * leak * max(size, value.size) + left + landing
        equal = level + edge <= self.unit / 4  # as good as equal: the exponential of a difference rounds to 1
        match op := Width() if variable.role == "tally" else variable.node.attention_op:
            case Width():
                # BOS's logit has no features in it: only the others are off, and rounded when BOS's is taken from them.
                apart = level + (0.0 if equal else self.unit * self.precision.count_logit)
                if value.norm:  # then it has, and so has the 1 that is counted
                    apart = 2 * level + self.unit * self.precision.count_logit
                told = self.precision.max_length * bool(form.parts)  # positions that add other values than 1
                whole = told * max(1.0, value.size) if told else size
                spread = whole * (math.expm1(min(apart, 50.0)) + value.norm + averaging) + edge
                spread += told * value.error
                stray = self.stray(form) / self.precision.count_unit  # the weights of the counted are e^-L
                self.count(column, (size, whole), spread + stray + landing, leak, left)
            case Aggregate() if weighting.beside is not None:
                share = size * (bound_share_noise(weighting.beside, level, self.unit) + averaging)
                self.settle(column, size, 0.0, value.error + share + GAIN * self.stray(form) + beside)
            case Aggregate() if weighting.sharing <= 1 or variable.node in self.layout.blocks.single:
                error, grain = value.error + beside, find_grain(vector)
                rounds = 0.0 if error <= self.negligible * grain else 4 * self.unit * size
                self.settle(column, size, grain, error + rounds)
            case Aggregate():
                # Of equal values every mean is the same, however scores differ.
                alike = variable.node in self.layout.blocks.moved
                spread = 0.0 if alike else math.expm1(min(2 * level, 50.0)) + edge / (2 - edge)
                noise = bound_averaging_noise(weighting.sharing, self.unit, equal=equal) + averaging
                self.settle(column, size, 0.0, value.error + size * (spread + noise) + beside)
            case _:
                assert_never(op)

    def count(self, column: int, sizes: tuple[float, float], spread: float, leak: float, left: float) -> None:
        """Bound a count, or what another head adds to it: parts of one count. `sizes`: its, and of all that is added up."""
        count = self.counts.get(column, Count(left=left)).with_head(spread, leak)
        self.counts[column] = count
        self.settle(column, sizes[0], 0.0, count.error(sizes[1], self.precision))

    def look_up(self, block: LookupBlock) -> None:
        """Decide the steps, then bound the rounding of the units, per output column."""
        stairs = block.stairs
        if block.one is not None:
            read, one = self.read(drop_constant(block.form)), self.read(block.one)
            error = bound_wave_error(stairs, read, one, self.arithmetic)
            return self.keep_rounded(block, stairs.margin, error)
        if stairs.grid or block.squares:
            return self.rounding(block) if stairs.grid else self.square(block)
        error, reading = self.read_for_units(block)
        self.decisions.append(Decision("step", block.variable.node, stairs.margin, error))
        profile, products = bound_lookup_errors(stairs, block.form.constant, reading, self.arithmetic)
        bends = bound_bends(stairs, block.form.constant, reading, self.noise.unit, self.arithmetic)
        for k, vector in enumerate(self.layout.blocks.features[block.variable].basis.vectors):
            column, size = self.layout.numbers[block.variable, k], np.abs(vector).max().item()
            bent = np.abs(stairs.heights[:, k]) @ bends + self.norm.bound_passing(products[k].size)
            profile[:, k] += self.inherited(column, products[k]) + bent + self.land(column, size)
            self.norm.note_products(products[k].size / self.scales[column], stairs.units)
            self.settle(column, size, find_grain(vector), profile[:, k].max().item())
        self.profiles[block.variable] = profile

    def read_for_units(self, block: LookupBlock) -> tuple[float, Reading]:
        """How far off the units' form is where they decide a step, and what they make of it."""
        if block.grain:
            return bound_anchored_reading(block, self.layout, self.errors, self.size_of, self.arithmetic)
        reading = self.read(drop_constant(block.form))
        if self.noise.summed:
            reading = read_beside_bias(block.stairs, block.form.constant, reading, self.arithmetic)
        return reading.error, reading

    def rounding(self, block: LookupBlock) -> None:
        """Exact while every product in the sum is on the grid but for an error that rounds away."""
        weights = weigh_form(drop_constant(block.form), self.layout)
        error = self.read(drop_constant(block.form)).error + self.norm.bound_stray(weights * self.scales)
        self.keep_rounded(block, find_rounding_margin(block.stairs, weights, self.layout), error)

    def square(self, block: LookupBlock) -> None:
        """What a gate makes; nothing is decided."""
        column, reading = self.layout.numbers[block.variable, 0], self.read(block.form)
        error = bound_square(reading, self.noise.unit, self.arithmetic)
        error += self.inherited(column, Products(reading.size**2, 0.0, 1))
        self.profiles[block.variable] = np.full((2, 1), error)
        self.settle(column, self.layout.measure(column), 0.0, error)

    def keep_rounded(self, block: LookupBlock, margin: float, error: float) -> None:
        """Decide a rounding, and record columns that are sums of two exact numbers about as large as an anchor."""
        self.decisions.append(Decision("step", block.variable.node, margin, error))
        variable, anchor = block.variable, float(block.stairs.offsets.max())
        vectors = self.layout.blocks.features[variable].basis.vectors
        self.profiles[variable] = np.zeros((2, len(vectors)))
        for k, vector in enumerate(vectors):
            column, height = self.layout.numbers[variable, k], float(np.abs(block.stairs.heights[:, k]).max())
            grain, size = height * (block.stairs.grid or 1.0), float(np.abs(vector).max())
            self.norm.note_products(2 * anchor * height / self.scales[column], 2)
            left = self.inherited(column, Products(2 * anchor * height, grain, 1)) + self.land(column, size)
            self.settle(column, size, grain, left)
            self.profiles[variable][:, k] = left

    def joint_error(self, forms: Sequence[Form], shares: Sequence[float]) -> float:
        """Bound on the sum of share times error of forms read together."""
        return bound_joint_error(forms, shares, self.layout, (self.errors, self.profiles))

    def readout(self, readout: Readout) -> None:
        """Logits of `plain` are float64: only where classes lie very close does that round too."""
        forms = [weigh_answer(form, self.layout, shifts=self.noise.shifts) for form in readout.forms]
        sizes = [self.size_of(weights) for weights in forms]
        error = max(float(weights @ self.errors) for weights in forms)
        read = [weigh_form(drop_constant(form), self.layout) for form in readout.forms]
        stored = [np.abs(weights) * self.scales for weights in read]
        norms, sizes, terms = zip(*map(self.norm.read_out, stored, sizes), strict=True)
        norm = max(norms)
        grain = 0.0 if norm or self.noise.rotated else min(map(self.grain_read, forms))
        rounding = bound_logit_noise(readout, max(sizes), grain, max(terms), self.noise.logits)
        self.decisions.append(Decision("output", readout.node, readout.margin, error + norm + rounding))


def audit_plan(plan: Plan, layout: Layout, precision: Precision, noise: Noise = PLAIN) -> Bounds:
    """Bounds for a plan and its layout, for inputs up to a length in an arithmetic, in a target that rounds like this."""
    return Auditor(plan, layout, precision, noise).run()
