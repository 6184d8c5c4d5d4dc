"""What style to try next: sturdier, exact, or another way to count. Where nothing would be different it is not tried."""

import math
from collections.abc import Iterable
from dataclasses import replace

from compiler.analysis.infer import Analysis
from compiler.audit.decisions import Decision
from compiler.limits import CARE
from compiler.reading.building_style import Style
from compiler.reading.digits import WHOLE, list_ways
from compiler.reading.quotients import find_quotient
from compiler.reading.reader import Reader
from compiler.search.trials import Reason
from rasp.graph.nodes import Aggregate, Node, Width, list_reachable


def list_resorts(
    style: Style, materialised: frozenset[Node], parts: frozenset[Node], *, divisible: bool, splits: bool
) -> list[tuple[Style, frozenset[Node], Reason]]:
    """What to try when no style is left, and why: `parts` looked up first, or else all means as quotients that can be, or
    else orders counted and averaged by one head each, if the style splits any."""
    if parts:
        return [(style, materialised | parts, Reason.PARTS)]
    if style.split == WHOLE or not splits:
        return []
    quotients = (Style(most_averaged=-1, turning=style.turning), frozenset[Node](), Reason.QUOTIENTS)
    whole_orders = (
        Style(split=WHOLE, most_averaged=math.inf, turning=style.turning),
        frozenset[Node](),
        Reason.WHOLE_ORDERS,
    )
    return [quotients, whole_orders] if divisible else [whole_orders]


def has_split_orders(analysis: Analysis, outputs: Iterable[Node], style: Style) -> bool:
    """Whether a style counts any order by digits, or makes a mean a quotient."""
    for node in list_reachable(outputs):
        match node.op:
            case Width() if len(list_ways(analysis, node.args[0], style.split)) > 1:
                return True
            case Aggregate() if find_quotient(analysis, node, style.most_averaged) is not None:
                return True
            case _:
                pass
    return False


def is_vain(analysis: Analysis, problem: Node | None, style: Style, other: Style) -> bool:
    """Whether another style fails as well where no look-up could be built: that of a count or a mean, which are one number,
    carried no more exactly. (Without care the style read it itself wherever that was possible.)"""
    if problem is None or style.care or not isinstance(problem.op, Width | Aggregate):
        return False
    kept, tried = (Reader(analysis, one) for one in (style, replace(other, exact=True)))
    return not kept.is_free(problem) and tried.noise(problem) >= kept.noise(problem)


def begin_exactly(style: Style, care: int = 0) -> Style:
    """A first style with exact counts, and orders counted and averaged as before."""
    return Style(
        care, exact=True, split=style.split, most_averaged=style.most_averaged, turning=style.turning
    )


def add_care(style: Style, unsafe: list[Decision], closest: int) -> Style:
    """The next style to try: more care, then steep ramps where steps failed, then all that again with exact counts, from
    that care on that came `closest` without."""
    if style.care < CARE.most:
        return replace(style, care=style.care + 1)
    failed = {d.node for d in unsafe if d.kind == "step" and math.isfinite(d.margin)}
    if failed <= style.steep and not style.exact:
        return begin_exactly(style, closest)
    return replace(style, steep=style.steep | failed)
