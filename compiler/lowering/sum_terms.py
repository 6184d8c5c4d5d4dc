"""Sums of which some terms need a look-up: it is of those terms alone, and has fewer leaves than one of the sum."""

import numpy as np

from compiler.blocks.form import Form, Variable, Vector, scale_form
from compiler.lowering.reader import Reader, combine_forms
from rasp.graph.nodes import Map, Node


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
