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
    list_reachable,
)
from rasp.graph.primitives import TESTS, apply_prim
from rasp.values import Atom, ValueProblem, classify_values

CONVERSIONS = ("to_str", "to_int", "to_float", "to_bool")


@dataclass(frozen=True)
class Failed:
    """No value, and the node where that began (its number in the order of evaluation)."""

    node: Node
    number: int


@dataclass(frozen=True)
class Known:
    """A node on one input, by position: its items (of a selector its rows), `Failed` where there is none; why all that
    depends on it fails there; and which node first had strings beside other values."""

    items: list[Any]
    failed: list[Failed | None]
    mixed: list[Failed | None]

    @property
    def absent(self) -> list[Failed | None]:
        return [item if isinstance(item, Failed) else None for item in self.items]

    @property
    def outcome(self) -> Any:
        return first(self.failed) or first([*self.mixed, *self.absent]) or self.items

    @property
    def known(self) -> list[Any]:
        """The items, `None` where there is none for who asks."""
        lost = zip(self.failed, self.mixed, self.absent, strict=True)
        return [None if any(why) else item for item, why in zip(self.items, lost, strict=True)]


def first(found: Sequence[Failed | None]) -> Failed | None:
    return min([failed for failed in found if failed], key=lambda failed: failed.number, default=None)


def reference_values(outputs: Sequence[Node], sequence: Sequence[Atom], attention: str) -> dict[Node, Known]:
    """Every reachable node's value, whose outcome is a list of atoms, rows of booleans, or `Failed`."""
    known: dict[Node, Known] = {}
    seen = [range(i + 1) if attention == "causal" else range(len(sequence)) for i in range(len(sequence))]
    for number, node in enumerate(list_reachable(outputs)):
        args = [known[argument] for argument in node.args]
        here = Failed(node, number)
        if isinstance(node.op, Map):
            known[node] = mapped(node, node.op, args, here, seen)
        else:
            known[node] = whole(node, args, list(sequence), here, seen)
    return known


def mapped(node: Node, op: Map, args: list[Known], here: Failed, seen: list[range]) -> Known:
    """An elementwise op: position by position."""
    failed = [first([arg.failed[i] for arg in args]) for i in range(len(seen))]
    items = [why or element(op, [arg.items[i] for arg in args], here) for i, why in enumerate(failed)]
    minds = args[:1] if op.prim in ("if", "and", "or") else args
    if op.prim in CONVERSIONS and isinstance(node.args[0].op, Tokens):
        minds = []
    mixed = [
        first([*[arg.mixed[i] for arg in minds], mixture(items, here, seen[i])]) for i in range(len(seen))
    ]
    return Known(items, failed, mixed)


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


def mixture(items: list[Any], here: Failed, seen: range) -> Failed | None:
    try:
        classify_values([items[i] for i in seen if not isinstance(items[i], Failed)] or [0])
    except ValueProblem:
        return here
    return None


def whole(node: Node, args: list[Known], sequence: list[Atom], here: Failed, seen: list[range]) -> Known:
    """Everything else: at each position it needs all that is seen there."""
    failed: list[Failed | None] = []
    items: list[Any] = []
    for i, keys in enumerate(seen):
        lost = first([arg.failed[k] or arg.mixed[k] for arg in args for k in keys])
        absent = lost or first([arg.absent[k] for arg in args for k in keys])
        item = absent
        if not absent:
            try:
                item = value_at(node, [arg.items for arg in args], sequence, i, keys)
            except ValueProblem:
                lost = here
        failed.append(lost)
        items.append(lost or (here if item is None else item))
    if isinstance(node.op, Select):  # whoever sees a comparison that fails, fails
        failed = [first([failed[k] for k in keys]) for keys in seen]
        items = [why or item for why, item in zip(failed, items, strict=True)]
    none: list[Failed | None] = [None] * len(seen)
    return Known(items, failed, none if node.is_selector else [mixture(items, here, keys) for keys in seen])


def value_at(node: Node, args: list[Any], sequence: list[Atom], i: int, keys: range) -> Any:
    match node.op:
        case Tokens():
            return sequence[i]
        case Indices():
            return i
        case Constant(value):
            return value.value
        case Width():
            return sum(args[0][i])
        case Aggregate(default):
            values = [args[1][k] for k in keys]
            return mean(args[0][i][: len(keys)], values, classify_values(values), default.value)
        case _:
            return [k in keys and cell(node, args, i, k) for k in range(len(sequence))]


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
