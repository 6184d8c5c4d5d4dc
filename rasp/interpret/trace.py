"""Evaluate one input and keep every node's value: for drawing, and to find the first node that differs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rasp.arguments import Attention
from rasp.graph.nodes import Node, list_reachable
from rasp.interpret.evaluate import EvaluationError, Outcome, evaluate
from rasp.values import Atom, make_typed_key


@dataclass(frozen=True, eq=False)
class Trace:
    """The outcome of each node on one input, arguments before users."""

    tokens: tuple[Atom, ...]
    attention: Attention
    outcomes: Mapping[Node, Outcome]


def trace_outputs(outputs: Sequence[Node], tokens: Sequence[Atom], attention: Attention = "full") -> Trace:
    """The outcomes of all nodes that the outputs need. A selector's outcome is its whole matrix."""
    nodes = list_reachable(outputs)
    outcomes = [row[0] for row in evaluate(nodes, [tokens], attention)]
    return Trace(tuple(tokens), attention, dict(zip(nodes, outcomes, strict=True)))


def first_difference(expected: Trace, actual: Mapping[Node, Outcome]) -> Node | None:
    """The first node that both hold with different outcomes, be it in kind; `None` if there is none."""
    for node, outcome in expected.outcomes.items():
        if node in actual and not same_outcome(outcome, actual[node]):
            return node
    return None


def same_outcome(one: Outcome, other: Outcome) -> bool:
    """Equal to the last bit, with equal kinds. Failures are alike whatever their messages."""
    if isinstance(one, EvaluationError) or isinstance(other, EvaluationError):
        return isinstance(one, EvaluationError) and isinstance(other, EvaluationError)
    return [marked(value) for value in one] == [marked(value) for value in other]


def marked(value: Atom | list[bool]) -> object:
    return value if isinstance(value, list) else make_typed_key(value)
