"""Linear forms that a look-up could be a staircase over, worth trying one after another.

A form has to keep apart the combinations that need different outputs. There are
- the linear forms that the expression itself computes on the way (`opens - closes` for `opens - closes < 0`);
- *number systems*: one digit per variable, values that behave alike merged into one digit value, in several orders of
  significance. With one digit free and one a scalar this is a look-up of the scalar sliced by the other variable.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, permutations

import numpy as np
from numpy.typing import NDArray

from compiler.blocks.form import Form, Vector, add_forms, scale_form
from compiler.blocks.staircase import Matrix
from compiler.domains.distinct_integers import DENSE, place_distinct, rank_distinct
from compiler.domains.domain import Ints, make_domain
from compiler.limits import DIRECTIONS, MERGED_CELLS, MERGED_COMPARISONS, MERGED_ROWS, ORDERS
from compiler.reading.reader import Reader
from rasp.graph.nodes import Map, Node
from rasp.graph.primitives import TESTS

Groups = NDArray[np.int32]
SOME_PLACES = 20
"""Of a row, where it is compared first."""


@dataclass(frozen=True, eq=False)
class Problem:
    """Rows of leaf codes, and the output each needs: `targets[group[row]]`; `base` is the group that needs 0.

    `steep` asks for steps that bear more error of their input, at the price of more rounding."""

    node: Node
    leaves: tuple[Node, ...]
    stands_for: tuple[Ints, ...]
    codes: Ints
    group: Ints
    targets: Matrix
    base: int
    steep: bool

    @cached_property
    def wanted(self) -> tuple[bytes, bytes]:
        """What tells the outputs that rows need from others."""
        return self.targets.tobytes(), self.group.tobytes()


@dataclass(frozen=True, eq=False)
class Digit:
    """A variable's part of a number system: its form, how far its values spread, the smallest distance between two
    that have to be told apart, and how many there are."""

    form: Form
    span: float
    gap: float
    kinds: int


def list_candidates(reader: Reader, problem: Problem) -> Iterator[Form]:
    """Forms worth trying, the expression's own first."""
    own = list(own_forms(reader, problem))
    yield from own
    relevant = relevant_leaves(problem)
    digits = {leaf: rank_values(reader, problem, leaf) for leaf in relevant}
    yield from orders(problem, list(digits.values()))
    if len(relevant) > 1 and all(d.kinds == 2 for d in digits.values()):
        yield add_forms(*(scale_form(d.form, 1.0 / d.gap) for d in digits.values()))
    for direction in directions(reader, problem, own, relevant):
        if rest := [d for leaf, d in digits.items() if reader.variable(leaf) not in direction.form.parts]:
            yield from orders(problem, [*rest, direction])


def orders(problem: Problem, digits: list[Digit]) -> Iterator[Form]:
    """Number systems of these digits in several orders of significance."""
    few = 6 if len(problem.codes) > MERGED_ROWS.most else ORDERS.most
    for order in islice(permutations(digits), few):
        yield weigh_digits(order)


def own_forms(reader: Reader, problem: Problem) -> Iterator[Form]:
    """The forms of the subexpressions, and of the differences that comparisons look at."""
    for part in reader.analysis.region(problem.node):
        form = reader.form(part)
        if form is not None and form.parts:
            yield form
        if isinstance(part.op, Map) and part.op.prim in TESTS.values():
            left, right = compared(reader, part)
            if left is not None and right is not None and left.parts and right.parts:
                yield add_forms(left, scale_form(right, -1.0))


def compared(reader: Reader, part: Node) -> tuple[Form | None, Form | None]:
    """Both sides of a comparison as numbers: their own, or what is not a number by its rank among all values."""
    left, right = part.args
    domains = reader.analysis.domain(left), reader.analysis.domain(right)
    if all(domain.is_numeric for domain in domains):
        return reader.form(left), reader.form(right)
    both = make_domain(value for domain in domains for value in domain.values)
    ranks = [np.array([float(both.code(value)) for value in domain.values]) for domain in domains]
    return reader.read(left, ranks[0]), reader.read(right, ranks[1])


def relevant_leaves(problem: Problem) -> list[Node]:
    """The leaves without which the rows cannot be told apart (a greedy choice; dropping one must stay exact)."""
    kept = list(range(len(problem.leaves)))
    for column in range(len(problem.leaves)):
        rest = [c for c in kept if c != column]
        if rest and decides(problem, rest):
            kept = rest
    return [problem.leaves[c] for c in kept]


