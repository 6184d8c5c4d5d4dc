"""How far columns of the embedding are off: a row of the token table, and one of the position table, and their sum."""

import numpy as np

from compiler.blocks.form import Vector
from compiler.numerics.dtypes import Arithmetic
from compiler.numerics.rounding import find_grain


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
