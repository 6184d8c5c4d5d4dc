"""The first residual column of a model that does not hold what it should: where a wrong answer begins.

A column carries a feature of an s-op: a number for each of its values. Which value there is at each position, the
interpreter says; how far float32 may be off, the bounds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from compiler.blocks.form import Variable
from compiler.emit.weights import Weights
from compiler.model.runner import Model
from compiler.pipeline import Compiled
from compiler.plan.reuse import Life, find_lives
from compiler.report.describe import describe_node
from compiler.report.parts import Part, list_parts
from compiler.verify.chosen_inputs import Word
from rasp.interpret.evaluate import EvaluationError, evaluate
from rasp.values import Atom, show_value

Numbers = NDArray[np.float64]

SLACK = 1e-12
"""Errors of the comparison itself, which is made in float64."""


@dataclass(frozen=True, eq=False)
class Held:
    """What a column should hold at BOS (NaN: anything) and at each position while it is read, and which values that stands
    for."""

    part: Part
    life: Life
    carries: str
    numbers: Numbers
    values: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class WrongColumn:
    """A residual column where it is first wrong. `step` is that of `Model.residuals`; row 0 is BOS."""

    place: int
    held: Held
    step: int
    row: int
    got: float

    def __str__(self) -> str:
        held = self.held
        after = held.part.where if held.life.written == self.step else stage(self.step)
        at = f"position {self.row - 1}" if self.row else "BOS"
        return (
            f"the first wrong number in the model: residual column {self.place} after {after} holds "
            f"{self.got:.6g} at {at} instead of {held.numbers[self.row]:.6g}, which stands for "
            f"{held.carries}{held.values[self.row]}"
        )


def stage(step: int) -> str:
    """A half-layer in words."""
    return f"the {'heads' if step % 2 else 'MLP'} of layer {(step - 1) // 2}"


def find_wrong_column(compiled: Compiled, model: Model, tokens: Word) -> WrongColumn | None:
    """The first column that is off by more than its bound on one input; None when none is.

    `compiled` says what the columns of `model` should hold: its weights may differ, its sizes may not.
    """
    states, directions = model.residuals(tokens), compiled.directions
    if directions is not None:
        states = [state @ directions.T for state in states]
    bounds = compiled.bounds.columns + SLACK
    held = holdings(compiled, tokens, embedded(compiled.unrotated, model.encode(tokens)))
    for step, state in enumerate(states):
        for column, item in held.items():
            if item.life.written <= step < max(item.life.read, item.life.written + 1):
                numbers = state[:, compiled.layout.places[column]]
                off = ~(np.abs(numbers - item.numbers) <= bounds[column])
                off[0] &= not np.isnan(item.numbers[0])
                wrong = np.flatnonzero(off)
                if len(wrong):
                    row = int(wrong[-1] if len(wrong) == 1 else wrong[wrong > 0][0])
                    return WrongColumn(compiled.layout.places[column], item, step, row, float(numbers[row]))
    return None


def values_of(
    compiled: Compiled, variables: Sequence[Variable], tokens: Word
) -> dict[Variable, Sequence[Atom]]:
    """The values of each variable by position; one that has none somewhere is left out."""
    outcomes = evaluate([v.node for v in variables], [tokens], compiled.options.attention)
    return {
        variable: cast(Sequence[Atom], outcome)
        for variable, (outcome,) in zip(variables, outcomes, strict=True)
        if not isinstance(outcome, EvaluationError)
    }


def embedded(weights: Weights, ids: list[int]) -> Numbers:
    """The residual (position, column) before the first layer."""
    rows = weights.arrays["embedding.tokens"][ids]
    return rows + weights.arrays["embedding.positions"][: len(ids)] if weights.config.has_positions else rows


def holdings(compiled: Compiled, tokens: Word, embedding: Numbers) -> dict[int, Held]:
    """What every column of the layout should hold, in the order of writing.

    NaN stands for a value that the compiler took to be impossible.
    """
    layout = compiled.layout
    spans = find_lives(compiled.plan, layout)
    written = list(list_parts(compiled.plan, layout))
    values = values_of(compiled, list(dict.fromkeys(v for part in written for v, _ in part.targets)), tokens)
    names = ("BOS", *map(show_value, tokens))
    first = written[0]
    found = {
        k: Held(first, spans[k], "the embedding of ", embedding[:, layout.places[k]], names)
        for k in first.columns
    }
    for part in written[1:]:
        for column, (variable, feature) in zip(part.columns, part.targets, strict=True):
            if variable in values:
                numbers = carried(compiled, variable, feature, values[variable])
                shown = ("", *(f" = {show_value(v)}" for v in values[variable]))
                name = describe_node(compiled.analysis.graph, variable.node)
                found[column] = Held(part, spans[column], name, numbers, shown)
    return found


def carried(compiled: Compiled, variable: Variable, feature: int, values: Sequence[Atom]) -> Numbers:
    """A feature's number at BOS and for each value."""
    features, domain = compiled.layout.blocks.features[variable], compiled.analysis.domain(variable.node)
    vector = features.basis.vectors[feature]
    numbers = [vector[domain.code(v)] if domain.has(v) else np.nan for v in values]
    return np.array([features.at_bos[feature], *numbers])