def decides(problem: Problem, columns: Sequence[int]) -> bool:
    """Whether rows with equal codes in these columns always have equal groups."""
    number = number_rows(problem.codes, columns)
    seen = np.empty(int(number.max(initial=-1)) + 1, np.int64)
    seen[number] = problem.group
    return bool((seen[number] == problem.group).all())


def number_rows(codes: Ints, columns: Sequence[int]) -> Ints:
    """A number for the codes of each row in these columns, in their order and the same for equal ones, dense enough for a
    table."""
    number, size, most = np.zeros(len(codes), np.int64), 1, DENSE * len(codes)
    for column in columns:
        own = int(codes[:, column].max(initial=0)) + 1
        if size * own > most:
            distinct, number = place_distinct(number)
            size = len(distinct)
        number = number * own + codes[:, column]
        size *= own
    return number if size <= most else place_distinct(number)[1]


def as_digit(form: Form, low: Vector, high: Vector, same: float) -> Digit:
    """A digit whose values are intervals, which overlap only when they are equal (up to the last bits of a sum)."""
    known = np.isfinite(low)
    if not known.all():
        low, high = low[known], high[known]
    if not (low[1:] >= low[:-1]).all():
        order = np.argsort(low)
        low, high = low[order], high[order]
    high = np.maximum.accumulate(high)
    apart = low[1:] - high[:-1]
    apart = apart[apart > same * max(1.0, float(np.abs(high).max()))]
    return Digit(
        form,
        float(high[-1] - low[0]),
        float(apart.min(initial=np.inf)) if len(apart) else 1.0,
        1 + len(apart),
    )


def rank_values(reader: Reader, problem: Problem, leaf: Node, *, merge: bool = True) -> Digit:
    """A free variable is ranked by class of values that behave alike; a scalar stands for itself."""
    variable = reader.variable(leaf)
    if not reader.is_free(leaf):
        form = Form({variable: reader.carried(leaf)}, noise=reader.noise(leaf))
        representatives = problem.stands_for[problem.leaves.index(leaf)]
        return as_digit(form, *extremes(reader.carried(leaf), representatives), reader.arithmetic.same)
    column = problem.leaves.index(leaf)
    ranks = classes(problem, column) if merge else number_apart(problem, column)
    return as_digit(Form({variable: ranks}), ranks, ranks, reader.arithmetic.same)


def number_apart(problem: Problem, column: int) -> Vector:
    """A number for each code of one leaf, the same for those that one stands for."""
    return rank_distinct(problem.stands_for[column])[1].astype(float)


def classes(problem: Problem, column: int) -> Vector:
    """A rank for each code of one leaf: codes that no combination of the others tells apart share one.

    Combinations that don't occur are don't-cares, so a code may join any class it does not contradict; classes are
    ranked by the mean of their targets, which keeps equal outputs together on the line.
    """
    others = [c for c in range(len(problem.leaves)) if c != column]
    combinations, combination = place_distinct(number_rows(problem.codes, others))
    codes, number = place_distinct(problem.codes[:, column])
    shape = len(codes), len(combinations)
    if len(codes) * len(combinations) > MERGED_CELLS.most:
        return number_apart(problem, column)
    seen = np.full(shape, -1, np.int32)
    seen[number, combination] = problem.group
    merged = np.empty(shape, np.int32)  # the first `kinds` rows are what the classes stand for
    kind = np.zeros(len(problem.stands_for[column]), np.int64)
    complete = bool((seen >= 0).all())  # then only equal rows are alike
    kinds = 0
    cells = 0
    known_rows: dict[bytes, int] = {}  # classes only grow, so what is alike stays so
    for row, code in zip(seen, codes, strict=True):
        alike = known_rows.get(key := row.tobytes(), -1)
        if alike >= 0:
            kind[code] = alike
            continue
        cells += kinds * len(combinations)
        if cells > MERGED_COMPARISONS.most:
            return number_apart(problem, column)
        alike = kinds if complete else find_alike(merged[:kinds], row)
        merged[alike] = row if alike == kinds else np.maximum(merged[alike], row)
        kinds = max(kinds, alike + 1)
        kind[code] = known_rows[key] = alike
    means = list_means(problem.targets, merged[:kinds])
    ranks = np.zeros(kinds)
    ranks[sorted(range(kinds), key=lambda k: (means[k], k))] = np.arange(kinds)
    return ranks[kind][problem.stands_for[column]]


