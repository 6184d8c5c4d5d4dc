"""Outputs: from which number an output's class is told, and where the classes lie on it."""

from typing import Protocol

import numpy as np

from compiler.analysis.infer import Analysis
from compiler.blocks.block import Readout
from compiler.blocks.form import Form, Vector, add_forms, scale_form
from compiler.domains.distinct_elements import factor_values
from compiler.domains.distinct_integers import rank_distinct
from compiler.domains.domain import Ints
from compiler.domains.fraction_domain import FractionDomain
from compiler.limits import CENTERS, HOT_CLASSES, LEAF_KINDS
from compiler.lowering.lookup import Lookups, Unsolved, pose_lookup
from compiler.number_sums import has_different_numbers
from compiler.reading.reader import Reader
from compiler.reading.sum_terms import read_by_terms
from compiler.refusal import Inexact, make_refusal
from compiler.targets.target import find_target
from rasp.graph.nodes import Map, Node
from rasp.interpret.evaluate import apply_map


class Demands(Protocol):
    """Who provides forms: the `Chooser` of `compiler/lowering/choose.py`."""

    analysis: Analysis
    reader: Reader
    care: int
    lookups: Lookups

    def demand(self, form: Form) -> Form: ...

    def demand_feature(self, node: Node, vector: Vector, bos: float | None = None) -> Form: ...

    def base(self, node: Node) -> int: ...


