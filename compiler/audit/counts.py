"""The error of a count that several heads make together, each of some of the positions (`compiler/reading/digits.py`)."""

from dataclasses import dataclass

import numpy as np

from compiler.blocks.form import Form, Vector
from compiler.numerics.count_precision import Precision
from compiler.plan.layout import Layout, weigh_form


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


def read_at_bos(form: Form, layout: Layout, errors: Vector, drift: Vector) -> tuple[Vector, Vector, Vector]:
    """Of the columns as they are stored: the weights that a counting head's value reads them by, what they hold at BOS, and
    how far off they are there, `drift` being what norms have made of that. What is exact and 0 there is not."""
    weights, columns = weigh_form(form, layout), np.arange(layout.width)
    at_bos = np.array([layout.at_bos(k) if weights[k] else 0.0 for k in columns.tolist()])
    exact = (columns < len(layout.embedding)) | (errors == drift)
    errors = np.where(exact & (at_bos == 0), 0.0, errors) * (weights != 0)
    return weights * layout.scales, at_bos / layout.scales, errors / layout.scales
