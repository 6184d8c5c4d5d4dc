"""The record of one evaluation: each node's values, selector and failures on a batch of equally long inputs.

`rasp/interpret/evaluate.py` fills it, node by node. Why there is no value is one integer, a *cause*, that says which
node failed
first, why and where; its message is made only when someone asks, from the values that the failing node was given. A
node has three records of causes, and `NONE` in them where there is a value:

    failures    (1 or batch, 1)        of whole inputs, and of all that depends on them
    absent      (1 or batch, 1 or n)   of single positions, which a choice may pass over
    mixed       (1 or batch, 1)        of inputs on which strings stand beside other values, which a choice may part

Under causal attention nothing depends on what comes later: `failures` and `mixed` are (1 or batch, 1 or n) then, and what
is lost at a position is lost from there on.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import reduce

import numpy as np

from rasp.graph.nodes import Map, Node, Tokens, list_reachable
from rasp.interpret import by_cell
from rasp.interpret.atom_array import Array, AtomArray, list_objects
from rasp.interpret.averaging import Chosen
from rasp.interpret.choosing import find_looked_at
from rasp.interpret.counting import Sum
from rasp.interpret.elementwise import find_problem
from rasp.interpret.selection import BatchShape, Comparison, Selection
from rasp.limits import BATCH_CELLS, CELLS, PAIRS
from rasp.values import Atom, ValueProblem, classify_values, show_count

#: Primitives that read the input element by element, whatever kinds stand beside each other there.
CONVERSIONS = frozenset({"to_str", "to_int", "to_float", "to_bool"})


@dataclass(frozen=True)
class EvaluationError:
    """An input on which a node has no value.

    `node` is the one that failed first, at `position` (the first such); both are `None` if the input itself
    is wrong. `known` are the values of an s-op at the positions that have one all the same, `None` at the others; empty for
    a selector, and for a wrong input.
    """

    message: str
    node: Node | None = None
    position: int | None = None
    known: tuple[Atom | None, ...] = ()


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


Causes = defaultdict[Node, Array | None]

#: No cause: there is a value. Of two causes the smaller counts, which is that of the node evaluated first.
NONE = np.iinfo(np.int64).max


@dataclass(eq=False)
class Run:
    """One evaluation, filled in `order`. Every table is keyed by node and its entries never change."""

    sizes: BatchShape
    tokens: AtomArray
    order: list[Node]
    dense_only: bool
    positions: Comparison  # of each position with each
    pairs: int = 0  # looked at one by one, of an input
    values: dict[Node, AtomArray] = field(default_factory=dict[Node, AtomArray])
    selections: dict[Node, Selection] = field(default_factory=dict[Node, Selection])
    failures: Causes = field(default_factory=lambda: defaultdict(lambda: None))
    absent: Causes = field(default_factory=lambda: defaultdict(lambda: None))
    mixed: Causes = field(default_factory=lambda: defaultdict(lambda: None))
    comparisons: dict[tuple[Node, Node], Comparison] = field(
        default_factory=dict[tuple[Node, Node], Comparison]
    )
    sums: dict[Node, Sum | None] = field(default_factory=dict[Node, Sum | None])
    chosen: dict[Node, Chosen] = field(default_factory=dict[Node, Chosen])


def inherit_causes(run: Run, node: Node) -> None:
    """Take over the failures of a node's arguments. What is elementwise has a value wherever all that it looks at have one;
    everything else needs whole sequences.
    """
    args = node.args
    run.failures[node] = choose_first_cause(*[run.failures[arg] for arg in args])
    if isinstance(node.op, Map):
        if any(run.absent[arg] is not None or run.mixed[arg] is not None for arg in args):
            inherit_positions(run, node, node.op)
        return
    run.failures[node] = choose_first_cause(run.failures[node], *[run.mixed[arg] for arg in args])
    run.absent[node] = choose_first_cause(*[find_first_in_sight(run.sizes, run.absent[arg]) for arg in args])


def inherit_positions(run: Run, node: Node, op: Map) -> None:
    """Take over the failures of the positions that an elementwise op looks at. A choice whose condition has no value looks
    at nothing else; one that looks at parts of a sequence does not mind what it is mixed of.
    """
    decides = run.absent[node.args[0]]
    causes, mixed = [decides], [] if reads_elements(op, node.args[0]) else [run.mixed[node.args[0]]]
    looks = find_looked_at(op.prim, [run.values[arg] for arg in node.args])
    for look, arg in list(zip(looks, node.args, strict=True))[1:]:
        lost = run.absent[arg]
        if look is None:
            mixed.append(run.mixed[arg])
        elif lost is not None:
            lost = np.where(look if decides is None else look & (decides == NONE), lost, NONE)
        causes.append(lost)
    run.absent[node], run.mixed[node] = choose_first_cause(*causes), choose_first_cause(*mixed)


def reads_elements(op: Map, argument: Node) -> bool:
    """Whether an op reads the input, whatever kinds stand beside each other there."""
    return isinstance(argument.op, Tokens) and op.prim in CONVERSIONS


def choose_first_cause(*causes: Array | None) -> Array | None:
    """Where several nodes fail, the first of them."""
    found = [cause for cause in causes if cause is not None]
    return reduce(np.minimum, found) if found else None


def find_causes_anywhere(causes: Array | None) -> Array | None:
    """For each input, the first cause at any of its positions."""
    return None if causes is None else causes.min(axis=1, keepdims=True)


def find_first_in_sight(sizes: BatchShape, causes: Array | None) -> Array | None:
    """For each position, the first cause at any of those that it sees."""
    if causes is None or not sizes.causal:
        return find_causes_anywhere(causes)
    return np.minimum.accumulate(causes, axis=1)


def find_causes_at(run: Run, number: int, reason: Reason, cells: Array) -> Array | None:
    """The causes of a node that fails, for `reason`, at some `cells` (1 or batch, 1 or n); `None` if there are none."""
    if not cells.any():
        return None
    positions = np.arange(cells.shape[1], dtype=np.int64)
    return np.where(cells, (number * len(Reason) + reason) * run.sizes.length + positions, NONE)


def is_absent(run: Run, node: Node) -> Array | None:
    """Where there is no value: (batch, n), or `None` if there is one everywhere. Strings may stand beside others."""
    causes = choose_first_cause(run.failures[node], run.absent[node])
    if causes is None or (causes == NONE).all():
        return None
    return np.broadcast_to(causes != NONE, run.sizes.shape)


def is_lost(run: Run, node: Node) -> Array | None:
    """Where an s-op that is asked for has no value: (batch, n), or `None` if it has one everywhere."""
    causes = choose_first_cause(run.failures[node], run.absent[node], run.mixed[node])
    if causes is None or (causes == NONE).all():
        return None
    return np.broadcast_to(causes != NONE, run.sizes.shape)


def find_whole_failures(run: Run, node: Node) -> Array | None:
    """The causes for which a node is no sequence: (batch,), or `None` if it is one on all inputs."""
    causes = choose_first_cause(find_causes_anywhere(run.mixed[node]), find_causes_anywhere(run.absent[node]))
    failures = find_causes_anywhere(run.failures[node])
    if (
        failures is not None
    ):  # they count first: what else fails may depend on values that are arbitrary there
        causes = failures if causes is None else np.where(failures != NONE, failures, causes)
    if causes is None or (causes == NONE).all():
        return None
    return np.broadcast_to(causes[:, 0], (run.sizes.batch,))


def explain_cause(run: Run, node: Node, row: int) -> EvaluationError:
    """Why a node has no value on an input that it failed on, and which values it has there all the same."""
    causes = find_whole_failures(run, node)
    assert causes is not None
    rest, position = divmod(int(causes[row]), run.sizes.length)
    number, reason = divmod(rest, len(Reason))
    culprit = run.order[number]
    match culprit.op:
        case Map(prim, parameters) if reason == Reason.ELEMENT:
            values = [row_atoms(run, argument, row)[position] for argument in culprit.args]
            message = find_problem(prim, tuple(parameter.value for parameter in parameters), values)
        case _ if reason == Reason.MIXED:
            message = mixture(present_atoms(run, culprit, row))
        case _:
            message = MESSAGES[Reason(reason)]
    return EvaluationError(
        message, culprit, position, () if node.is_selector else known_atoms(run, node, row)
    )


def known_atoms(run: Run, node: Node, row: int) -> tuple[Atom | None, ...]:
    """An s-op's values on one input, `None` where it has none when it is asked for."""
    atoms, lost = row_atoms(run, node, row), is_lost(run, node)
    assert lost is not None
    return tuple(None if gone else atom for atom, gone in zip(atoms, lost[row], strict=True))


