"""Heads whose queries and keys are turned by the position, made not to turn.

A pair of a head's dimensions is turned by position · f, with a frequency f of its own, 1 at most. Llama 3's scaling, which
software for this family knows, divides by a factor all frequencies whose waves are longer than a given length: here all of
them, by so much that nothing turns.
"""

import math
from collections.abc import Mapping

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


def choose_turned_size(needed: int) -> int:
    """The least even number of dimensions of a head that has room for so many."""
    return 2 * math.ceil(max(needed, 1) / 2)
