"""Facts hold for all attempts that see the same, and for no others; advice begins with what takes little."""

from collections.abc import Callable

import pytest

from compiler.advice import find_most
from compiler.analysis.infer import Analysis
from compiler.effort import Effort
from compiler.options import CompileOptions
from rasp.elaborate.program import load_program
from rasp.graph.nodes import Node
from rasp.source import Source

PROGRAM = load_program(Source("test", "a = tokens_int + 1; b = a * 2; c = b - indices; d = tokens_int * 3;"))
A, B, C, D = (PROGRAM.sop(name) for name in "abcd")
OPTIONS = CompileOptions((0, 1, 2), 4)


def note_askers(effort: Effort, options: CompileOptions, *materialised: Node) -> Callable[[Node], bool]:
    """Whether a fact about a node is worked out anew in an attempt with these materialised."""
    analysis = Analysis(PROGRAM.graph, options, frozenset(materialised), dividing=True, effort=effort)

    def is_new(node: Node) -> bool:
        asked: list[Node] = []
        analysis.once("asked", node, asked.append)
        return bool(asked)

    return is_new


def test_facts_are_those_of_attempts_with_the_same_below() -> None:
    effort = Effort(1e9)
    plain = note_askers(effort, OPTIONS)
    assert all(map(plain, (A, B, C, D))) and not any(map(plain, (A, B, C, D)))
    above = note_askers(effort, OPTIONS, B)
    assert [above(node) for node in (A, B, C, D)] == [False, True, True, False]
    further = note_askers(effort, OPTIONS, B, D)  # one more, that none of these looks at
    assert [further(node) for node in (A, B, C, D)] == [False, False, False, True]
    longer = note_askers(effort, CompileOptions((0, 1, 2), 5))
    assert all(map(longer, (A, B, C, D)))
    assert all(map(note_askers(Effort(1e9), OPTIONS), (A, B, C, D)))


def test_tables_are_over_what_is_materialised() -> None:
    """In whatever order attempts ask."""
    effort = Effort(1e9)
    for materialised, leaves in ((frozenset[Node](), 2), (frozenset({B}), 2), (frozenset({A}), 2)) * 2:
        analysis = Analysis(PROGRAM.graph, OPTIONS, materialised, effort=effort)
        found = analysis.table(C).leaves
        assert len(found) == leaves and materialised <= {*found}


@pytest.mark.parametrize("greatest", [0, 1, 2, 3, 6, 7, 8, 62, 98, 99])
def test_the_greatest_length_is_found_from_short_ones_on(greatest: int) -> None:
    asked: list[int] = []

    def holds(length: int) -> bool:
        asked.append(length)
        return length <= greatest

    assert find_most(100, holds, Effort(1)) == greatest
    assert max(asked) <= max(2 * greatest + 1, 1) and len(asked) <= 13


def test_what_holds_is_advised_when_the_effort_runs_out() -> None:
    effort = Effort(100)

    def holds(length: int) -> bool:
        if length > effort.left:
            effort.ran_out = True
            return False
        effort.use(length)
        return True

    assert find_most(1_000, holds, effort) == 31  # 1, 3, 7, 15 and 31; there is too little left for 63
