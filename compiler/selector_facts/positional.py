"""S-ops that ignore the tokens, at every position of every length: for all lengths at once, and not one after another.

A selector's rows are counted with a table of its key values, which depend on the key's index alone: how many of the first m
keys a query selects, for every query value and every m. What needs more (a key that depends on the length, a value that
attention moves, an error somewhere) has no such table, and the interpreter is asked length by length.
"""

from dataclasses import dataclass, replace
from functools import reduce
from typing import assert_never

import numpy as np

from compiler.domains.contexts import (
    Context,
    Contexts,
    count_contexts,
    find_contexts,
    is_spread,
    locate_contexts,
    may_narrow,
    spread_array,
)
from compiler.domains.distinct_elements import find_distinct_elements
from compiler.domains.distinct_integers import rank_distinct
from compiler.domains.domain import Ints
from compiler.domains.facts import Facts
from compiler.domains.rows import Bools
from compiler.selector_facts.matching import Sides, judge_columns
from compiler.selector_facts.selector_formula import list_comparisons, normalise_selector
from rasp.graph.nodes import Aggregate, Constant, Indices, Map, Node, Tokens, Width
from rasp.interpret.atom_array import AtomArray, build_constant
from rasp.interpret.evaluate import apply_map, evaluate_batch
from rasp.values import Atom

CONTEXT_WORK = 4
"""An s-op's value in one context, in cells (`compiler/effort.py`). Bytes need no counting: at the greatest length all
contexts take a quarter of what there is."""
CELL_WORK, CELL_BYTES = 2, 8
"""A query value and a key."""


@dataclass(frozen=True, eq=False)
class Counts:
    """`numbers[context]` for the contexts over `depends`."""

    depends: Context
    numbers: Ints


@dataclass(frozen=True, eq=False)
class Positional:
    """`column[context]` for the contexts over `depends`: a value everywhere."""

    depends: Context
    column: AtomArray

    def spread(self, depends: Context, max_length: int) -> AtomArray:
        """The values in the contexts over more."""
        return self.column.indexed(lambda array: spread_array(array, self.depends, depends, max_length))

    def pick(self, where: Contexts) -> AtomArray:
        """The values in some contexts over more."""
        rows = where.rows_of(self.depends)
        return self.column.indexed(lambda array: array[rows])


def evaluate_positional(facts: Facts, node: Node) -> Positional | None:
    """The values of an s-op that ignores the tokens; None where they are not found so."""
    return facts.once("positional", node, lambda n: work_out(facts, n))


def work_out(facts: Facts, node: Node) -> Positional | None:
    match node.sequence_op:
        case Constant(value):
            return Positional(Context.NOTHING, AtomArray.from_atoms([value.value]))
        case Indices():
            return Positional(Context.INDEX, AtomArray.from_atoms([*range(facts.max_length)]))
        case Width():
            counted = count_by_table(facts, node.args[0])
            return None if counted is None else Positional(counted.depends, AtomArray(counted.numbers))
        case Map() as op:
            args = [evaluate_positional(facts, arg) for arg in node.args]
            known = [arg for arg in args if arg is not None]
            if len(known) < len(args):
                return None
            depends, columns = align(facts, node, known)
            column = apply_map(op, columns)
            failed = column.failed is not None and column.failed.any()
            return None if failed else Positional(depends, replace(column, failed=None))
        case Aggregate(default) if isinstance(node.args[1].op, Constant):
            return work_out_flag(facts, node.args[0], default.value, node.args[1].op.value.value)
        case Tokens() | Aggregate():
            return None
        case _:
            assert_never(node.sequence_op)


def work_out_flag(facts: Facts, selector: Node, nothing: Atom, something: Atom) -> Positional | None:
    """The values of an aggregate of one constant, where at most one position is selected: more have a mean."""
    counted = count_by_table(facts, selector)
    if counted is None or counted.numbers.max(initial=0) > 1:
        return None
    return Positional(
        counted.depends,
        AtomArray.from_atoms([nothing, something]).indexed(lambda array: array[counted.numbers]),
    )


def align(facts: Facts, node: Node, parts: list[Positional]) -> tuple[Context, list[AtomArray]]:
    """Values over the contexts of all of them."""
    depends = join_contexts(facts, node, parts)
    return depends, [part.spread(depends, facts.max_length) for part in parts]


def join_contexts(facts: Facts, node: Node, parts: list[Positional]) -> Context:
    """What any of them depends on. Raises `CompileError` where so many values are too much."""
    depends = reduce(lambda a, b: a | b, (part.depends for part in parts), Context.NOTHING)
    work = CONTEXT_WORK * count_contexts(depends, facts.max_length) * len(parts)
    facts.effort.spend(facts.graph, node, work, "rows")
    return depends


def count_positions(facts: Facts, selector: Node) -> Counts:
    """How many positions a selector that ignores the tokens selects, for each context; 0 where it is an error."""
    return facts.once("counts", selector, lambda s: count_by_table(facts, s) or count_rows(facts, s))


