"""What the search tried, as data: each way to build the program, why it was tried, and what came of it.

The search itself notes this (`compiler/search/lower.py`); nothing is worked out again to tell it.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from compiler.audit.decisions import Decision
from compiler.reading.building_style import Style
from compiler.rewrite.driver import Step
from rasp.graph.nodes import Node

Cost = tuple[int, int]
"""Layers, then parameters."""


class Reason(StrEnum):
    """Why something was tried."""

    FIRST = "the cheapest choices first"
    STURDIER = "sturdier choices, since a decision failed"
    EXACT = "counts rounded before anything reads them, since a look-up could not be built"
    DIVIDED = "parts looked up first, since a table would have been too large"
    EARLY_PART = "a part looked up first that is ready anyway, since a decision failed"
    PARTS = "the parts of what failed looked up first"
    NEAREST = "the parts of the only look-up that was too inexact"
    QUOTIENTS = "means as quotients of two numbers, since nothing else is left"
    WHOLE_ORDERS = "one head for each order that is counted, since nothing else is left"
    CARRYING = "sums compared by their bits, since nothing else is left"
    TURNING = "heads that turn by the position, since nothing else is left"
    REUSE = "columns cleared and used again"
    SMALLER_STYLE = "other choices, which may be smaller"
    SMALLER_SPLIT = "orders counted by digits, or not, which may be smaller"
    SMALLER_ORDERS = "orders told by powers of two, which may be smaller"
    SMALLER_PART = "a part looked up a layer earlier, which may be smaller"


@dataclass(frozen=True)
class Holds:
    """Every decision is safe; `tightest` is the one that errors come closest to turning."""

    cost: Cost
    tightest: Decision | None


@dataclass(frozen=True)
class Fails:
    """Some decisions are not safe: how many, and the one that is furthest from it."""

    cost: Cost
    count: int
    worst: Decision


@dataclass(frozen=True)
class WithoutLookup:
    """No look-up in one step computes the expression."""

    node: Node


@dataclass(frozen=True)
class TooManyRows:
    """A table is to be taken apart; `parts` are to be looked up before it."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Refused:
    """It cannot be built."""

    message: str


Outcome = Holds | Fails | WithoutLookup | TooManyRows | Refused


@dataclass(frozen=True)
class Trial:
    """One way to build the program: the style, what is looked up before what needs it, and what came of it; and by which
    of the `rules` that are tried the graph was rewritten.

    What is `chosen` was the best so far.
    """

    reason: Reason
    style: Style
    materialised: frozenset[Node]
    outcome: Outcome
    chosen: bool = False
    rules: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Journal:
    """What was done so far, in its order. It is the caller's, so that a refusal has its story, too."""

    steps: list[Step] = field(default_factory=list[Step])
    trials: list[Trial] = field(default_factory=list[Trial])

    def choose(self, number: int) -> None:
        """Mark a trial as the best so far, and that of its columns used again, if there is one behind it that holds."""
        last = len(self.trials) - 1
        for index in {number, last if isinstance(self.trials[last].outcome, Holds) else number}:
            self.trials[index] = replace(self.trials[index], chosen=True)
