"""S-ops that ignore the tokens have, for all lengths at once, the values that the interpreter gives length by length."""

import numpy as np
import pytest

from compiler.analysis.infer import Analysis
from compiler.analysis.leaf_values import computed
from compiler.domains.contexts import Context, list_contexts, locate_contexts, may_narrow
from compiler.options import CompileOptions
from compiler.selector_facts.positional import count_by_table, count_rows, evaluate_positional
from rasp.elaborate.program import load_program
from rasp.source import Source

LONGEST = 7
#: All of them: going through the class itself leaves out what is no flag of its own.
CONTEXTS = Context.NOTHING, Context.INDEX, Context.LENGTH, Context.BOTH
#: Selectors, and how much of (i, n) the counts of their rows depend on under full attention (None: it is not found so).
SELECTORS: dict[str, Context | None] = {
    "select(1, 1, ==)": Context.LENGTH,
    "select(1, 2, ==)": Context.NOTHING,
    "select(indices, indices, ==)": Context.NOTHING,
    "select(indices, indices, <=)": Context.INDEX,
    "select(indices, indices, >)": Context.BOTH,
    "select(indices, length - 1 - indices, ==)": Context.NOTHING,
    "select(indices % 2, indices % 3, ==)": Context.BOTH,
    "select(indices, 2, <) and select(indices, indices, !=)": Context.BOTH,
    "select(indices, 2, <) or not select(indices * indices, length, <)": Context.LENGTH,
    'select("a" if indices < 3 else "b", "b", <)': Context.LENGTH,
    "select(indices, 1, >) and select(indices, length / 2, <) and select(indices, indices, <)": Context.BOTH,
    "select(indices, length, <) and select(indices, length - indices, <)": Context.BOTH,
    "select(length - indices, 2, ==)": None,
    "select(length - indices, 2, ==) and select(indices, 2, <)": None,
    "select(indices, aggregate(select(indices, 0, ==), indices), ==)": None,
    'select(indices if indices < 3 else "b", "b", ==)': None,
    "select(1 / (indices - 3), 1, ==)": None,
}


@pytest.mark.parametrize("depends", CONTEXTS)
def test_contexts_are_located_as_they_are_listed(depends: Context) -> None:
    where = list_contexts(depends, 200)
    rows = np.arange(where.size)[::7]
    found = locate_contexts(rows, depends)
    np.testing.assert_array_equal(found.i, where.i[rows])
    np.testing.assert_array_equal(found.n, where.n[rows])


@pytest.mark.parametrize("longest", [1, 2, 5])
def test_what_two_lengths_show(longest: int) -> None:
    """Of what depends on less that is never denied."""
    where = list_contexts(Context.BOTH, longest)
    for numbers, least in (
        (where.i * 0, Context.NOTHING),
        (where.i, Context.INDEX),
        (where.n, Context.LENGTH),
        (where.i + where.n, Context.BOTH),
    ):
        for keep in CONTEXTS:
            assert may_narrow(numbers, keep, longest) >= (least in keep)
            assert longest < 5 or may_narrow(numbers, keep, longest) == (least in keep)


@pytest.mark.parametrize("attention", ["full", "causal"])
@pytest.mark.parametrize("text", SELECTORS)
def test_rows_are_counted_as_the_interpreter_counts_them(text: str, attention: str) -> None:
    program = load_program(Source("positional.rasp", f"x = selector_width({text});"))
    analysis = Analysis(program.graph, CompileOptions(("a", "b"), LONGEST, attention=attention))  # type: ignore[arg-type]
    width = program.sop("x")
    while not width.args[0].is_selector:
        width = width.args[0]
    counted, depends = count_by_table(analysis, width.args[0]), SELECTORS[text]
    if attention == "full":
        assert (counted.depends if counted else None) == depends
    if counted is None:
        return
    asked = count_rows(analysis, width.args[0])
    assert counted.depends == asked.depends
    np.testing.assert_array_equal(counted.numbers, asked.numbers)
    value = evaluate_positional(analysis, width)
    assert value is not None and value.column.atoms() == asked.numbers.tolist()
    relation = computed(analysis, width)
    where = list_contexts(Context.BOTH, LONGEST)
    for row, number in enumerate(value.spread(Context.BOTH, LONGEST).atoms()):
        own = 0 if relation.allowed is None else where.rows_of(relation.depends)[row]
        assert relation.allowed is None or relation.allowed[own, relation.domain.code(number)]
