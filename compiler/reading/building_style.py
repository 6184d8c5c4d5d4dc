"""Which of several ways to build one attempt of the search takes (`compiler/search/lower.py`)."""

from dataclasses import dataclass

from compiler.reading.digits import HALVES, OrderSplit
from compiler.reading.quotients import MANY_AVERAGED
from compiler.targets.target import ROOM
from rasp.graph.nodes import Node


@dataclass(frozen=True)
class Style:
    """How careful to be (`compiler/search/lower.py`), which expressions' look-ups get steep ramps, whether carried numbers
    are rounded before anything reads them, how orders are counted, up to how many kinds of rows one head averages over one,
    and whether look-ups may be waves. With `powers` orders may be told by powers of two, and what selected positions score
    less by that may be so much in all, and their products spread over `room` powers of two. `squares`: BOS may stand in the
    squares of an equality. `marked`: where a family's BOS has no part in other columns, its key is 1 and others' are
    0, lest what rounds them is in their scores; else the other way round, for which a column may be there already.
    `squared`: where positions are counted, what grows with their squares is read from the square of the count, which a gate
    makes, and the count is read as it is. `tallied`: positions that are told by themselves are counted by their values,
    and with `joined` added up at once for all counts that a sum reads (`compiler/selector_facts/told_counts.py`).
    `turning`: heads score distances by turning queries and keys (`compiler/factorings/turning.py`). `carried`: sums are
    compared by digits, which carries make (`compiler/reading/carries.py`)."""

    care: int = 0
    steep: frozenset[Node] = frozenset()
    exact: bool = False
    split: OrderSplit = HALVES
    most_averaged: float = MANY_AVERAGED
    waves: bool = True
    powers: float = 0.0
    room: int = ROOM
    squares: bool = True
    marked: bool = True
    squared: bool = False
    tallied: bool = False
    joined: bool = False
    turning: bool = False
    carried: bool = False