class ReadoutChooser:
    """Readouts over somebody's demands."""

    def __init__(self, demands: Demands) -> None:
        self.demands = demands

    def readout(self, name: str, node: Node) -> Readout:
        """A number from which the output's class can be told: the value itself, a code of it, or a code of the parts
        that decide it."""
        domain = self.demands.analysis.domain(node)
        every = np.arange(len(domain))
        form = self.demands.reader.form(node)
        if form is not None:
            centers, margin = self.centers(node, form)
            if margin > 4 * form.noise and told_apart(centers, margin, self.demands.reader.arithmetic.unit):
                nearest = self.is_number(node, centers)
                read = self.demands.demand(form)
                described = nearest and isinstance(domain, FractionDomain)
                return Readout(name, node, read, centers, every, margin, nearest=nearest, described=described)
            if isinstance(domain, FractionDomain):
                raise self.fail_described(node, margin)
        named = self.read_named(name, node)
        if named is not None:
            return named
        numbers = domain.numbers()
        whole = domain.is_whole
        vector = (
            numbers
            if whole
            and domain.numbers_differ
            and told_apart(numbers, 0.5, self.demands.reader.arithmetic.unit)
            else every.astype(float)
        )
        direct = (
            self.demands.reader.read(node, vector) is not None
            or read_by_terms(self.demands.reader, node, vector) is not None
        )
        if not direct and (self.demands.care or not self.looks_up(node, vector)):
            apart = self.by_parts(name, node, LEAF_KINDS.most)
            if apart is not None:
                return apart
        if not direct and self.demands.care > 1 and len(domain) <= HOT_CLASSES.most:
            # Every class by steps of its own: few units add up in any column.
            hot = tuple(self.demands.demand_feature(node, row) for row in np.eye(len(domain)))
            return Readout(name, node, hot[0], vector, every, 0.5, hot)
        if not direct and (self.demands.care > 1 or not self.looks_up(node, vector)):
            rows = len(self.demands.analysis.table(node).codes)
            apart = self.by_parts(name, node, CENTERS.most) if rows <= CENTERS.most else None
            if apart is not None:
                return apart
        read = self.demands.demand_feature(node, vector)
        margin = float(np.diff(np.unique(vector)).min(initial=np.inf)) / 2
        return Readout(name, node, read, vector, every, margin)

    def fail_described(self, node: Node, margin: float) -> Exception:
        """What to raise for values that are described and not told apart: no other readout is tried, which would list
        them. Where not even a quotient is as exact as that, nothing is."""
        analysis, reader = self.demands.analysis, self.demands.reader
        numbers = analysis.domain(node).numbers()
        least = 4 * reader.precision.quotient_noise(float(np.abs(numbers).max()))
        if margin > least and told_apart(numbers, margin, reader.arithmetic.unit):
            return Unsolved(node)
        message = f"{reader.arithmetic.name} cannot tell apart the {len(numbers):,} values that this can have"
        finest = find_target(analysis.options).dtypes[-1]
        finer = "" if finest == reader.arithmetic.name else f", or with --dtype {finest}"
        hint = f"compile it for a shorter length{finer}"
        refusal = make_refusal(analysis.graph, node, message, hint)
        return Inexact(*refusal.diagnostics)

    def read_named(self, name: str, node: Node) -> Readout | None:
        """An output that is a name for each value of a sum: it is told from the sum, whose terms have a look-up each."""
        match node:
            case Node(Map("index_dict" | "index_list") as op, (Node(Map("add" | "sub")) as total,)):
                sums = self.demands.analysis.domain(total)
            case _:
                return None
        form = read_by_terms(self.demands.reader, total, sums.numbers()) if sums.is_numeric else None
        domain, named = factor_values(apply_map(op, [sums.column(np.arange(len(sums)))]))
        centers = sums.numbers()[named >= 0]
        margin = float(np.diff(centers).min(initial=np.inf)) / 2
        unit = self.demands.reader.arithmetic.unit
        if form is None or len(centers) > len(domain) or not told_apart(centers, margin, unit):
            return None
        own = self.demands.analysis.domain(node)
        codes = np.array([own.code(value) for value in domain.select(named[named >= 0])])
        return Readout(name, node, self.demands.demand(form), centers, codes, margin)

    def is_number(self, node: Node, centers: Vector) -> bool:
        """Whether an output of fractions is its own number, to which the nearest value is the answer. Whole numbers stay
        classes, as tokens do: they may be generated."""
        options = self.demands.analysis.options
        domain = self.demands.analysis.domain(node)
        if options.no_value or not find_target(options).numbers:
            return False
        if isinstance(domain, FractionDomain):
            return bool((centers == domain.numbers()).all())
        values = domain.shown()
        fractions = any(isinstance(value, float) for value in values) and has_different_numbers(values)
        if not fractions:
            return False
        return bool((centers == np.array(values, dtype=np.float64)).all())

    def looks_up(self, node: Node, vector: Vector) -> bool:
        """Whether one look-up can provide a feature."""
        table = self.demands.analysis.table(node)
        problem = pose_lookup(node, table, vector[None, :], self.demands.base(node))
        return self.demands.lookups.find(problem) is not None

    def by_parts(self, name: str, node: Node, most: int) -> Readout | None:
        """An output that only depends on which of at most so many kinds each leaf's value is: the kinds, as digits of
        one number, are told apart by the unembedding, which then needs no look-up of their combinations."""
        table = self.demands.analysis.table(node)
        digits: list[Vector] = []
        for representatives in table.stands_for:
            kinds = rank_distinct(representatives)[1]
            if kinds.max() >= most:
                return None
            digits.append(kinds.astype(float))
        weight, parts = 1.0, list[Form]()
        numbers = np.zeros(len(table.codes))
        for column, (leaf, digit) in enumerate(zip(table.leaves, digits, strict=True)):
            parts.append(scale_form(self.demands.demand_feature(leaf, digit), weight))
            numbers += weight * digit[table.codes[:, column]]
            weight *= digit.max() + 1
        ok = table.values >= 0
        centers, first = np.unique(numbers[ok], return_index=True)
        return Readout(name, node, add_forms(*parts), centers, table.values[ok][first], 0.5)

    def centers(self, node: Node, form: Form) -> tuple[Vector, float]:
        """The carried number of each class, and the distance from any row's number to the nearest class boundary."""
        table = self.demands.analysis.table(node)
        ok = table.values >= 0
        carried = np.full(len(table.codes), form.constant)
        for column, leaf in enumerate(table.leaves):
            feature = form.parts.get(self.demands.reader.variable(leaf))
            if feature is not None:
                carried = carried + feature[table.codes[:, column]]
        low, high = find_extremes(carried[ok], table.values[ok], len(table.domain))
        centers = (low + high) / 2
        order = np.argsort(centers)
        middle = (centers[order][1:] + centers[order][:-1]) / 2
        above = (low[order][1:] - middle).min(initial=np.inf)
        below = (middle - high[order][:-1]).min(initial=np.inf)
        return centers, float(min(above, below))


def find_extremes(numbers: Vector, classes: Ints, count: int) -> tuple[Vector, Vector]:
    """The smallest and the largest number of each class."""
    low, high = np.full(count, np.inf), np.full(count, -np.inf)
    if len(classes) == count:  # every class has one
        low[classes] = high[classes] = numbers
        return low, high
    np.minimum.at(low, classes, numbers)
    np.maximum.at(high, classes, numbers)
    return low, high


def told_apart(centers: Vector, margin: float, unit: float) -> bool:
    """Whether numbers can be told apart that differ by twice the margin."""
    return margin > unit * float(np.abs(centers).max(initial=0.0)) / 2
