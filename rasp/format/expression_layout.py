"""Expressions → documents. Parentheses are written where the tree needs them, and kept where the user wrote
them around a part of something; those around a whole value, around a name, or twice around the same are
dropped.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import assert_never

from rasp.format.documents import Choice, Document, Fill, Join, Line, Nest, Text, join_parts
from rasp.format.remarks import Part, Remarks, arrange_remarks, layout_rows
from rasp.source import Span
from rasp.syntax.precedence import FORMS, LEVELS
from rasp.syntax.syntax_tree import (
    AggregateCall,
    BuiltinCall,
    Call,
    Conditional,
    DictComprehension,
    DictDisplay,
    Expression,
    Group,
    Index,
    ListComprehension,
    ListDisplay,
    Literal,
    Name,
    Operation,
    Prefix,
    SelectCall,
    Slice,
)

# How tightly the forms that are not in LEVELS bind.
MEMBERSHIP, CHOICE, LOGIC, PREFIX, POSTFIX = -1, 0, 1, 7, 8
#: Lists of more items than this are filled when all items are this short.
FEW, SHORT = 4, 24


def measure_tightness(tree: Expression) -> int:
    """How tightly the outermost form of an expression binds."""
    match tree:
        case Operation(_, operators):
            return LEVELS.get(operators[0], MEMBERSHIP)
        case Conditional():
            return CHOICE
        case Prefix():
            return PREFIX
        case _:
            return POSTFIX


def bare(tree: Expression) -> Expression:
    """The tree without parentheses that are there twice, or around what needs none anywhere."""
    while isinstance(tree, Group):
        inner = tree.inner
        form = isinstance(inner, Name) and inner.text in FORMS
        if form or (not isinstance(inner, Group) and measure_tightness(inner) < POSTFIX):
            return tree
        tree = inner
    return tree


def layout_whole(remarks: Remarks, tree: Expression) -> Document:
    """An expression that is all of a value, argument or item."""
    while isinstance(tree, Group):
        tree = tree.inner
    return layout_expression(remarks, tree)


def operand(remarks: Remarks, tree: Expression, least: int) -> Document:
    """A part of an expression, which has to bind at least so tightly or stand in parentheses."""
    tree = bare(tree)
    is_form = least == POSTFIX and isinstance(tree, Name) and tree.text in FORMS
    if measure_tightness(tree) < least or is_form:
        return layout_expression(remarks, Group(tree, tree.span))
    return layout_expression(remarks, tree)


def layout_expression(remarks: Remarks, tree: Expression, indented: bool = True) -> Document:
    """The document of an expression; `indented`: its further lines are indented against the first."""
    match tree:
        case Name(text):
            return Text(text)
        case Literal():
            return Text(spelling(remarks, tree))
        case Group(inner, span):
            part = Part(layout_expression(remarks, inner, indented=False), inner.span.start, inner.span.end)
            return layout_enclosed(remarks, "(", [part], ")", span)
        case Prefix(operator, inner):
            word, document = "not " if operator == "not" else operator, operand(remarks, inner, PREFIX)
            return Text(word + document.text) if isinstance(document, Text) else join_parts(word, document)
        case Operation():
            return operation(remarks, tree, indented)
        case Conditional():
            return conditional(remarks, tree, indented)
        case Index() | Slice():
            head = operand(remarks, tree.target, POSTFIX)
            inside = (
                layout_part(remarks, tree.index) if isinstance(tree, Index) else slice_parts(remarks, tree)
            )
            return join_parts(
                head, layout_enclosed(remarks, "[", [inside], "]", Span(tree.target.span.end, tree.span.end))
            )
        case Call() | SelectCall() | AggregateCall() | BuiltinCall():
            return call(remarks, tree)
        case ListDisplay() | DictDisplay() | ListComprehension() | DictComprehension():
            return display(remarks, tree)
        case _:
            assert_never(tree)


def slice_parts(remarks: Remarks, tree: Slice) -> Part:
    """`start:end:step`, with blanks around the colons where a part is more than one word."""
    given = (tree.start, tree.end) if tree.step is None else (tree.start, tree.end, tree.step)
    written = [None if part is None else layout_whole(remarks, part) for part in given]
    close = all(part is None or isinstance(part, Text) for part in written)
    words: list[Document | str] = []
    for place, part in enumerate(written):
        if place:
            words.append(":" if close else " :")
        if part is not None:
            words += [part] if close or not place else [" ", part]
    # The places of the colons are not in the tree; the first may stand alone, right behind the bracket.
    start = remarks.next_token(remarks.next_token(tree.target.span.end) + 1)
    return Part(
        join_parts(*words), start, max([start + 1, *(part.span.end for part in given if part is not None)])
    )


def spelling(remarks: Remarks, tree: Literal) -> str:
    """A literal as the text has it; without a text, from its value."""
    written = remarks.source.text[tree.span.start : tree.span.end]
    if written:
        return written
    match tree.value:
        case str():
            return f'"{tree.value}"'
        case int():
            return str(tree.value)
        case float():
            digits = format(Decimal(repr(tree.value)), "f")
            return digits if "." in digits else f"{digits}.0"
        case _:
            assert_never(tree.value)


def layout_part(remarks: Remarks, tree: Expression) -> Part:
    return Part(layout_whole(remarks, tree), tree.span.start, tree.span.end)


def layout_enclosed(
    remarks: Remarks, opening: str, parts: Sequence[Part], closing: str, span: Span
) -> Document:
    """Parts between brackets, whose comments are those inside `span`."""
    slots, dangling = arrange_remarks(remarks, parts, span.start, span.end)
    remarked = bool(dangling) or any(slot.before or slot.after for slot in slots)
    if not slots and not remarked:
        return Text(opening + closing)
    if not remarked and len(slots) == 1 and isinstance(slots[0].document, Hugged):
        return join_parts(opening, slots[0].document, closing)
    words = None if remarked else as_words([slot.document for slot in slots])
    inner = Fill(words) if words else layout_rows(slots, ",", dangling)
    return Choice(join_parts(opening, Nest(join_parts(Line(""), inner)), Line(""), closing))


class Hugged(Join):
    """A document that has brackets at its end: alone in other brackets, it stands close to them."""


def as_words(documents: Sequence[Document]) -> tuple[str, ...] | None:
    """The words to fill lines with, if these are many short items."""
    texts = [document.text for document in documents if isinstance(document, Text)]
    if len(texts) < len(documents) or len(texts) <= FEW or max(map(len, texts)) > SHORT:
        return None
    return (*(f"{text}," for text in texts[:-1]), texts[-1])


def operation(remarks: Remarks, tree: Operation, indented: bool) -> Document:
    """Operands with each operator before its right one."""
    least = measure_tightness(tree) + 1
    documents = [operand(remarks, part, least) for part in tree.operands]
    words = ("", *(f"{operator} " for operator in tree.operators))
    spans = [part.span for part in tree.operands]
    return chain(
        [join_parts(word, each) for word, each in zip(words, documents, strict=True)],
        spans,
        remarks,
        indented,
    )


def conditional(remarks: Remarks, tree: Conditional, indented: bool) -> Document:
    """`then if condition else otherwise`; a chain of them, which is read from the left, is one row."""
    links: list[Conditional] = [tree]
    while isinstance(first := bare(links[-1].then), Conditional):
        links.append(first)
    documents, spans = [operand(remarks, first, LOGIC)], [first.span]
    for link in reversed(links):
        documents.append(join_parts("if ", operand(remarks, link.condition, MEMBERSHIP)))
        documents.append(join_parts("else ", operand(remarks, link.otherwise, LOGIC)))
        spans += [link.condition.span, link.otherwise.span]
    return chain(documents, spans, remarks, indented)


def chain(documents: Sequence[Document], spans: Sequence[Span], remarks: Remarks, indented: bool) -> Document:
    """Documents in a row without brackets around. Comments inside of the first are left for others."""
    first = Part(documents[0], spans[0].end, spans[0].end)
    others = [Part(each, span.start, span.end) for each, span in zip(documents[1:], spans[1:], strict=True)]
    slots, _ = arrange_remarks(remarks, [first, *others], spans[0].end, spans[-1].end)
    inner = join_parts(layout_rows(slots[:1]), Nest(join_parts(Line(), layout_rows(slots[1:]))))
    return Choice(inner if indented else layout_rows(slots))


def call(remarks: Remarks, tree: Call | SelectCall | AggregateCall | BuiltinCall) -> Document:
    """Calls, and the forms that are written like calls."""
    match tree:
        case Call(function, arguments):
            head = operand(remarks, function, POSTFIX)
            parts = [layout_part(remarks, argument) for argument in arguments]
            return Hugged(
                (head, layout_enclosed(remarks, "(", parts, ")", Span(function.span.end, tree.span.end)))
            )
        case SelectCall(key, query, test):
            # The place of the test is not in the tree: behind the query and its comma.
            start = remarks.next_token(remarks.next_token(query.span.end) + 1)
            last = Part(Text(test), start, start + len(test))
            name, parts = "select", [layout_part(remarks, key), layout_part(remarks, query), last]
        case AggregateCall(selector, value, default):
            given = [selector, value] if default is None else [selector, value, default]
            name, parts = "aggregate", [layout_part(remarks, each) for each in given]
        case BuiltinCall(name, arguments):
            parts = [layout_part(remarks, argument) for argument in arguments]
        case _:
            assert_never(tree)
    return Hugged((Text(name), layout_enclosed(remarks, "(", parts, ")", tree.span)))


def display(
    remarks: Remarks, tree: ListDisplay | DictDisplay | ListComprehension | DictComprehension
) -> Document:
    """Lists, dicts and comprehensions."""
    match tree:
        case ListDisplay(items, span):
            parts = [layout_part(remarks, item) for item in items]
            return Hugged((layout_enclosed(remarks, "[", parts, "]", span),))
        case DictDisplay(entries, span):
            parts = [entry(remarks, key, value) for key, value in entries]
            return Hugged((layout_enclosed(remarks, "{", parts, "}", span),))
        case ListComprehension(element, names, iterable, span):
            opening, closing, first = "[", "]", layout_part(remarks, element)
        case DictComprehension(key, value, names, iterable, span):
            opening, closing, first = "{", "}", entry(remarks, key, value)
        case _:
            assert_never(tree)
    generator = join_parts(
        f"for {', '.join(name.text for name in names)} in ", layout_whole(remarks, iterable)
    )
    second = Part(generator, names[0].span.start, iterable.span.end)
    slots, dangling = arrange_remarks(remarks, [first, second], span.start, span.end)
    inner = Nest(join_parts(Line(""), layout_rows(slots, "", dangling)))
    return Hugged((Choice(join_parts(opening, inner, Line(""), closing)),))


def entry(remarks: Remarks, key: Expression, value: Expression) -> Part:
    """`key: value`; a text where both are."""
    left, right = layout_whole(remarks, key), layout_whole(remarks, value)
    if isinstance(left, Text) and isinstance(right, Text):
        document: Document = Text(f"{left.text}: {right.text}")
    else:
        document = join_parts(left, ": ", right)
    return Part(document, key.span.start, value.span.end)
