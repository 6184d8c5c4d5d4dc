"""Look-ups: any function of several variables as a staircase over one linear form of them.

Every form of `compiler/lowering/candidates.py` is tried on the enumerated table and the cheapest that is exact taken. So
multiplying, comparing, rounding and branching fuse into one MLP layer, whatever the expression.
"""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from itertools import islice, permutations

import numpy as np

from compiler.analysis.infer import Analysis
from compiler.blocks.form import Form, Variable, add_forms
from compiler.blocks.staircase import (
    GENTLE,
    STEEP,
    Matrix,
    Runs,
    Staircase,
    Tolerance,
    bound_units,
    build_staircase,
    merge_runs,
)
from compiler.blocks.waves import build_waves
from compiler.domains.distinct_integers import Ints, rank_distinct, rank_floats
from compiler.domains.facts import JointValues
from compiler.effort import weigh_numbers
from compiler.limits import KEPT_RUNS, ORDERS, UNITS
from compiler.lowering.candidates import Problem, bound_form, list_candidates, rank_values, weigh_digits
from compiler.reading.reader import Reader, find_rounding_grain
from compiler.targets.target import find_target
from rasp.graph.nodes import Node

FORM_WORK = 2
"""Sorting a row of a table by a form, in cells (`compiler/effort.py`)."""
HEIGHT_WORK = 6
"""What hidden units add to one column over one run of rows, by steps, bends and waves, in cells."""
SHIFT_PRICE = 2
"""Hidden units that it is worth to do without waves: they read a constant as well."""


@dataclass(frozen=True, eq=False)
class Lookup:
    """A staircase over a form. The form's value at BOS is the staircase's base. With a `grain` the form has to be read
    rounded to multiples of it. `tried` are the hidden units over each form that was tried, None where it was not exact."""

    form: Form
    stairs: Staircase
    grain: float = 0.0
    tried: tuple[int | None, ...] = ()


def pose_lookup(
    node: Node, table: JointValues, features: Matrix, base: int, *, steep: bool = False
) -> Problem:
    """The problem of a table whose value code v needs the output `features[:, v]`, relative to the code `base`."""
    codes, values = table.codes, table.values
    if values.min(initial=0) < 0:
        ok = values >= 0
        codes, values = codes[ok], values[ok]
    wanted = (features - features[:, [base]]).T  # (codes, features)
    first, group_of_code = rank_rows(wanted)
    return Problem(
        node,
        table.leaves,
        table.stands_for,
        codes,
        group_of_code[values],
        wanted[first],
        int(group_of_code[base]),
        steep,
    )


def rank_rows(rows: Matrix) -> tuple[Ints, Ints]:
    """Indices of the first of the different rows, in lexicographic order, and which of them each row is: numbers are ranked
    faster than rows."""
    first = which = np.zeros(len(rows), np.int64)
    for column in rows.T:
        ranks = rank_floats(column)[1]
        first, which = rank_distinct(which * (int(ranks.max(initial=0)) + 1) + ranks)
    return first, which


class Unsolved(Exception):
    """No look-up for this expression in one step: its parts have to be materialised first."""

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self.node = node


@dataclass(frozen=True, eq=False)
class Candidate:
    """A form, and a table's rows in its order; None where it does not tell those apart that need different outputs."""

    form: Form
    runs: Runs | None


class SortedRows:
    """What was sorted for other attempts, kept as long as there is room: care and steepness change only what is built on
    it."""

    def __init__(self) -> None:
        self.kept: dict[Hashable, tuple[Candidate, ...]] = {}
        self.room = KEPT_RUNS.most

    def list_sorted(self, reader: Reader, problem: Problem) -> Iterator[Candidate]:
        """Every candidate, each sorted when it is asked for. Raises `CompileError` where all of them are too much."""
        scope = reader.analysis.known.scope(problem.node)
        key = scope, reader.way, problem.node, problem.wanted
        if key in self.kept:
            yield from self.kept[key]
            return
        found: list[Candidate] = []
        forms = [*list_candidates(reader, problem)]
        effort = reader.analysis.effort
        work = 2 * len(forms) * count_form_work(problem)  # trying what is sorted takes about as much again
        effort.foresee(reader.analysis.graph, problem.node, work, "look-up")
        for form in forms:
            found.append(sort_rows(reader, problem, form))
            yield found[-1]
        size = sum(len(one.runs.group) for one in found if one.runs is not None)
        if size <= self.room:
            self.room -= size
            self.kept[key] = tuple(found)


def find_sorted(reader: Reader) -> SortedRows:
    """Those of all attempts."""
    kept = reader.analysis.effort.facts("sorted rows").setdefault("all", SortedRows())
    assert isinstance(kept, SortedRows)
    return kept


def count_form_work(problem: Problem) -> float:
    """What it takes to sort a table's rows in the order of one form, in cells."""
    return FORM_WORK * weigh_numbers(len(problem.codes)) * (len(problem.leaves) + 1)