def present_atoms(run: Run, node: Node, row: int) -> list[Atom]:
    """An s-op's values on one input, without the positions that have none."""
    absent = is_absent(run, node)
    atoms = row_atoms(run, node, row)
    return atoms if absent is None else [a for a, gone in zip(atoms, absent[row], strict=True) if not gone]


def row_atoms(run: Run, node: Node, row: int) -> list[Atom]:
    """An s-op's values on one input."""
    column = run.values[node].broadcast(run.sizes.shape)
    return list_objects(column.indexed(lambda array: array[row])).tolist()


def mixture(values: Sequence[Atom]) -> str:
    """Why these values are no sequence."""
    try:
        classify_values(values)
    except ValueProblem as problem:
        return str(problem)
    raise AssertionError(values)


def limit_inputs(outputs: Sequence[Node], length: int) -> int:
    """How many inputs of a length are to be evaluated at a time. Raises `RaspError` where even one is too much."""
    cells = length * sum(not node.is_selector for node in list_reachable(outputs))
    if cells > CELLS.most:
        raise CELLS.refusal(
            f"on an input of {show_count(length, 'element')} this has {show_count(cells, 'value')}, more than {CELLS}"
        )
    return max(1, BATCH_CELLS // max(1, cells))


def look_at_pairs(run: Run, selector: Node) -> None:
    """Count the cells that reading a selector cell by cell looks at. Raises `RaspError` when they are too many."""
    length = run.sizes.length
    run.pairs += length**2 * len(by_cell.list_parts_in_order(run.selections[selector]))
    if run.pairs > PAIRS.most:
        raise PAIRS.refusal(
            f"on an input of {show_count(length, 'element')} its selectors look at more than {PAIRS}"
        )
