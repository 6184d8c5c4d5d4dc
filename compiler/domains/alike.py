"""Values that an expression treats alike.

Where an expression uses a leaf only through functions of that leaf alone (`mean > 0`, `tokens == "a"`),
values on which all of these agree need not be told apart: one stands for all. A mean of 160,000 possible
values that is only compared with 0 counts as two or three. For leaves that are carried as a number, the
values that one stands for have to be neighbours, so that a look-up can tell the groups apart by thresholds.
"""

from collections.abc import Callable, Sequence
from functools import reduce

import numpy as np

from compiler.domains.distinct_integers import rank_distinct
from compiler.domains.domain import Domain, Ints
from compiler.domains.facts import Facts
from compiler.domains.rows import Relation, join_relations
from rasp.graph.nodes import Node


def find_representatives(analysis: Facts, node: Node, leaves: Sequence[Node]) -> tuple[Ints, ...]:
    """For each leaf, the code that stands for each code. A single leaf's values all stand for themselves."""
    sizes = [len(analysis.relation(leaf).domain) for leaf in leaves]
    if len(leaves) < 2:
        return tuple(np.arange(size) for size in sizes)
    uses = unary_uses(analysis, node, leaves)
    return tuple(group(analysis, leaf, uses[leaf], size) for leaf, size in zip(leaves, sizes, strict=True))


def unary_uses(analysis: Facts, node: Node, leaves: Sequence[Node]) -> dict[Node, list[Node]]:
    """For each leaf, the largest subexpressions that depend on it alone."""
    uses: dict[Node, dict[Node, None]] = {leaf: {} for leaf in leaves}
    for part in analysis.region(node):
        if analysis.is_leaf(part) and part is not node:
            continue
        if part is not node and len(analysis.leaves(part)) < 2:
            continue
        for arg in part.args:
            below = analysis.leaves(arg)
            if len(below) == 1:
                uses[below[0]][arg] = None
    return {leaf: list(found) for leaf, found in uses.items()}


def group(analysis: Facts, leaf: Node, uses: list[Node], size: int) -> Ints:
    """The code that stands for each code of one leaf."""
    identity = np.arange(size)
    if leaf in uses or not uses or any(analysis.table(use).domain.floats for use in uses):
        return identity  # (a code does not tell an int from a float)
    verdicts = [whole_column(analysis, use, size) for use in uses]
    first, kinds = reduce(number_together, verdicts, (identity, np.zeros(size, np.int64)))
    if not analysis.is_scalar(leaf):
        return first[kinds]
    starts = np.concatenate([[True], np.diff(kinds) != 0])  # neighbours only: each run stands apart
    return np.flatnonzero(starts)[np.cumsum(starts) - 1]


def number_together(known: tuple[Ints, Ints], others: Ints) -> tuple[Ints, Ints]:
    """Where each different pair of two numbers stands first, and which of them each is, in ascending order."""
    least = int(others.min(initial=0))
    return rank_distinct(known[1] * (int(others.max(initial=0)) - least + 1) + (others - least))


def whole_column(analysis: Facts, use: Node, size: int) -> Ints:
    """The value code of a one-leaf expression for every code of its leaf; -1 for none, -2 where it cannot
    occur.
    """
    table = analysis.table(use)
    column = np.full(size, -2, np.int64)
    column[table.codes[:, 0]] = table.values
    return column


def join_alike(
    relations: Sequence[Relation],
    stands_for: Sequence[Ints],
    max_length: int,
    most: int,
    spend: Callable[[float], None],
) -> Ints:
    """`join_relations`, with only the codes that stand for others; a code can occur where any that it stands for
    can.
    """
    kept: list[Ints] = []
    narrowed: list[Relation] = []
    for relation, representatives in zip(relations, stands_for, strict=True):
        standing, which = rank_distinct(representatives)
        codes = representatives[standing]
        kept.append(codes)
        if len(codes) == len(representatives):
            narrowed.append(relation)
            continue
        domain = Domain(tuple(relation.domain.select(codes)))
        allowed = None
        if relation.allowed is not None:
            together = np.argsort(which, kind="stable")
            first = np.searchsorted(which[together], np.arange(len(codes)))
            apart = bool((np.diff(which) < 0).any())
            columns = relation.allowed[:, together] if apart else relation.allowed
            allowed = np.logical_or.reduceat(columns, first, axis=1)
        narrowed.append(Relation(domain, relation.depends, allowed))
    rows = join_relations(narrowed, max_length, most, spend)
    for column, codes, representatives in zip(rows.T, kept, stands_for, strict=True):
        if len(codes) < len(representatives):
            column[:] = codes[column]
    return rows
