"""What is given a value where a choice may pass over it, and what is left alone."""

from itertools import product

import pytest

from compiler.analysis.infer import Analysis
from compiler.options import CompileError, CompileOptions
from compiler.rewrite.make_total import make_total, may_be_flag
from rasp.elaborate.program import load_program
from rasp.graph.nodes import Best, Map, list_reachable
from rasp.graph.primitive_names import TOTAL
from rasp.graph.text import print_op
from rasp.interpret.evaluate import EvaluationError, evaluate, evaluate_by_position
from rasp.source import Source
from rasp.values import Atom

LENGTH = 3
SAME = "select(tokens, tokens, ==)"
LATE = "(indices / 2 if indices > 1 else 0)"
"""A number that is given a value, below others."""

#: Expression, vocabulary, and the ops that stand in its total form only, in the order of the graph.
TOTALS: list[tuple[str, str | list[Atom], list[str]]] = [
    ("1 / indices", "ab", []),
    ("2 + 1 / indices", "ab", []),
    ("1 / indices if indices > 0 else 0", "ab", ["map[div_or: float 0.5]"]),
    ("0 if indices == 0 else 1 / indices", "ab", ["map[div_or: float 0.5]"]),
    ("1 / indices > 0 if tokens == \"a\" else 1 / (indices + 1) > 0", "ab", ["map[div_or: float 0.5]"]),
    ("2 if 1 / indices > 0 else 3", "ab", []),
    ("indices > 0 and 1 / indices > 0", "ab", ["map[div_or: float 0.5]"]),
    ("1 / indices > 0 and indices > 0", "ab", []),
    ("indices == 0 or 6 % indices > 0", "ab", ["map[mod_or: int 0]"]),
    ("indices < 1 and indices / 0 > 0", "ab", ["map[div_or: int 0]"]),
    ("-{\"a\": 1, \"b\": \"q\"}[tokens] if tokens == \"a\" else 0", "ab", ["map[neg_or: int -1]"]),
    # what has a value for all numbers, or for all that there are
    ("indices - 1 + 2 * indices if indices > 1 else 0", "ab", []),
    ("indices / 2 + indices % 3 if indices > 1 else 0", "ab", []),
    ("[1, 2, 3][indices] if indices > 1 else 0", "ab", []),
    ("[1, 2][indices] if indices < 2 else 0", "ab", ["map[index_list_or: int 1, int 1, int 2]"]),
    ("{\"a\": 2}[tokens] if tokens == \"a\" else 0", "ab", ["map[index_dict_or: int 2, string \"a\", int 2]"]),
    ("tokens_int if tokens != \"a\" else 0", "1a", ["map[to_int_or: int 1]"]),
    ("tokens_int if tokens != \"1\" else 0", "12", []),
    ("tokens + \"a\" if tokens == \"a\" else tokens", "ab", []),
    # the value with the most combinations
    ("[0, 5, 5][indices - 1] if indices > 0 else 0", "ab", []),
    ("[7, 5, 5][indices * 2] if indices < 2 else 0", "ab", ["map[index_list_or: int 5, int 7, int 5, int 5]"]),
    ("{0: 7, 1: 7, 2: 7, 3: 5}[indices + length - 1] if indices < 2 else 0", "ab",
     ["map[index_dict_or: int 7, int 0, int 7, int 1, int 7, int 2, int 7, int 3, int 5]"]),
    # where there is none, one of its kind
    ("indices < 1 and [\"a\", \"b\"][indices * 0.5] == \"a\"", "ab",
     ["map[index_list_or: string \"a\", string \"a\", string \"b\"]"]),
    ("indices < 1 and tokens + 1 == \"a\"", "ab", ["map[add_or: string \"\"]"]),
    # what never has a value is no branch
    ("tokens if indices > 0 else (3 if 1 / (length - length) > 0 else 2 / (length - length))", "ab", []),
    ("1 / (length - length) if indices > 0 else tokens", "ab", []),
    ("tokens if indices > 0 else [1, 2][indices * 0.5] + 1", "ab", []),
    ("aggregate(full_s, 1 / (length - length)) if indices > 0 else tokens", "ab", []),
    ("tokens if indices > 0 else (1 / (length - length) if indices < 7 else 2 / (length - length))", "ab", []),
    ("(2 if 1 / (length - length) > 0 else 3) if indices > 0 else tokens", "ab", []),
    ("indicator(1 / (length - length) > 0 and indices > 0) if indices > 0 else tokens", "ab", []),
    ("indicator(indices < 1 and 1 / (length - length) > 0) if indices > 0 else 2", "ab", ["map[div_or: int 0]"]),
    # several strings, several booleans
    (f"aggregate({SAME}, tokens) if indices > 0 else \"-\"", "ab", ["best"]),
    (f"aggregate({SAME}, tokens) if indices > 0 else \"-\"", "a", ["best"]),
    (f"aggregate({SAME}, indices) if indices > 0 else 0", "ab", []),
    (f"aggregate({SAME}, tokens_asis) if indices > 0 else 0", [1, 2], []),
    (f"aggregate({SAME}, tokens_asis) if indices > 0 else False", [True, False], ["best"]),
    (f"aggregate({SAME}, tokens == \"a\") if indices > 0 else False", "ab", ["best"]),
    (f"aggregate({SAME}, tokens == \"a\" if indices > 0 else indices) if indices > 0 else 0", "ab", []),
    (f"aggregate({SAME}, indices if indices > 0 else tokens == \"a\") if indices > 0 else 0", "ab", []),
    (f"aggregate({SAME}, (tokens == \"a\") if indices > 0 else True) if indices > 0 else False", "ab", ["best"]),
    (f"aggregate({SAME}, {{0: True, 1: 2, 2: 3}}[indices]) if indices > 0 else 0", "ab", []),
    (f"aggregate({SAME}, [True, False, True][indices]) if indices > 0 else False", "ab", ["best"]),
    ("aggregate(select(indices, indices, ==), tokens) if indices > 0 else \"-\"", "ab", []),
    (f"aggregate(best({SAME}, indices), tokens) if indices > 0 else \"-\"", "ab", []),
    (f"aggregate(best({SAME}, indices) and {SAME}, tokens) if indices > 0 else \"-\"", "ab", []),
    (f"aggregate(best({SAME}, indices) or {SAME}, tokens) if indices > 0 else \"-\"", "ab", ["best"]),
    (f"aggregate({SAME}, aggregate(select(indices, 0, ==), tokens == \"a\")) if indices > 0 else False", "ab", ["best"]),
]  # fmt: skip


