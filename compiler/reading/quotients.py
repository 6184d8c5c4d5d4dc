"""Means over many positions as quotients: a sum that heads count, and one head that divides it.

    aggregate(select(indices, indices, <=), v)     is     total / (indices + 1)

where `total` is the sum of v over the selected positions, and how many these are is known of each position. A mean needs
equal scores wherever it selects, for which an order takes a column for each position; and what adds up N shares of 1/N
is off by N roundings. A sum of whole numbers is found by few digits (`compiler/reading/digits.py`) and made whole. Then
one head looks at its own position alone, which scores 0, and at BOS, which scores ln(2w - 1) where w positions are
selected. Softmax gives one's own position

    1 / (1 + e^ln(2w - 1)) = 1 / 2w,

times `total`, times 2. Nothing but two weights is added up, so that the error is some roundings, whatever N is.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from compiler.analysis.infer import Analysis
from compiler.blocks.form import Vector
from compiler.domains.contexts import Context
from compiler.numerics.count_precision import GAIN
from compiler.reading.digits import HALVES, find_orders, list_ways
from compiler.rewrite.rules.count_of_mean import count_total, has_few_whole_numbers
from compiler.selector_facts.positional import evaluate_positional
from compiler.selector_facts.selectors import contains_best
from compiler.targets.target import find_target
from rasp.graph.nodes import Aggregate, Node, Width, list_reachable

MANY_AVERAGED = 40
"""Kinds of rows of an order up to which a column for each is smaller than counts, or hardly larger, and a layer less."""
HEAD_PRICE = 2
"""Kinds of rows that are worth one head of those that count a sum."""


@dataclass(frozen=True, eq=False)
class Quotient:
    """`total / widths[i]` at position i. `total` is an s-op of whole numbers, and 0 where the width is."""

    total: Node
    widths: Vector

    @property
    def logits(self) -> Vector:
        """BOS's score at each position; any where nothing is selected."""
        return np.log(GAIN * np.maximum(self.widths, 1) - 1)


def find_quotient(analysis: Analysis, mean: Node, most_kinds: float) -> Quotient | None:
    """A mean as a quotient, where an order that it is over has more than so many kinds of rows, and more than the heads
    are worth that count its sum; below 0 any order will do. None for means of other than a few whole numbers, or over
    positions of which not each knows how many there are; and in targets in which a score of BOS would be rounded with
    others."""
    if not isinstance(mean.op, Aggregate) or not find_target(analysis.options).divides:
        return None
    if analysis.max_length <= most_kinds or analysis.sees_tokens(mean.args[0]):
        return None
    kinds = max((order.kinds for order in find_orders(analysis, mean.args[0])), default=0)
    if kinds <= most_kinds:
        return None
    quotient = analysis.once("quotient", mean, lambda node: look_for_quotient(analysis, node))
    return None if quotient is None or (most_kinds >= 0 and kinds < price_heads(analysis, mean)) else quotient


def price_heads(analysis: Analysis, mean: Node) -> int:
    """How many kinds of rows an order has to have, so that what counts a sum is not larger than a column for each."""
    selector, value = mean.args
    terms = sum(1 for number in analysis.domain(value).values if number)
    return HEAD_PRICE * terms * len(list_ways(analysis, selector, HALVES))


def look_for_quotient(analysis: Analysis, mean: Node) -> Quotient | None:
    """The same, worked out anew, over any order."""
    selector = mean.args[0]
    if contains_best(selector) or analysis.transports(mean):
        return None
    known = evaluate_positional(analysis, analysis.graph.add(Width(), selector))
    if known is None or Context.LENGTH in known.depends or not has_few_whole_numbers(analysis, mean):
        return None
    widths = known.spread(Context.INDEX, analysis.max_length).data.astype(float)
    assert isinstance(mean.op, Aggregate)
    if not widths.all() and mean.op.default.value != 0:
        return None
    return Quotient(count_total(analysis, mean), widths)


def has_quotients(analysis: Analysis, outputs: Iterable[Node], most_kinds: float) -> bool:
    """Whether a mean is no quotient yet, and could be one."""
    return any(
        find_quotient(analysis, node, -1) and not find_quotient(analysis, node, most_kinds)
        for node in list_reachable(outputs)
        if isinstance(node.op, Aggregate)
    )
