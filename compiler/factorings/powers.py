"""An order by powers of two: few columns, by which what is selected scores almost alike.

    score(t, r) = -2^(p (r - t - 1))        for the limit t of a query and the rank r of a key, selected where r <= t

The first rank beyond the limit scores -1, those behind it far less; the limit's own rank scores -2^-p, and those below it
come nearer to 0 still. That is one product, 2^(-p t) times 2^(p r), where scores that are exactly equal take a column for
each limit but one. What selected positions differ by, 2^-p, is chosen so small that a count or a mean bears it. Products
of powers of two are exact; what they may be grows with the number of ranks, so that as many share a column as there is
room for in a number, room / p. Beyond a column's last rank its query is 0, and before its first rank that of the first.
"""

import numpy as np

from compiler.blocks.form import Vector
from compiler.factorings.relations import Factor, Factoring
from compiler.targets.target import ROOM


def factor_by_powers(limits: Vector, ranks: Vector, spread: float, room: int = ROOM) -> Factoring | None:
    """A factoring of the order in which a pair is selected where the limit is at least the rank, both whole numbers. Pairs
    that are selected score from -`spread` to 0. None where one column has no `room` for two ranks."""
    step = count_steps(spread)
    most = 1 + room // step
    last = int(ranks.max())
    if last < 2 or most < 2:
        return None
    columns = -(-last // most)
    each = -(-last // columns)
    firsts = range(1, last + 1, each)
    factors = tuple(make_column(limits, ranks, first, min(each, last + 1 - first), step) for first in firsts)
    return Factoring(
        "by powers of two", factors, "powers", spread=2.0**-step, together=add_up(limits, ranks, step)
    )


def add_up(limits: Vector, ranks: Vector, step: int) -> float:
    """What all ranks that a limit selects score together, one of each key value."""
    counts = np.bincount(ranks.astype(int), minlength=int(limits.max()) + 1).tolist()
    total = worst = 0.0
    for limit in range(int(limits.max()) + 1):
        total = (total + counts[limit]) * 2.0**-step
        worst = max(worst, total)
    return worst * (1 + 2.0**-40)  # sums of floats may be below the exact ones


def make_column(limits: Vector, ranks: Vector, first: int, count: int, step: int) -> Factor:
    """The column of `count` ranks from `first` on: of the key, 2^(step · rank) about 1."""
    middle, most = step * (count - 1) // 2, step * (count - 1)
    own = (ranks >= first) & (ranks < first + count)
    key = np.where(own, np.exp2(np.clip(step * (ranks - first), 0, most) - middle), 0.0)
    beyond = np.clip(limits + 1 - first, 0, count)
    query = np.where(beyond < count, -np.exp2(middle - step * np.minimum(beyond, count - 1)), 0.0)
    return Factor(query, key)


def count_steps(spread: float) -> int:
    """The power of two that is no more than a spread."""
    return int(np.ceil(-np.log2(spread)))


def find_base(spread: float, room: int = ROOM) -> int:
    """The largest power of two in which the order of one digit takes one column: then all digits above one are binary
    digits, whichever it is."""
    return 2 ** int(np.log2(1 + room // count_steps(spread)))
