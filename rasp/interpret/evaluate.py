"""What a graph means: its values on inputs. The only definition of what an op means, batches at once.

In: nodes of a graph and input sequences. Out: for each node and input an `Outcome`: a list of atoms, a
selector's rows, or an `EvaluationError`. An input fails alone, and no other input of the batch.

A position may have no value. What is elementwise then has none there either, except that a choice needs a value only
of the branch that it takes there, and `and` and `or` need the right side only where the left one does not decide.
Everything else (selectors, aggregates) needs a value at every position that is seen: under full attention it has none at
any if one is missing, under causal attention none from there on. An s-op that is asked for is an `EvaluationError` on an
input where a position has no value; that tells the values at the others.

    row q of a selector says which keys k are selected; under causal attention only keys k <= q are looked at
    aggregate: none selected, the default; one, its value unchanged; several numbers, float(sum) / count
    best: the selected key of the highest score, of equal ones the last; none in an empty row

Each s-op's values must all be strings, or all be numbers and booleans (`rasp.values.classify_values`), unless a
choice takes them apart again. Elementwise primitives are in `rasp/interpret/elementwise.py`, means in
`rasp/interpret/averaging.py`; selectors stay symbolic (`rasp/interpret/selection.py`) and are counted by
`rasp/interpret/counting.py` or, failing that, `rasp/interpret/by_cell.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import assert_never, cast

import numpy as np

from rasp.arguments import Attention, check_evaluation, find_input_problem
from rasp.graph.nodes import (
    Aggregate,
    Constant,
    Indices,
    Map,
    Node,
    SelectorOp,
    SequenceOp,
    Tokens,
    Width,
    list_reachable,
)
from rasp.interpret import by_cell, counting
from rasp.interpret.atom_array import STRING, Array, AtomArray, build_constant, find_kinds, pack_atoms
from rasp.interpret.averaging import Chosen, average_selected, choose_keys, find_unaveraged
from rasp.interpret.elementwise import apply_map
from rasp.interpret.record import (
    NONE,
    EvaluationError,
    Reason,
    Run,
    choose_first_cause,
    explain_cause,
    find_causes_at,
    find_first_in_sight,
    find_whole_failures,
    inherit_causes,
    is_absent,
    limit_inputs,
    look_at_pairs,
)
from rasp.interpret.selecting import build_selection, find_ranges, list_positions
from rasp.interpret.selection import EQUAL, BatchShape, Comparison, select_related
from rasp.interpret.short_inputs import SHORT, ShortPlan, evaluate_short, prepare_short
from rasp.values import Atom

__all__ = [
    "BatchValue",
    "EvaluationError",
    "Outcome",
    "apply_map",
    "evaluate",
    "evaluate_batch",
    "evaluate_by_position",
    "evaluate_prepared",
]

NOT_YET = EvaluationError("")
Outcome = list[Atom] | list[list[bool]] | EvaluationError


@dataclass(frozen=True, eq=False)
class BatchValue:
    """A node's values on a batch: (batch, n) atoms, or a selector's (batch, query, key) booleans.

    `failed` (batch,) marks the inputs without a value, `absent` (batch, n) the positions without one, whose data are
    arbitrary (a sequence fails also for its mixture of kinds); `None` if there are none.
    """

    column: AtomArray
    failed: Array | None
    absent: Array | None = None


@dataclass(frozen=True, eq=False)
class PreparedNodes:
    """S-ops and selectors that are evaluated again and again: what does not depend on the inputs, worked out once."""

    outputs: tuple[Node, ...]

    @cached_property
    def short(self) -> ShortPlan:
        """For short inputs alone."""
        return prepare_short(list_reachable(self.outputs), self.outputs)


def evaluate(
    outputs: Sequence[Node], inputs: Sequence[Sequence[Atom]], attention: Attention = "full"
) -> list[list[Outcome]]:
    """For each output, its outcome on each input. Inputs may differ in length; a string is its characters.

    Raises `RaspError` where what is given is no list of s-ops and selectors, no list of inputs, or no attention.
    """
    check_evaluation(outputs, Node, inputs, attention)
    return evaluate_prepared(PreparedNodes(tuple(outputs)), inputs, attention)


def evaluate_prepared(
    prepared: PreparedNodes, inputs: Sequence[Sequence[Atom]], attention: Attention
) -> list[list[Outcome]]:
    """`evaluate`, for nodes that are evaluated again and again."""
    results: list[list[Outcome]] = [[NOT_YET] * len(inputs) for _ in prepared.outputs]
    groups: dict[tuple[int, frozenset[type]], list[int]] = {}
    for number, sequence in enumerate(inputs):
        types = frozenset(map(type, sequence))
        problem = find_input_problem(sequence, types)
        if problem:
            for row in results:
                row[number] = EvaluationError(problem)
        else:
            groups.setdefault((len(sequence), types), []).append(number)
    for members in groups.values():
        found = evaluate_alike(prepared, [inputs[number] for number in members], attention)
        if len(members) == len(inputs):
            return found
        for row, outcomes in zip(results, found, strict=True):
            for number, outcome in zip(members, outcomes, strict=True):
                row[number] = outcome
    return results


def evaluate_alike(
    prepared: PreparedNodes, inputs: Sequence[Sequence[Atom]], attention: Attention
) -> list[list[Outcome]]:
    """For each output, its outcome on each of some inputs of one length, whose atoms are of the same kinds."""
    length = len(inputs[0])
    if len(inputs) * length <= SHORT:
        found = [evaluate_short(prepared.short, tokens, attention == "causal") for tokens in inputs]
        if None not in found:
            return [list(outcomes) for outcomes in zip(*cast("list[list[Outcome]]", found), strict=True)]
    results: list[list[Outcome]] = [[] for _ in prepared.outputs]
    step = limit_inputs(prepared.outputs, length)
    for start in range(0, len(inputs), step):
        part = inputs[start : start + step]
        tokens = pack_atoms([atom for sequence in part for atom in sequence], (len(part), length))
        run = run_batch(prepared.outputs, tokens, attention)
        for row, output in zip(results, prepared.outputs, strict=True):
            row += list_outcomes(run, output)
    return results


def evaluate_by_position(outcome: Outcome) -> Sequence[Atom | None]:
    """An s-op's value at each position of an input, `None` where it has none."""
    return outcome.known if isinstance(outcome, EvaluationError) else cast(list[Atom], outcome)


