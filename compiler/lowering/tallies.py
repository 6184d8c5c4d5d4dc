"""Counts of positions that are told by themselves, whatever asks for them: by what a head brings, not by what it selects.

    selector_width(select(tokens, "(", ==))    the sum over all positions of 1 where the token is "(", and else 0

All heads that count so look at all positions alike, and are one head with a column of values for each count. That is worth
it where heads are all alike, so that each is as large as the largest.
"""

import numpy as np

from compiler.analysis.infer import Analysis
from compiler.blocks.form import Vector
from compiler.selector_facts.matching import build_matching
from compiler.selector_facts.selector_formula import Pick, list_comparisons, list_conjuncts
from rasp.graph.nodes import Constant, Node


def read_by_value(analysis: Analysis, selector: Node) -> tuple[Node, Vector] | None:
    """An s-op, and for each of its values whether a position that has it is selected, as 1 or 0; None where that depends on
    who asks, or on several s-ops."""
    match list_conjuncts(selector):
        case (Pick(),):
            return None
        case (part,) if all(isinstance(c.query.op, Constant) for c in list_comparisons(part)):
            found = build_matching(analysis, part)
            told = found.selects[0].astype(float)
            return (found.key, told) if found.shape[0] == 1 and np.ptp(told) else None
        case _:
            return None
