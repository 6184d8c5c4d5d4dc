"""How far a model's residual columns are from what they stand for, however it is run.

A column's ideal value at a position is its feature of the s-op's value there, which the interpreter gives; it has to be
held from its writing to its last reading.
"""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from compiler.pipeline import Compiled
from compiler.plan.reuse import find_lives
from rasp.interpret.evaluate import EvaluationError, evaluate
from rasp.values import Atom

Residuals = Callable[[list[int]], NDArray[np.floating]]
"""From ids that begin with BOS to (half-layer, position, place)."""


def ids_of(model: Compiled, tokens: Sequence[Atom]) -> list[int]:
    vocabulary = model.options.vocabulary
    return [len(vocabulary), *(vocabulary.index(token) for token in tokens)]


def measured(
    model: Compiled, inputs: Iterable[Sequence[Atom]], run: Residuals
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Largest error of every column of a variable, at any position, BOS included where its value is known there, and
    whether it was measured at all."""
    layout, options = model.layout, model.options
    errors, seen = np.zeros(layout.width), np.zeros(layout.width, bool)
    spans = find_lives(model.plan, layout)
    variables = list(dict.fromkeys(column[0] for column in layout.columns if column is not None))
    for tokens in inputs:
        nodes = [*model.outputs.values(), *(variable.node for variable in variables)]
        values = [outcome[0] for outcome in evaluate(nodes, [list(tokens)], options.attention)]
        if any(isinstance(value, EvaluationError) for value in values):
            continue
        held = run(ids_of(model, tokens)).astype(np.float64)
        for variable, value in zip(variables, values[len(model.outputs) :], strict=True):
            assert isinstance(value, list)
            domain, features = model.analysis.domain(variable.node), layout.blocks.features[variable]
            codes = [domain.code(atom) for atom in value]
            for feature, vector in enumerate(features.basis.vectors):
                column = layout.numbers[variable, feature]
                life = spans[column]
                ideal = np.concatenate([[features.at_bos[feature]], vector[codes]])
                while_read = held[life.written : max(life.read, life.written + 1), :, layout.places[column]]
                errors[column] = max(errors[column], np.nanmax(np.abs(while_read - ideal)))
                assert not np.isnan(while_read).any()
                seen[column] = True
    return errors, seen