def evaluate_batch(
    outputs: Sequence[Node], tokens: AtomArray, attention: Attention = "full", dense_only: bool = False
) -> dict[Node, BatchValue]:
    """The outputs' values on a batch of equally long inputs: `tokens` is (batch, n), n > 0, of finite atoms.

    `dense_only` reads every selector cell by cell, as a second opinion on the faster forms.
    """
    run = run_batch(outputs, tokens, attention, dense_only)
    return {node: batch_value(run, node) for node in outputs}


def batch_value(run: Run, node: Node) -> BatchValue:
    causes = find_whole_failures(run, node)
    failed = None if causes is None else causes != NONE
    if not node.is_selector:
        return BatchValue(run.values[node].broadcast(run.sizes.shape), failed, is_absent(run, node))
    return BatchValue(AtomArray(by_cell.build_matrix(run.selections[node], run.sizes)), failed)


def list_outcomes(run: Run, node: Node) -> list[Outcome]:
    """The node's outcome on each input of the batch."""
    value = batch_value(run, node)
    rows: list[Outcome] = value.column.atoms()
    if value.failed is not None:
        for row in np.flatnonzero(value.failed).tolist():
            rows[row] = explain_cause(run, node, row)
    return rows


def run_batch(
    outputs: Sequence[Node], tokens: AtomArray, attention: Attention, dense_only: bool = False
) -> Run:
    """Evaluate all nodes that the outputs need."""
    sizes = BatchShape(*tokens.shape, causal=attention == "causal")
    order = list_reachable(outputs)
    # The order of positions is that of the program's own `indices`, so that selectors and mask combine.
    indices = next((node for node in order if isinstance(node.op, Indices)), None)
    codes = list_positions(sizes)
    run = Run(sizes, tokens, order, dense_only, Comparison(codes, codes, sizes.length, indices, 0))
    if indices is not None:
        run.comparisons[indices, indices] = run.positions
    for number, node in enumerate(run.order):
        inherit_causes(run, node)
        absent = is_absent(run, node)
        if absent is not None and absent.all():
            skip(run, node)
        elif isinstance(node.op, SelectorOp):
            run.selections[node] = build_selection(run, node, node.op, number)
        else:
            run.values[node] = sequence_values(run, node, node.op, number)
    return run


