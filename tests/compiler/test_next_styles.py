"""What style is tried next (`compiler/search/next_styles.py`), how numbers of classes are told, and where it can matter
whether a mean is an int: what saves work, held against what is meant."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.advice import find_most
from compiler.analysis.infer import Analysis
from compiler.audit.decisions import Decision
from compiler.effort import Effort
from compiler.limits import CARE
from compiler.lowering.readouts import find_extremes
from compiler.options import CompileOptions
from compiler.reading.building_style import Style
from compiler.rewrite.rules.tell_kinds import receives_kinds
from compiler.search.lower import LoweringSearch
from compiler.search.next_styles import add_care, begin_exactly
from compiler.search.trials import Journal
from rasp.elaborate.program import load_program
from rasp.graph.nodes import Aggregate, Graph, Tokens, list_reachable
from rasp.source import Source

NODE = Graph().add(Tokens())
STEP = Decision("step", NODE, 1.0, 2.0)
OUTPUT = Decision("output", NODE, 1.0, 2.0)


def test_care_comes_before_steep_ramps_and_exact_counts() -> None:
    style = Style()
    for care in range(1, CARE.most + 1):
        style = add_care(style, [STEP, OUTPUT], 0)
        assert style == Style(care=care)
    style = add_care(style, [STEP, OUTPUT], 0)
    assert style == Style(CARE.most, steep=frozenset({NODE}))
    assert add_care(style, [STEP, OUTPUT], 1) == Style(1, exact=True)


def test_exact_counts_begin_with_the_care_that_came_closest() -> None:
    for care in range(CARE.most + 1):
        assert add_care(Style(CARE.most), [OUTPUT], care) == Style(care, exact=True)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-9, 9)), max_size=9))
def test_extremes_of_classes(rows: list[tuple[int, int]]) -> None:
    rows += [(k, k) for k in range(4)]  # every class has a number
    classes, numbers = np.array([k for k, _ in rows]), np.array([float(v) for _, v in rows])
    low, high = find_extremes(numbers, classes, 4)
    for k in range(4):
        assert low[k] == numbers[classes == k].min()
        assert high[k] == numbers[classes == k].max()


MEAN = "aggregate(select(tokens, tokens, ==), indices)"


@pytest.mark.parametrize(
    ("text", "receives"),
    [
        (f'"%s" % {MEAN}', True),
        (f'"%s" % (-{MEAN} * 2 + 1)', True),
        (f'"%s" % (indices if tokens == "a" else {MEAN})', True),
        (f"[4, 5, 6][{MEAN}]", True),
        (f'"%s" % (1 if {MEAN} > 1 else 2)', False),
        (f"[4, 5, 6][round({MEAN})]", False),
    ],
)
def test_only_what_is_made_of_a_mean_can_tell_whether_it_is_an_int(text: str, receives: bool) -> None:
    program = load_program(Source("test", f"told = {text};"))
    node = program.sop("told")
    means = [below for below in list_reachable([node]) if isinstance(below.op, Aggregate)]
    analysis = Analysis(program.graph, CompileOptions(("a", "b"), 3))
    assert receives_kinds(analysis, node, means) == receives


def test_sums_are_compared_by_their_bits_once() -> None:
    """Though what is tried then may go on without."""
    last = 'aggregate(best(select(tokens, "a", ==), indices), indices, -1)'
    program = load_program(
        Source("test", f"told = aggregate(select({last} - indices, indices, ==), tokens);")
    )
    search = LoweringSearch(
        program.graph, {"out": program.sop("told")}, CompileOptions(("a", "b"), 6), Effort(1e9), Journal()
    )
    assert search.begin_anew() and search.style.carried
    search.style = begin_exactly(search.style)
    assert not search.style.carried
    assert not search.begin_anew()


def test_a_hint_ends_where_its_work_does() -> None:
    effort, asked = Effort(1_000), list[int]()

    def holds(length: int) -> bool:
        asked.append(length)
        effort.use(400)
        return length < 3

    assert find_most(100, holds, effort) == 2
    assert asked == [1, 3, 2]
    effort, asked[:] = Effort(700), []
    assert find_most(100, holds, effort) == 1
    assert asked == [1, 3]
