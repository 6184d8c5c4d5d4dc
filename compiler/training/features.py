"""What a compiled model keeps in its columns, and how well another model's residual tells it.

A feature is one number of a value of the program, in a column of the compiled residual, after some half-layers. A model
with another residual tells it along a direction: the number is `residual @ direction + offset`, as nearly as a linear
reading can. Features are counted in units of how much they vary, so that all weigh alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import Tensor

from compiler.model.inspection import Numbers, convert_tensor
from compiler.pipeline import Compiled
from compiler.report.known_values import list_known_values
from compiler.trained.superposed import Direction
from compiler.training.examples import Examples
from compiler.transformer.decoder import Decoder
from compiler.transformer.record_activations import record_activations

#: What varies by less than this is a constant: nothing has to tell it.
CONSTANT = 1e-9
#: Keeps the fit of directions well-posed where a residual does not use all its columns.
RIDGE = 1e-6


@dataclass(frozen=True)
class Feature:
    """A number of a value: its column in the compiled residual, and the half-layers after which it stands there, `written`
    up to and without `cleared`; its mean there, and how much it varies."""

    value: str
    column: int
    written: int
    cleared: int
    mean: float
    spread: float

    def normalise(self, residual: Tensor) -> Tensor:
        """The feature (...) in a compiled residual (..., column), with mean 0 and spread 1."""
        return (residual[..., self.column].double() - self.mean) / self.spread


def list_features(compiled: Compiled, teacher: Decoder, examples: Examples) -> list[Feature]:
    """The features that vary on these examples, in the order in which they are written."""
    known = list_known_values(compiled.plan, compiled.layout, compiled.analysis, compiled.bounds)
    places = {(value.written, place): value for value in known.values() for place in value.places}
    steps = read_steps(teacher, examples)
    found: list[Feature] = []
    for (written, place), value in places.items():
        cleared = min(value.cleared, len(steps))
        numbers = torch.cat([step[:, place] for step in steps[written:cleared]]).double()
        spread = float(numbers.std())
        if spread > CONSTANT:
            found.append(Feature(value.name, place, written, cleared, float(numbers.mean()), spread))
    return found


def read_steps(decoder: Decoder, examples: Examples) -> list[Tensor]:
    """The residual (position, column) after each half-layer, at all positions of all inputs but BOS and padding."""
    seen = record_activations(decoder, examples.ids, examples.lengths)
    told = find_told(examples)
    return [residual[told] for residual in seen.residuals]


def find_told(examples: Examples) -> Tensor:
    """Which positions (n, p) hold a token."""
    positions = torch.arange(examples.ids.shape[1], device=examples.ids.device)
    return (positions > 0) & (positions < examples.lengths[:, None])


def fit_directions(
    features: Sequence[Feature], wanted: Sequence[Tensor], found: Sequence[Tensor]
) -> list[Direction]:
    """For each feature the direction that tells it best, by least squares; `wanted` are compiled residuals after each
    half-layer, `found` those of the other model, (position, column) each."""
    directions: list[Direction] = []
    for feature in features:
        steps = range(feature.written, feature.cleared)
        rows = convert_tensor(torch.cat([found[step] for step in steps]))
        numbers = convert_tensor(feature.normalise(torch.cat([wanted[step] for step in steps])))
        mean: Numbers = rows.mean(axis=0)
        centred = rows - mean
        square = centred.T @ centred + RIDGE * len(rows) * np.eye(rows.shape[1])
        direction = cast(Numbers, np.linalg.solve(square, centred.T @ numbers))
        left = numbers - centred @ direction
        told = 1 - float((left**2).mean() / (numbers**2).mean())
        offset = feature.mean - feature.spread * float(mean @ direction)
        along: list[float] = (feature.spread * direction).tolist()
        directions.append(Direction(feature.value, feature.column, tuple(along), offset, told))
    return directions
