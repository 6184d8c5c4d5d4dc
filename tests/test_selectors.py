"""How many positions a selector can select: what the compiler proves is never less than what the interpreter counts."""

from itertools import product

import pytest

from compiler.analysis.infer import Analysis
from compiler.analysis.selectors import most
from compiler.options import CompileOptions
from rasp.evaluate import evaluate
from rasp.graph import Width
from rasp.program import load_program
from rasp.source import Source

BEFORE, AFTER = "select(indices, indices, <)", "select(indices, indices, >)"
A = 'select(tokens, "a", ==)'
MINE = "select(tokens, tokens, ==)"
LENGTH = 5
# name: selector, and whether it is known to select at most one position under full and under causal attention
CASES = {
    "the place among those before": (f"select(selector_width({BEFORE} and {A}), 1, ==) and {A}", True, True),
    "the place among those after": (f"{A} and select(selector_width({AFTER} and {A}), 1, ==)", True, False),
    "a place that others share": (f"select(selector_width({BEFORE} and {A}), 1, ==)", False, False),
    "a place among others": (f"select(selector_width({BEFORE} and {A}), 1, ==) and not {A}", False, False),
    "every row has its own members": (f"select(selector_width({BEFORE} and {MINE}), 0, ==) and {MINE}", False, False),
    "counting itself too": (f"select(selector_width(select(indices, indices, <=) and {A}), 1, ==)", False, False),
}  # fmt: skip


@pytest.mark.parametrize("attention", ["full", "causal"])
@pytest.mark.parametrize("name", CASES)
def test_most(name: str, attention: str) -> None:
    selector, full, causal = CASES[name]
    program = load_program(Source("test", ""))
    width = program.sop(f"selector_width({selector})")
    assert isinstance(width.op, Width)
    known = most(Analysis(program.graph, CompileOptions(("a", "b"), LENGTH, attention)), width.args[0])
    inputs = [list(word) for word in product("ab", repeat=LENGTH)]
    counted = max(max(values) for values in evaluate([width], inputs, attention)[0])
    assert counted <= known
    assert (known == 1) == (full if attention == "full" else causal)
