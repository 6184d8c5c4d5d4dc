"""Heads that only have to find a position need few columns: an order by a threshold, whatever the length."""

import pytest

from compiler.options import CompileOptions
from compiler.pipeline import Compiled, compile_program
from rasp.elaborate.program import load_program
from rasp.source import Source
from tests.right import assert_right

EARLIER = "select(tokens, tokens, ==) and select(indices, indices, <)"
VOCABULARY = tuple("cabfed")
# name: expression, attention, most query/key columns of its head
CASES = {
    "seen before": (f"has_focus({EARLIER})", "full", 7),
    "an order of strings": ('aggregate(select(tokens, tokens, >), "x", "none")', "full", 3),
    "two orders, one by threshold": (
        "has_focus(select(tokens, tokens, <) and select(indices, indices, >))",
        "full",
        len(VOCABULARY) + 3,
    ),
    "an order of look-ups": (
        'has_focus(select((indices * indices) % 7 + (tokens == "c"), indices % 5, <))',
        "causal",
        3,
    ),
    "a threshold of 0": ("has_focus(select(tokens, tokens, ==) and select(indices - 3, 0, <=))", "full", 6),
    "an order in both directions": (
        "has_focus(select(indices + 3, 10, <=) and select(tokens, tokens, !=))",
        "full",
        len(VOCABULARY) + 3,
    ),
}
EXACT = {
    "a count needs equal scores": f"selector_width({EARLIER})",
    "a mean needs equal scores": f"aggregate({EARLIER}, indices, -1)",
    "the best is not the one furthest from the threshold": f"aggregate(best({EARLIER}, (indices * 5) % 7), indices, -1)",
}


def compiled(expression: str, attention: str, length: int) -> Compiled:
    options = CompileOptions(VOCABULARY, length, attention)
    return compile_program(load_program(Source("test", "")), {"out": expression}, options)


@pytest.mark.parametrize(("expression", "attention", "most"), CASES.values(), ids=CASES)
def test_an_order_takes_two_columns(expression: str, attention: str, most: int) -> None:
    model = compiled(expression, attention, 40)
    (head,) = (head for layer in model.plan.layers for head in layer.heads)
    assert len(head.scores.queries) <= most
    assert_right(model, 1200)


@pytest.mark.parametrize("expression", EXACT.values(), ids=EXACT)
@pytest.mark.parametrize("attention", ["full", "causal"])
def test_where_scores_have_to_be_equal(expression: str, attention: str) -> None:
    assert_right(compiled(expression, attention, 9), 1200)
