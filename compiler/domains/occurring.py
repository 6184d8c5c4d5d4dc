"""Combinations of values that occur, by running the interpreter on every input: exact where there are few whole inputs.

Joining what each s-op can be (`compiler/domains/rows.py`) knows nothing of how one s-op's value depends on another's, and
can find millions of combinations for a program that has thirty inputs.
"""

from collections.abc import Sequence
from itertools import product

import numpy as np

from compiler.domains.domain import Domain, Ints
from compiler.domains.facts import Facts
from compiler.limits import OCCURRING
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


def list_occurring(facts: Facts, leaves: Sequence[Node], stands_for: Sequence[Ints]) -> Ints:
    """All combinations of codes that the leaves have at some position where all of them have a value, shape (rows, leaves),
    no two alike; each code is the one that stands for it."""
    vocabulary, longest = facts.options.vocabulary, facts.max_length
    inputs = [list(tokens) for n in range(1, longest + 1) for tokens in product(vocabulary, repeat=n)]
    rows: set[tuple[int, ...]] = set()
    for outcomes in zip(*evaluate(leaves, inputs, facts.options.attention), strict=True):
        columns = [
            codes_of(facts.domain(leaf), standing, outcome)
            for leaf, standing, outcome in zip(leaves, stands_for, outcomes, strict=True)
        ]
        rows.update(row for row in zip(*columns, strict=True) if min(row, default=0) >= 0)
    return np.array(sorted(rows), np.int64).reshape(len(rows), len(leaves))


def codes_of(domain: Domain, standing: Ints, outcome: Outcome) -> list[int]:
    """The code that stands for each value of an s-op; -1 where it has none."""
    return [-1 if v is None else int(standing[domain.code(v)]) for v in evaluate_by_position(outcome)]
