"""Sizes that hold for all layers of a model, and the smallest that hold a plain one.

Columns are heads times the size of a head, and every layer has as many heads and hidden units as the one with the most.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from compiler.config import HeadShape
from compiler.targets.rotary import choose_turned_size
from compiler.targets.target import TargetModel

BALANCE, ZEROS, FIRST = 0, 1, 2
"""Where the columns stand."""
ONE, AFTER_ONE = 0, 1
"""Where they do in a target without biases, whose norm is not centred."""


@dataclass(frozen=True)
class UniformShape:
    """Sizes that hold for all layers: hidden = heads · d_head."""

    layers: int
    heads: int
    d_head: int
    units: int
    ids: int
    positions: int

    @property
    def hidden(self) -> int:
        """Columns of the residual."""
        return self.heads * self.d_head


@dataclass(frozen=True)
class PlainSizes:
    """Of a plain model: columns, heads and hidden units of each layer, and positions with BOS's."""

    columns: int
    layers: Sequence[tuple[Sequence[HeadShape], int]]
    positions: int


def choose_uniform_shape(sizes: PlainSizes, target: TargetModel, ids: int) -> UniformShape:
    """The smallest residual that holds all columns and is heads times their size."""
    heads = max((len(heads) for heads, _ in sizes.layers), default=1) or 1
    shapes = [head for heads, _ in sizes.layers for head in heads]
    scored, valued = (max((getattr(h, d) for h in shapes), default=1) for d in ("d_key", "d_value"))
    columns = sizes.columns + (FIRST if target.centred else AFTER_ONE)
    fitted: list[tuple[int, int, int]] = []
    for count in range(heads, heads + columns):
        least = max(valued, math.ceil(columns / count))
        size = choose_turned_size(scored, least, sizes.positions) if target.rotary else max(scored, least)
        fitted.append((count * size, count, size))
        if count * max(scored, valued) >= columns:  # more heads only add columns
            break
    _, count, size = min(fitted)
    units = max((units for _, units in sizes.layers), default=0)
    return UniformShape(max(1, len(sizes.layers)), count, size, max(1, units), ids, sizes.positions)


def count_uniform_parameters(shape: UniformShape, target: TargetModel) -> int:
    """Numbers in the layers and the embedding of a model of this shape, as `UniformWeights.parameters` counts them."""
    rows = shape.ids + (0 if target.rotary else shape.positions)
    sums = (3 if target.gated else 2) * shape.hidden + target.biased
    layer = 4 * shape.hidden**2 + shape.units * sums + 2 * shape.hidden
    last = (1 + 2 * target.biased) * shape.hidden  # the gains, once, and the last norm's
    return rows * shape.hidden + shape.layers * layer + last
