"""Events of a session → lines to print, in the shapes of RASP's first console.

        value: x =  1                     s-op: hist
        list: l = [1, 'a']               Example: hist("hello") = [1, 1, 2, 2, 1] (ints)

In: an event, and a `Display` that says how wide the terminal is. Out: styled lines. An example on which an
s-op has no value is told as a warning below it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rasp.diagnostics import Diagnostic
from rasp.elaborate.elaboration_effort import measure_volume
from rasp.elaborate.failure import explain_failure
from rasp.elaborate.scope import Applied, Function, Static, Workshop
from rasp.graph.nodes import Node
from rasp.interpret.evaluate import EvaluationError, evaluate
from rasp.limits import ELEMENTS, MATRIX
from rasp.notation.matrix import show_matrix
from rasp.notation.naming import name_node
from rasp.notation.sequences import show_sequence
from rasp.notation.style import Line, Piece, make_line, strip_style
from rasp.prompt.events import Answered, Doubted, Event, Examples, ExampleTold, Failed, Shown
from rasp.source import Source, Span
from rasp.values import Atom, ValueProblem, is_atom

TABS = "\t\t"
SENTENCE = re.compile(r"(error|warning|note): |  = (hint|note): |(taken back|back again|deleted): ")


@dataclass(frozen=True, eq=False)
class Display:
    """Where lines go. `width` is the terminal's; None for a file or a pipe."""

    workshop: Workshop
    width: int | None = None


def show_event(event: Event, display: Display) -> list[Line]:
    """The lines for an event; none for a drawing or the end."""
    match event:
        case Shown(name, value, examples):
            return value_lines(value, name, Shower(display, examples))
        case Answered(applied, examples):
            return answer_lines(applied, Shower(display, examples))
        case ExampleTold(what, example):
            return [make_line(f"\t{what} example: ", Piece(quote_value(example), "value"))]
        case Failed(diagnostic) | Doubted(diagnostic):
            return show_diagnostic(diagnostic)
        case _:
            return []


def show_diagnostic(diagnostic: Diagnostic) -> list[Line]:
    """A message, its first line in colour."""
    head, *rest = diagnostic.render().split("\n")
    style = diagnostic.severity if diagnostic.severity in ("error", "warning") else "name"
    return [make_line(Piece(head, style)), *[make_line(text) for text in rest]]


def is_prose(row: Line) -> bool:
    """Is a line a sentence, which may go on in the next, and nothing that stands in columns?"""
    return SENTENCE.match(strip_style(row)) is not None or [piece.style for piece in row] == ["label"]


def quote_value(value: Static) -> str:
    """A value as it is written in a program, as far as Python writes it alike."""
    if isinstance(value, str):
        return f'"{value}"'
    return str(value) if is_atom(value) or isinstance(value, list | dict) else "…"


def brief(text: str, width: int | None) -> str:
    """On a terminal, no more of a long example than leaves room for what it gives."""
    return text if width is None or len(text) <= width // 2 else f"{text[: width // 2 - 1]}…"


@dataclass(frozen=True, eq=False)
class Shower:
    """How values are shown: where, with which examples, and how deep inside lists."""

    display: Display
    examples: Examples
    indent: str = ""

    def inside(self, tabs: str) -> "Shower":
        return replace(self, indent=self.indent + tabs)


def value_lines(value: Static, name: str, shower: Shower) -> list[Line]:
    """A value under a name; under none (in a list), s-ops and selectors have their own."""
    match value:
        case Node():
            return node_lines(value, name or name_node(shower.display.workshop, value), shower)
        case Function():
            text = f"{value.name}({', '.join(value.parameters)})"
            return [make_line(Piece(f"     {value.home} function: ", "label"), Piece(text, "name"))]
        case list() | dict():
            kind = "list" if isinstance(value, list) else "dict"
            if is_endless(value):
                return [labelled(f"     {kind}: ", name, " = " if name else "", "(too long to show)")]
            if is_flat(value):
                return [labelled(f"     {kind}: ", name, " = " if name else "", flat_text(value))]
            return nested_lines(value, kind, name, shower)
        case _:
            return [labelled("    value: ", name, " =  " if name else " ", quote_value(value))]


def labelled(label: str, name: str, equals: str, value: str) -> Line:
    return make_line(Piece(label, "label"), Piece(name, "name"), equals, Piece(value, "value"))


def is_endless(value: Static) -> bool:
    """Is there more in it than is ever looked at? Lists that share their elements can hold any number."""
    try:
        return measure_volume(value) > ELEMENTS.most
    except ValueProblem:
        return True


def is_flat(value: list[Static] | dict[Atom, Static]) -> bool:
    """Is no list, dict, s-op or selector directly in it?"""
    items = value if isinstance(value, list) else value.values()
    return not any(isinstance(item, Node | list | dict) for item in items)


