"""The values that definitions have on the running example, behind them in the text."""

from collections.abc import Sequence
from itertools import groupby

from lsprotocol import types

from rasp.command_line.console import show_answer_value, show_tokens
from rasp.elaborate.scope import Result
from rasp.graph.nodes import Node
from rasp.interpret.evaluate import EvaluationError, Outcome, evaluate
from rasp.language_features.document import PATIENCE, Document, ShownInput, find_example
from rasp.language_features.patience import TooSlow, limit_seconds
from rasp.language_features.positions import Positions
from rasp.source import Span

LONGEST = 60


def list_inlays(document: Document, positions: Positions, asked: Span) -> list[types.InlayHint]:
    """A hint behind each s-op's definition in a part of the text; none if working them out takes too long."""
    results = [result for result in document.program.results if is_shown(document, result, asked)]
    found: list[types.InlayHint] = []
    for span, group in groupby(results, key=lambda result: result.span):
        named = list(group)
        nodes = [result.value for result in named if isinstance(result.value, Node)]
        given = find_example(document, nodes[0], span.start)
        try:
            with limit_seconds(PATIENCE / len(results)):
                outcomes = [outcome[0] for outcome in evaluate(nodes, [list(given.items)], given.attention)]
        except (TooSlow, MemoryError):
            return found
        found.append(hint(positions, span, outcomes, given))
    return found


def is_shown(document: Document, result: Result, asked: Span) -> bool:
    """Is it an s-op that has a name, and in the part that was asked for?"""
    inside = asked.start <= result.span.end <= asked.end and result.source == document.source
    return inside and result.name != "out" and isinstance(result.value, Node) and not result.value.is_selector


def hint(positions: Positions, span: Span, outcomes: Sequence[Outcome], given: ShownInput) -> types.InlayHint:
    values = ", ".join(map(shown, outcomes))
    label = values if len(values) <= LONGEST else f"{values[:LONGEST]}…"
    note = f"on {show_tokens(given.items)}" + (" (causal)" if given.attention == "causal" else "")
    return types.InlayHint(positions.position(span.end), label, tooltip=note, padding_left=True)


def shown(outcome: Outcome) -> str:
    if isinstance(outcome, EvaluationError):
        return "no value"
    return f"[{', '.join(show_answer_value(value) for value in outcome if not isinstance(value, list))}]"
