"""A model of fewer residual columns than the compiled one, which was trained to compute the same. Plain data.

Nothing is certified: how often it was right on inputs that it had not seen is all that is known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from compiler.emit.weights import Weights
from compiler.export.files import ProgramText
from compiler.json_forms.training_forms import DirectionRecord, OutcomeRecord
from compiler.options import CompileOptions
from rasp.values import show_count


@dataclass(frozen=True)
class Direction:
    """Where a feature of the compiled model lies: the number that stands in its `column` for a `value` is about
    `residual @ along + offset`. `told` is the share of its variance that this tells, 1 for all of it."""

    value: str
    column: int
    along: tuple[float, ...]
    offset: float
    told: float

    def as_json(self) -> DirectionRecord:
        """Plain data."""
        return {
            "value": self.value,
            "column": self.column,
            "along": list(self.along),
            "offset": self.offset,
            "told": self.told,
        }


@dataclass(frozen=True)
class Outcome:
    """Of test inputs: the shares of positions and of inputs that are right; after how many steps, and why no more."""

    inputs: int
    positions_right: float
    inputs_right: float
    steps: int
    stopped: str

    def as_json(self) -> OutcomeRecord:
        """Plain data."""
        return {
            "inputs": self.inputs,
            "positions_right": self.positions_right,
            "inputs_right": self.inputs_right,
            "steps": self.steps,
            "stopped": self.stopped,
        }


@dataclass(frozen=True, eq=False)
class Superposed:
    """Weights and what they were trained for; the options are those of the compiled model, which has `compiled_width`
    columns; `seed` is that of data and weights."""

    weights: Weights
    program: ProgramText
    expressions: Mapping[str, str]
    options: CompileOptions
    compiled_width: int
    seed: int
    outcome: Outcome
    directions: tuple[Direction, ...]

    @property
    def width(self) -> int:
        """How many columns the residual has."""
        return self.weights.config.d_model

    def __repr__(self) -> str:
        columns = show_count(self.compiled_width, "column")
        return f"<{', '.join(self.expressions)} in {self.width} of {columns}, not certified>"


def measure_overlaps(directions: Sequence[Direction]) -> NDArray[np.float64]:
    """The Gram matrix (feature, feature) of directions of length 1: cosines, 0 where two are orthogonal."""
    along = np.array([direction.along for direction in directions])
    lengths = np.sqrt((along**2).sum(axis=1, keepdims=True))
    units = along / np.where(lengths > 0, lengths, 1)
    return units @ units.T