def flat_text(value: list[Static] | dict[Atom, Static]) -> str:
    """A flat list or dict as Python writes it; a function by its name."""
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    return f"{{{', '.join(f'{key!r}: {written(item)}' for key, item in value.items())}}}"


def written(value: Static) -> str:
    return f"{value.name}(…)" if isinstance(value, Function) else repr(value)


def nested_lines(
    value: list[Static] | dict[Atom, Static], kind: str, name: str, shower: Shower
) -> list[Line]:
    """A list or dict that holds more than atoms: an element a line, or several lines."""
    brackets = "[]" if isinstance(value, list) else "{}"
    equals = " = " if name else shower.indent
    rows = [make_line(Piece(f"     {kind}: ", "label"), Piece(name, "name"), f"{equals} {brackets[0]}")]
    tabs = TABS if isinstance(value, list) else TABS + "\t"
    inner = shower.inside(tabs)
    entries = [("", item) for item in value] if isinstance(value, list) else keyed(value)
    for key, item in entries:
        first, *rest = value_lines(item, "", inner)
        rows.append((Piece(tabs + key), *first))
        rows += [(Piece(tabs), *row) for row in rest]
    blanks = len(f"   {kind}: {name} = " if name else f"   {kind}: ") + 2
    return [*rows, make_line(f"{' ' * blanks}{brackets[1]}")]


def keyed(value: dict[Atom, Static]) -> list[tuple[str, Static]]:
    """A dict's entries with their keys as they are shown in front."""
    return [(f" {quote_value(key)} :", item) for key, item in value.items()]


def node_lines(node: Node, name: str, shower: Shower) -> list[Line]:
    """An s-op or selector and, if wanted, its running example."""
    kind = "selector" if node.is_selector else "s-op"
    head = make_line(Piece(f"     {kind}: ", "label"), Piece(name, "name"))
    if not shower.examples.shown_for(node):
        return [head]
    given = shower.examples.of(node)
    items = tuple(list_items(given))
    if node.is_selector and len(items) > MATRIX.most:
        return [head, make_line(Piece(" \t Example: the running example is too long for a matrix", "label"))]
    outcome = evaluate([node], [items])[0][0]
    example = f"{name}({brief(quote_value(given), shower.display.width)})"
    title = " \t Example:" if node.is_selector else f" \t Example: {example} ="
    if isinstance(outcome, EvaluationError):
        missing = make_line(Piece(f" \t Example: {example} has no value", "label"))
        return [head, missing, *problem_lines(shower.display, outcome, items, name, node)]
    body = outcome_lines(outcome, items, shower)
    if node.is_selector:
        return [head, make_line(Piece(title, "label")), *body]
    return [head, (Piece(f"{title} ", "label"), *body[0]), *body[1:]]


def problem_lines(
    display: Display, problem: EvaluationError, items: Sequence[Atom], name: str, node: Node
) -> list[Line]:
    """Why the running example has no value: a warning, since the definition stands."""
    graph = display.workshop.graph
    unknown = Source("<prompt>", name), Span(0, len(name))
    otherwise = graph.repeated.get(node) or graph.origins.get(node, unknown)
    found = explain_failure(graph, problem, items, otherwise)
    return show_diagnostic(replace(found, severity="warning", notes=()))


def outcome_lines(
    outcome: list[Atom] | list[list[bool]], items: Sequence[Atom], shower: Shower
) -> list[Line]:
    """A sequence (the first line is to follow a title), or a selector's matrix."""
    rows = [row for row in outcome if isinstance(row, list)]
    if rows:
        width = shower.display.width
        return show_matrix(items, rows, None if width is None else width - len(shower.indent) * 8)
    values = [value for value in outcome if not isinstance(value, list)]
    return show_sequence(items, values, shower.examples.full)


def list_items(given: Static) -> list[Atom]:
    """The elements of an input that has been checked."""
    assert isinstance(given, str | list | dict)
    return [item for item in given if is_atom(item)]  # type: ignore[misc]


def answer_lines(applied: Applied, shower: Shower) -> list[Line]:
    """`\t =  [0, 1] (ints)`, or a matrix below `\t = `."""
    items = list_items(applied.given)
    if not applied.node.is_selector:
        values = [item for item in applied if is_atom(item)]
        first, *rest = show_sequence(items, values, shower.examples.full)  # type: ignore[arg-type]
        return [(Piece("\t =  "), *first), *rest]
    rows = [[bool(cell) for cell in row] for row in applied if isinstance(row, list)]
    return [make_line("\t = "), *show_matrix(items, rows, shower.display.width)]
