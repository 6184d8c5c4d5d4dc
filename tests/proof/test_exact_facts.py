"""What the analysis takes for granted about an s-op, one function at a time, against all that there is."""

import numpy as np
import pytest

from compiler.analysis.infer import Analysis
from compiler.analysis.leaf_values import narrow_bounds
from compiler.analysis.occurring import list_occurring
from compiler.analysis.rows import Context, list_contexts
from compiler.lowering.relations import serves
from compiler.options import CompileOptions
from rasp.elaborate.program import load_program
from rasp.source import Source

LENGTH = 4
#: Least and greatest of i and n, and what they depend on.
BOUNDS = {
    "nothing": (lambda i, n: 0 * i + 1, lambda i, n: 0 * i + 3, Context.NOTHING),
    "the least on i": (lambda i, n: i, lambda i, n: 0 * i + 3, Context.INDEX),
    "the greatest on n": (lambda i, n: 0 * i, lambda i, n: n, Context.LENGTH),
    "both apart": (lambda i, n: i, lambda i, n: n, Context.BOTH),
    "both together": (lambda i, n: n - i - 1, lambda i, n: n - i, Context.BOTH),
}


@pytest.mark.parametrize("name", BOUNDS)
def test_bounds_are_the_same_over_fewer_variables(name: str) -> None:
    least, greatest, needed = BOUNDS[name]
    where = list_contexts(Context.BOTH, LENGTH)
    low, high = least(where.i, where.n), greatest(where.i, where.n)
    keep, narrow_low, narrow_high = narrow_bounds(Context.BOTH, low, high, LENGTH)
    assert keep == needed
    rows = where.rows_of(keep)
    assert narrow_low[rows].tolist() == low.tolist() and narrow_high[rows].tolist() == high.tolist()


def test_all_inputs_are_run_through() -> None:
    program = load_program(Source("test", ""))
    leaves = [program.sop("indices"), program.sop("selector_width(full_s)")]
    analysis = Analysis(program.graph, CompileOptions(("a", "b"), LENGTH))
    found = list_occurring(analysis, leaves, [np.arange(len(analysis.domain(leaf))) for leaf in leaves])
    assert found.tolist() == sorted([i, n - 1] for n in range(1, LENGTH + 1) for i in range(n))


#: Numbers of queries and keys, which of them select each other, and whether squares of differences can tell.
SQUARES = {
    "whole": ([0.0, 1.0], [1.0, 2.0], [[0, 0], [1, 0]], True),
    "a key that is too near": ([0.0, 1.0], [0.5, 1.0], [[0, 0], [0, 1]], False),
    "a query that is too near": ([0.5, 1.0], [0.0, 1.0], [[0, 0], [0, 1]], False),
    "one that is selected and differs": ([0.0, 1.0], [0.0, 1.0], [[1, 1], [0, 1]], False),
    "one that is not selected and is equal": ([0.0, 1.0], [0.0, 1.0], [[1, 0], [0, 0]], False),
}


@pytest.mark.parametrize("query, key, selects, right", SQUARES.values(), ids=SQUARES)
def test_numbers_that_squares_tell_apart(
    query: list[float], key: list[float], selects: list[list[int]], *, right: bool
) -> None:
    assert serves(np.array(selects, bool), np.array(query), np.array(key)) == right
