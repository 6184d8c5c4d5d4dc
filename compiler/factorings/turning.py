"""Distances as scores, where heads turn queries and keys by the position.

A query of position i and a key of j score A·cos(f·(i - j) + a), whatever else there is. That is most at one distance, so
that the position so far before one's own is told from all others; or it falls, or rises, with the distance over all that
there are, so that of several positions the last, or the first, scores most.
"""

import math
from dataclasses import dataclass

import numpy as np

from compiler.blocks.form import Vector
from compiler.domains.domain import Ints
from compiler.domains.facts import Facts
from compiler.selector_facts.matching import Matching
from compiler.targets.rotary import choose_frequency
from rasp.graph.nodes import Indices, Node


@dataclass(frozen=True)
class Wave:
    """`size`·cos(f·distance + `phase`), in inputs of at most `length` positions: 1 less at least where it is to be less.
    `least` and `most`: what it scores at the distances that are to be told apart."""

    length: int
    size: float
    phase: float
    least: float
    most: float

    @property
    def queries(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """A query's numbers, for the key's cosine and its sine, as shares of its own cosine and sine."""
        real, imaginary = self.size * math.cos(self.phase), self.size * math.sin(self.phase)
        return (real, -imaginary), (imaginary, real)


def make_lag(length: int, lag: int) -> Wave:
    """Most at one distance, by at least 1."""
    frequency = choose_frequency(length)
    size = 1 / (1 - math.cos(frequency))
    return Wave(length, size, -frequency * lag, size, size)


def make_order(length: int, *, latest: bool) -> Wave:
    """From each distance to the next 1 less at least, or more where it is not the `latest` position that scores most."""
    frequency = choose_frequency(length)
    phase = (math.pi - frequency * (length - 1)) / 2
    size = 1 / (math.cos(phase) - math.cos(phase + frequency))
    reach = size * math.cos(phase)
    return Wave(length, size, phase if latest else phase - math.pi, -reach, reach)


def list_turns(length: int) -> dict[str, Vector]:
    """Cosine and sine of each position's angle. BOS stands at 0."""
    angles = choose_frequency(length) * np.arange(1, length + 1)
    return {"cosine": np.cos(angles), "sine": np.sin(angles)}


def list_by_position(analysis: Facts, node: Node) -> Ints | None:
    """The code of an s-op's value at each position; None where it depends on more than that, or has none somewhere."""
    if analysis.leaves(node) != (analysis.graph.add(Indices()),):
        return None
    table = analysis.table(node)
    codes = np.full(analysis.max_length, -1)
    codes[table.codes[:, 0]] = table.values
    found = codes[table.stands_for[0]]
    return None if (found < 0).any() else found


def find_lag(analysis: Facts, match: Matching) -> int | None:
    """How far before its own each position selects one, where there is one so far before, and no other that it sees; None
    where not all do so."""
    queries, keys = (list_by_position(analysis, node) for node in (match.query, match.key))
    if queries is None or keys is None or not analysis.causal:
        return None
    lags = np.subtract(*np.nonzero(np.tril(match.selects[np.ix_(queries, keys)])))
    alike = len(lags) > 0 and not np.ptp(lags) and len(lags) == analysis.max_length - lags[0]
    return int(lags[0]) if alike else None
