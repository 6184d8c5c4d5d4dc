"""Selectors in normal form: a conjunction of formulas over comparisons, with `not` pushed into the
comparisons.

Sound because atoms of one sequence are totally ordered where the comparison has a value at all; pairs that
have none make the whole input an error, and are not looked at.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import assert_never

from compiler.limits import COMPARED
from compiler.refusal import make_refusal
from rasp.graph.nodes import And, Best, Graph, Node, Not, Or, Select, list_in_order, list_reachable
from rasp.values import Test

OPPOSITE: dict[Test, Test] = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


@dataclass(frozen=True)
class Comparison:
    """key[k] test query[q]."""

    test: Test
    key: Node
    query: Node


@dataclass(frozen=True)
class Junction:
    """All of (`every`), or at least one of, the parts."""

    every: bool
    parts: tuple["Formula", ...]


@dataclass(frozen=True)
class Pick:
    """The best of a selector: no predicate of one key and one query."""

    node: Node


Formula = Comparison | Junction | Pick
Signed = tuple[Node, bool]
"""A selector, and whether it is meant, or its complement."""


def normalise_selector(selector: Node, positive: bool = True) -> Formula:
    """The selector, or its complement, in negation normal form. A complemented `best` cannot occur here:
    `compiler/rewrite/rules/place_best.py` has replaced it."""

    def below(part: Signed) -> list[Signed]:
        node, sign = part
        match node.selector_op:
            case Not():
                return [(node.args[0], not sign)]
            case And() | Or():
                return [(arg, sign) for arg in node.args]
            case _:
                return []

    found: dict[Signed, Formula] = {}
    for part in list_in_order([(selector, positive)], below):
        found[part] = make_formula(*part, [found[inner] for inner in below(part)])
    return found[selector, positive]


def check_sizes(graph: Graph, outputs: Iterable[Node]) -> None:
    """Selectors are looked at as they are written out, where one that is named twice is there twice. Raises
    `CompileError` where that is too much."""
    size: dict[Node, int] = {}
    joined: dict[Node, dict[Node, None]] = {}  # what is joined by all that are of one kind
    for node in list_reachable(outputs):
        if isinstance(node.op, Not | And | Or):
            inner = [joined[arg] if arg.op == node.op and arg in joined else {arg: None} for arg in node.args]
            joined[node] = dict(chain.from_iterable(part.items() for part in inner))
            size[node] = sum(size.get(part, 1) for part in joined[node])
            if size[node] > COMPARED.most:
                message = (
                    f"this selector is made of {size[node]:,} comparisons (the limit is {COMPARED.most:,})"
                )
                raise make_refusal(graph, node, message, COMPARED.hint)


def make_formula(selector: Node, positive: bool, parts: Sequence[Formula]) -> Formula:
    """The same, given the formulas of what it is made of."""
    match selector.selector_op:
        case Select(test):
            key, query = selector.args
            return Comparison(test if positive else OPPOSITE[test], key, query)
        case Not():
            return parts[0]
        case And() | Or() as op:
            return make_junction(isinstance(op, And) == positive, tuple(parts))
        case Best():
            assert positive, "a complemented best has been replaced before lowering"
            return Pick(selector)
        case _:
            assert_never(selector.selector_op)


def make_junction(every: bool, parts: tuple[Formula, ...]) -> Formula:
    """Flattened; the parts keep their order and repetitions go."""
    flat: dict[Formula, None] = {}
    for part in parts:
        if isinstance(part, Junction) and part.every == every:
            flat.update(dict.fromkeys(part.parts))
        else:
            flat[part] = None
    return next(iter(flat)) if len(flat) == 1 else Junction(every, tuple(flat))


def list_conjuncts(selector: Node) -> tuple[Formula, ...]:
    """The parts that all have to hold."""
    whole = normalise_selector(selector)
    return whole.parts if isinstance(whole, Junction) and whole.every else (whole,)


def list_comparisons(part: Formula) -> list[Comparison]:
    """Every comparison in a formula, left to right, each once."""
    match part:
        case Comparison():
            return [part]
        case Junction(parts=parts):
            return list(dict.fromkeys(c for p in parts for c in list_comparisons(p)))
        case Pick():
            return []
        case _:
            assert_never(part)
