"""A second, naive definition of what a graph means: one input, one position, one cell at a time.

For tests only. It shares with `rasp/interpret/evaluate.py` no more than the scalar primitives and the classification
of sequences.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rasp.graph.nodes import (
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
from rasp.graph.primitives import TESTS, apply_prim
from rasp.values import Atom, ValueProblem, classify

CONVERSIONS = ("to_str", "to_int", "to_float", "to_bool")


@dataclass(frozen=True)
class Failed:
    """No value, and the node where that began (its number in the order of evaluation)."""

    node: Node
    number: int


@dataclass(frozen=True)
class Known:
    """A node on one input: its items (of a selector its rows), `Failed` where there is none; why the whole input fails; and
    which node first had strings beside other values."""

    items: list[Any]
    failed: Failed | None = None
    mixed: Failed | None = None

    @property
    def absent(self) -> Failed | None:
        return first([item for item in self.items if isinstance(item, Failed)])

    @property
    def outcome(self) -> Any:
        return self.failed or first([self.mixed, self.absent]) or self.items


def first(found: Sequence[Failed | None]) -> Failed | None:
    return min([failed for failed in found if failed], key=lambda failed: failed.number, default=None)


def reference_values(outputs: Sequence[Node], sequence: Sequence[Atom], attention: str) -> dict[Node, Any]:
    """Every reachable node's value: a list of atoms, rows of booleans, or `Failed`."""
    known: dict[Node, Known] = {}
    for number, node in enumerate(reachable(outputs)):
        args = [known[argument] for argument in node.args]
        here = Failed(node, number)
        if isinstance(node.op, Map):
            known[node] = mapped(node, node.op, args, here)
        else:
            known[node] = whole(node, args, list(sequence), attention == "causal", here)
    return {node: value.outcome for node, value in known.items()}


def mapped(node: Node, op: Map, args: list[Known], here: Failed) -> Known:
    """An elementwise op: position by position."""
    failed = first([arg.failed for arg in args])
    if failed:
        return Known([failed] * len(args[0].items), failed)
    items = [element(op, [arg.items[i] for arg in args], here) for i in range(len(args[0].items))]
    minds = args[:1] if op.prim in ("if", "and", "or") else args
    if op.prim in CONVERSIONS and isinstance(node.args[0].op, Tokens):
        minds = []
    return Known(items, None, first([*[arg.mixed for arg in minds], mixture(items, here)]))


def element(op: Map, values: list[Any], here: Failed) -> Any:
    """One position: the condition first, and of the rest only what it asks for."""
    match op.prim, values[0]:
        case (("if" | "and" | "or"), Failed()):
            return values[0]
        case "if", condition:
            return values[1] if condition else values[2]
        case "and", left if not left:
            return False
        case "or", left if left:
            return True
        case _:
            pass
    lost = first([value for value in values if isinstance(value, Failed)])
    if lost:
        return lost
    try:
        return apply_prim(op.prim, tuple(parameter.value for parameter in op.parameters), *values)
    except ValueProblem:
        return here


def mixture(items: list[Any], here: Failed) -> Failed | None:
    try:
        classify([item for item in items if not isinstance(item, Failed)] or [0])
    except ValueProblem:
        return here
    return None


def whole(node: Node, args: list[Known], sequence: list[Atom], causal: bool, here: Failed) -> Known:
    """Everything else: it needs whole sequences."""
    failed = first([cause for arg in args for cause in (arg.failed, arg.mixed)])
    absent = failed or first([arg.absent for arg in args])
    if absent:
        return Known([absent] * len(sequence), failed)
    try:
        items = value_of(node, [arg.items for arg in args], sequence, causal)
    except ValueProblem:
        return Known([here] * len(sequence), here)
    items = [here if item is None else item for item in items]
    return Known(items, None, None if node.is_selector else mixture(items, here))


def value_of(node: Node, args: list[Any], sequence: list[Atom], causal: bool) -> list[Any]:
    n = len(sequence)
    match node.op:
        case Tokens():
            return sequence
        case Indices():
            return list(range(n))
        case Constant(value):
            return [value.value] * n
        case Width():
            return [sum(row) for row in args[0]]
        case Aggregate(default):
            classes = classify(args[1])
            return [mean(row, args[1], classes, default.value) for row in args[0]]
        case _:
            hidden = [[causal and k > q for k in range(n)] for q in range(n)]
            return [[not hidden[q][k] and cell(node, args, q, k) for k in range(n)] for q in range(n)]


def cell(node: Node, args: list[Any], q: int, k: int) -> bool:
    match node.op:
        case Select(test):
            return bool(apply_prim(TESTS[test], (), args[0][k], args[1][q]))
        case Not():
            return not args[0][q][k]
        case And():
            return args[0][q][k] and args[1][q][k]
        case Or():
            return args[0][q][k] or args[1][q][k]
        case Best():
            chosen = None
            for other, selected in enumerate(args[0][q]):
                if selected and (chosen is None or args[1][other] >= args[1][chosen]):
                    chosen = other
            return chosen == k
        case _:
            raise AssertionError(node)


def mean(row: list[bool], values: list[Atom], classes: str, default: Atom) -> Atom | None:
    """`None` where there is none."""
    selected = [value for value, chosen in zip(values, row, strict=True) if chosen]
    if not selected:
        return default
    if len(selected) == 1:
        return selected[0]
    if classes in ("string", "bool"):
        return None
    total: Any = 0
    try:
        for value in selected:
            total = total + value
        result = float(total) / len(selected)
    except OverflowError:
        return None
    return None if result in (float("inf"), float("-inf")) or result != result else result
