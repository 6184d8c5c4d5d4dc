"""Sizes that hold for all layers of a model, and the smallest that hold a plain one.

Columns are heads times the size of a head, and every layer has as many heads and hidden units as the one with the most.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from compiler.config import HeadShape
from compiler.targets.rotary import WIDEST, choose_turned_size
from compiler.targets.target import TargetModel

ZEROS, FIRST = 0, 1
"""Where the column of zeros stands, and where plain columns begin; from 0 on where others stand in for it."""
ONE = 0
"""In a target without biases, whose norm is not centred, a column of 1 stands there instead."""


@dataclass(frozen=True)
class UniformShape:
    """Sizes that hold for all layers: hidden = heads · d_head. `balance`: the column that takes minus the sum of all
    others, if there is one. `first`: where plain columns begin. `turns`: whether a pair of each head turns."""

    layers: int
    heads: int
    d_head: int
    units: int
    ids: int
    positions: int
    balance: int | None = None
    first: int = FIRST
    turns: bool = False

    @property
    def hidden(self) -> int:
        """Columns of the residual."""
        return self.heads * self.d_head


@dataclass(frozen=True)
class PlainSizes:
    """Of a plain model: columns, heads and hidden units of each layer, and positions with BOS's; and whether its uniform
    residual is `balanced`, where the target takes a mean away. `apart`: whether zeros, or ones, have their own column.
    `turns`: whether heads, whose columns that turn are not counted, have such a pair."""

    columns: int
    layers: Sequence[tuple[Sequence[HeadShape], int]]
    positions: int
    balanced: bool
    apart: bool = True
    turns: bool = False


def choose_uniform_shape(sizes: PlainSizes, target: TargetModel, ids: int) -> UniformShape:
    """The smallest residual that holds all columns and is heads times their size."""
    heads = max((len(heads) for heads, _ in sizes.layers), default=1) or 1
    shapes = [head for heads, _ in sizes.layers for head in heads]
    scored, valued = (max((getattr(h, d) for h in shapes), default=1) for d in ("d_key", "d_value"))
    scored += 2 * sizes.turns
    balanced = target.centred and sizes.balanced
    columns = sizes.apart + sizes.columns + balanced
    fitted: list[tuple[int, int, int]] = []
    for count in range(heads, heads + columns):
        least = max(valued, math.ceil(columns / count))
        size = max(scored, least)
        size = choose_turned_size(size) if target.rotary else size
        if size <= WIDEST or not sizes.turns:
            fitted.append((count * size, count, size))
        if count * max(scored, valued) >= columns:  # more heads only add columns
            break
    _, count, size = min(fitted)
    units = max((units for _, units in sizes.layers), default=0)
    balance = count * size - 1 if balanced else None
    first = FIRST if sizes.apart else 0
    return UniformShape(
        max(1, len(sizes.layers)),
        count,
        size,
        max(1, units),
        ids,
        sizes.positions,
        balance,
        first,
        sizes.turns,
    )


def count_uniform_parameters(shape: UniformShape, target: TargetModel) -> int:
    """Numbers in the layers and the embedding of a model of this shape, as `UniformWeights.parameters` counts them."""
    rows = shape.ids + (0 if target.rotary else shape.positions)
    sums = (3 if target.gated else 2) * shape.hidden + target.biased
    layer = 4 * shape.hidden**2 + shape.units * sums + 2 * shape.hidden
    last = (1 + 2 * target.biased) * shape.hidden  # the gains, once, and the last norm's
    return rows * shape.hidden + shape.layers * layer + last
