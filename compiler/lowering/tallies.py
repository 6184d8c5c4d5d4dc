"""Counts of positions that are told by themselves, whatever asks for them: by what a head brings, not by what it selects.

    selector_width(select(tokens, "(", ==))    the sum over all positions of 1 where the token is "(", and else 0

All heads that count so look at all positions alike, and are one head with a column of values for each count. That is worth
it where heads are all alike, so that each is as large as the largest. Of counts that are only read as a sum of multiples
the sum is such a column, a *tally*:

    selector_width(select(tokens, "(", ==)) - selector_width(select(tokens, ")", ==))    1 where it is "(", -1 where ")"
"""

from collections.abc import Mapping

import numpy as np

from compiler.analysis.infer import Analysis
from compiler.blocks.form import Form, Variable, Vector
from compiler.lowering.digits import list_ways
from compiler.lowering.reader import Reader
from compiler.selector_facts.matching import build_matching
from compiler.selector_facts.selector_formula import Pick, list_comparisons, list_conjuncts
from compiler.selector_facts.selectors import make_full_selector
from rasp.graph.nodes import Constant, Map, Node, Width

Told = tuple[Node, Vector]
"""An s-op, and a number for each of its values: what a position that has it adds to a count."""


def list_counted(reader: Reader, variable: Variable, *, tallied: bool) -> list[tuple[Node, Told | None]]:
    """Selectors of the heads that count together, and what each adds up instead of ones."""
    analysis = reader.analysis
    if variable.role == "tally":
        return [(make_full_selector(analysis.graph), read_tally(analysis, variable.node))]
    found: list[tuple[Node, Told | None]] = []
    for way in list_ways(analysis, variable.node.args[0], reader.split):
        told = read_by_value(analysis, way) if tallied else None
        found.append((make_full_selector(analysis.graph) if told else way, told))
    return found


def read_by_value(analysis: Analysis, selector: Node) -> Told | None:
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


def read_tally(analysis: Analysis, node: Node) -> Told:
    """What is added up for a sum of multiples of counts, all of one s-op."""
    match node:
        case Node(Width(), (selector,)):
            told = read_by_value(analysis, selector)
            assert told is not None, "only what is told is added up"
            return told
        case Node(Map("add"), (one, Node(Map("mul"), (Node(Constant(factor)), other)))):
            (key, told), (_, more) = read_tally(analysis, one), read_tally(analysis, other)
            return key, told + float(factor.value) * more
        case _:
            raise AssertionError("a tally is a sum of multiples")


def join_counts(analysis: Analysis, form: Form) -> Form:
    """The same form with a tally in place of all counts of positions that one s-op tells, where it reads several."""
    counted: dict[Node, dict[Variable, float]] = {}
    for variable, vector in form.parts.items():
        if variable.role == "leaf" and isinstance(variable.node.op, Width):
            told, numbers = (
                read_by_value(analysis, variable.node.args[0]),
                analysis.domain(variable.node).numbers(),
            )
            factor = float(vector[-1] / numbers[-1]) if numbers[-1] else 0.0
            if told is not None and (factor * numbers == vector).all():
                counted.setdefault(told[0], {})[variable] = factor
    parts = dict(form.parts)
    for factors in counted.values():
        if len(factors) > 1:
            parts = {variable: part for variable, part in parts.items() if variable not in factors}
            parts |= add_up(analysis, factors)
    return Form(parts, form.constant, form.bos, form.noise)


def add_up(analysis: Analysis, factors: Mapping[Variable, float]) -> dict[Variable, Vector]:
    """A feature of the tally of counts with such factors, of which the first is made 1."""
    (first, unit), *others = factors.items()
    graph, total = analysis.graph, first.node
    for variable, factor in others:
        share = factor / unit
        constant = graph.constant(int(share) if share == int(share) else share)
        total = graph.map("add", total, graph.map("mul", constant, variable.node))
    return {Variable(total, "tally"): unit * analysis.domain(total).numbers()}
