"""A second, naive definition of what a graph means: one input, one position, one cell at a time.

For tests only. It shares with `rasp/evaluate.py` no more than the scalar primitives and the classification
of sequences.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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
from rasp.prims import TESTS, apply_prim
from rasp.values import Atom, ValueProblem, classify

CONVERSIONS = ("to_str", "to_int", "to_float", "to_bool")


@dataclass(frozen=True)
class Failed:
    """A node without a value, and the node where that began."""

    node: Node


def reference_values(outputs: Sequence[Node], sequence: Sequence[Atom], attention: str) -> dict[Node, Any]:
    """Every reachable node's value: a list of atoms, rows of booleans, or `Failed`."""
    values: dict[Node, Any] = {}
    for node in reachable(outputs):
        args = [values[argument] for argument in node.args]
        if isinstance(node.op, Map) and node.op.prim in CONVERSIONS and isinstance(node.args[0].op, Tokens):
            args = [list(sequence)]
        failed = [value for value in args if isinstance(value, Failed)]
        if failed:
            values[node] = failed[0]
            continue
        try:
            values[node] = value_of(node, args, list(sequence), attention == "causal")
            if not node.is_selector:
                classify(values[node])
        except ValueProblem:
            values[node] = Failed(node)
    return values


def value_of(node: Node, args: list[Any], sequence: list[Atom], causal: bool) -> list[Any]:
    n = len(sequence)
    match node.op:
        case Tokens():
            return sequence
        case Indices():
            return list(range(n))
        case Constant(value):
            return [value.value] * n
        case Map(prim, parameters):
            fixed = tuple(parameter.value for parameter in parameters)
            return [apply_prim(prim, fixed, *(arg[i] for arg in args)) for i in range(n)]
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


def mean(row: list[bool], values: list[Atom], classes: str, default: Atom) -> Atom:
    selected = [value for value, chosen in zip(values, row, strict=True) if chosen]
    if not selected:
        return default
    if len(selected) == 1:
        return selected[0]
    if classes in ("string", "bool"):
        raise ValueProblem("averaging")
    total: Any = 0
    try:
        for value in selected:
            total = total + value
        result = float(total) / len(selected)
    except OverflowError:
        raise ValueProblem("too large") from None
    if result in (float("inf"), float("-inf")) or result != result:
        raise ValueProblem("too large")
    return result
