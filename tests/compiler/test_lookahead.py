"""Programs whose answer depends on whether positions see what stands behind them."""

import pytest

from compiler.options import CompileOptions
from compiler.report.describe import describe_node
from compiler.verify.interpreted_sample import interpret_sample
from compiler.verify.lookahead import find_lookahead
from rasp.elaborate.program import load_program
from rasp.source import Source

CAUSAL = CompileOptions(("a", "b"), 20, "causal")
PROGRAM = """
up_to_me = select(indices, indices, <=);
same = select(tokens, tokens, ==);
before = selector_width(same and up_to_me);
everywhere = selector_width(same);
sorted = sort(tokens, tokens);
late = selector_width(select(before, 1, ==)) + before;
"""


@pytest.mark.parametrize(
    "expression, selector",
    [
        ("before", None),
        ("tokens", None),
        ('aggregate(select(indices, indices - 1, ==), tokens, "")', None),
        ("everywhere", "same"),
        ("late", "select(before, 1, ==)"),
        ("aggregate(select(indices, indices + 1, ==), indices, 0)", "select(indices, indices + 1, ==)"),
    ],
)
def test_the_selector_that_looks_ahead(expression: str, selector: str | None) -> None:
    program = load_program(Source("test", PROGRAM))
    found = find_lookahead(interpret_sample({"out": program.sop(expression)}, CAUSAL))
    assert (found and describe_node(program.graph, found.selector)) == selector
    if found is not None:
        assert found.causal is not None and found.full != found.causal


def test_an_answer_that_is_missing_is_a_difference() -> None:
    program = load_program(Source("test", PROGRAM))
    found = find_lookahead(interpret_sample({"out": program.sop("sorted")}, CAUSAL))
    assert found is not None and found.causal is None
