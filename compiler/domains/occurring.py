"""Combinations of values that occur, by running the interpreter on every input: exact where there are few whole inputs.

Joining what each s-op can be (`compiler/domains/rows.py`) knows nothing of how one s-op's value depends on another's, and
can find millions of combinations for a program that has thirty inputs.
"""

from collections.abc import Sequence
from functools import partial
from itertools import product

import numpy as np

from compiler.domains.alike import join_alike
from compiler.domains.domain import Domain, Ints
from compiler.domains.facts import Facts
from compiler.domains.rows import TooMany, join_relations
from compiler.limits import LARGE_ROWS, OCCURRING, ROWS
from rasp.graph.nodes import Node
from rasp.interpret.evaluate import Outcome, evaluate, evaluate_by_position


def has_few_inputs(facts: Facts) -> bool:
    """Whether all inputs that the options allow can be evaluated."""
    kinds = len(facts.options.vocabulary)
    positions = 0
    for length in range(1, facts.max_length + 1):
        positions += length * kinds**length
        if positions > OCCURRING.most:
            return False
    return True


def list_combinations(facts: Facts, node: Node, leaves: Sequence[Node], stands_for: Sequence[Ints]) -> Ints:
    """All combinations of codes that the leaves of a node can have, by joining what each can be, or by running few inputs
    where that would be many. Raises `TooMany`."""
    if len(leaves) == 1:
        return facts.once("occurring", leaves[0], partial(list_codes, facts))
    relations = [facts.relation(leaf) for leaf in leaves]
    spend = partial(facts.effort.spend, facts.graph, node, work="rows")
    spend(sum(relation.cells for relation in relations))
    most = LARGE_ROWS.most if has_few_inputs(facts) else ROWS.most
    try:
        return join_alike(relations, stands_for, facts.max_length, most, spend)
    except TooMany:
        if most == ROWS.most:
            raise
        return list_occurring(facts, leaves, stands_for)


def list_codes(facts: Facts, leaf: Node) -> Ints:
    """The codes that a leaf can have, as a column."""
    relation = facts.relation(leaf)
    facts.effort.spend(facts.graph, leaf, relation.cells, "rows")
    return join_relations([relation], facts.max_length)


def list_occurring(facts: Facts, leaves: Sequence[Node], stands_for: Sequence[Ints]) -> Ints:
    """All combinations of codes that the leaves have at some position where all of them have a value, shape (rows, leaves),
    no two alike; each code is the one that stands for it."""
    vocabulary, longest = facts.options.vocabulary, facts.max_length
    inputs = [list(tokens) for n in range(1, longest + 1) for tokens in product(vocabulary, repeat=n)]
    rows: set[tuple[int, ...]] = set()
    for outcomes in zip(*evaluate(leaves, inputs, facts.options.attention), strict=True):
        columns = [
            codes_of(facts.domain(leaf), representatives, outcome)
            for leaf, representatives, outcome in zip(leaves, stands_for, outcomes, strict=True)
        ]
        rows.update(row for row in zip(*columns, strict=True) if min(row, default=0) >= 0)
    return np.array(sorted(rows), np.int64).reshape(len(rows), len(leaves))


def codes_of(domain: Domain, representatives: Ints, outcome: Outcome) -> list[int]:
    """The code that stands for each value of an s-op; -1 where it has none."""
    return [-1 if v is None else int(representatives[domain.code(v)]) for v in evaluate_by_position(outcome)]
