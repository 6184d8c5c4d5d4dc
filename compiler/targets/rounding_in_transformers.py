"""What the transformers that other software runs round besides what our own decoder does.

The audit makes error bounds of it (`compiler/audit/norms.py`, `compiler/audit/bounds.py`).
"""

from dataclasses import dataclass, replace

from compiler.numerics.dtypes import FLOAT32
from compiler.targets.activation_functions import BEND, UNIT_SCALE


@dataclass(frozen=True)
class Noise:
    """What a target rounds besides what `plain` does, in units of float32's rounding but for `unit`.

    `reading`: a number read through a norm, relative to it and to the norm's mean; `drift`: likewise a number in the
    residual, at each norm that the residual itself goes through, and when it is added to what stands there; `unit`: what a
    hidden unit is off by at most, near its corner; `passing`: what passes through it, relative; `scores`: a product of
    query and key, for the scale in them; `averaging`: attention in blocks, where several positions share; `logits`:
    relative rounding of the readout's sums. `summed`: a bias is one more product of a sum, and added at any time.
    `rotated`: numbers of the residual stand in all columns at once.
    """

    reading: float = 0.0
    drift: float = 0.0
    unit: float = 0.0
    passing: float = 0.0
    scores: float = 0.0
    averaging: float = 0.0
    logits: float = 2.0**-53
    summed: bool = False
    rotated: bool = False

    @property
    def shifts(self) -> bool:
        """Whether norms take a mean away, so that a column of 0 is read as minus that."""
        return bool(self.reading or self.drift)


PLAIN = Noise()
NORMED = Noise(reading=9.0, scores=4.0, averaging=16.0, logits=FLOAT32.unit, summed=True)
"""Through a norm each number is shifted (1 rounding: the mean itself is the same for all), divided by the deviation (1) and
multiplied by the gain (1, and 1 in that). The deviation is off by half of what rounds eps, an eighth for the variance,
which is less than a quarter of a rounding (`choose_shrinkage`), and two units in the last place of an inverse root (4):
8 5/8 in all. A scale is in the query's weights (1) and taken out of query, key or product (3)."""
NORMED_AFTER = replace(NORMED, reading=0.0, drift=1.0)
"""A residual that goes through norms itself is read as it is. A norm shifts it (1); its deviation and its gain are powers
of two, and what rounds in its mean is the same for all numbers."""
DRIFTING = replace(NORMED_AFTER, drift=7.25)
"""The same where eps is fixed at 1e-12, which is no power of 4. A norm shifts each number (1), divides it by the deviation
(1) and multiplies it by the gain (1); the variance counts an eighth, and an inverse root is off by two units in the last
place (4). The gain, as float32 has it, is the root of that eps up to a hundredth of a rounding: 7 1/7 in all."""

UNBIASED = Noise(unit=BEND / UNIT_SCALE, scores=4.0, averaging=16.0, logits=FLOAT32.unit, summed=True)
"""A norm that takes no mean away, and whose eps is a power of 4: beside it the mean square is less than a quarter of a
rounding, so that the inverse root is a power of two, and with the gain all that is read is what stands in the residual."""
