"""How far the scores of a head can be off: those of selected positions, and how much of the gap errors can eat."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from compiler.blocks.block import Group, Scores
from compiler.blocks.form import Form
from compiler.numerics.dtypes import Arithmetic
from compiler.numerics.rounding import LEAST_GAP, Reading

Sides = tuple[list[Reading], list[Reading]]
"""The forms of queries, and those of keys, as they are read."""
JointError = Callable[[Sequence[Form], Sequence[float]], float]
"""A bound on the sum of share times error of forms read together."""


def find_gap(scores: Scores, arithmetic: Arithmetic) -> tuple[float, float]:
    """By how much selected positions score more than any others, and the least that has to be left of it. In "default"
    mode it is the gap between BOS and either side. A count only has to bear the leak."""
    if scores.mode == "count":
        return scores.sharpness, 0.0
    return min(scores.sharpness, scores.step, arithmetic.sharpness), LEAST_GAP


def bound_leak(scores: Scores, gap: float, positions: int) -> float:
    """The weight of all others beside that of the position with the highest score, higher by `gap`: e^-gap of each.
    Where no two have one rank, each that is selected scores a gap less than the one before, and so does each that is not;
    with BOS they weigh less than three."""
    return (min(3, positions) if scores.distinct else positions) * math.exp(min(0.0, -gap))


def bound_score_errors(
    scores: Scores, sides: Sides, joint_error: JointError, scaling: float, arithmetic: Arithmetic
) -> tuple[float, float]:
    """How far the logit of a selected position can be off, and how much of the gap errors can eat. `scaling`: roundings
    of a product besides.

    Where BOS has a column of its own and is no part of what is counted, that one's products are nothing but what is left of
    a 0 at all other keys, and not even that where its key is one column (`compiler/audit/norms.py`).
    """
    whole = bound_columns(scores, sides, joint_error, scaling, arithmetic)
    if scores.mode in ("count", "divide") or not has_bos_column(scores):
        return whole
    level, loss = bound_columns(*drop_bos_column(scores, sides), joint_error, scaling, arithmetic)
    (*_, query), (*_, key) = sides
    beside = 0.0 if key.terms == 1 else query.size * key.error
    return level + beside, min(whole[1], max(loss + 2 * beside, level + beside + whole[0]))


def bound_columns(
    scores: Scores, sides: Sides, joint_error: JointError, scaling: float, arithmetic: Arithmetic
) -> tuple[float, float]:
    """The same, of all columns alike."""
    queries, keys = sides
    size = sum(group.pair for group in scores.groups)
    grain = min((q.grain * k.grain for q, k in zip(queries, keys, strict=True)), default=1.0)
    exact = grain > 0 and size / grain <= arithmetic.whole
    rounding = 0.0 if exact else (len(queries) + 1) * arithmetic.unit * size
    rounding += scaling * arithmetic.unit * size
    level, loss = rounding, 2 * rounding
    for group in scores.groups:
        of_level, of_gap = bound_group(group, scores, queries, keys, joint_error)
        level, loss = level + of_level + group.spread, loss + of_gap + 2 * (group.spread + group.edge)
    return level, loss


def bound_group(
    group: Group, scores: Scores, queries: list[Reading], keys: list[Reading], joint_error: JointError
) -> tuple[float, float]:
    """The same for the columns of one group."""
    if group.kind == "powers":
        return bound_powers(group, [queries[c] for c in group.columns], [keys[c] for c in group.columns])
    if group.kind == "quadratic":
        return bound_quadratic([queries[c] for c in group.columns], [keys[c] for c in group.columns])
    columns, sides = group.columns, ((scores.queries, queries), (scores.keys, keys))
    product = 0.0
    for (forms, readings), others, together in (
        (sides[0], sides[1], group.key),
        (sides[1], sides[0], group.query),
    ):
        met = [bound_met(others[0][c], others[1][c]) for c in columns]
        product += bound_one_side(
            [forms[c] for c in columns], [readings[c] for c in columns], met, together, joint_error
        )
    return product, 2 * product


def bound_powers(group: Group, queries: list[Reading], keys: list[Reading]) -> tuple[float, float]:
    """Of an order by powers of two. Each key is other than 0 in one column at most, and reads as 0 in all others.

    Relative errors are nothing to speak of in what a selected pair scores, and else a share of the least that others do.
    What does not grow with a number meets the other side's: of a selected pair that, and the number itself, are as far from
    their largest as its score is from that of others; unless the query is 0, which may read as something else, since its
    weight is scaled.
    """
    share = max(group.spread, group.edge) / group.pair
    level = others = relative = 0.0
    for query, key in zip(queries, keys, strict=True):
        (of_query, query_share), (of_key, key_share) = query.apart, key.apart
        near = (query.size + query.error) * of_key + (key.size + key.error) * of_query
        known = query.zero is not None and key.zero is not None
        beside = share * near + key.size * query.zero if query.zero is not None and known else near
        level = max(level, beside) if known else level + beside
        others = max(others, near) if known else others + near
        relative = max(relative, query_share + key_share + query_share * key_share)
    level += relative * share * group.pair
    return level, level + others + relative * group.pair


def bound_quadratic(queries: list[Reading], keys: list[Reading]) -> tuple[float, float]:
    """Of -(k - q)², column by column."""
    level = loss = 0.0
    for k, (query, key) in enumerate(zip(queries, keys, strict=True)):
        product = query.size * key.error + key.size * query.error + query.error * key.error
        level += product
        # The first column holds twice the query, times the sharpness: an error of it moves the scores
        # of neighbours k and k + 1 apart by no more than itself, whatever k is; those of k and BOS, which is
        # compared with where there are three, by k times that.
        # -q² (the third) shifts all positions alike and only counts against BOS.
        most = max(2.0, key.size) if len(queries) == 3 else 2.0
        loss += (2 * query.size * key.error + most * query.error, 2 * product, product)[k]
    return level, loss


def bound_met(form: Form, reading: Reading) -> float:
    """How large a feature is, be it the sum of larger ones: what errors of the other side's are multiplied by."""
    low = sum(float(vector.min()) for vector in form.parts.values()) + form.constant
    high = sum(float(vector.max()) for vector in form.parts.values()) + form.constant
    at_bos = 0.0 if form.bos is None else abs(form.bos)
    return min(reading.size, max(-low, high, at_bos) + reading.error)


def bound_one_side(
    forms: list[Form], readings: list[Reading], others: list[float], together: float, joint_error: JointError
) -> float:
    """Errors of one side's features times what they meet on the other side, column by column or in all.

    `others` are the sizes of the other side's features, `together` their largest sum (1 for one-hot ones).
    """
    apart = joint_error(forms, others)
    apart += sum(o * (r.rounding + r.norm) for o, r in zip(others, readings, strict=True))
    return min(apart, together * max(reading.error for reading in readings))


def has_bos_column(scores: Scores) -> bool:
    """Whether the last column is 0 at all keys but BOS's."""
    key = scores.keys[-1]
    return scores.groups[-1].kind == "bos" and not key.parts and key.constant == 0


def drop_bos_column(scores: Scores, sides: Sides) -> tuple[Scores, Sides]:
    """The same scores but for BOS's own column, the last: it is 0 at all other keys, and BOS's key is 0 in all others."""
    queries, keys = sides
    rest = replace(scores, queries=scores.queries[:-1], keys=scores.keys[:-1], groups=scores.groups[:-1])
    return rest, (queries[:-1], keys[:-1])
