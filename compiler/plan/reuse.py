"""Residual columns as registers: a place whose column has been read for the last time is cleared for a later column.

Every write adds to the residual stream, so a place has to be brought back to 0 first: hidden units in an MLP after (or
beside) the last reading write the negative, one unit for a column of one sign, two for another. A unit costs about as
much as two columns of weights, a place less the embedding, the heads and the hidden units that it meets, so most
clearings pay and some don't: as many are made as leave the fewest parameters.
(Register allocation by live ranges: Poletto and Sarkar, "Linear Scan Register Allocation", 1999.)
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count

import numpy as np

from compiler.blocks.form import Form, Variable, Vector
from compiler.config import HeadShape
from compiler.plan.layers import Plan
from compiler.plan.layout import LARGE, Erasure, Layout, drop_constant, place_weights, weigh_form
from compiler.plan.proxies import find_empty_places, find_ones
from compiler.targets.target import TargetModel
from compiler.targets.uniform_shape import PlainSizes, choose_uniform_shape, count_uniform_parameters

STEEP = 2**20
"""More than there are half-layers: what a unit of a clearing counts beside how late it is."""
SHRINKINGS = 0.0, 0.5, 1.0
"""How much smaller larger columns are stored where their mean stays what it is."""


@dataclass(frozen=True)
class Life:
    """Half-layers in which a column is written and last read: 0 is the embedding, 2L + 1 the attention of layer L,
    2L + 2 its MLP, and the one after all layers the unembedding."""

    written: int
    read: int

    @property
    def free(self) -> int:
        """The first half-layer, an MLP, that can clear it: itself the last reader perhaps."""
        last = max(self.written + 1, self.read)
        return last + last % 2


def find_lives(plan: Plan, layout: Layout) -> list[Life]:
    """The life of every column."""
    written, read = [0] * layout.width, [0] * layout.width
    for half, forms, targets in steps(plan):
        for form in forms:
            for column in np.flatnonzero(weigh_form(form, layout)).tolist():
                read[column] = half
        for target in targets:
            written[layout.numbers[target]] = half
    return [Life(w, r) for w, r in zip(written, read, strict=True)]


def steps(plan: Plan) -> Iterator[tuple[int, list[Form], list[tuple[Variable, int]]]]:
    """Half-layer by half-layer, what is read and which columns are written."""
    for number, layer in enumerate(plan.layers):
        heads, lookups = layer.heads, layer.lookups
        read = [form for head in heads for form in head.forms]
        yield 2 * number + 1, read, [target for head in heads for target in head.targets]
        features = plan.blocks.features
        written = [(t.variable, k) for t in lookups for k in range(len(features[t.variable].basis))]
        inputs = [form for t in lookups for form in (drop_constant(t.form), *t.forms[1:])]
        yield 2 * number + 2, inputs, written
    last = [drop_constant(form) for readout in plan.readouts for form in readout.forms]
    yield 2 * len(plan.layers) + 1, last, []


def signs(values: Vector) -> tuple[float, ...]:
    """The units that a clearing takes, one for each sign that a column's values have."""
    return tuple(sign for sign in (1.0, -1.0) if (sign * values > 0).any())


def list_extremes(layout: Layout, column: int) -> Vector:
    """What a column holds, of the embedding the least and the most and what there is at BOS."""
    content = layout.columns[column]
    if content is None:
        vector, tokens = layout.embedding.vectors[column], layout.sizes.tokens
        sums = [
            vector[:tokens].min() + vector[tokens:-1].min(),
            vector[:tokens].max() + vector[tokens:-1].max(),
        ]
        return np.array([*sums, vector[-1]])
    features = layout.blocks.features[content[0]]
    return np.append(features.basis.vectors[content[1]], features.at_bos[content[1]])


def clearings(layout: Layout, spans: list[Life], beside: frozenset[int]) -> list[Erasure]:
    """For each column the cheapest clearing of a place for it, the cheapest first.

    A place is best cleared before the half-layer that writes the successor: in the same one (allowed for the columns
    `beside`) the sum of old, negative and new value may round.
    """
    units = [signs(list_extremes(layout, k)) for k in range(layout.width)]
    free = np.array([span.free for span in spans], np.int64)
    ready_from = free + [k not in beside for k in range(layout.width)]
    left = ~np.isnan([layout.at_bos(k) for k in range(layout.width)])
    left[list(layout.turning)] = False
    cost = np.array([len(its) for its in units]) * STEEP - free
    found: list[Erasure] = []
    for successor in range(layout.width):
        written = spans[successor].written
        ready = np.flatnonzero(left & (ready_from <= written))
        if len(ready):
            column = int(ready[np.argmin(cost[ready] + STEEP**2 * (free[ready] == written))])
            left[column] = False
            layer, same = int(free[column]) // 2 - 1, bool(free[column] == written)
            found.append(Erasure(column, successor, layer, units[column], beside=same))
    return sorted(found, key=lambda e: len(e.signs))


