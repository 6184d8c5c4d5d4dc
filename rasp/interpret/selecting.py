"""Selectors of one evaluation: what each op selects, symbolically (`rasp/interpret/selection.py`), and as ranges
where it has them.

In: the record of an evaluation, whose arguments are known. Out: `Selection`s; an order of strings and numbers is noted
there as a failure of the whole input, or of what sees it.
"""

from typing import assert_never

import numpy as np

from rasp.graph.nodes import And, Best, Node, Not, Or, Select, SelectorOp
from rasp.interpret import by_cell, counting
from rasp.interpret.atom_array import STRING, Array, find_kinds, find_text_rows
from rasp.interpret.codes import rank_together
from rasp.interpret.record import (
    Reason,
    Run,
    choose_first_cause,
    find_causes_at,
    find_first_in_sight,
    is_absent,
    look_at_pairs,
)
from rasp.interpret.selection import (
    EQUAL,
    GREATER,
    LESS,
    RELATIONS,
    BatchShape,
    Comparison,
    Selection,
    select_both,
    select_either,
    select_others,
    select_related,
)


def list_positions(sizes: BatchShape) -> Array:
    return np.arange(sizes.length, dtype=np.int64)[None, :]


def find_ranges(run: Run, node: Node) -> counting.Sum | None:
    """The visible part of a selector as ranges, if it has that form; found once."""
    if node not in run.sums:
        selection = run.selections[node]
        if run.sizes.causal:
            selection = select_both(selection, select_related(run.positions, LESS | EQUAL))
        run.sums[node] = None if run.dense_only else counting.structure_selector(selection, run.sizes)
        if run.sums[node] is None:
            look_at_pairs(run, node)
    return run.sums[node]


def build_selection(run: Run, node: Node, op: SelectorOp, number: int) -> Selection:
    """What a selector selects."""
    match op:
        case Select(test):
            return compared(run, node, number, RELATIONS[test])
        case Not():
            return select_others(run.selections[node.args[0]])
        case And():
            return select_both(run.selections[node.args[0]], run.selections[node.args[1]])
        case Or():
            return select_either(run.selections[node.args[0]], run.selections[node.args[1]])
        case Best():
            return best(run, node)
        case _:
            assert_never(op)


def compared(run: Run, node: Node, number: int, relation: int) -> Selection:
    """A plain select. Ordering strings and numbers fails; comparing them for equality does not."""
    key, query = node.args
    if relation not in (EQUAL, LESS | GREATER):
        causes = find_causes_at(run, number, Reason.ORDER, unlike(run, node))
        run.failures[node] = choose_first_cause(run.failures[node], find_first_in_sight(run.sizes, causes))
    if (key, query) not in run.comparisons:
        both_sides = [run.values[key]] if key is query else [run.values[key], run.values[query]]
        codes, size = rank_together(*both_sides)
        run.comparisons[key, query] = Comparison(codes[0], codes[-1], size, key, len(run.comparisons) + 1)
    return select_related(run.comparisons[key, query], relation)


def unlike(run: Run, node: Node) -> Array:
    """Where a comparison has strings on one side and numbers on the other: (1 or batch, 1 or n). Neither side mixes them
    where it has a value."""
    key, query = (run.values[arg] for arg in node.args)
    if run.sizes.causal:
        found = (find_kinds(key) == STRING) != (find_kinds(query) == STRING)
        found = np.broadcast_to(found, run.sizes.shape)
    else:
        found = (find_text_rows(key) != find_text_rows(query))[:, None]
    absent = is_absent(run, node)
    return found if absent is None else found & ~(absent if run.sizes.causal else absent[:, :1])


def best(run: Run, node: Node) -> Selection:
    """The best key's position is known for each query, so this selects `indices == that position`."""
    inner, score = node.args
    sizes = run.sizes
    (codes,), _ = rank_together(run.values[score])
    priority = codes * sizes.length + list_positions(sizes)
    parts = find_ranges(run, inner)
    found = None if parts is None else counting.find_highest(parts, priority, sizes)
    if found is None:
        found = by_cell.find_highest_cell(run.selections[inner], priority, sizes)
    winner = np.where(found < 0, sizes.length, found % sizes.length)
    comparison = Comparison(list_positions(sizes), winner, sizes.length + 1, node, len(run.comparisons) + 1)
    run.comparisons[node, node] = comparison
    return select_related(comparison, EQUAL)
