"""Sums of which some terms need a look-up: it is of those terms alone, and has fewer leaves than one of the sum. And sums
of counts, as tallies."""

from collections.abc import Mapping

import numpy as np

from compiler.analysis.infer import Analysis
from compiler.blocks.form import Form, Variable, Vector, scale_form
from compiler.reading.reader import Reader, combine_forms
from compiler.selector_facts.told_counts import read_by_value
from rasp.graph.nodes import Map, Node, Width


def read_by_terms(reader: Reader, node: Node, vector: Vector) -> Form | None:
    """An affine feature of a sum of which some terms need a look-up: theirs has fewer leaves than one of the sum."""
    terms = read_terms(reader, node)
    if terms is None or any(variable.node is node for variable in terms.parts):
        return None
    numbers = reader.analysis.domain(node).numbers()
    low, high = int(np.argmin(numbers)), int(np.argmax(numbers))
    if numbers[low] == numbers[high]:
        return None
    slope = float((vector[high] - vector[low]) / (numbers[high] - numbers[low]))
    off = np.abs(slope * (numbers - numbers[low]) + vector[low] - vector).max()
    if off > reader.arithmetic.same * max(1.0, np.abs(vector).max()):
        return None
    return scale_form(terms, slope, float(vector[low] - slope * numbers[low]))


def read_terms(reader: Reader, node: Node) -> Form | None:
    """The value of a number as a form over variables and look-ups of its terms."""
    form = reader.form(node)
    if form is not None or not reader.analysis.domain(node).is_numeric:
        return form
    match node.op:
        case Map("add" | "sub" | "neg" | "pos" | "mul" | "div" as prim):
            forms = [read_terms(reader, arg) for arg in node.args]
            known = [f for f in forms if f is not None]
            combined = combine_forms(prim, known) if len(known) == len(forms) else None
            if combined is not None:
                return combined
        case _:
            pass
    numbers = reader.analysis.domain(node).numbers()
    return Form({Variable(node, "look-up"): numbers}, noise=reader.lookup_noise(node, numbers))


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
