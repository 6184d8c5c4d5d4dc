"""The record of one evaluation: each node's values, selector and failures on a batch of equally long inputs.

`rasp/evaluate.py` fills it, node by node. A failure is three small integers per input (which node, why,
where); its message is made only when someone asks, from the values that the failing node was given.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np

from rasp import dense
from rasp.averaging import Chosen
from rasp.column import Array, Column, objects
from rasp.counting import Sum
from rasp.elementwise import problem_at
from rasp.graph import Map, Node, Tokens, reachable
from rasp.limits import BATCH_CELLS, CELLS, PAIRS
from rasp.selection import Comparison, Frame, Selection
from rasp.values import Atom, ValueProblem, classify

#: Primitives that read the input element by element, whatever kinds stand beside each other there.
CONVERSIONS = frozenset({"to_str", "to_int", "to_float", "to_bool"})


@dataclass(frozen=True)
class EvaluationError:
    """An input on which a node has no value.

    `node` is the one that failed first, at `position` (the first such); both are `None` if the input itself
    is wrong.
    """

    message: str
    node: Node | None = None
    position: int | None = None


class Reason(IntEnum):
    """Why a node failed."""

    ELEMENT = 0  # the primitive has no value for its arguments
    MIXED = 1  # strings stand beside other values
    AVERAGE = 2  # several strings or booleans are to be averaged
    LARGE = 3  # an average beyond all floats
    ORDER = 4  # strings compared with numbers


MESSAGES: dict[Reason, str] = {
    Reason.AVERAGE: (
        "averaging several values is only defined for numbers; write indicator(b) to average booleans"
    ),
    Reason.LARGE: "the average is too large",
    Reason.ORDER: "strings and numbers cannot be ordered: they are neither < nor > each other",
}


@dataclass(frozen=True, eq=False)
class Failures:
    """Per input: the failing node's number in the order of evaluation (-1: none), the reason, position."""

    node: Array
    reason: Array
    position: Array


@dataclass(eq=False)
class Run:
    """One evaluation, filled in `order`. Every table is keyed by node and its entries never change."""

    frame: Frame
    tokens: Column
    order: list[Node]
    dense_only: bool
    positions: Comparison  # of each position with each
    pairs: int = 0  # looked at one by one, of an input
    values: dict[Node, Column] = field(default_factory=dict[Node, Column])
    selections: dict[Node, Selection] = field(default_factory=dict[Node, Selection])
    failures: dict[Node, Failures | None] = field(default_factory=dict[Node, Failures | None])
    comparisons: dict[tuple[Node, Node], Comparison] = field(
        default_factory=dict[tuple[Node, Node], Comparison]
    )
    sums: dict[Node, Sum | None] = field(default_factory=dict[Node, Sum | None])
    chosen: dict[Node, Chosen] = field(default_factory=dict[Node, Chosen])


def inherited_failures(run: Run, node: Node) -> Failures | None:
    """The failures of a node's arguments, those of earlier arguments first."""
    result: Failures | None = None
    for argument in node.args:
        if not (isinstance(argument.op, Tokens) and isinstance(node.op, Map) and node.op.prim in CONVERSIONS):
            result = merged(result, run.failures[argument])
    return result


def merged(first: Failures | None, second: Failures | None) -> Failures | None:
    """The first's failures, and the second's for inputs that have none there."""
    if first is None or second is None or first is second:
        return first or second
    take = first.node < 0
    return Failures(
        np.where(take, second.node, first.node),
        np.where(take, second.reason, first.reason),
        np.where(take, second.position, first.position),
    )


def fail(run: Run, number: int, reason: Reason, cells: Array) -> None:
    """Mark the inputs with some of `cells` (1 or batch, positions or 1) true, but keep earlier failures."""
    if not cells.any():
        return
    rows = np.broadcast_to(cells.any(axis=1), (run.frame.batch,))
    position = np.broadcast_to(cells.argmax(axis=1), (run.frame.batch,))
    found = Failures(np.where(rows, number, -1), np.full(run.frame.batch, reason), position)
    node = run.order[number]
    run.failures[node] = merged(run.failures[node], found)


def failed_inputs(run: Run, node: Node) -> Array | None:
    """Which inputs have no value at a node: (batch,), or `None` if all have one."""
    failures = run.failures[node]
    if failures is None or not (failures.node >= 0).any():
        return None
    return failures.node >= 0


def explain(run: Run, node: Node, row: int) -> EvaluationError:
    """Why a node has no value on an input that it failed on."""
    failures = run.failures[node]
    assert failures is not None
    culprit = run.order[int(failures.node[row])]
    position = int(failures.position[row])
    reason = Reason(int(failures.reason[row]))
    match culprit.op:
        case Map(prim, parameters) if reason is Reason.ELEMENT:
            values = [row_atoms(run, argument, row)[position] for argument in culprit.args]
            message = problem_at(prim, tuple(parameter.value for parameter in parameters), values)
        case _ if reason is Reason.MIXED:
            message = mixture(row_atoms(run, culprit, row))
        case _:
            message = MESSAGES[reason]
    return EvaluationError(message, culprit, position)


def row_atoms(run: Run, node: Node, row: int) -> list[Atom]:
    """An s-op's values on one input."""
    column = run.values[node].broadcast(run.frame.shape)
    return objects(column.indexed(lambda array: array[row])).tolist()


def mixture(values: Sequence[Atom]) -> str:
    """Why these values are no sequence."""
    try:
        classify(values)
    except ValueProblem as problem:
        return str(problem)
    raise AssertionError(values)


def inputs_at_a_time(outputs: Sequence[Node], length: int) -> int:
    """How many inputs of a length are to be evaluated at a time. Raises `RaspError` where even one is too much."""
    cells = length * sum(not node.is_selector for node in reachable(outputs))
    if cells > CELLS.most:
        raise CELLS.refusal(
            f"on an input of {length:,} elements this has {cells:,} values, more than {CELLS}"
        )
    return max(1, BATCH_CELLS // max(1, cells))


def look_at_pairs(run: Run, selector: Node) -> None:
    """Count the cells that reading a selector cell by cell looks at. Raises `RaspError` when they are too many."""
    length = run.frame.length
    run.pairs += length**2 * len(dense.in_order(run.selections[selector]))
    if run.pairs > PAIRS.most:
        raise PAIRS.refusal(f"on an input of {length:,} elements its selectors look at more than {PAIRS}")
