"""Counts of positions that are told by themselves, whatever asks for them: by what a head brings, not by what it selects.

    selector_width(select(tokens, "(", ==))    the sum over all positions of 1 where the token is "(", and else 0

All heads that count so look at all positions alike, and are one head with a column of values for each count. That is worth
it where heads are all alike, so that each is as large as the largest. Of counts that are only read as a sum of multiples
the sum is such a column, a *tally*:

    selector_width(select(tokens, "(", ==)) - selector_width(select(tokens, ")", ==))    1 where it is "(", -1 where ")"
"""

import numpy as np
from numpy.typing import NDArray

from compiler.domains.facts import Facts
from compiler.selector_facts.matching import build_matching
from compiler.selector_facts.selector_formula import Pick, list_comparisons, list_conjuncts
from rasp.graph.nodes import Constant, Map, Node, Width

Told = tuple[Node, NDArray[np.float64]]
"""An s-op, and a number for each of its values: what a position that has it adds to a count."""


def read_by_value(analysis: Facts, selector: Node) -> Told | None:
    """What counts the selected positions, as 1 or 0; None where that depends on who asks, or on several s-ops."""
    match list_conjuncts(selector):
        case (Pick(),):
            return None
        case (part,) if all(isinstance(c.query.op, Constant) for c in list_comparisons(part)):
            found = build_matching(analysis, part)
            told = found.selects[0].astype(float)
            return (found.key, told) if found.shape[0] == 1 and np.ptp(told) else None
        case _:
            return None


def read_told_counts(analysis: Facts, node: Node) -> Told:
    """What is added up for a sum of multiples of counts, all of one s-op."""
    match node:
        case Node(Width(), (selector,)):
            told = read_by_value(analysis, selector)
            assert told is not None, "only what is told is added up"
            return told
        case Node(Map("add"), (one, Node(Map("mul"), (Node(Constant(factor)), other)))):
            (key, told), (_, more) = read_told_counts(analysis, one), read_told_counts(analysis, other)
            return key, told + float(factor.value) * more
        case _:
            raise AssertionError("a tally is a sum of multiples")
