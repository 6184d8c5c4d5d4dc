"""A sum divided by a head at its own position: the error of what it gives, against exact fractions."""

import math
from fractions import Fraction

import numpy as np
import pytest

from compiler.audit.embedding import bound_embedded_column
from compiler.numerics.count_precision import GAIN, bound_share_noise
from compiler.numerics.dtypes import FLOAT32, FLOAT64
from compiler.numerics.rounding import Reading
from tests.proof.any_order import Order, orders, product, softmax

LOOSE = 10.0
OTHERS = 40
WIDTHS = (1, 2, 3, 7, 31, 100, 511, 512, 719, 3_001, 4_096)


def divided(total: int, logit: float, level: float, order: Order) -> float:
    """What one position and BOS give of a sum in float32, beside others 32 below, whose sums are as large."""
    logits = np.array([logit, level, *[-32.0] * OTHERS], np.float32)
    values = np.array([0.0, *[float(total)] * (1 + OTHERS)])[:, None]
    delivered = product(softmax(logits[None], order), values, order)
    return float(product(delivered, np.array([[GAIN]]), order)[0, 0])


@pytest.mark.parametrize("level", [0.0, 2.0**-20])
def test_a_quotient_is_as_near_as_its_bound(level: float) -> None:
    """`level`: how far off the scores are, BOS's against one's own."""
    share = 0.0
    for width in WIDTHS:
        logit = math.log(GAIN * width - 1)
        stored, leak = float(np.float32(logit)), OTHERS * math.exp(-32.0)
        read = Reading(abs(stored - logit), stored, 0.0)
        bound = bound_share_noise(read, level, FLOAT32.unit) + 2 * leak * width
        worst = 0.0
        for total in {1, width // 2 + 1, width}:
            for order in orders(2):
                for side in (-1, 1):
                    found = Fraction(divided(total, stored + side * level, -side * level, order))
                    worst = max(worst, float(abs(found / Fraction(total, width) - 1)))
        assert worst <= bound
        share = max(share, worst / bound)
    assert share >= 1 / LOOSE


COLUMNS = {
    "positions alone": [0.0, 0.0, 1.9, 0.1, 6.7, 64.0],
    "tokens alone": [0.1, 0.7, 0.0, 0.0, 0.0, 0.0],
    "sums": [0.1, 0.7, 1.9, 0.1, 6.7, 0.3],
    "whole numbers": [3.0, 1.0, 2.0, 0.0, 5.0, 64.0],
}


@pytest.mark.parametrize("name", COLUMNS)
def test_columns_of_the_embedding_are_as_near_as_they_are_stored(name: str) -> None:
    vector, tokens = np.array(COLUMNS[name]), 2
    stored = vector.astype(np.float32)
    pairs = [(t, p) for t in range(tokens) for p in range(tokens, len(vector) - 1)]
    errors = [
        abs(Fraction(float(stored[t] + stored[p])) - Fraction(vector[t]) - Fraction(vector[p]))
        for t, p in pairs
    ]
    errors.append(abs(Fraction(float(stored[-1])) - Fraction(vector[-1])))
    size, grain, bound = bound_embedded_column(vector, tokens, FLOAT32, apart=True)
    assert max(errors) <= bound <= LOOSE * max(errors)
    assert size == max(vector[:tokens].max() + vector[tokens:-1].max(), vector[-1])
    assert (grain > 0) == (name == "whole numbers")
    coarse = bound_embedded_column(vector, tokens, FLOAT32, apart=False)
    assert coarse[:2] == (size, grain) and coarse[2] == (0.0 if grain else 2 * FLOAT32.unit * size)
    assert bound_embedded_column(vector, tokens, FLOAT64, apart=True)[2] <= bound
