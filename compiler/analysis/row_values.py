"""Expressions on rows of leaf values, by the interpreter.

A small table is worked out at once, and what was worked out last is kept: of a chain of expressions that each name the one
before, only one step is new each time. A large one is worked out in blocks of rows that a processor's cache holds, and what
depends on one leaf only once for each of its values.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from compiler.analysis.last_columns import LastColumns
from compiler.domains.distinct_elements import Distinct, find_distinct, join_distinct
from compiler.domains.distinct_integers import place_distinct
from compiler.domains.domain import Ints
from compiler.domains.facts import Facts
from compiler.domains.occurring import list_combinations
from compiler.limits import LARGE_ROWS
from rasp.graph.nodes import Constant, Map, Node
from rasp.interpret.atom_array import AtomArray, build_constant
from rasp.interpret.evaluate import apply_map

BLOCK = 2**16
"""Rows of a large table that are worked out at once."""


@dataclass(frozen=True, eq=False)
class Rows:
    """`codes[row, leaf]` of values of the leaves; `as_floats` takes the float twin of an int where there is one."""

    leaves: tuple[Node, ...]
    codes: Ints
    as_floats: bool = False


@dataclass(frozen=True, eq=False)
class Listed:
    """Combinations of values of some leaves, what stood for which, and the work of listing them."""

    leaves: tuple[Node, ...]
    stands_for: tuple[Ints, ...]
    codes: Ints
    cells: float

    def is_of(self, leaves: tuple[Node, ...], stands_for: Sequence[Ints]) -> bool:
        return self.leaves == leaves and all(map(np.array_equal, self.stands_for, stands_for))


class RowValues:
    """What expressions are on rows, and what was found out about the last rows."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._columns = LastColumns()
        self._listed: Listed | None = None

    def list_combinations(self, node: Node, leaves: tuple[Node, ...], stands_for: tuple[Ints, ...]) -> Ints:
        """All combinations of codes that the leaves of a node can have. They count each time, so that how much work is left
        does not depend on what was asked last. Raises `TooMany`, `CompileError`."""
        effort, listed = self._facts.effort, self._listed
        if listed is not None and len(leaves) > 1 and listed.is_of(leaves, stands_for):
            effort.spend(self._facts.graph, node, listed.cells, "rows")
            return listed.codes
        before = effort.cells
        codes = list_combinations(self._facts, node, leaves, stands_for)
        self._listed = Listed(leaves, stands_for, codes, effort.cells - before)
        return codes

    def find_distinct(self, node: Node, rows: Rows) -> Distinct:
        """The different values of an expression on some rows."""
        if len(rows.codes) <= LARGE_ROWS.most:
            return find_distinct(self.evaluate(node, rows))
        return join_distinct(map(find_distinct, evaluate_blocks(self._facts, node, rows)))

    def evaluate(self, node: Node, rows: Rows) -> AtomArray:
        """An expression on each row."""
        known = self._columns.find(
            (rows.leaves, rows.as_floats), rows.codes, lambda: take_leaves(self._facts, rows)
        )
        return work_out(self._facts.region(node), known, len(rows.codes))


def take_leaves(facts: Facts, rows: Rows) -> dict[Node, AtomArray]:
    """The values of leaves on each row."""
    domains = [facts.relation(leaf).domain for leaf in rows.leaves]
    given = zip(rows.leaves, domains, rows.codes.T, strict=True)
    return {leaf: domain.column(codes, as_floats=rows.as_floats) for leaf, domain, codes in given}


def work_out(steps: Sequence[Node], columns: dict[Node, AtomArray], size: int) -> AtomArray:
    """The last of these, of which each is made of those before it and of what is known; which is added to."""
    for part in steps:
        match part.op:
            case _ if part in columns:
                continue
            case Constant(value):
                columns[part] = build_constant(value.value, (size,))
            case Map() as op:
                columns[part] = apply_map(op, [columns[arg] for arg in part.args])
            case _:
                raise AssertionError("between leaves there are constants and elementwise s-ops")
    return columns[steps[-1]]


def evaluate_blocks(facts: Facts, node: Node, rows: Rows) -> Iterator[AtomArray]:
    """An expression on each row, one block after another."""
    plan = BlockPlan(facts, node, rows) if len(rows.leaves) > 1 else None
    for start in range(0, len(rows.codes), BLOCK):
        block = replace(rows, codes=rows.codes[start : start + BLOCK])
        if plan is None:
            yield work_out(facts.region(node), take_leaves(facts, block), len(block.codes))
        else:
            yield work_out(plan.steps, plan.take_single(start), len(block.codes))


@dataclass(frozen=True, eq=False)
class Single:
    """What depends on one leaf, the one in this `column` of the rows: on each of its values that are met."""

    column: int
    values: AtomArray


class BlockPlan:
    """The `steps` to take for each block, and what depends on one leaf, worked out for all of them."""

    def __init__(self, facts: Facts, node: Node, rows: Rows) -> None:
        self._places: list[Ints] = []  # of each leaf: where each row's code stands among those that are met
        single: dict[Node, Single] = {}
        for column, leaf in enumerate(rows.leaves):
            met, places = place_distinct(rows.codes[:, column])
            self._places.append(places)
            domain = facts.relation(leaf).domain
            single[leaf] = Single(column, domain.column(met, as_floats=rows.as_floats))
        self.steps: list[Node] = []
        for part in facts.region(node):
            if part in single:
                continue
            if part is not node and (found := find_single(part, single)) is not None:
                single[part] = found
            else:
                self.steps.append(part)
        self._given = {arg: single[arg] for part in self.steps for arg in part.args if arg in single}

    def take_single(self, start: int) -> dict[Node, AtomArray]:
        """What depends on one leaf, on the rows of a block."""
        places = [own[start : start + BLOCK] for own in self._places]
        return {part: one.values.take(places[one.column]) for part, one in self._given.items()}


def find_single(part: Node, single: dict[Node, Single]) -> Single | None:
    """An expression of one leaf and of constants, by its arguments; None where it is none."""
    args = [arg for arg in part.args if not isinstance(arg.op, Constant)]
    found = [single[arg] for arg in args if arg in single]
    if len(found) < len(args) or len({one.column for one in found}) != 1:
        return None
    columns = {arg: one.values for arg, one in zip(args, found, strict=True)}
    return Single(found[0].column, work_out([*part.args, part], columns, found[0].values.data.size))
