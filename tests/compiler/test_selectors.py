"""How many positions a selector can select: what the compiler proves is never less than what the interpreter counts."""

from itertools import product

import pytest

from compiler.analysis.infer import Analysis
from compiler.options import CompileOptions
from compiler.selector_facts.orders import has_distinct_values, is_function_of
from compiler.selector_facts.selectors import bound_width, selects_always, selects_at_most_one
from rasp.elaborate.program import load_program
from rasp.graph.nodes import Width
from rasp.interpret.evaluate import evaluate
from rasp.source import Source

BEFORE, AFTER = "select(indices, indices, <)", "select(indices, indices, >)"
A = 'select(tokens, "a", ==)'
MINE = "select(tokens, tokens, ==)"
LOW = "select(tokens, tokens, <=)"
LENGTH = 5
EARLIER = f"selector_width({BEFORE} and {A})"
MEAN = f"aggregate({BEFORE} and {A}, indices)"
# name: selector, and whether it is known to select at most one position under full and under causal attention
CASES = {
    "the place among those before": (f"select(selector_width({BEFORE} and {A}), 1, ==) and {A}", True, True),
    "the place among those after": (f"{A} and select(selector_width({AFTER} and {A}), 1, ==)", True, False),
    "a place that others share": (f"select(selector_width({BEFORE} and {A}), 1, ==)", False, False),
    "a place among others": (f"select(selector_width({BEFORE} and {A}), 1, ==) and not {A}", False, False),
    "the place among those alike": (f"select(selector_width({BEFORE} and {MINE}), 1, ==) and {MINE}", True, True),
    "every row has its own members": (f"select(selector_width({BEFORE} and {LOW}), 0, ==) and {LOW}", False, False),
    "the first": ('select_from_first(tokens, "a")', True, True),
    "the last": ('select_from_last(tokens, "a")', True, False),
    "the first, counted": (f'select((tokens == "a") and ({EARLIER} == 0), True, ==)', True, True),
    "a part of the first": (f'select((tokens == "a") and (indices > 1) and ({EARLIER} == 0), True, ==)', True, True),
    "the first, and others": (f'select((tokens == "a") or ({EARLIER} == 0), True, ==)', False, False),
    "before the first": (f'select((tokens == "b") and ({EARLIER} == 0), True, ==)', False, False),
    "the second": (f'select((tokens == "a") and ({EARLIER} < 2), True, ==)', False, False),
    "a mean that may be the default": (f'select((tokens == "a") and ({MEAN} == 0), True, ==)', False, False),
    "each row its own first": (f'select((tokens == "a") and ({EARLIER} == 0), tokens == "a", ==)', False, False),
    "counting itself too": (f"select(selector_width(select(indices, indices, <=) and {A}), 1, ==)", False, False),
}  # fmt: skip


@pytest.mark.parametrize("attention", ["full", "causal"])
@pytest.mark.parametrize("name", CASES)
def test_most(name: str, attention: str) -> None:
    selector, full, causal = CASES[name]
    program = load_program(Source("test", ""))
    width = program.sop(f"selector_width({selector})")
    assert isinstance(width.op, Width)
    known = bound_width(Analysis(program.graph, CompileOptions(("a", "b"), LENGTH, attention)), width.args[0])
    inputs = [list(word) for word in product("ab", repeat=LENGTH)]
    counted = max(max(values) for values in evaluate([width], inputs, attention)[0])
    assert counted <= known
    assert (known == 1) == (full if attention == "full" else causal)


#: Selectors, and how many positions their rows can select at most, which is known.
SEVERAL = {
    "select(indices, indices, <=) and select(indices, indices - 2, >)": 2,
    "select(indices, indices - 1, ==) or select(indices, indices + 1, ==)": 2,
    "select(indices, indices, ==)": 1,
    "select(indices, indices, <) and select(indices, length, >)": 0,
}


