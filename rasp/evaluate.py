"""What a graph means: its values on inputs. The only definition of what an op means, for a whole batch at once.

In: nodes of a graph and input sequences. Out: for each node and input an `Outcome`: a list of atoms, a selector's rows, or
an `EvaluationError`. An input fails alone: a position without a value fails its whole sequence there, and all that
depends on it, but no other input of the batch.

    row q of a selector says which keys k are selected; under causal attention only keys k <= q are looked at
    aggregate: none selected, the default; one, its value unchanged; several, float(sum) / count (numbers only)
    best: the selected key of the highest score, of equal ones the last; none in an empty row

Each s-op's values must all be strings or all be numbers and booleans (`rasp.values.classify`). Elementwise
primitives are in `rasp/elementwise.py`; selectors stay symbolic (`rasp/selection.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from rasp import counting, dense
from rasp.averaging import Chosen, aggregate, choose_keys, not_averaged
from rasp.column import STRING, Array, Column, constant_column, is_text, kinds_of, objects, pack
from rasp.distinct import rank_together
from rasp.elementwise import apply_map, problem_at
from rasp.graph import (
    Aggregate,
    And,
    Best,
    Constant,
    Indices,
    Map,
    Node,
    Not,
    Or,
    Select,
    Tokens,
    Width,
    reachable,
)
from rasp.selection import (
    EQUAL,
    GREATER,
    LESS,
    RELATIONS,
    Comparison,
    Frame,
    Selection,
    both,
    complement,
    either,
    related,
)
from rasp.values import Atom, ValueProblem, classify, is_atom, show

__all__ = ["BatchValue", "EvaluationError", "Outcome", "apply_map", "evaluate", "evaluate_batch"]

CONVERSIONS = frozenset({"to_str", "to_int", "to_float", "to_bool"})

#: Positions evaluated at a time; longer lists of inputs are cut.
MOST_POSITIONS = 2_000_000


@dataclass(frozen=True)
class EvaluationError:
    """An input on which a node has no value. `node` is the one that failed first, `None` if the input itself is wrong."""

    message: str
    node: Node | None = None
    position: int | None = None


Outcome = list[Atom] | list[list[bool]] | EvaluationError


@dataclass(frozen=True, eq=False)
class Failures:
    """Per input: the node that failed (its number in the order of evaluation, -1 for none), why, and at which position."""

    node: Array
    reason: Array
    position: Array


ELEMENT, MIXED, AVERAGE, LARGE, ORDER = range(5)


@dataclass(frozen=True, eq=False)
class BatchValue:
    """A node's values: (batch, n), or (batch, query, key) booleans of a selector; `failed` marks inputs without a value."""

    column: Column
    failed: Array | None


@dataclass(eq=False)
class Run:
    """One evaluation of one batch, filled in the order of the nodes."""

    frame: Frame
    tokens: Column
    order: list[Node]
    dense_only: bool = False
    values: dict[Node, Column] = field(default_factory=dict[Node, Column])
    selections: dict[Node, Selection] = field(default_factory=dict[Node, Selection])
    failures: dict[Node, Failures | None] = field(default_factory=dict[Node, "Failures | None"])
    comparisons: dict[tuple[Node, Node], Comparison] = field(
        default_factory=dict[tuple[Node, Node], Comparison]
    )
    sums: dict[Node, counting.Sum | None] = field(default_factory=dict[Node, "counting.Sum | None"])
    chosen: dict[Node, Chosen] = field(default_factory=dict[Node, Chosen])


