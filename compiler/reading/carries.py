"""Bits of a sum, out of the bits of what is added up and of the carries between them.

Where a token stands can be the sum of several numbers: where a part of the text begins, and how far on one is. A look-up of
its bits has a step for each of its values, all of which round in proportion to the largest. But with

    carry(i) = floor(sum of (term mod 2^i) / 2^i),        which is one of as many numbers as there are terms,

bit i of the sum is the sum of the terms' bits i, plus carry(i) - 2 carry(i + 1). Bits of a term are features like any
others, and a carry takes a step fewer than there are terms. So all bits are ready in one layer: these are the carries of a
lookahead adder (Weinberger and Smith, 1958), whose gates look at all lower bits at once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from compiler.analysis.infer import Analysis
from compiler.blocks.form import Form, Variable, Vector, add_forms, scale_form
from compiler.domains.domain import Ints, has_whole
from compiler.factorings.relations import Bit
from compiler.options import CompileError
from compiler.reading.reader import Reader
from compiler.selector_facts.matching import number_values
from rasp.graph.nodes import Node, Select, list_reachable

FEW_VALUES = 4
"""Values of a number whose bits are no better than the number."""


@dataclass(frozen=True, eq=False)
class Term:
    """Whole numbers of a leaf, one for each of its values, which are added, or taken away where the `sign` is -1."""

    leaf: Node
    sign: int
    numbers: Ints


@dataclass(frozen=True, eq=False)
class Sum:
    """A number as the sum of several leaves' and a constant. What is added comes first."""

    terms: tuple[Term, ...]
    constant: int


def has_compared_sums(reader: Reader, outputs: Iterable[Node]) -> bool:
    """Whether there is an equality of sums. Of what is too large to be looked into, none."""
    equalities = [node for node in list_reachable(outputs) if node.op == Select("==")]
    try:
        return any(find_terms(reader, side) is not None for node in equalities for side in node.args)
    except CompileError:
        return False


def find_terms(reader: Reader, node: Node) -> Sum | None:
    """What a number is the sum of, if it is of several leaves that offer any feature; else None."""
    return reader.analysis.once(f"sum {reader.way}", node, lambda node: look_for_terms(reader, node))


def look_for_terms(reader: Reader, node: Node) -> Sum | None:
    """The same, worked out anew."""
    if not reader.analysis.is_multiple(node) or len(reader.analysis.domain(node)) <= FEW_VALUES:
        return None
    form = reader.form(node)
    if form is None:
        return None
    form = reader.open_sums(form)
    free = all(v.role == "leaf" and reader.is_free(v.node) and not reader.is_counted(v) for v in form.parts)
    if len(form.parts) < 2 or not free:
        return None
    if not has_whole(*form.parts.values(), np.array(form.constant)):
        return None
    terms = [make_term(variable.node, vector.astype(np.int64)) for variable, vector in form.parts.items()]
    return Sum(tuple(sorted(terms, key=lambda term: -term.sign)), int(form.constant))


def make_term(leaf: Node, numbers: Ints) -> Term:
    """Numbers of a leaf; as what is taken away, if most are below 0."""
    sign = 1 if numbers.sum() >= 0 else -1
    return Term(leaf, sign, sign * numbers)


def read_bit(reader: Reader, node: Node, bit: Bit, vector: Vector) -> Form | None:
    """A feature of a number, affine in one of its bits, as a form over bits of its terms and carries; None for a number
    that is no sum."""
    found = find_terms(reader, node)
    if found is None:
        return None
    whole = Sum(found.terms, found.constant - bit.origin)
    unit, own = 2**bit.number, replace(bit, origin=0)
    parts = {Variable(term.leaf): term.sign * own.take(term.numbers) for term in whole.terms}
    constant = float(own.take(np.array(whole.constant)))
    form = add_forms(Form(parts, constant), read_carry(reader, whole, unit))
    if not bit.is_highest:
        form = add_forms(form, scale_form(read_carry(reader, whole, 2 * unit), -2.0))
    numbers = reader.analysis.domain(node).numbers().astype(np.int64)
    slope, offset = find_line(bit.take(numbers), vector)
    return scale_form(form, slope, offset)


def find_line(bits: Vector, vector: Vector) -> tuple[float, float]:
    """A feature as slope times bit plus offset."""
    low, high = int(np.argmin(bits)), int(np.argmax(bits))
    if bits[low] == bits[high]:
        return 0.0, float(vector[0])
    slope = float((vector[high] - vector[low]) / (bits[high] - bits[low]))
    offset = float(vector[low] - slope * bits[low])
    assert (slope * bits + offset == vector).all(), "a feature of a bit is affine in it"
    return slope, offset


def read_carry(reader: Reader, whole: Sum, unit: int) -> Form:
    """How many units the rests of all terms are together."""
    if unit == 1:
        return Form()
    analysis = reader.analysis
    rests = add_up(analysis, [Term(term.leaf, term.sign, term.numbers % unit) for term in whole.terms])
    carried = (analysis.domain(rests).numbers() + whole.constant % unit) // unit
    node = number_values(analysis, rests, carried.astype(np.int64))
    numbers = analysis.domain(node).numbers()
    return Form({Variable(node, "look-up"): numbers}, noise=reader.lookup_noise(node, numbers))


def add_up(analysis: Analysis, terms: Sequence[Term]) -> Node:
    """The s-op that is a sum."""
    graph = analysis.graph
    total, *others = [number_values(analysis, term.leaf, term.numbers) for term in terms]
    if terms[0].sign < 0:
        total = graph.map("neg", total)
    for term, number in zip(terms[1:], others, strict=True):
        total = graph.map("add" if term.sign > 0 else "sub", total, number)
    return total
