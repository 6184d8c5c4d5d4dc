"""Work is counted over everything that one compilation does, and refused before it is too much."""

import platform
import subprocess
import sys
from collections.abc import Hashable, Sequence
from dataclasses import replace

import pytest

from compiler.analysis import row_values
from compiler.effort import (
    CACHED,
    INPUT_WORK,
    KEEPING,
    POSITION_WORK,
    STEP_WORK,
    UNCACHED,
    Effort,
    Kept,
    TooMuch,
    TooMuchWork,
    limit_work,
    weigh_numbers,
)
from compiler.limits import BYTES, LONGER
from compiler.options import HIGHEST_LEVEL, CompileError, CompileOptions, Prompts
from compiler.pipeline import Compiled, compile_program
from rasp.elaborate.program import load_program
from rasp.graph.nodes import Graph, Map, Tokens
from rasp.interpret.atom_array import AtomArray
from rasp.interpret.evaluate import apply_map
from rasp.source import Source

GRAPH = Graph()
NODE = GRAPH.add(Tokens())


def test_what_was_done_before_counts() -> None:
    effort = Effort(100)
    for _ in range(2):
        effort.spend(GRAPH, NODE, 50, "rows")
    assert (effort.cells, effort.ran_out) == (100, False)
    with pytest.raises(TooMuchWork, match="listing what it depends on"):
        effort.spend(GRAPH, NODE, 1, "rows")
    assert (effort.cells, effort.spent, effort.ran_out) == (100, 100, True)
    effort.begin_again(50)
    effort.spend(GRAPH, NODE, 40, "rows")
    assert (effort.cells, effort.spent) == (90, 140)
    effort.use(100)  # as much as is left
    assert (effort.cells, effort.spent, effort.left) == (100, 150, 0)


def test_inputs_count_by_their_positions() -> None:
    """Inputs of 1, 2 and 3 positions; an expression of two s-ops."""
    effort, more = Effort(1e6), Effort(1e6)
    effort.evaluate(GRAPH, NODE, 3)
    assert effort.cells == 3 * (INPUT_WORK + STEP_WORK) + (1 + 2 + 3) * POSITION_WORK
    more.evaluate(GRAPH, GRAPH.add(Map("not"), NODE), 3)
    assert more.cells - effort.cells == 3 * STEP_WORK + (1 + 2 + 3) * POSITION_WORK


@pytest.mark.parametrize("length", [4, 300, 4_096])
@pytest.mark.parametrize("prompts", [None, Prompts(("a",), 3, ("|",), ".")])
def test_who_searches_longer_may_look_at_more(length: int, prompts: Prompts | None) -> None:
    options = CompileOptions(("a", "b"), length, prompts=prompts)
    usual = {limit_work(replace(options, level=level)) for level in range(HIGHEST_LEVEL)}
    assert usual == {limit_work(options)}
    assert limit_work(replace(options, level=HIGHEST_LEVEL)) == LONGER.most * limit_work(options)