def skip(run: Run, node: Node) -> None:
    """Give a node that has failed on every input values that cost nothing."""
    nothing = np.zeros((1, 1), dtype=np.int64)
    if node.is_selector:
        run.selections[node] = select_related(Comparison(nothing, nothing, 1, node, -1), EQUAL)
    else:
        run.values[node] = AtomArray(nothing)


def sequence_values(run: Run, node: Node, op: SequenceOp, number: int) -> AtomArray:
    """The values of an s-op, (1 or batch, 1 or n): axes along which they cannot differ stay short."""
    reason = Reason.ELEMENT
    match op:
        case Tokens():
            column = run.tokens
        case Indices():
            column = AtomArray(list_positions(run.sizes))
        case Constant(value):
            column = build_constant(value.value, (1, 1))
        case Map():
            column = apply_map(op, [run.values[argument] for argument in node.args])
        case Width():
            column = AtomArray(width(run, node.args[0]))
        case Aggregate(default):
            column, reason = aggregated(run, node, number, default.value), Reason.LARGE
        case _:
            assert_never(op)
    if column.failed is not None:
        lose(run, number, reason, np.broadcast_to(column.failed, column.shape))
        column = replace(column, failed=None, problem="")
    if column.data.dtype == object:
        check_mixture(run, number, column)
    return column


def lose(run: Run, number: int, reason: Reason, cells: Array) -> None:
    """Mark positions (1 or batch, 1 or n) that have no value at a node."""
    node = run.order[number]
    run.absent[node] = choose_first_cause(run.absent[node], find_causes_at(run, number, reason, cells))


def check_mixture(run: Run, number: int, column: AtomArray) -> None:
    """Mark the inputs on which strings stand beside other values, or the positions that see both."""
    node = run.order[number]
    text = find_kinds(column) == STRING
    others = ~text
    absent = is_absent(run, node)
    if absent is not None:
        text, others = text & ~absent, others & ~absent
    if run.sizes.causal:
        both = np.logical_or.accumulate(text, axis=1) & np.logical_or.accumulate(others, axis=1)
    else:
        both = text.any(axis=1, keepdims=True) & others
    causes = find_causes_at(run, number, Reason.MIXED, both)
    run.mixed[node] = choose_first_cause(run.mixed[node], find_first_in_sight(run.sizes, causes))


def width(run: Run, node: Node) -> Array:
    """How many keys each query selects."""
    if node not in run.chosen:
        parts = find_ranges(run, node)
        if parts is not None:
            return counting.sum_weights(parts, None, run.sizes)
    return keys_of(run, node).count


def aggregated(run: Run, node: Node, number: int, default: Atom) -> AtomArray:
    chosen = keys_of(run, node.args[0])
    if chosen.parts is None:
        look_at_pairs(run, node.args[0])
    values = run.values[node.args[1]]
    lose(run, number, Reason.AVERAGE, find_unaveraged(values, run.sizes) & (chosen.count > 1))
    return average_selected(chosen, values, default, run.sizes)


def keys_of(run: Run, node: Node) -> Chosen:
    """The visible part of a selector, ready for aggregating; found once."""
    if node not in run.chosen:
        run.chosen[node] = choose_keys(run.selections[node], find_ranges(run, node), run.sizes)
    return run.chosen[node]
