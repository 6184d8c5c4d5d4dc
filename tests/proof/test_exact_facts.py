"""What the analysis takes for granted about an s-op, one function at a time, against all that there is."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from compiler.analysis.infer import Analysis
from compiler.analysis.leaf_values import narrow_bounds, sums
from compiler.domains.contexts import Context, list_contexts
from compiler.domains.means import Unsummable, list_means
from compiler.domains.occurring import list_occurring
from compiler.factorings.value_codes import serves
from compiler.options import CompileOptions
from rasp.arguments import ATTENTIONS, Attention
from rasp.elaborate.program import load_program
from rasp.graph.nodes import list_reachable
from rasp.interpret.evaluate import evaluate, evaluate_by_position
from rasp.source import Source
from rasp.values import Atom, make_typed_key

LENGTH = 4
COUNT = "selector_width(select(tokens, tokens, ==))"
#: Expressions and vocabularies, of all kinds of leaves and functions of them.
EXPRESSIONS: dict[str, tuple[Atom, ...]] = {
    "aggregate(full_s, tokens_int)": (0, 1, 3),
    "aggregate(full_s, tokens_int) * 2 + indices": (0, 1),
    "aggregate(select(tokens, tokens, ==), indices)": ("a", "b"),
    "aggregate(select(tokens, tokens, ==), indices) == 1": ("a", "b"),
    "round(aggregate(full_s, tokens_int)) + length": (0, 1, 2),
    'aggregate(select(tokens, "a", ==), tokens_int if tokens != "a" else 2, 7)': ("a", "1"),
    "aggregate(select(indices, 0, ==), tokens_int / 2) * 4": (0, 1, 2),
    "aggregate(select(indices, indices, <), indices * 2, -1)": ("a",),
    "aggregate(select(indices, length - 1, ==), 3 * indices)": ("a", "b"),
    "aggregate(select(indices, tokens_int / 2, ==), indices + 1, -1)": (0, 1),
    "6 / aggregate(full_s, indices)": ("a",),
    "aggregate(full_s, 1 / indices if indices > 0 else 5)": ("a",),
    f"{COUNT} / length": ("a", "b"),
    f"{COUNT} * {COUNT} - indices": ("a", "b"),
    "selector_width(select(indices, indices, <=) and select(tokens, tokens, ==)) + indices": ("a", "b"),
    "aggregate(best(full_s, tokens_int), indices)": (0, 1),
    'tokens + "x" if indices > 0 else "y"': ("a", "b"),
    "{0: 0.5, 1: 1, 2: 2.0, 3: True}[indices]": ("a",),
    "[1, 1.0, 2.5, 3][indices] + aggregate(full_s, tokens_int)": (0, 1),
    "-aggregate(full_s, tokens_int * 0)": (0, 1),
    "aggregate(select(1, 1, ==), [0, 2, 4, 6][indices])": ("a",),
    "aggregate(full_s, [0.5, 0.5, 0.5, 0.5][indices])": ("a",),
    "sort(tokens, tokens)": ("a", "b"),
}
#: Least and greatest of i and n, and what they depend on.
BOUNDS = {
    "nothing": (lambda i, n: 0 * i + 1, lambda i, n: 0 * i + 3, Context.NOTHING),
    "the least on i": (lambda i, n: i, lambda i, n: 0 * i + 3, Context.INDEX),
    "the greatest on n": (lambda i, n: 0 * i, lambda i, n: n, Context.LENGTH),
    "both apart": (lambda i, n: i, lambda i, n: n, Context.BOTH),
    "both together": (lambda i, n: n - i - 1, lambda i, n: n - i, Context.BOTH),
}


@pytest.mark.parametrize("attention", ATTENTIONS)
@pytest.mark.parametrize("text", EXPRESSIONS)
def test_every_value_is_foreseen(text: str, attention: Attention) -> None:
    """At every position of every input, of every part of an expression: its kind, and where it can stand."""
    vocabulary = EXPRESSIONS[text]
    program = load_program(Source("test", ""))
    analysis = Analysis(program.graph, CompileOptions(vocabulary, LENGTH, attention))
    parts = [node for node in list_reachable([program.sop(text)]) if not node.is_selector]
    inputs = [word for n in range(1, LENGTH + 1) for word in product(vocabulary, repeat=n)]
    where = list_contexts(Context.BOTH, LENGTH)
    rows = {at: row for row, at in enumerate(zip(where.i.tolist(), where.n.tolist(), strict=True))}
    for node, outcomes in zip(parts, evaluate(parts, inputs, attention), strict=True):
        domain = analysis.domain(node)
        relation = analysis.relation(node) if analysis.is_leaf(node) else None
        for word, outcome in zip(inputs, outcomes, strict=True):
            for i, value in enumerate(evaluate_by_position(outcome)):
                if value is None:
                    continue
                code = domain.code(value)
                twin = isinstance(domain.values[code], int) and isinstance(value, float)
                assert not twin or code in domain.floats, (node, word, value)
                assert domain.minus_zero or make_typed_key(value) != make_typed_key(-0.0)
                if relation is not None and relation.allowed is not None:
                    row = where.rows_of(relation.depends)[rows[i, len(word)]]
                    assert relation.allowed[row, code], (node, word, value)


@pytest.mark.parametrize(
    "text",
    [
        "{0} + {1}", "{1} + {0}", "{0} - {1}", "{1} - {0}", "{0} + {0}",
        "[0, 1, 1.0, 2][indices] + tokens_int", "tokens_int - [0, 1, 1.0, 2][indices]",
        "selector_width(select(tokens_int, 1, ==)) + 2 * length",
        "selector_width(select(tokens_int, 1, ==)) - selector_width(select(tokens_int, 0, ==))",
    ],
)  # fmt: skip
def test_sums_of_ints_and_floats_are_foreseen(text: str) -> None:
    """Of numbers that are ints here and floats there, and of zeros of either sign: added up as they are carried."""
    program = load_program(Source("test", ""))
    analysis = Analysis(program.graph, CompileOptions((0, 1), LENGTH))
    node = program.sop(text.format("[1, 1.0, 3, -0.0][indices]", "tokens_int * [1.0, -1.0, 1, 1][indices]"))
    domain = sums(analysis, node)
    inputs = [word for n in range(1, LENGTH + 1) for word in product((0, 1), repeat=n)]
    for word, outcome in zip(inputs, evaluate([node], inputs)[0], strict=True):
        for value in evaluate_by_position(outcome):
            kinds = {make_typed_key(kind) for kind in domain.kinds()}
            known = make_typed_key(value) in kinds or (value == 0 and domain.minus_zero)
            assert value is None or known, (word, value)


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


@pytest.mark.parametrize(
    "text, values",
    [
        ("aggregate(select(tokens_int, 0, >=), tokens_int)", [0, 7, 0.0, 7.0, 7 / 2, 7 / 3, 14 / 3]),
        ("aggregate(select(indices, 0, ==), tokens_int)", [0, 7]),
    ],
)
def test_nothing_is_foreseen_that_never_is(text: str, values: list[Atom]) -> None:
    """Means of as many positions as there are, and no floats where one position is picked."""
    program = load_program(Source("test", ""))
    analysis = Analysis(program.graph, CompileOptions((0, 7), 3))
    found = analysis.domain(program.sop(text)).kinds()
    assert {*map(make_typed_key, found)} == {*map(make_typed_key, values)}


@pytest.mark.parametrize("largest, exact", [(2**51, True), (2**53 // 3, True), (2**52 + 1, False)])
def test_means_are_listed_only_where_no_sum_rounds(largest: int, exact: bool) -> None:
    """Of two numbers that are next to each other."""
    values, counts = (largest - 1, largest), range(1, 2 + 1)
    if not exact:
        assert float(largest - 1) + float(largest) != 2 * largest - 1
        with pytest.raises(Unsummable):
            list_means(values, counts)
        return
    found = list_means(values, counts)
    assert [*map(Fraction, found[2])] == [largest - 1, largest - Fraction(1, 2), largest]


@pytest.mark.parametrize("sign", [1, -1])
def test_whichever_number_is_largest_says_whether_sums_round(sign: int) -> None:
    """Of two that are far apart there are few sums, in multiples of what they differ by."""
    with pytest.raises(Unsummable):
        list_means((0, sign * 2**52), range(1, 3))
    assert list_means((0, sign * 2**51), range(1, 3))[2].tolist() == sorted([0, sign * 2**50, sign * 2**51])
