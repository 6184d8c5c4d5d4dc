"""What is said about a compiled model: every part and column has a name, a purpose, a bound and a cost."""

import numpy as np
import pytest

from compiler.domains.domain import make_domain
from compiler.options import CompileOptions
from compiler.pipeline import Compiled, compile_program
from compiler.report.describe import describe_feature, describe_node
from compiler.report.parts import show_numbers
from rasp.elaborate.program import load_program
from rasp.source import Source
from rasp.values import Atom

PROGRAMS = {
    "sort": "aggregate(select(selector_width(select(tokens, tokens, <)), indices, ==), tokens)",
    "several features": 'aggregate(best(select(shift(tokens, 1, ""), tokens, ==), indices), tokens)',
    "no layer": "indices + 1",
    "two outputs of one head": "length",
}


def compiled(expression: str, level: int = 2) -> Compiled:
    program = load_program(Source("test", "n = length; even = indices % 2 == 0;"))
    return compile_program(
        program, {"out": expression, "n": "length"}, CompileOptions(("a", "b", "c"), 6, level=level)
    )


@pytest.mark.parametrize("level", [0, 3])
@pytest.mark.parametrize("expression", PROGRAMS.values(), ids=PROGRAMS)
def test_parts_are_all_there_is(expression: str, level: int) -> None:
    model = compiled(expression, level)
    symbols, text = model.symbols, model.emit("explain")
    assert sum(part["parameters"] for part in symbols["parts"]) == model.summary["parameters"]
    parts = {part["where"]: part for part in symbols["parts"]}
    assert len(parts) == len(symbols["parts"])
    assert {row["column"] for row in symbols["columns"]} == set(range(model.layout.d_model))
    for row in symbols["columns"]:
        assert row["column"] in parts[row["written_by"]]["columns"]
        assert row["carries"] and row["holds"] and row["last_read_by"] != "nothing"
    for where, part in parts.items():
        bounds = [row["error_bound"] for row in symbols["columns"] if row["written_by"] == where]
        assert part["error_bound"] == max(bounds, default=0.0)
        assert part["computes"] in text and f"{part['parameters']:,} parameters" in text


@pytest.mark.parametrize(
    "values, vector, text",
    [
        (range(5), [0, 1, 2, 3, 4], "x"),
        (range(5), [1, -1, -3, -5, -7], "- 2 x + 1"),
        (range(4), [-3, -2, 1, 6], "x^2 - 3"),
        ([0.5, 1, 2, 4, 8], [2, 2, 2, 2, 2], "2"),
        (range(4), [0, 0, 7, 0], "7 for 2"),
        ([1, 2], [1, 2], "1 for 1, 2 for 2"),
        ("abc", [0, 1, 2], '1 for "b", 2 for "c"'),
        (range(20), [x**3 for x in range(20)], "1 for 1, 8 for 2, 27 for 3, 64 for 4, … 13 more, 5832 for 18, 6859 for 19"),
    ],
)  # fmt: skip
def test_features_as_text(values: list[Atom], vector: list[float], text: str) -> None:
    assert describe_feature(make_domain(values), np.array(vector, float)) == text


def test_descriptions_stay_short() -> None:
    program = load_program(Source("test", "x = indices + 1;\nfor i in range(40) { x = x * x + i; }"))
    node = program.sop("x * 3")
    assert len(describe_node(program.graph, node)) < 100
    assert describe_node(program.graph, program.sop("tokens_int")) == "tokens_int"
    assert describe_node(program.graph, program.sop("tokens_asis")) == "tokens"
    assert describe_node(program.graph, program.sop("selector_width(select(indices, 2, <))")) == (
        "selector_width(select(indices, 2, <))"
    )


def test_spans() -> None:
    assert show_numbers([0, 1, 2, 5, 7, 8]) == "0-2, 5, 7-8"
    assert show_numbers([3]) == "3" and show_numbers([]) == ""