def evaluate(
    outputs: Sequence[Node], inputs: Sequence[Sequence[Atom]], attention: str = "full"
) -> list[list[Outcome]]:
    """For each output, its outcome on each input. Inputs may differ in length and kind; a string is its characters."""
    results: list[list[Outcome]] = [[EvaluationError("")] * len(inputs) for _ in outputs]
    groups: dict[tuple[int, frozenset[type]], list[int]] = {}
    for number, sequence in enumerate(inputs):
        problem = input_problem(sequence)
        if problem:
            for row in results:
                row[number] = EvaluationError(problem)
        else:
            groups.setdefault((len(sequence), frozenset(map(type, sequence))), []).append(number)
    for (length, _), members in groups.items():
        step = max(1, MOST_POSITIONS // length)
        for start in range(0, len(members), step):
            part = members[start : start + step]
            tokens = pack([atom for number in part for atom in inputs[number]], (len(part), length))
            run = run_batch(outputs, tokens, attention)
            for row, output in zip(results, outputs, strict=True):
                for number, outcome in zip(part, outcomes(run, output), strict=True):
                    row[number] = outcome
    return results


def input_problem(sequence: Sequence[Atom]) -> str:
    """What is wrong with an input, in the user's words; "" if nothing is."""
    if len(sequence) == 0:
        return "the input is empty; a sequence has at least one element"
    for value in sequence:
        if not is_atom(value):
            return f"the input holds {show(value)}, which is not a number, string or boolean"
        if isinstance(value, float) and not np.isfinite(value):
            return f"the input holds {value}, which is not a finite number"
    return ""


def evaluate_batch(
    outputs: Sequence[Node], tokens: Column, attention: str = "full", dense_only: bool = False
) -> dict[Node, BatchValue]:
    """The outputs' values on a batch of equally long inputs: `tokens` is (batch, n), n > 0, of finite atoms.

    `dense_only` evaluates every selector cell by cell, as a second opinion on the faster forms.
    """
    run = run_batch(outputs, tokens, attention, dense_only)
    return {node: batch_value(run, node) for node in outputs}


def run_batch(outputs: Sequence[Node], tokens: Column, attention: str, dense_only: bool = False) -> Run:
    """Evaluate all nodes that the outputs need."""
    batch, length = tokens.shape
    frame = Frame(batch, length, attention == "causal")
    run = Run(frame, tokens, reachable(outputs), dense_only)
    for number, node in enumerate(run.order):
        inherited = first_failures(run, node)
        run.failures[node] = inherited
        if inherited is not None and (inherited.node >= 0).all():
            skip(run, node)
        elif node.is_selector:
            run.selections[node] = selector(run, node, number)
        else:
            run.values[node] = sequence_values(run, node, number)
    return run


def skip(run: Run, node: Node) -> None:
    """Give a node that has failed on every input values that cost nothing."""
    nothing = np.zeros((1, 1), dtype=np.int64)
    if node.is_selector:
        run.selections[node] = related(Comparison(nothing, nothing, 1, None, -1), EQUAL)
    else:
        run.values[node] = Column(nothing)


def first_failures(run: Run, node: Node) -> Failures | None:
    """The failures that a node inherits, those of its earlier arguments first."""
    result: Failures | None = None
    for argument in node.args:
        if isinstance(argument.op, Tokens) and isinstance(node.op, Map) and node.op.prim in CONVERSIONS:
            continue  # converting the input element by element asks nothing of the input as a whole
        result = merged(result, run.failures[argument])
    return result


def merged(first: Failures | None, second: Failures | None) -> Failures | None:
    if first is None or second is None:
        return first or second
    take = first.node < 0
    return Failures(
        np.where(take, second.node, first.node),
        np.where(take, second.reason, first.reason),
        np.where(take, second.position, first.position),
    )


def fail(run: Run, number: int, reason: int, cells: Array) -> None:
    """Mark the inputs in which some of `cells` (batch or 1, positions or 1) are true, unless they have failed already."""
    if not cells.any():
        return
    rows = np.broadcast_to(cells.any(axis=1), (run.frame.batch,))
    position = np.broadcast_to(cells.argmax(axis=1), (run.frame.batch,))
    new = Failures(np.where(rows, number, -1), np.full(run.frame.batch, reason), position)
    node = run.order[number]
    run.failures[node] = merged(run.failures[node], new)


def sequence_values(run: Run, node: Node, number: int) -> Column:
    """The values of an s-op; where they depend on no input or position they are (1, …) or (…, 1)."""
    match node.op:
        case Tokens():
            column = run.tokens
        case Indices():
            column = Column(np.arange(run.frame.length, dtype=np.int64)[None, :])
        case Constant(value):
            column = constant_column(value.value, (1, 1))
        case Map() as op:
            column = apply_map(op, [run.values[argument] for argument in node.args])
        case Width():
            column = Column(width(run, node.args[0]))
        case Aggregate(default):
            column = aggregated(run, node, number, default.value)
        case _:
            raise AssertionError(node.op)
    if column.failed is not None:
        reason = LARGE if isinstance(node.op, Aggregate) else ELEMENT
        fail(run, number, reason, np.broadcast_to(column.failed, column.shape))
        column = replace(column, failed=None, problem="")
    if column.data.dtype == object:
        text = kinds_of(column) == STRING
        fail(run, number, MIXED, text.any(axis=1, keepdims=True) & ~text)
    return column


def width(run: Run, node: Node) -> Array:
    """How many keys each query selects."""
    if node in run.chosen:
        return run.chosen[node].count
    parts = ranges_of(run, node)
    if parts is not None:
        return counting.total(parts, None, run.frame)
    return keys_of(run, node).count


def aggregated(run: Run, node: Node, number: int, default: Atom) -> Column:
    chosen = keys_of(run, node.args[0])
    values = run.values[node.args[1]]
    column = aggregate(chosen, values, default, run.frame)
    fail(run, number, AVERAGE, not_averaged(values)[:, None] & (chosen.count > 1))
    return column


def ranges_of(run: Run, node: Node) -> counting.Sum | None:
    """The visible part of a selector as ranges, if it has that form; found once."""
    if node not in run.sums:
        run.sums[node] = None if run.dense_only else counting.structured(visible(run, node), run.frame)
    return run.sums[node]


def keys_of(run: Run, node: Node) -> Chosen:
    """The visible part of a selector, ready for aggregating; found once."""
    if node not in run.chosen:
        run.chosen[node] = choose_keys(run.selections[node], ranges_of(run, node), run.frame)
    return run.chosen[node]


def visible(run: Run, node: Node) -> Selection:
    """The selector, and only keys up to the query under causal attention."""
    selection = run.selections[node]
    if not run.frame.causal:
        return selection
    position = np.arange(run.frame.length, dtype=np.int64)[None, :]
    indices = next((other for other in run.order if isinstance(other.op, Indices)), run.order[0])
    key = (indices, indices)
    if key not in run.comparisons:
        source = indices if isinstance(indices.op, Indices) else None
        run.comparisons[key] = Comparison(position, position, run.frame.length, source, len(run.comparisons))
    return both(selection, related(run.comparisons[key], LESS | EQUAL))


def selector(run: Run, node: Node, number: int) -> Selection:
    match node.op:
        case Select(test):
            return compared(run, node, number, RELATIONS[test])
        case Not():
            return complement(run.selections[node.args[0]])
        case And():
            return both(run.selections[node.args[0]], run.selections[node.args[1]])
        case Or():
            return either(run.selections[node.args[0]], run.selections[node.args[1]])
        case Best():
            return best(run, node)
        case _:
            raise AssertionError(node.op)


def compared(run: Run, node: Node, number: int, relation: int) -> Selection:
    """A plain select. Ordering strings and numbers fails; comparing them for equality does not."""
    key, query = node.args
    if relation not in (EQUAL, LESS | GREATER):
        unlike = text_rows(run.values[key]) != text_rows(run.values[query])
        fail(run, number, ORDER, unlike[:, None])
    if (key, query) not in run.comparisons:
        if key is query:
            (codes,), size = rank_together(run.values[key])
            made = Comparison(codes, codes, size, key, len(run.comparisons))
        else:
            (keys, queries), size = rank_together(run.values[key], run.values[query])
            made = Comparison(keys, queries, size, key, len(run.comparisons))
        run.comparisons[key, query] = made
    return related(run.comparisons[key, query], relation)


def text_rows(column: Column) -> Array:
    """Which inputs hold strings here: (batch or 1,)."""
    if column.data.dtype == object:
        return (kinds_of(column) == STRING).any(axis=1)
    return np.full(1, is_text(column))


def best(run: Run, node: Node) -> Selection:
    """The best key's position is known for each query, so this selects `indices == that position`."""
    inner, score = node.args
    frame = run.frame
    (codes,), _ = rank_together(run.values[score])
    position = np.arange(frame.length, dtype=np.int64)[None, :]
    priority = codes * frame.length + position
    parts = ranges_of(run, inner)
    found = None if parts is None else counting.highest(parts, priority, frame)
    if found is None:
        found = dense.highest(run.selections[inner], priority, frame)
    winner = np.where(found < 0, frame.length, found % frame.length)
    comparison = Comparison(position, winner, frame.length + 1, None, len(run.comparisons))
    run.comparisons[node, node] = comparison
    return related(comparison, EQUAL)


def batch_value(run: Run, node: Node) -> BatchValue:
    failures = run.failures[node]
    failed = None if failures is None else failures.node >= 0
    if not node.is_selector:
        return BatchValue(run.values[node].broadcast(run.frame.shape), failed)
    return BatchValue(Column(dense.whole_matrix(run.selections[node], run.frame)), failed)


def outcomes(run: Run, node: Node) -> list[Outcome]:
    """The node's outcome on each input of the batch."""
    value = batch_value(run, node)
    rows: list[Outcome] = value.column.atoms()
    if value.failed is not None:
        for row in np.flatnonzero(value.failed).tolist():
            rows[row] = explain(run, node, row)
    return rows


def explain(run: Run, node: Node, row: int) -> EvaluationError:
    """Why a node has no value on an input. The message is made only now, from the culprit's arguments."""
    failures = run.failures[node]
    assert failures is not None
    culprit = run.order[int(failures.node[row])]
    position = int(failures.position[row])
    message = MESSAGES.get(int(failures.reason[row]), "")
    match int(failures.reason[row]), culprit.op:
        case 0, Map(prim, parameters):  # ELEMENT
            values = [row_atoms(run, argument, row)[position] for argument in culprit.args]
            message = problem_at(prim, tuple(parameter.value for parameter in parameters), values)
        case 1, _:  # MIXED
            message = mixture(row_atoms(run, culprit, row))
        case _:
            pass
    return EvaluationError(message, culprit, position)


MESSAGES: dict[int, str] = {
    AVERAGE: "averaging several values is only defined for numbers; write indicator(b) to average booleans",
    LARGE: "the average is too large",
    ORDER: "strings and numbers cannot be ordered in one `select`",
}


def row_atoms(run: Run, node: Node, row: int) -> list[Atom]:
    column = run.values[node].broadcast(run.frame.shape)
    return objects(column.indexed(lambda array: array[row])).tolist()


def mixture(values: Sequence[Atom]) -> str:
    try:
        classify(values)
    except ValueProblem as problem:
        return str(problem)
    return ""
