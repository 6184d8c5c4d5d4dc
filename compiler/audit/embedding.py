"""How far columns of the embedding are off: a row of the token table, and one of the position table, and their sum; and a
position's cosine and sine, which heads make that turn."""

from collections.abc import Callable

import numpy as np

from compiler.blocks.block import MARK
from compiler.blocks.form import Vector
from compiler.numerics.dtypes import Arithmetic
from compiler.numerics.rounding import find_grain
from compiler.plan.layout import Layout, weigh_form
from compiler.targets.rotary import bound_turning


def bound_embedded_column(
    vector: Vector, tokens: int, arithmetic: Arithmetic, *, apart: bool
) -> tuple[float, float, float]:
    """The largest size of a column, what its values are multiples of, and how far it is off, given its entries for
    `tokens`, for positions, and for BOS. Unless columns are stored each for itself (`apart`), each table may round once,
    and so may the sum: two roundings of the whole."""
    sizes, stored = np.abs(vector), arithmetic.bound_storing(vector)
    token, position = (float(sizes[part].max(initial=0.0)) for part in (slice(tokens), slice(tokens, -1)))
    size, grain = max(token + position, float(sizes[-1])), find_grain(vector)
    if grain and size / grain <= arithmetic.whole:
        return size, grain, 0.0
    if not apart:
        return size, grain, 2 * arithmetic.unit * size
    error = float(stored[:tokens].max(initial=0.0) + stored[tokens:-1].max(initial=0.0))
    rounding = arithmetic.unit * (token + position + error) if token and position else 0.0
    return size, grain, max(error + rounding, float(stored[-1]))


def bound_turned_column(layout: Layout, size_of: Callable[[Vector], float], unit: float) -> float:
    """How far a position's cosine or sine is off, where heads turn what they read a mark from, by the position: as a share
    of a query's or key's length."""
    mark = np.abs(weigh_form(MARK, layout))
    return bound_turning(layout.sizes.positions) + (np.count_nonzero(mark) + 1) * unit * size_of(mark)
