"""Programs of many lines, each of which uses those before: what they take grows as their square at most, or is counted."""

import pytest

from compiler.analysis.infer import Analysis
from compiler.emit.number_terms import count_terms
from compiler.options import CompileError, CompileOptions
from compiler.pipeline import Compiled, compile_program
from rasp.elaborate.program import load_program
from rasp.graph.nodes import Graph, Indices, Node
from rasp.source import Source
from tests.right import assert_right

OPTIONS = CompileOptions((0, 1, 2, 3), 4)


def chain(line: str, lines: int) -> str:
    """`line` for each number k from 1 on; `x0` and `x1` come before."""
    named = (line.format(k=k, one=k - 1, two=max(k - 2, 0)) for k in range(1, lines + 1))
    return "\n".join(["x0 = tokens_int;", *named])


def build(line: str, lines: int) -> Compiled:
    program = load_program(Source("<test>", chain(line, lines)))
    return compile_program(program, {"out": f"x{lines}"}, OPTIONS)


def test_differences_of_differences_are_looked_at_as_often_as_there_are_pairs_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = 0
    is_leaf = Analysis.is_leaf

    def counted(analysis: Analysis, node: Node) -> bool:
        nonlocal asked
        asked += 1
        return is_leaf(analysis, node)

    monkeypatch.setattr(Analysis, "is_leaf", counted)
    counts: list[int] = []
    for lines in (20, 40):
        asked = 0
        build("x{k} = x{one} - indices;", lines)
        counts.append(asked)
    assert counts[1] < 5 * counts[0]


def test_sums_that_name_sums_twice_are_counted_and_not_written_out() -> None:
    graph = Graph()
    before = now = graph.add(Indices())
    for _ in range(60):
        before, now = now, graph.map("add", now, before)
    assert count_terms(now, ("add",)) == 4_052_739_537_881  # the Fibonacci number of two more
    assert count_terms(now, ("sub",)) == 1
    assert count_terms(graph.map("sub", now, now), ("add", "sub")) == 2 * 4_052_739_537_881
    assert_right(build("x{k} = x{one} - x{two};", 60), 340)


def test_values_of_ranges_and_of_what_is_moved_count() -> None:
    """Each line has twice as many values as the one before, all whole numbers of a range."""
    with pytest.raises(
        CompileError, match=r"keeping all of its values apart takes more work|GiB of memory at once"
    ):
        build("x{k} = x{one} - shift(x{one}, 1, 0);", 30)


@pytest.mark.parametrize("joined", ["and", "or"])
def test_selectors_that_name_selectors_twice_are_those_that_they_name(joined: str) -> None:
    """Each of 60 lines joins the two before it; all are made of two comparisons."""
    lines = ["s0 = select(tokens_int, 1, !=);", "s1 = select(indices, indices, <=);"]
    lines += [f"s{k} = s{k - 1} {joined} s{k - 2};" for k in range(2, 60)]
    program = load_program(Source("<test>", "\n".join(lines)))
    compiled, plain = (
        compile_program(program, {"out": f"selector_width({selector})"}, OPTIONS)
        for selector in ("s59", f"s0 {joined} s1")
    )
    assert compiled.weights.parameters() == plain.weights.parameters()
    assert_right(compiled, 340)
