"""Which of several ways to build one attempt of the search takes (`compiler/search/lower.py`)."""

from dataclasses import dataclass

from compiler.lowering.digits import MANY_KINDS
from compiler.lowering.quotients import MANY_AVERAGED
from rasp.graph.nodes import Node


@dataclass(frozen=True)
class Style:
    """How careful to be (`compiler/search/lower.py`), which expressions' look-ups get steep ramps, whether carried numbers
    are rounded before anything reads them, up to how many kinds of rows an order is counted by one head, or averaged by
    one, and whether look-ups may be waves."""

    care: int = 0
    steep: frozenset[Node] = frozenset()
    exact: bool = False
    most_kinds: float = MANY_KINDS
    most_averaged: float = MANY_AVERAGED
    waves: bool = True
