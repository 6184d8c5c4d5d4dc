"""What a model has to tell apart, and how sure it is to: the result of the audit (`compiler/audit/bounds.py`)."""

import math
from dataclasses import dataclass
from typing import Literal

from compiler.blocks.form import Vector
from rasp.graph.nodes import Node

DecisionKind = Literal["selection", "step", "output"]


@dataclass(frozen=True)
class Decision:
    """Something that has to be told apart: safe while `error` is below `margin` (both in the decision's own unit)."""

    kind: DecisionKind
    node: Node
    margin: float
    error: float

    @property
    def safe(self) -> bool:
        return self.error < self.margin

    @property
    def excess(self) -> float:
        """How many times the margin the error is."""
        return self.error / self.margin if self.margin > 0 else math.inf


@dataclass(frozen=True, eq=False)
class Bounds:
    """`columns[k]`: error bound of residual column k; `sizes[k]`: largest magnitude that it can have."""

    columns: Vector
    sizes: Vector
    decisions: tuple[Decision, ...]

    @property
    def unsafe(self) -> list[Decision]:
        return [d for d in self.decisions if not d.safe]

    @property
    def tightest(self) -> Decision | None:
        """The decision with the smallest ratio of margin to error; None when there are none."""
        ranked = [d for d in self.decisions if math.isfinite(d.margin)]
        return min(ranked, key=lambda d: d.margin / max(d.error, 1e-300), default=None)