def find_alike(classes: Groups, row: Groups) -> int:
    """The first class that a row does not contradict, or else one more; -1 stands for what does not occur. Most contradict
    it in one of a few places."""
    places = np.flatnonzero(row >= 0)
    candidates = np.arange(len(classes))
    for some in (places[:: 1 + len(places) // SOME_PLACES], places):
        if not len(candidates):
            break
        there = classes[candidates[:, None], some]
        candidates = candidates[~((there >= 0) & (there != row[some])).any(axis=1)]
    return int(candidates[0]) if len(candidates) else len(classes)


def list_means(targets: Matrix, classes: Groups) -> list[list[float]]:
    """The mean of what is wanted in each class."""
    wanted = np.vstack([targets, np.zeros(targets.shape[1])])  # -1 is the last
    totals = [column[classes].sum(axis=1) for column in wanted.T]
    return (np.stack(totals, axis=1) / (classes >= 0).sum(axis=1)[:, None]).tolist()


def weigh_digits(digits: tuple[Digit, ...]) -> Form:
    """Digits from the most to the least significant: a step of each outweighs the whole span of those below it."""
    total = Form()
    span = 0.0
    step = 0.0
    for digit in reversed(digits):
        weight = (span + max(step, 1.0 if span == 0 else 0.0)) / digit.gap
        if span:
            weight = float(2.0 ** np.ceil(np.log2(weight))) if digit.gap != 1.0 else float(np.ceil(weight))
        total = add_forms(scale_form(digit.form, weight), total)
        step = step or weight * digit.gap
        span += weight * digit.span
    return total


def directions(reader: Reader, problem: Problem, own: list[Form], relevant: list[Node]) -> list[Digit]:
    """Several variables as one digit: as the expression combines them (or those carried as numbers), summed, subtracted."""
    scalars = [leaf for leaf in relevant if not reader.is_free(leaf)]
    carried = [Form({reader.variable(s): reader.carried(s)}, noise=reader.noise(s)) for s in scalars]
    forms: list[Form] = []
    if len(scalars) > 1:
        forms = [add_forms(*carried), add_forms(carried[0], *(scale_form(c, -1.0) for c in carried[1:]))]
    for wanted in ({reader.variable(s) for s in scalars}, {reader.variable(leaf) for leaf in relevant}):
        forms += [Form({v: p for v, p in f.parts.items() if v in wanted}, noise=f.noise) for f in own]
    distinct: dict[tuple[object, ...], Form] = {}
    for form in forms:
        if len(form.parts) > 1:
            key = tuple(
                (v, p.tobytes()) for v, p in sorted(form.parts.items(), key=lambda item: id(item[0].node))
            )
            distinct.setdefault(key, form)
    found = islice(distinct.values(), DIRECTIONS.most)
    return [as_digit(f, *bound_form(reader, problem, f), reader.arithmetic.same) for f in found]


def bound_form(reader: Reader, problem: Problem, form: Form) -> tuple[Vector, Vector]:
    """The least and the greatest value of the form on each row, over all values that a row's codes stand for: one array
    twice, where each stands for itself."""
    low = np.full(len(problem.codes), form.constant)
    high = low
    for column, leaf in enumerate(problem.leaves):
        feature = form.parts.get(reader.variable(leaf))
        if feature is not None:
            least, most = extremes(feature, problem.stands_for[column])
            codes, points = problem.codes[:, column], high is low and not (least < most).any()
            low, before = low + least[codes], high
            high = low if points else before + most[codes]
    return low, high


def extremes(feature: Vector, representatives: Ints) -> tuple[Vector, Vector]:
    """Least and greatest feature of the values that each code stands for (infinite where it stands for none)."""
    if len(representatives) == len(feature) and (representatives == np.arange(len(feature))).all():
        return feature, feature
    least, most = np.full(len(feature), np.inf), np.full(len(feature), -np.inf)
    if (representatives[1:] < representatives[:-1]).any():
        np.minimum.at(least, representatives, feature)
        np.maximum.at(most, representatives, feature)
        return least, most
    starts = np.flatnonzero(np.diff(representatives, prepend=-1))  # each stands for neighbours
    least[representatives[starts]] = np.minimum.reduceat(feature, starts)
    most[representatives[starts]] = np.maximum.reduceat(feature, starts)
    return least, most
