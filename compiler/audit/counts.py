"""The error of a count that several heads make together, each of some of the positions (`compiler/lowering/digits.py`)."""

from dataclasses import dataclass

from compiler.numerics.count_precision import Precision


@dataclass(frozen=True)
class Count:
    """So many heads; `spread` bounds what unequal weights of the selected positions do in all of them, since no position is
    counted twice; `leak` what the others add, `left` what stood in the column."""

    heads: int = 0
    spread: float = 0.0
    leak: float = 0.0
    left: float = 0.0

    def with_head(self, spread: float, leak: float) -> "Count":
        """One head more."""
        return Count(self.heads + 1, max(self.spread, spread), self.leak + leak, self.left)

    def error(self, size: float, precision: Precision) -> float:
        """A bound for counts of at most `size` in all."""
        return self.spread + self.leak + self.left + precision.count_noise(size, self.heads)
