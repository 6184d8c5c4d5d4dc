"""A program as the page shows it while it is typed: colours, complaints, and what each s-op and selector is on an input.

Places are those of the Language Server Protocol: lines and columns from 0, columns in units of UTF-16, as in JavaScript.
"""

from collections.abc import Iterator
from typing import Any

from rasp.diagnostics import Diagnostic
from rasp.elaborate.failure import explain_failure
from rasp.elaborate.scope import Function, Result
from rasp.elaborate.static import describe_value
from rasp.graph.nodes import Node
from rasp.interpret.evaluate import EvaluationError, Outcome, evaluate, evaluate_by_position
from rasp.language_features.document import PATIENCE, Document, ShownInput
from rasp.language_features.hover import write_static
from rasp.language_features.patience import TooSlow, limit_seconds
from rasp.language_features.positions import Positions
from rasp.language_features.problems import list_complaints
from rasp.language_features.semantic_tokens import LEGEND, list_semantic_tokens
from rasp.notation.sequences import show_short
from rasp.syntax.directives import HEAD
from rasp.syntax.lexer import tokenize_text
from rasp.syntax.precedence import FORMS
from rasp.values import classify_values

Record = dict[str, Any]
#: The class of a lexeme; names have theirs by meaning, symbols none.
LEXEMES = {
    "keyword": "keyword",
    "display": "keyword",
    "sop": "keyword",
    "int": "number",
    "float": "number",
    "string": "string",
    "bad": "bad",
}
#: Statements whose values are shown; of more the page says so.
MOST_SHOWN = 60
#: Characters of what is neither s-op nor selector.
LONGEST_TEXT = 200


def show_program(document: Document, given: ShownInput) -> Record:
    """Everything at once, since the page asks for it at every pause."""
    shown = [result for result in list_own_results(document) if not isinstance(result.value, Function)]
    return {
        "colours": list(list_colours(document)),
        "problems": [problem_record(document, problem) for problem in list_complaints(document)],
        "tokens": [show_short(token) for token in given.items],
        "values": list_values(document, shown[:MOST_SHOWN], given),
        "left_out": max(0, len(shown) - MOST_SHOWN),
        "compiles": [
            {
                "expression": line.expression,
                "name": line.name or line.expression,
                "vocabulary": list(line.vocabulary or ()),
                "max_length": line.max_length,
                "attention": line.attention,
            }
            for line in document.directives.compiles
        ],
    }


def list_colours(document: Document) -> Iterator[list[int | str]]:
    """[line, column, length, class] of all that is coloured: names by meaning, as editors have it, the rest by its kind."""
    positions = Positions(document.source)
    tokens, comments = tokenize_text(document.source)
    spans = [(token.span, LEXEMES[token.kind]) for token in tokens if token.kind in LEXEMES]
    spans += [
        (token.span, "function library") for token in tokens if token.kind == "name" and token.text in FORMS
    ]
    for comment in comments:
        text = document.source.text[comment.span.start : comment.span.end]
        spans.append((comment.span, "directive" if HEAD.match(text) else "comment"))
    for span, kind in spans:
        start = positions.position(span.start)
        length = positions.units(document.source.text[span.start : span.end])
        yield [start.line, start.character, length, kind]
    data, line, column = list_semantic_tokens(document, positions).data, 0, 0
    for k in range(0, len(data), 5):
        down, across, length, kind, modifiers = data[k : k + 5]
        line, column = line + down, across + (0 if down else column)
        library = " library" if modifiers & 1 << LEGEND.token_modifiers.index("defaultLibrary") else ""
        yield [line, column, length, LEGEND.token_types[kind] + library]


def problem_record(document: Document, problem: Diagnostic) -> Record:
    """A complaint: `range` is [line, column, line, column], and absent where there is no place in this text."""
    record: Record = {"severity": problem.severity, "message": problem.message, "hint": problem.hint}
    record["notes"] = [text for text in (problem.label, *problem.notes) if text]
    if problem.source == document.source and problem.span is not None:
        found = Positions(document.source).range(problem.span)
        record["range"] = [found.start.line, found.start.character, found.end.line, found.end.character]
    return record


def list_own_results(document: Document) -> list[Result]:
    """What the text's own statements give, in their order; of a name that is bound again, the last."""
    found: dict[tuple[str, int], Result] = {}
    for number, result in enumerate(document.program.results):
        if result.source == document.source:
            key = (result.name, number if result.name == "out" else -1)
            found.pop(key, None)
            found[key] = result
    return list(found.values())


def list_values(document: Document, results: list[Result], given: ShownInput) -> list[Record]:
    """The results on an input: `cells` of an s-op, `rows` of a selector, `text` of anything else, or `problem`."""
    nodes = [result.value for result in results if isinstance(result.value, Node)]
    try:
        with limit_seconds(PATIENCE):
            found = evaluate(nodes, [list(given.items)], given.attention)
    except TooSlow:
        slow = EvaluationError(f"it takes longer than {PATIENCE:.0f} seconds")
        found = [[slow] for _ in nodes]
    outcomes = {node: row[0] for node, row in zip(nodes, found, strict=True)}
    return [value_record(document, result, outcomes, given) for result in results]


def value_record(
    document: Document, result: Result, outcomes: dict[Node, Outcome], given: ShownInput
) -> Record:
    source = document.source
    text = source.text[result.span.start : result.span.end].rstrip("; \n")
    name = " ".join(text.split()) if result.name == "out" else result.name
    record: Record = {"name": name, "line": Positions(source).position(result.span.start).line}
    if not isinstance(result.value, Node):
        kind = describe_value(result.value).split(" ", 1)[1]
        return record | {"kind": kind, "text": write_static(result.value)[:LONGEST_TEXT]}
    outcome = outcomes[result.value]
    record["kind"] = "selector" if result.value.is_selector else "s-op"
    if isinstance(outcome, EvaluationError):
        told = explain_failure(document.program.graph, outcome, given.items, (source, result.span))
        record["problem"] = {"message": told.message, "hint": told.hint}
    if result.value.is_selector:
        rows = (
            [] if isinstance(outcome, EvaluationError) else [row for row in outcome if isinstance(row, list)]
        )
        return record | {"rows": ["".join("1" if cell else "0" for cell in row) for row in rows]}
    values = evaluate_by_position(outcome)
    known = [value for value in values if value is not None]
    if known and not isinstance(outcome, EvaluationError):
        record["kind"] = f"s-op of {classify_values(known)}s"
    return record | {"cells": [None if value is None else show_short(value) for value in values]}