@pytest.mark.parametrize("expression, vocabulary, ops", TOTALS)
def test_only_what_a_choice_passes_over_is_given_a_value(
    expression: str, vocabulary: str | list[Atom], ops: list[str]
) -> None:
    program = load_program(Source("<test>", ""))
    before = program.sop(expression)
    analysis = Analysis(program.graph, CompileOptions(tuple(vocabulary), LENGTH))
    after = make_total(analysis, {"out": before})["out"]
    known = {*list_reachable([before])}
    made = [node.op for node in list_reachable([after]) if node not in known]
    new = [op for op in made if isinstance(op, Best) or (isinstance(op, Map) and op.prim.endswith(TOTAL))]
    assert [print_op(op) for op in new] == ops
    inputs = [word for n in range(1, LENGTH + 1) for word in product(vocabulary, repeat=n)]
    for outcome, now in zip(*evaluate([before, after], inputs), strict=True):
        assert isinstance(outcome, EvaluationError) or outcome == now
        positions = zip(evaluate_by_position(outcome), evaluate_by_position(now), strict=True)
        assert all(value is None or value == other for value, other in positions)


FLAGS: dict[str, bool] = {
    "tokens_asis": True,
    "indices": False,
    "selector_width(full_s)": False,
    "aggregate(full_s, tokens_asis)": True,
    "aggregate(full_s, indices)": False,
    "tokens_asis if indices > 0 else True": True,
    "tokens_asis if indices > 0 else indices": False,
    "indices if indices > 0 else tokens_asis": False,
    "indices < 1": True,
    "not indices": True,
    "indices + 1": False,
    "[1, True, 2][indices]": True,
    "[1, 2][indices]": False,
    "tokens_asis and indices": True,
    "indices in [1]": True,
}


@pytest.mark.parametrize("expression", FLAGS)
@pytest.mark.parametrize("tokens_are_flags", [True, False])
def test_what_may_hold_booleans_only(expression: str, tokens_are_flags: bool) -> None:
    node = load_program(Source("<test>", "")).sop(expression)
    flags = {arg for arg in node.args if expression.startswith(("tokens", "aggregate(full_s, tokens"))}
    flags = {arg for arg in flags if print_op(arg.op) in ("tokens", "const bool True")}
    expected = tokens_are_flags if expression == "tokens_asis" else FLAGS[expression]
    assert may_be_flag(node, flags, tokens_are_flags=tokens_are_flags) == expected


REFUSED = [
    # the first could be "b" beside numbers where it is given a value: which a whole sequence must not hold
    'average({0: "b", 1: 2}[indices]) if length < 2 else 0',
    'selector_width(select(indices, {0: "b", 1: 2}[indices], ==)) if length < 2 else 0',
    'selector_width(best(full_s, {0: "b", 1: 2}[indices])) if length < 2 else 0',
    'average({0: "b", 1: 2}[indices] * 2) if length < 2 else 0',
    'selector_width(select(indices, {0: "b", 1: 2}[indices] * 2, ==)) if length < 2 else 0',
]
ALLOWED = [
    # nothing is given a value here, and what is elementwise needs no whole sequence
    'selector_width(select(indices, ["b", 2, 3][indices], ==)) if length < 2 else 0',
    '{0: "b", 1: 2}[indices] == 2 if length < 2 else False',
]


@pytest.mark.parametrize("expression", ALLOWED)
def test_what_is_mixed_by_itself_is_left(expression: str) -> None:
    program = load_program(Source("<test>", ""))
    assert make_total(
        Analysis(program.graph, CompileOptions(("a", "b"), LENGTH)), {"out": program.sop(expression)}
    )


@pytest.mark.parametrize("expression", REFUSED)
def test_a_value_that_could_be_an_error_is_not_given(expression: str) -> None:
    program = load_program(Source("<test>", ""))
    analysis = Analysis(program.graph, CompileOptions(("a", "b"), LENGTH))
    with pytest.raises(CompileError, match="strings may stand beside numbers"):
        make_total(analysis, {"out": program.sop(expression)})