@pytest.mark.parametrize("kind", KEEPING)
def test_values_count_by_what_is_kept_of_them(kind: Kept) -> None:
    effort, (cells, taken) = Effort(1e12), KEEPING[kind]
    effort.keep(GRAPH, NODE, 7, kind)
    assert effort.cells == 7 * cells
    with pytest.raises(TooMuch, match="memory"):
        effort.keep(GRAPH, NODE, int(BYTES.most // taken) + 1, kind)
    assert effort.cells == 7 * cells


def test_what_might_only_help_gets_a_part_of_what_is_left() -> None:
    effort = Effort(1_000)
    effort.spend(GRAPH, NODE, 200, "rows")
    with effort.optional(1 / 4):
        effort.spend(GRAPH, NODE, 200, "rows")
        with pytest.raises(TooMuchWork):
            effort.spend(GRAPH, NODE, 1, "rows")
        assert effort.ran_out
    assert not effort.ran_out  # that was the part
    with effort.optional(1 / 2), pytest.raises(TooMuchWork, match="the limit is 1,000 numbers"):
        effort.spend(GRAPH, NODE, 301, "rows")
    effort.spend(GRAPH, NODE, 600, "rows")


def test_what_was_set_aside_may_make_better_what_holds() -> None:
    effort = Effort(1_000)
    with effort.optional(3 / 4):
        effort.spend(GRAPH, NODE, 750, "rows")
        effort.use_all()
        effort.spend(GRAPH, NODE, 250, "rows")
    with pytest.raises(TooMuchWork):
        effort.spend(GRAPH, NODE, 1, "rows")


def test_what_is_too_much_is_not_begun_again_with_no_more() -> None:
    """Work may suffice when more is left; memory never does."""
    effort, memo, begun = Effort(1_000), dict[Hashable, object](), list[str]()

    def work() -> int:
        begun.append("work")
        effort.spend(GRAPH, NODE, 600, "rows")
        return 7

    def memory() -> int:
        begun.append("memory")
        effort.reserve(GRAPH, NODE, 2**40)
        return 7

    effort.spend(GRAPH, NODE, 200, "rows")
    for _ in range(2):
        with pytest.raises(TooMuch, match="GiB"):
            effort.remember(memo, "memory", memory)
        with effort.optional(), pytest.raises(TooMuchWork):
            effort.remember(memo, "work", work)
    assert begun == ["memory", "work"]
    assert effort.remember(memo, "work", work) == effort.remember(memo, "work", work) == 7
    assert begun == ["memory", "work", "work"] and effort.cells == 800


def compile_text(text: str, length: int = 4) -> Compiled:
    options = CompileOptions((0, 1, 2, 3), length)
    return compile_program(load_program(Source("program", text)), {"answer": "answer"}, options)


@pytest.mark.parametrize("operators", [("and", "or"), ("or", "and"), ("and", "or not")])
def test_selectors_that_name_others_twice_are_counted_as_they_are_written_out(
    operators: tuple[str, str],
) -> None:
    """Twice as many comparisons a line."""
    one, other = operators
    lines = ["s0 = select(tokens, tokens, ==);"]
    lines += [
        f"s{k} = (s{k - 1} {one} select(indices, {k}, <)) {other} (s{k - 1} {one} select({k}, indices, <));"
        for k in range(1, 40)
    ]
    with pytest.raises(CompileError, match="this selector is made of 3,070 comparisons"):
        compile_text("\n".join([*lines, "answer = selector_width(s39);"]))


def test_each_step_of_a_chain_is_evaluated_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line names the one before; all are looked at, and none is begun anew from its leaves."""
    evaluated = list[Map]()

    def count(op: Map, columns: Sequence[AtomArray]) -> AtomArray:
        evaluated.append(op)
        return apply_map(op, columns)

    monkeypatch.setattr(row_values, "apply_map", count)
    lines = ["x0 = tokens_int;", *(f"x{k} = abs(x{k - 1} - {k});" for k in range(1, 61))]
    compiled = compile_text("\n".join([*lines, "answer = x60;"]))
    assert not compiled.plan.layers
    assert len(evaluated) < 20 * 2 * 60


def test_large_arrays_count_more() -> None:
    """So do their values, and what is sorted and looked up."""
    assert weigh_numbers(CACHED) == CACHED and weigh_numbers(CACHED + 1) == UNCACHED * (CACHED + 1)
    effort = Effort(1e12)
    effort.keep(GRAPH, NODE, 2 * CACHED, "described")
    assert effort.cells == KEEPING["described"][0] * UNCACHED * 2 * CACHED


FAULTS = """
import resource, sys
import numpy as np
from compiler.commands.keep_memory import keep_freed_memory
if sys.argv[1] == "kept":
    keep_freed_memory()
for size in range(60):
    np.ones(5_000_000 + size)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have no mallopt")
def test_freed_memory_is_kept_for_the_next_arrays() -> None:
    """The system gives pages for one of them, not for each."""
    kept, given_back = (
        int(subprocess.run([sys.executable, "-c", FAULTS, how], check=True, capture_output=True).stdout)
        for how in ("kept", "given back")
    )
    assert kept < given_back


def test_complete_layouts_count_no_more() -> None:
    """What is asked of them later, when weights are written, is not refused for want of work."""
    layout = compile_text("answer = shift(tokens, 1, 0);").layout
    assert layout.embedding.spend is None and layout.open_embedding.spend is None
