"""Statements → documents, with their comments, and one blank line where the text has any.

Comments behind a statement on its line, and on lines of their own, stay where they are. A comment inside a
statement that has no place in a list or row of operands goes above the statement.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from rasp.format.documents import (
    Choice,
    Document,
    Hard,
    Join,
    Line,
    Nest,
    Remark,
    Text,
    join_parts,
    render_document,
)
from rasp.format.expression_layout import (
    POSTFIX,
    layout_enclosed,
    layout_expression,
    layout_part,
    layout_whole,
    measure_tightness,
)
from rasp.format.remarks import Part, Remarks, arrange_remarks, follows_on_line, layout_rows
from rasp.source import Span
from rasp.syntax.syntax_tree import (
    Assign,
    Broken,
    Comment,
    Draw,
    Exit,
    Expression,
    ExpressionStatement,
    For,
    FullDisplay,
    FunctionDefinition,
    Group,
    Load,
    Module,
    SetExample,
    ShowExample,
    Statement,
    SwitchExamples,
)

WIDTH = 100


@dataclass(frozen=True)
class Entry:
    """A piece of a block: a statement, a comment on a line of its own, or the `return` of a function."""

    document: Document
    start: int
    end: int


def statement_part(remarks: Remarks, tree: Statement) -> Part:
    return Part(statement(remarks, tree), tree.span.start, tree.span.end)


def statement(remarks: Remarks, tree: Statement) -> Document:
    """The document of one statement, without a line break behind it. `Broken` ones cannot be printed."""
    match tree:
        case ExpressionStatement(value):
            # Parentheses around the whole stay: the prompt shows `(x);` otherwise than `x;`.
            while isinstance(value, Group) and isinstance(value.inner, Group):
                value = value.inner
            return join_parts(layout_expression(remarks, value), ";")
        case Assign(names, values):
            left = ", ".join(name.text for name in names)
            return join_parts(left, " =", several(remarks, values), ";")
        case FunctionDefinition() | For():
            return compound(remarks, tree)
        case Load(path):
            return Text(f'load "{path}";')
        case Draw(value, given, span):
            parts = [layout_part(remarks, each) for each in (value, given) if each is not None]
            return join_parts("draw", layout_enclosed(remarks, "(", parts, ")", span), ";")
        case SetExample() | ShowExample() | SwitchExamples() | FullDisplay() | Exit():
            return command(remarks, tree)
        case Broken():
            raise AssertionError(tree)
        case _:
            assert_never(tree)


def several(remarks: Remarks, values: Sequence[Expression]) -> Document:
    """A blank and one value, or values between commas, on lines of their own if they do not fit on one."""
    parts = [layout_part(remarks, value) for value in values]
    if len(parts) == 1:
        return join_parts(" ", parts[0].document)
    # Comments in front of the first value are left to the statement.
    parts[0] = Part(parts[0].document, values[0].span.end, values[0].span.end)
    slots, _ = arrange_remarks(remarks, parts, values[0].span.end, values[-1].span.end)
    return Choice(Nest(join_parts(Line(), layout_rows(slots, ","))))


def command(
    remarks: Remarks, tree: SetExample | ShowExample | SwitchExamples | FullDisplay | Exit
) -> Document:
    """Commands of the prompt. They end with their line unless a bracket is open."""
    match tree:
        case SetExample(what, value):
            while isinstance(value, Group):
                value = value.inner
            inner = layout_expression(remarks, value, indented=False)
            if measure_tightness(value) < POSTFIX and "\n" in render_document(
                inner, WIDTH - len("set selector example ")
            ):
                inner = Choice(join_parts("(", Nest(join_parts(Line(""), inner)), Line(""), ")"))
            return join_parts(f"set {kind(what)}example ", inner)
        case ShowExample(what):
            return Text(f"show {kind(what)}example")
        case SwitchExamples(what, on):
            return Text(f"{kind(what)}examples {'on' if on else 'off'}")
        case FullDisplay(on):
            return Text(f"full seq display {'on' if on else 'off'}")
        case Exit(span):
            return Text("quit" if remarks.source.text.startswith("quit", span.start) else "exit")
        case _:
            assert_never(tree)


def kind(what: str) -> str:
    """Which example a command is about, followed by a blank."""
    return "" if what == "both" else f"{what} "


def compound(remarks: Remarks, tree: FunctionDefinition | For) -> Document:
    """`def` and `for`, each statement of the body on a line of its own."""
    body = [statement_part(remarks, inner) for inner in tree.body]
    match tree:
        case FunctionDefinition(name, parameters, _, results):
            brace = opening_brace(remarks, parameters[-1].span.end if parameters else name.span.end)
            names = [Part(Text(each.text), each.span.start, each.span.end) for each in parameters]
            place = tree.body[-1].span.end if tree.body else brace + 1
            body.append(result_part(remarks, results, place))
            inside = Span(name.span.end, brace)
            head = join_parts("def ", name.text, layout_enclosed(remarks, "(", names, ")", inside))
        case For(names, iterable):
            brace = opening_brace(remarks, iterable.span.end)
            head = join_parts(
                f"for {', '.join(name.text for name in names)} in ", layout_whole(remarks, iterable)
            )
        case _:
            assert_never(tree)
    remark, lines = block(remarks, body, brace + 1, tree.span.end)
    opening = [Text(" {"), Remark(remark)] if remark else [Text(" {")]
    return join_parts(head, *opening, Nest(join_parts(Hard(), lines)), Hard(), "}")


def opening_brace(remarks: Remarks, place: int) -> int:
    """Where the `{` of a body is, from the end of what the tree knows before it."""
    text = remarks.source.text
    place = remarks.next_token(place)
    while place < len(text) and text[place] != "{":
        place = remarks.next_token(place + 1)
    return place


def result_part(remarks: Remarks, results: Sequence[Expression], place: int) -> Part:
    """`return` with its values; `place` is the end of what comes before."""
    document = join_parts("return", several(remarks, results), ";")
    return Part(document, remarks.next_token(place), remarks.next_token(results[-1].span.end) + 1)


def block(remarks: Remarks, parts: Sequence[Part], start: int, end: int) -> tuple[str, Document]:
    """The comment behind the `{` that ends at `start`, and the lines up to `end`. A text starts at 0."""
    edges = [start, *(part.end for part in parts)]
    gaps = [remarks.take(a, b) for a, b in zip(edges, [*(part.start for part in parts), end], strict=True)]
    behind = [taken_behind(remarks, gap, edge) for gap, edge in zip(gaps, edges, strict=True)]
    entries: list[Entry] = []
    for part, gap, remark in zip(parts, gaps, behind[1:], strict=False):
        entries += [own_line(remarks, comment) for comment in gap]
        inside = remarks.take(part.start, part.end)
        entries += [Entry(own_line(remarks, comment).document, part.start, part.start) for comment in inside]
        document = join_parts(part.document, Remark(remark)) if remark else part.document
        entries.append(Entry(document, part.start, part.end))
    entries += [own_line(remarks, comment) for comment in gaps[-1]]
    return behind[0], spaced(remarks, entries)


def taken_behind(remarks: Remarks, gap: list[Comment], place: int) -> str:
    """The first of the comments if it stands on the line of what ends at `place`; it is taken from them."""
    return remarks.spelled(gap.pop(0)) if place and follows_on_line(remarks, gap, place) else ""


def own_line(remarks: Remarks, comment: Comment) -> Entry:
    return Entry(Text(remarks.spelled(comment)), comment.span.start, comment.span.end)


def spaced(remarks: Remarks, entries: Sequence[Entry]) -> Document:
    """The entries on lines of their own, with a blank line where there are some in the text."""
    parts: list[Document] = []
    for number, entry in enumerate(entries):
        if number:
            distance = remarks.line(entry.start) - remarks.line(entries[number - 1].end)
            parts += [Hard(), Hard()] if distance > 1 else [Hard()]
        parts.append(entry.document)
    return Join(tuple(parts))


def layout_module(module: Module) -> str:
    """The text of a module without broken statements; it ends with a line break unless it is empty."""
    remarks = Remarks(module.source, list(module.comments))
    parts = [statement_part(remarks, tree) for tree in module.statements]
    _, lines = block(remarks, parts, 0, len(module.source.text))
    text = render_document(lines, WIDTH)
    return f"{text}\n" if text else ""