def sort_rows(reader: Reader, problem: Problem, form: Form) -> Candidate:
    """A table's rows in the order of one form."""
    analysis = reader.analysis
    analysis.effort.spend(analysis.graph, problem.node, count_form_work(problem), "look-up")
    low, high = bound_form(reader, problem, form)
    return Candidate(form, merge_runs(low, high, problem.group, reader.arithmetic.same))


class Lookups:
    """The look-ups of one reader. Each is searched for once, though an output asks whether there is one before it demands
    it."""

    def __init__(self, reader: Reader, care: int, *, waves: bool = True) -> None:
        self.reader = reader
        self.care = care
        self.waves = waves
        self.known: dict[Hashable, Lookup | None] = {}

    def find(self, problem: Problem) -> Lookup | None:
        """What `solve_lookup` finds."""
        key = problem.node, problem.wanted, problem.steep
        if key not in self.known:
            self.known[key] = solve_lookup(self.reader, problem, care=self.care, waves=self.waves)
        return self.known[key]


def solve_lookup(reader: Reader, problem: Problem, *, care: int = 0, waves: bool = True) -> Lookup | None:
    """The look-up with the fewest units that is exact; None when no candidate is."""
    best: Lookup | None = None
    tried: list[int | None] = []
    for candidate in find_sorted(reader).list_sorted(reader, problem):
        most = UNITS.most if best is None else best.stairs.units
        lookup = attempt(reader, problem, candidate, Terms(care, waves, most))
        tried.append(None if lookup is None else lookup.stairs.units)
        if lookup is not None and better(lookup, best):
            best = lookup
    best = best if best is not None else unmerged(reader, problem, care=care)
    return None if best is None else replace(best, tried=tuple(tried))


def unmerged(reader: Reader, problem: Problem, *, care: int) -> Lookup | None:
    """One digit value per value: merging in two variables at once can contradict itself on don't-cares."""
    digits = [rank_values(reader, problem, leaf, merge=False) for leaf in problem.leaves]
    for order in islice(permutations(digits), ORDERS.most):
        lookup = attempt(reader, problem, sort_rows(reader, problem, weigh_digits(order)), Terms(care))
        if lookup is not None:
            return lookup
    return None


def better(lookup: Lookup, than: Lookup | None) -> bool:
    if lookup.stairs.units > UNITS.most:
        return False
    if than is None or lookup.stairs.units < than.stairs.units:
        return True
    return lookup.stairs.units == than.stairs.units and relative_margin(lookup) > 1.01 * relative_margin(than)


def relative_margin(lookup: Lookup) -> float:
    """Margin per size of the numbers that are compared."""
    return lookup.stairs.margin / max(1.0, float(np.abs(lookup.stairs.offsets).max(initial=0.0)))


@dataclass(frozen=True)
class Terms:
    """How a look-up is to be built: with how much `care`, of `waves` too, and not where it takes more than `most` units for
    certain."""

    care: int
    waves: bool = False
    most: int = UNITS.most


def attempt(reader: Reader, problem: Problem, candidate: Candidate, terms: Terms) -> Lookup | None:
    """A staircase over this form, when it separates the rows."""
    form, runs, analysis = candidate.form, candidate.runs, reader.analysis
    if runs is None:
        return None
    anchors = find_target(analysis.options).anchors
    grain = find_rounding_grain(form, reader.arithmetic) if anchors and terms.care and form.noise else 0.0
    tolerance = Tolerance(
        form.noise, terms.care, STEEP if problem.steep else GENTLE, grain, reader.arithmetic
    )
    work = HEIGHT_WORK * weigh_numbers(len(runs.group))
    analysis.effort.spend(analysis.graph, problem.node, work, "look-up")
    found = build_waves(runs, problem.targets, problem.base, tolerance) if anchors and terms.waves else None
    if bound_units(runs, problem.targets, reader.arithmetic.same) > (
        terms.most if found is None else found.units
    ):
        return None if found is None else Lookup(form.at_bos(found.base), found)
    analysis.effort.spend(analysis.graph, problem.node, work * problem.targets.shape[1], "look-up")
    stairs = build_staircase(runs, problem.targets, problem.base, tolerance)
    if found is not None and (stairs is None or found.units + SHIFT_PRICE < stairs.units):
        return Lookup(form.at_bos(found.base), found)
    return None if stairs is None else Lookup(form.at_bos(stairs.base), stairs, grain)


def add_anchor(analysis: Analysis, form: Form, anchor: float) -> Form:
    """The same form with an anchor added by the token, whatever it is, and taken away by the constant.

    An MLP adds its bias, and so the constant, last.
    """
    token = analysis.tokens_node
    everywhere = Form({Variable(token): np.full(len(analysis.domain(token)), anchor)}, -anchor)
    return add_forms(form, everywhere).at_bos(form.bos)


def move_constant(form: Form, stairs: Staircase) -> tuple[Form, Staircase]:
    """The same without a constant in the form: among the shifts, lest it is added to the anchors and rounded with them."""
    assert form.bos is not None and stairs.shifts is not None, "at BOS a look-up is at its base"
    shifted = replace(stairs, shifts=stairs.shifts + stairs.slopes * form.constant)
    return Form(form.parts, 0.0, form.bos - form.constant, form.noise), shifted
