"""Which outputs are sums of numbers of which a model can tell each, and not the sum (`compiler/number_sums.py`)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from compiler.analysis.infer import Analysis
from compiler.domains.domain import Floats
from compiler.domains.fraction_domain import FractionDomain
from compiler.limits import PAIRED_NUMBERS, TERMS
from compiler.number_sums import LARGEST, NESTED
from compiler.numerics.dtypes import find_arithmetic
from compiler.numerics.rounding import find_grain
from compiler.options import CompileError
from rasp.graph.nodes import Constant, Map, Node, count_written
from rasp.graph.primitive_names import PrimName

FINE = 2.0**-20
"""Numbers that are multiples of it are added up exactly, the moderate ones that models carry; fractions are none."""


@dataclass(frozen=True)
class Sum:
    """What is added up, from the first to the last, and whether it is subtracted."""

    terms: tuple[tuple["Node | Sum", bool], ...]

    @property
    def nodes(self) -> Iterator[Node]:
        """The numbers, those of sums within it among them."""
        for term, _ in self.terms:
            if isinstance(term, Sum):
                yield from term.nodes
            else:
                yield term

    @property
    def depth(self) -> int:
        """How many sums stand in one another."""
        return 1 + max(term.depth if isinstance(term, Sum) else 0 for term, _ in self.terms)


def find_sum(analysis: Analysis, node: Node) -> Sum | None:
    """An s-op as a sum, where two of its values may be too close for any number of a model to tell; None for others. Every
    term is linear in what attention brings, so that it costs nothing to tell them apart."""
    if count_terms(node, ("add", "sub")) > TERMS.most:
        return None
    found = open_sum(node)
    if not isinstance(found, Sum) or found.depth > NESTED:
        return None
    terms = [*found.nodes]
    try:
        leaves = {leaf for term in terms for leaf in analysis.leaves(term)}
        if len(leaves) < 2 or not all(is_linear(analysis, term) for term in terms):
            return None
        numbers = {term: list_numbers(analysis, term) for term in terms}
    except CompileError:  # too many for a term, too
        return None
    known = {term: values for term, values in numbers.items() if values is not None}
    if len(known) < len(numbers) or all(find_grain(values) >= FINE for values in known.values()):
        return None
    if sum(float(np.abs(known[term]).max(initial=0.0)) for term in terms) > LARGEST:
        return None
    sums = list_sums(found, known)
    closest = 2 * find_arithmetic(analysis.options).unit
    if sums is None or np.diff(sums).min(initial=np.inf) <= closest * np.abs(sums).max():
        return found
    return None


def count_terms(node: Node, adding: Sequence[PrimName]) -> int:
    """How many terms a sum has when it is written out: those of sums within it count as often as these are named."""

    def parts(sum_: Node) -> tuple[Node, ...]:
        return sum_.args if isinstance(sum_.op, Map) and sum_.op.prim in adding else ()

    return count_written(node, parts)


def open_sum(node: Node) -> Node | Sum:
    """A sum as one of terms: of more than two where the first is a sum itself, which is how they are rounded."""
    if not isinstance(node.op, Map) or node.op.prim not in ("add", "sub"):
        return node
    left, right = map(open_sum, node.args)
    first = left.terms if isinstance(left, Sum) else ((left, False),)
    return Sum((*first, (right, node.op.prim == "sub")))


def is_linear(analysis: Analysis, term: Node) -> bool:
    """Whether a term is read without a look-up."""
    match term:
        case Node(Map("div"), (dividend, Node(Constant()))):
            return is_linear(analysis, dividend)
        case _:
            return analysis.is_multiple(term)


def list_numbers(analysis: Analysis, term: Node) -> Floats | None:
    """The values of a term; None where they are no numbers."""
    domain = analysis.domain(term)
    described = isinstance(domain, FractionDomain)
    if not domain.is_numeric or (not described and {*map(type, domain.values)} - {int, float}):
        return None
    return domain.numbers()


def list_sums(found: Node | Sum, numbers: dict[Node, Floats]) -> Floats | None:
    """What the terms may add up to, if all could meet, ascending; None where that is too much to be listed."""
    if not isinstance(found, Sum):
        return numbers[found]
    sums = np.zeros(1)
    for term, minus in found.terms:
        own = list_sums(term, numbers)
        if own is None or len(sums) * len(own) > PAIRED_NUMBERS.most:
            return None
        sums = np.unique(np.add.outer(sums, -own if minus else own))
    return sums
