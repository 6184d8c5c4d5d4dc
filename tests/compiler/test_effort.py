"""Work is counted over everything that one compilation does, and refused before it is too much."""

from collections.abc import Hashable

import pytest

from compiler.effort import INPUT_WORK, POSITION_WORK, VALUE_WORK, Effort, TooMuch, TooMuchWork
from rasp.graph.nodes import Graph, Tokens

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
    effort.begin_again()
    effort.spend(GRAPH, NODE, 100, "rows")
    assert (effort.cells, effort.spent) == (100, 200)


def test_inputs_count_by_their_positions_and_values_by_themselves() -> None:
    """Inputs of 1, 2 and 3 positions."""
    effort = Effort(1e6)
    effort.evaluate(GRAPH, NODE, 3)
    assert effort.cells == 3 * INPUT_WORK + (1 + 2 + 3) * POSITION_WORK
    effort.keep(GRAPH, NODE, 7)
    assert effort.cells == 3 * INPUT_WORK + (1 + 2 + 3) * POSITION_WORK + 7 * VALUE_WORK


def test_what_might_only_help_gets_a_part_of_what_is_left() -> None:
    effort = Effort(1_000)
    effort.spend(GRAPH, NODE, 200, "rows")
    with effort.optional():
        effort.spend(GRAPH, NODE, 200, "rows")
        with pytest.raises(TooMuchWork):
            effort.spend(GRAPH, NODE, 1, "rows")
    effort.spend(GRAPH, NODE, 600, "rows")


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
