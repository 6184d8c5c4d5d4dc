"""Selectors of the first, or last, position at which something holds: of more than one position they select none.

    before = select(tokens, "$", ==) and select(indices, indices, <)
    select(tokens == "$" and selector_width(before) == 0, True, ==)

Sound because of two selected positions one comes after the other, sees it, and so does not see nothing.
"""

from collections.abc import Iterator
from typing import Protocol

from compiler.domains.facts import Facts
from compiler.selector_facts.orders import is_strict_order
from compiler.selector_facts.selector_formula import Comparison, Formula, list_comparisons, list_conjuncts
from rasp.graph.nodes import Aggregate, Constant, Node, Width
from rasp.graph.primitives import TESTS


class MakeDiagonal(Protocol):
    """Gives the s-op that says whether each position satisfies a formula of itself."""

    def __call__(self, analysis: Facts, part: Formula, /) -> Node: ...


def is_first_instance(analysis: Facts, part: Formula, make_diagonal: MakeDiagonal) -> bool:
    """Whether a part asks every row for a position before which, in some order, none satisfies what this one does."""
    if not isinstance(part, Comparison) or not looks_at_keys(part):
        return False
    hit = analysis.graph.map(TESTS[part.test], part.key, part.query)
    for leaf in analysis.leaves(part.key):
        for counted, empty in list_empty_values(analysis, leaf):
            members = list_conjuncts(counted)
            orders = [m for m in members if is_strict_order(analysis, m)]
            rest = [m for m in members if m not in orders]
            if len(orders) != 1 or not all(looks_at_keys(m) for m in rest):
                continue
            wanted = [make_diagonal(analysis, m) for m in rest]
            wanted.append(analysis.graph.map("eq", leaf, empty))
            if all(analysis.always(imply(analysis, hit, node)) for node in wanted):
                return True
    return False


def list_empty_values(analysis: Facts, leaf: Node) -> Iterator[tuple[Node, Node]]:
    """The selector that an s-op reads, and the value that it has where nothing is selected and nowhere else."""
    match leaf:
        case Node(Width(), (selector,)):
            yield selector, analysis.graph.constant(0)
        case Node(Aggregate(default), (selector, Node(Constant(const)))) if const.value != default.value:
            yield selector, analysis.graph.constant(default.value)
        case _:
            return


def imply(analysis: Facts, one: Node, other: Node) -> Node:
    return analysis.graph.map("or", analysis.graph.map("not", one), other)


def looks_at_keys(part: Formula) -> bool:
    """Whether every row is asked the same."""
    return all(isinstance(c.query.op, Constant) for c in list_comparisons(part))