def reuse_columns(plan: Plan, layout: Layout, target: TargetModel) -> list[Layout]:
    """Layouts with fewer places than columns, the smallest model for the target first; none where nothing pays. What stands
    beside a large number is rounded as that is: so large ones may be cleared beside others, or only small ones, or none."""
    spans = find_lives(plan, layout)
    found: list[Layout] = []
    every = frozenset(range(layout.width))
    small = frozenset(k for k in every if np.nanmax(np.abs(list_extremes(layout, k))) < LARGE)
    for beside in dict.fromkeys((every, small, frozenset[int]())):
        erasures = clearings(layout, spans, beside)
        sizes = [
            count_parameters(plan, layout, erasures[:count], target) for count in range(len(erasures) + 1)
        ]
        best = int(np.argmin(sizes))
        if best:
            found.append(with_erasures(layout, erasures[:best]))
    return found


def list_smaller(plan: Plan, layout: Layout, target: TargetModel) -> list[Layout]:
    """Layouts that make a smaller model for the target, the smallest first: with fewer places, without a balance, or
    without a column of zeros, or of 1."""

    def count(one: Layout) -> int:
        return count_parameters(plan, one, one.erasures, target)

    found = reuse_columns(plan, layout, target)
    if target.is_family:
        apart = stand_in(plan, layout, target)
        found += [] if apart is None else reuse_standing_in(plan, apart, target)
        if target.centred:
            bare = [replace(one, balanced=False) for one in (layout, apart) if one is not None]
            found += [
                replace(one, shrinking=shrinking)
                for base in bare
                for one in (reuse_standing_in if base.proxies else keep_and_reuse)(plan, base, target)
                if target.labels or has_unread_place(plan, one)
                for shrinking in SHRINKINGS
            ]
    return sorted((one for one in found if count(one) < count(layout)), key=count)


def keep_and_reuse(plan: Plan, layout: Layout, target: TargetModel) -> list[Layout]:
    """A layout, and those with fewer places."""
    return [*reuse_columns(plan, layout, target), layout]


def reuse_standing_in(plan: Plan, layout: Layout, target: TargetModel) -> list[Layout]:
    """The same where places stand in for a column, if there are such among the fewer."""
    return [
        found
        for one in keep_and_reuse(plan, layout, target)
        if (found := stand_in(plan, one, target)) is not None
    ]


def stand_in(plan: Plan, layout: Layout, target: TargetModel) -> Layout | None:
    """A layout whose places stand in for the column that a family has more; None where none can."""
    halves = 2 * len(plan.layers) + 1
    if target.centred:
        spans = find_lives(plan, layout)
        reading = {half for half, forms, _ in steps(plan) if forms}
        reading |= {2 * erasure.layer + 2 for erasure in layout.erasures}
        places = find_empty_places(layout, [life.written for life in spans], reading, halves)
    else:
        places = find_ones(layout, halves)
    return replace(layout, proxies=places) if places else None


def has_unread_place(plan: Plan, layout: Layout) -> bool:
    """Whether there is a place that no output is read from."""
    forms = [drop_constant(form) for readout in plan.readouts for form in readout.forms]
    read = np.any([place_weights(weigh_form(form, layout), layout) for form in forms], axis=0)
    read[list(layout.proxies[-1:])] = True
    return not read.all()


def with_erasures(layout: Layout, erasures: list[Erasure]) -> Layout:
    """Every column in the place that was cleared for it, or the next new one."""
    before = {erasure.successor: erasure.column for erasure in erasures}
    places: list[int] = []
    new = count()
    for column in range(layout.width):
        places.append(places[before[column]] if column in before else next(new))
    return replace(layout, places=tuple(places), erasures=tuple(erasures))


def count_parameters(plan: Plan, layout: Layout, erasures: Sequence[Erasure], target: TargetModel) -> int:
    """Numbers in the target's model, without the unembedding, if these are the erasures."""
    if target.is_family:
        return count_padded(plan, layout, erasures, target)
    tokens = layout.sizes.tokens
    rows = tokens + 1
    if any(vector[tokens:-1].any() for vector in layout.embedding.vectors):
        rows += layout.sizes.positions + 1
    heads = [head for layer in plan.layers for head in layer.heads]
    rows += sum(2 * len(head.scores.queries) + 2 * len(head.values) for head in heads)
    hidden = sum(lookup.stairs.units for layer in plan.layers for lookup in layer.lookups)
    hidden += sum(len(erasure.signs) for erasure in erasures)
    return (layout.width - len(erasures)) * (rows + 2 * hidden) + hidden


def count_padded(plan: Plan, layout: Layout, erasures: Sequence[Erasure], target: TargetModel) -> int:
    """The same where all layers are alike: what they are filled up with counts, too."""
    layers = [
        (
            [HeadShape(len(head.scores.queries) - head.turning, len(head.values)) for head in layer.heads],
            sum(lookup.units for lookup in layer.lookups)
            + sum(len(erasure.signs) for erasure in erasures if erasure.layer == number),
        )
        for number, layer in enumerate(plan.layers)
    ]
    sizes = PlainSizes(
        layout.width - len(erasures) - len(layout.turning),
        layers,
        layout.sizes.positions + 1,
        layout.balanced,
        not layout.proxies,
        bool(layout.turning),
    )
    classes = 0 if target.labels else sum(len(readout.codes) for readout in plan.readouts)
    shape = choose_uniform_shape(sizes, target, layout.sizes.tokens + classes)
    return count_uniform_parameters(shape, target)
