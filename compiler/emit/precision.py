"""Every number in the weights that is not read off a table of exact values, and the rounding that each must survive.

Counting (`Width`): BOS has logit COUNT_LOGIT(N) = L and value 0, a selected position logit 0 and value 1, so that n
selected positions give n·e^-L / (1 + n·e^-L). With e^-L far below 1/N² this is n·e^-L up to a relative n·e^-L: counts
come out *linear*, so that counts of different heads add up, and neighbours keep a relative distance of 1/n, where
1/(1 + n) would have neighbours 1/n² apart. e^-L is undone in the output matrix.
"""

import math
from dataclasses import dataclass

UNIT = 2.0**-24
"""Relative rounding error of float32 (round to nearest)."""

SHARPNESS = 32.0
"""Logit distance between a selected and an unselected position: e^-32 is 10^-14, far below UNIT, and a power
of two keeps integer scores exact."""


@dataclass(frozen=True)
class Precision:
    """The scales for one maximum length."""

    max_length: int

    @property
    def count_logit(self) -> float:
        """L: a whole number (exact in float32) with N² e^-L below 2^-18."""
        return float(math.ceil(2 * math.log(self.max_length + 1) + 18 * math.log(2)))

    @property
    def count_unit(self) -> float:
        """e^-L."""
        return math.exp(-self.count_logit)

    def carried_count(self, count: float) -> float:
        """What the residual stream holds for a count."""
        return count / (1 + count * self.count_unit)

    def count_noise(self, largest: float) -> float:
        """Error of a carried count: N additions and a softmax in float32, each relative to the count."""
        return largest * (self.max_length + 16) * UNIT

    def mean_noise(self, largest: float) -> float:
        """Error of a mean: the weights' rounding and N additions."""
        return largest * (math.sqrt(self.max_length) + 8) * UNIT

    @property
    def bos_default(self) -> float:
        """BOS's logit where it has to yield to any selected position and to beat the unselected."""
        return -SHARPNESS / 2
