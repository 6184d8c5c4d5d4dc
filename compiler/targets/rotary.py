"""Heads whose queries and keys are turned by the position: made not to turn, or one pair of dimensions slowly.

A pair of a head's dimensions is turned by position · f, with a frequency f of its own: 1 for the first pair, less for all
others. Llama 3's scaling, which software for this family knows, divides by a factor all frequencies whose waves are longer
than a given length: by so much that nothing turns. What is between two such lengths is divided in part: there the first
pair gets any frequency below 1. What it scores then depends on how far apart two positions are, and on nothing else
(`compiler/factorings/turning.py`).
"""

import math
from collections.abc import Mapping

from compiler.numerics.dtypes import FLOAT32

THETA = 1e4
"""What frequencies are powers of, in this family's first models and here."""
FACTOR = 1e36
"""Its inverse is what float32 still holds as exactly as other numbers. The sine of such an angle, times any number of a
head, is lost beside any other; its cosine is 1."""
LONGEST = 8192
"""The context before scaling that some software takes for granted, in place of the config's 1."""
SCALING: Mapping[str, str | float | int] = {
    "rope_type": "llama3",
    "factor": FACTOR,
    "low_freq_factor": float(LONGEST),
    "high_freq_factor": 4.0 * LONGEST,
    "original_max_position_embeddings": 1,
}
"""Of waves that are longer than that context by the low factor, 1 at most, and the shortest is 2 pi."""
ARC = 2.0
"""How far all positions together are turned, in radians: over less than half a circle a distance is told from its
neighbours, and of two positions the later one."""
FASTEST = 0.5
"""The most that one position is turned by."""
LOW = 1 / 8
"""The low factor where the first pair turns: its waves are 2 pi long before scaling, those of all others more than 8."""
WIDEST = 512
"""Dimensions of a head up to which that is so."""


def choose_turned_size(needed: int) -> int:
    """The least even number of dimensions of a head that has room for so many."""
    return 2 * math.ceil(max(needed, 1) / 2)


def choose_frequency(length: int) -> float:
    """By how much a position is turned, in radians, in inputs of so many positions."""
    return min(ARC / length, FASTEST)


def choose_frequency_base(d_head: int) -> float:
    """What frequencies are powers of where the first pair turns: the second's is 1/2, or less than 3/4 in wide heads."""
    assert d_head <= WIDEST, "what is wider does not turn"
    return 2.0 ** min(d_head // 2, 120)


def describe_scaling(frequency: float) -> Mapping[str, str | float | int]:
    """The scaling with which the first pair has such a frequency, 1 at most, and all others none."""
    high = LOW + (1 / math.tau - LOW) / frequency
    return {**SCALING, "low_freq_factor": LOW, "high_freq_factor": high}


def bound_turning(length: int) -> float:
    """How far a number of a query or key of length 1 is off when it has been turned by up to so many positions.

    The frequency is a quotient of 1 / (2 pi) - 1/8 in float32: the inverse of the rounded wave is off by two roundings
    of itself, nearly five times the difference, and three more round the quotient: 12 and a half; and the product with the
    position: 14. A cosine is off by four roundings at most, and two numbers times a cosine and a sine, and their sum, by
    another five.
    """
    return FLOAT32.unit * (14 * choose_frequency(length) * length + 9)