def count_rows(facts: Facts, positional: Node) -> Counts:
    """The same, by the interpreter, length by length."""
    width = facts.graph.add(Width(), positional)
    token = facts.options.vocabulary[0]
    facts.effort.evaluate(facts.graph, positional, facts.max_length)
    rows: list[Ints] = []
    for n in range(1, facts.max_length + 1):
        value = evaluate_batch([width], build_constant(token, (1, n)), facts.options.attention)[width]
        nothing = value.failed is not None and bool(value.failed[0])
        rows.append(np.zeros(n, np.int64) if nothing else value.column.data.ravel().astype(np.int64))
    return narrow_counts(Counts(Context.BOTH, np.concatenate(rows)), facts.max_length)


def count_by_table(facts: Facts, selector: Node) -> Counts | None:
    """How many positions a selector that ignores the tokens selects; None where that is not found so."""
    return facts.once("counts by table", selector, lambda s: tabulate_counts(facts, s))


def tabulate_counts(facts: Facts, selector: Node) -> Counts | None:
    formula = normalise_selector(selector)
    atoms = list_comparisons(formula)
    keys = known(facts, [atom.key for atom in atoms])
    queries = known(facts, [atom.query for atom in atoms])
    if (
        not atoms
        or keys is None
        or queries is None
        or any(Context.LENGTH in k.depends for k in keys.values())
    ):
        return None
    parts = list(queries.values())
    depends = join_contexts(facts, selector, parts)
    first, which = number_combinations(parts, depends, facts.max_length)
    cells = len(first) * facts.max_length
    facts.effort.reserve(facts.graph, selector, CELL_BYTES * cells)
    facts.effort.spend(facts.graph, selector, CELL_WORK * cells, "pairs")
    where = locate_contexts(first, depends)
    sides = Sides(
        {
            node: part.spread(Context.INDEX, facts.max_length).indexed(lambda array: array[:, None])
            for node, part in keys.items()
        },
        {node: part.pick(where).indexed(lambda array: array[None, :]) for node, part in queries.items()},
    )
    if any(may_fail(sides.key[atom.key], sides.query[atom.query]) for atom in atoms):
        return None
    selects = np.broadcast_to(judge_columns(formula, sides), (facts.max_length, len(first)))
    ends = Context.INDEX if facts.causal else Context.LENGTH
    numbers = pick_counts(selects, which, depends, ends)
    return narrow_counts(Counts(depends | ends, numbers), facts.max_length)


def pick_counts(selects: Bools, which: Ints, depends: Context, ends: Context) -> Ints:
    """How many of the keys that are there are selected, in each context over `depends | ends`, by `selects[key, query]`;
    `which` query it is, in each over `depends`."""
    longest = len(selects)
    if depends == Context.INDEX and ends == Context.LENGTH:
        counted, numbers = (
            np.zeros(selects.shape[1], np.int64),
            np.empty(longest * (longest + 1) // 2, np.int64),
        )
        for n, row in enumerate(selects, 1):
            counted += row
            numbers[n * (n - 1) // 2 : n * (n + 1) // 2] = counted[which[:n]]
        return numbers
    before = np.zeros((longest + 1, selects.shape[1]), np.int32)  # of the first m keys
    for key, row in enumerate(selects):  # row by row, which takes far less time than `np.cumsum` down columns
        np.add(before[key], row, out=before[key + 1])
    whole = depends | ends
    seen = spread_array(np.arange(1, longest + 1), ends, whole, longest)
    return before[seen, spread_array(which, depends, whole, longest)].astype(np.int64)


def known(facts: Facts, nodes: list[Node]) -> dict[Node, Positional] | None:
    """The values of each; None where those of one are not found."""
    found = {node: evaluate_positional(facts, node) for node in nodes}
    values = {node: part for node, part in found.items() if part is not None}
    return values if len(values) == len(found) else None


def number_combinations(parts: list[Positional], depends: Context, max_length: int) -> tuple[Ints, Ints]:
    """Where each different combination of values stands first, and which of them those in each context over `depends` are.

    What depends on the same is numbered before it is spread: there are far fewer positions, or lengths, than pairs of them.
    """
    groups: dict[Context, Ints] = {}
    for part in parts:
        groups[part.depends] = number_pairs(groups.get(part.depends), find_distinct_elements(part.column)[1])
    which: Ints | None = None
    for own, numbers in groups.items():
        which = number_pairs(which, spread_array(numbers, own, depends, max_length))
    assert which is not None
    return rank_distinct(which)


def number_pairs(known: Ints | None, others: Ints) -> Ints:
    """A number for each different pair of two numbers."""
    if known is None:
        return others
    return rank_distinct(known * (int(others.max(initial=0)) + 1) + others)[1]


def may_fail(key: AtomArray, query: AtomArray) -> bool:
    """Whether a comparison might have no value: of a number and a string."""
    return not key.data.dtype.kind == query.data.dtype.kind == "U" and not (
        key.data.dtype.kind in "bif" and query.data.dtype.kind in "bif"
    )


def narrow_counts(counts: Counts, max_length: int) -> Counts:
    """The same over fewer of i and n, when the others make no difference."""
    for keep in (Context.NOTHING, Context.INDEX, Context.LENGTH):
        if counts.depends == Context.BOTH and not may_narrow(counts.numbers, keep, max_length):
            continue
        if keep in counts.depends and keep != counts.depends:
            numbers = counts.numbers[find_contexts(keep, max_length)]
            if is_spread(counts.numbers, numbers, keep, max_length):
                return Counts(keep, numbers)
    return counts
