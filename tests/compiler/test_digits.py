"""Counts by digits: programs that count an order, whatever its size, are right on all inputs."""

import os

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from compiler.analysis.divide import divide_expression
from compiler.analysis.infer import Analysis
from compiler.lowering.lookup import Unsolved
from compiler.model.runner import Model
from compiler.options import CompileError, CompileOptions
from compiler.pipeline import Compiled, compile_program
from compiler.reading.building_style import Style
from compiler.reading.digits import OrderSplit, find_orders, list_ways
from compiler.selector_facts.selectors import flatten_and
from rasp.arguments import ATTENTIONS
from rasp.diagnostics import RaspError
from rasp.elaborate.program import load_program
from rasp.graph.nodes import Node, Width
from rasp.interpret.evaluate import evaluate
from rasp.source import Source
from tests.generate import VOCABULARY, numbers
from tests.lower_in_style import lower_in_style
from tests.places import PROGRAMS
from tests.right import assert_right, compare

EXAMPLES = int(os.environ.get("RASP_EXAMPLES", "0"))
LENGTH = 4
BEFORE = "select(indices, indices, <)"
LESS = "select(tokens_int, tokens_int, <=)"


def by_digits(text: str, options: CompileOptions) -> Compiled | None:
    """The program compiled with all its orders by digits; None where it is refused, or not safe so."""
    program = load_program(Source("<test>", ""))
    try:
        usual = compile_program(program, {"out": text}, options)
        model = lower_in_style(usual, Style(split=OrderSplit(2)))
    except (RaspError, CompileError, Unsolved):  # an expression of constants alone may be no s-op
        return None
    return None if model.bounds.unsafe else model


def heads_of_counts(model: Compiled) -> int:
    heads = [head for layer in model.plan.layers for head in layer.heads]
    return sum(isinstance(variable.node.op, Width) for head in heads for variable, _ in head.targets)


@given(numbers(3), numbers(3), st.sampled_from(("<", "<=", ">", ">=")), st.sampled_from(ATTENTIONS))
@settings(max_examples=EXAMPLES or 12, suppress_health_check=list(HealthCheck), deadline=None)
def test_random_orders_counted_by_digits_are_right(key: str, query: str, test: str, attention: str) -> None:
    text = f"selector_width(select({key}, {query}, {test}))"
    model = by_digits(text, CompileOptions(tuple(VOCABULARY), LENGTH, attention))
    assume(model is not None and heads_of_counts(model) > 1)
    assert model is not None
    report = compare(model, 200)
    assume(report.compared)  # a random program may divide by zero on every input
    assert report.passed, report.smallest or report.readers


@pytest.mark.parametrize("attention", ATTENTIONS)
@pytest.mark.parametrize(
    "text",
    [
        f"selector_width({BEFORE} and {LESS})",
        f"selector_width(select(selector_width({LESS}), selector_width({LESS}), <))",
        f"selector_width(select(indices * 2, tokens_int, >) and {BEFORE})",
        "selector_width(select(tokens_int + indices, length, <))",
    ],
)
def test_orders_of_all_kinds(text: str, attention: str) -> None:
    model = by_digits(text, CompileOptions((0, 1, 3, 7), 6, attention))
    assert model is not None and heads_of_counts(model) > 1
    assert_right(model, 400)


def test_ways_exclude_one_another() -> None:
    """What they select together is what the selector does: counted by the interpreter."""
    program = load_program(Source("<test>", ""))
    whole = program.sop(f"selector_width({BEFORE} and {LESS})")
    analysis = Analysis(program.graph, CompileOptions((0, 1, 3, 7), 6))
    ways = list_ways(analysis, whole.args[0], OrderSplit(2))
    assert len(ways) == 3 * 2 and {order.kinds for order in find_orders(analysis, whole.args[0])} == {4, 6}
    assert all(len(flatten_and(way)) >= 2 for way in ways)
    counts: list[Node] = [program.graph.add(Width(), way) for way in ways]
    inputs = [[0, 7, 3, 3, 1, 0], [7, 7, 7], [1]]
    expected, *parts = evaluate([whole, *counts], inputs)
    for number, values in enumerate(expected):
        assert values == [sum(cells) for cells in zip(*(part[number] for part in parts), strict=True)]


def test_sums_of_counts_are_numbers_at_every_length() -> None:
    """Dyck-2's depth, a difference of two counts, is not listed in all combinations where that is much work: it was refused
    from 200 to 300 positions, and compiled for 512."""
    path = PROGRAMS / "brackets" / "dyck2.rasp"
    program = load_program(Source(str(path), path.read_text(encoding="utf-8")))
    model = compile_program(program, {"out": "dyck2"}, CompileOptions(tuple("()[]abcdef"), 256))
    assert model.summary["parameters"] <= 60_000
    words = ["([)]" * 64, "(" * 128 + ")" * 128, "([" * 60 + "a" + "])" * 60, "[" * 127 + "(" + "]" * 128]
    assert Model(model.weights).batch(words) == evaluate([program.sop("dyck2")], words)[0]


def test_leaves_are_not_taken_apart_any_further() -> None:
    """Texts that are joined are no sum: taking them to be one, it went on for ever, and took up more and more room."""
    texts = " + ".join(f"aggregate(select(indices, {k}, ==), tokens)" for k in range(4))
    program = load_program(Source("<test>", ""))
    whole = f'({texts}) == "abcd"'
    model = compile_program(program, {"out": whole}, CompileOptions(tuple("abcdefghijklmnopqrst"), 4))
    words = ["abcd", "abce", "tbcd", "dcba", "aaaa"]
    assert Model(model.weights).batch(words) == evaluate([program.sop(whole)], words)[0]


def test_a_part_that_follows_from_another_is_not_looked_up_beside_it() -> None:
    program = load_program(Source("<test>", 'n = selector_width(select(tokens, "a", ==)) * indices;'))
    whole = program.sop('n if tokens == "a" else n + 1')
    analysis = Analysis(program.graph, CompileOptions(("a", "b"), 6))
    assert divide_expression(analysis, whole) == {program.sop("n")}


def test_from_three_terms_on_the_terms_of_a_sum_are_looked_up() -> None:
    """Of two, those parts are that look at several leaves."""
    terms = [f'selector_width(select(tokens, "{token}", ==)) % {k}' for k, token in enumerate("abc", 2)]
    program = load_program(Source("<test>", ""))
    analysis = Analysis(program.graph, CompileOptions(("a", "b", "c"), 6))
    three = program.sop(f"round(({terms[0]} + {terms[1]} + {terms[2]}) / 2)")
    assert divide_expression(analysis, three) == {program.sop(term) for term in terms}
    product = f"({terms[0]}) * ({terms[1]})"
    two = program.sop(f"round(({product} + {terms[2]}) / 2)")
    assert divide_expression(analysis, two) == {program.sop(product)}