@pytest.mark.parametrize("selector", SEVERAL)
def test_unique_is_at_most_one(selector: str) -> None:
    program = load_program(Source("test", ""))
    node = program.sop(f"selector_width({selector})").args[0]
    analysis = Analysis(program.graph, CompileOptions(("a", "b"), LENGTH))
    assert bound_width(analysis, node) == SEVERAL[selector]
    assert selects_at_most_one(analysis, node) == (SEVERAL[selector] <= 1)


RANK = "selector_width(select(tokens, tokens, <) or (select(tokens, tokens, ==) and select(indices, indices, <)))"
# s-op: whether no two positions have the same value, under full and under causal attention
DISTINCT = {
    "indices": (True, True),
    "2 * indices + 1": (True, True),
    "indices % 3": (False, False),
    "[3, 1, 2, 0, 4][indices]": (True, True),
    "[3, 1, 2, 3, 4][indices]": (False, False),
    "[1, True, 2, 3, 4][indices]": (False, False),
    "indices * indices": (True, True),
    "(indices - 2) * (indices - 2)": (False, False),
    "tokens": (False, False),
    RANK: (True, False),
    f"{RANK} * 2": (True, False),
    f"{RANK} % 2": (False, False),
    f"selector_width({BEFORE})": (True, False),  # under the mask this is not looked into
    f"selector_width({MINE} and {BEFORE})": (False, False),
}


@pytest.mark.parametrize("attention", ["full", "causal"])
@pytest.mark.parametrize("text", DISTINCT)
def test_distinct_values_are_distinct(text: str, attention: str) -> None:
    program = load_program(Source("test", ""))
    node = program.sop(text)
    known = has_distinct_values(Analysis(program.graph, CompileOptions(("a", "b"), LENGTH, attention)), node)
    inputs = [list(word) for n in range(1, LENGTH + 1) for word in product("ab", repeat=n)]
    assert known <= all(len(set(values)) == len(values) for values in evaluate([node], inputs, attention)[0])
    assert known == DISTINCT[text][attention == "causal"]


B = 'indicator(tokens == "b")'
#: Selector, and whether every row is known to select something, under full and under causal attention.
CERTAIN = {
    f"select(indices, {B} * indices, ==)": (True, True),
    f"select(indices, {B} * (length - 1), ==)": (True, True),
    f"select(indices, {B}, ==)": (False, False),
    f"select(indices, {B} / 2, ==)": (False, False),
    f"select(indices, -{B}, ==)": (False, False),
    "select(indices, tokens, ==)": (False, False),
    f"select(indices, {B} * indices, !=)": (False, False),
    MINE: (True, True),
    f"{MINE} and {BEFORE}": (False, False),
}


@pytest.mark.parametrize("attention", ["full", "causal"])
@pytest.mark.parametrize("text", CERTAIN)
def test_certain_is_at_least_one(text: str, attention: str) -> None:
    program = load_program(Source("test", ""))
    width = program.sop(f"selector_width({text})")
    known = selects_always(
        Analysis(program.graph, CompileOptions(("a", "b"), LENGTH, attention)), width.args[0]
    )
    inputs = [list(word) for n in range(1, LENGTH + 1) for word in product("ab", repeat=n)]
    counted = min(min(values) for values in evaluate([width], inputs, attention)[0])
    assert known <= (counted > 0)
    assert known == CERTAIN[text][attention == "causal"]


def test_functions_of_an_s_op_alone() -> None:
    """Sums of themselves, 200 times over, too: each part is looked at once."""
    doubling = "for k in range(200) { doubled = doubled + doubled; }"
    text = f"score = indices % 3; doubled = score + 1; {doubling} other = doubled + length;"
    program = load_program(Source("functions.rasp", text))
    score, doubled = program.sop("score"), program.sop("doubled")
    assert is_function_of(score, score) and is_function_of(doubled, score)
    assert is_function_of(program.graph.constant(2), score)
    assert not is_function_of(program.sop("other"), score) and not is_function_of(score, doubled)
