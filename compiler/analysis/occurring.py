"""Combinations of values that occur, by running the interpreter on every input: exact where there are few whole inputs.

Joining what each s-op can be (`compiler/analysis/rows.py`) knows nothing of how one s-op's value depends on another's, and
can find millions of combinations for a program that has thirty inputs.
"""

from collections.abc import Sequence
from itertools import product

import numpy as np

from compiler.analysis.domain import Ints
from compiler.analysis.facts import Facts
from rasp.graph.nodes import Node
from rasp.interpret.evaluate import EvaluationError, evaluate

MOST_POSITIONS = 100_000
"""Positions of all inputs together beyond which they are not run through."""


def has_few_inputs(facts: Facts) -> bool:
    """Whether all inputs that the options allow can be evaluated."""
    kinds = len(facts.options.vocabulary)
    positions = 0
    for length in range(1, facts.max_length + 1):
        positions += length * kinds**length
        if positions > MOST_POSITIONS:
            return False
    return True


def occurring(facts: Facts, leaves: Sequence[Node], stands_for: Sequence[Ints]) -> Ints:
    """All combinations of codes that the leaves have at some position of some input where all of them have a value, shape
    (rows, leaves), no two alike; each code is the one that stands for it."""
    vocabulary, longest = facts.options.vocabulary, facts.max_length
    inputs = [list(tokens) for n in range(1, longest + 1) for tokens in product(vocabulary, repeat=n)]
    rows: set[tuple[int, ...]] = set()
    for outcomes in zip(*evaluate(leaves, inputs, facts.options.attention), strict=True):
        if not any(isinstance(outcome, EvaluationError) for outcome in outcomes):
            columns = [
                [int(standing[facts.domain(leaf).code(value)]) for value in outcome]  # type: ignore[arg-type, union-attr]
                for leaf, standing, outcome in zip(leaves, stands_for, outcomes, strict=True)
            ]
            rows.update(zip(*columns, strict=True))
    return np.array(sorted(rows), np.int64).reshape(len(rows), len(leaves))
