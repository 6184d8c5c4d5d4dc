"""Every number in the weights that is not read off a table of exact values, and the rounding that each must survive.

Counting (`Width`): BOS has logit L and value 0, a selected position logit 0 and value 1, so that n selected
positions give n·e^-L / (1 + n·e^-L). With N² e^-L far below 1 this is n·e^-L up to the arithmetic's own rounding: counts
come out *linear*, so that counts of different heads add up, and neighbours keep a relative distance of 1/n, where 1/(1 + n)
would have neighbours 1/n² apart. e^-L is undone in the output matrix.
"""

import math
from dataclasses import dataclass

from compiler.numerics.dtypes import FLOAT32, Arithmetic
from compiler.numerics.rounding import Reading

ANCHORED_MARGIN = 0.25
"""How many g numbers may be off that an anchor makes multiples of g: half of what can be told apart beside it."""

GAIN = 2.0
"""What a position's share beside BOS is multiplied by, 1 / (GAIN · w): the least power of two for which BOS scores a number
where w is 1."""


def choose_sharpness(step: float, top: float) -> float:
    """A sharpness that outweighs `top` and leaves `step`: step times a power of two, which keeps integer scores exact."""
    return step * 2.0 ** math.ceil(math.log2(top / step + 2)) if top else step


def bound_averaging_noise(count: int, unit: float, *, equal: bool) -> float:
    """Error of a mean of so many numbers up to 1, whatever the order of addition: a softmax (a few roundings), the
    additions, and as many in what it divides by, unless all scores are `equal`: a sum of ones is exact."""
    return ((1 if equal else 2) * count + 8) * unit


def bound_share_noise(bos: Reading, level: float, unit: float) -> float:
    """Relative error of the share 1 / (1 + e^b) that one position has beside BOS, which scores b: no more than scores are
    off, and the rounding of a mean of two. Beside a score of 0 nothing is lost where the greater one is taken from it."""
    apart = bos.error + 2 * level + (unit * bos.size if level else 0.0)
    return math.expm1(min(apart, 50.0)) + bound_averaging_noise(2, unit, equal=False)


@dataclass(frozen=True)
class Precision:
    """The scales for one maximum length, and what to expect of errors where reading is off by `reading` roundings."""

    max_length: int
    reading: float = 0.0
    arithmetic: Arithmetic = FLOAT32

    @property
    def count_logit(self) -> float:
        """L: a whole number (exact) with N e^-L below half a rounding, so that 1 + n·e^-L differs from 1 by less than
        that."""
        digits = 1 - math.log2(self.arithmetic.unit)
        return float(math.ceil(math.log(self.max_length + 1) + digits * math.log(2)))

    @property
    def count_unit(self) -> float:
        """e^-L."""
        return math.exp(-self.count_logit)

    def count_noise(self, largest: float, heads: int = 1) -> float:
        """Error of a carried count n: a softmax (a few roundings) and the sum of n equal weights w; then the gain. Counts
        of several heads that add up to n have no more together, but for the additions.

        The k-th partial sum is off by at most k·u·w: n²/2 in all. More closely, by u times the power of two below k·w: for
        all k up to n that is (t - 2/3)/t² · n²·w, where t from 1 to 2 is how far n·w is above a power of two, and 3/8 n²·w
        at most, which is at t = 4/3; two roundings more for sums that are pushed over a power of two by what they are off.
        """
        read = 2 * self.reading * (self.count_logit + 2)  # BOS's logit is read, too
        sums = min(largest / 2, 3 / 8 * largest + 2)
        return largest * (sums + 8 + 2 * (heads - 1) + read) * self.arithmetic.unit

    def mean_noise(self, largest: float) -> float:
        """What to expect of the error of a mean, when constructions are chosen: N additions whose roundings are as often up
        as down, and the weights' own."""
        return largest * (math.sqrt(self.max_length) + 8 + 2 * self.reading) * self.arithmetic.unit

    def quotient_noise(self, largest: float) -> float:
        """What to expect of the error of a quotient (`compiler/reading/quotients.py`): a few roundings."""
        return largest * (4 + 2 * self.reading) * self.arithmetic.unit

    @property
    def least_sharpness(self) -> float:
        """A power of two (for exact scores) at which N unselected positions add less than 1/16 to a count."""
        return float(2 ** math.ceil(math.log2(math.log(16 * self.max_length))))
