"""Expressions → documents. Parentheses are written where the tree needs them, and kept where the user wrote
them around a part of something; those around a whole value, around a name, or twice around the same are
dropped.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import assert_never

from rasp.format.documents import Choice, Document, Fill, Join, Line, Nest, Text, join
from rasp.format.remarks import Part, Remarks, arrange, rows
from rasp.source import Span
from rasp.syntax.precedence import FORMS, LEVELS
from rasp.syntax.syntax_tree import (
    Aggregate,
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
    Select,
    Slice,
)

# How tightly the forms that are not in LEVELS bind.
MEMBERSHIP, CHOICE, LOGIC, PREFIX, POSTFIX = -1, 0, 1, 7, 8
#: Lists of more items than this are filled when all items are this short.
FEW, SHORT = 4, 24


def tightness(tree: Expression) -> int:
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
        if form or (not isinstance(inner, Group) and tightness(inner) < POSTFIX):
            return tree
        tree = inner
    return tree


def whole(remarks: Remarks, tree: Expression) -> Document:
    """An expression that is all of a value, argument or item."""
    while isinstance(tree, Group):
        tree = tree.inner
    return expression(remarks, tree)


def operand(remarks: Remarks, tree: Expression, least: int) -> Document:
    """A part of an expression, which has to bind at least so tightly or stand in parentheses."""
    tree = bare(tree)
    is_form = least == POSTFIX and isinstance(tree, Name) and tree.text in FORMS
    if tightness(tree) < least or is_form:
        return expression(remarks, Group(tree, tree.span))
    return expression(remarks, tree)


def expression(remarks: Remarks, tree: Expression, indented: bool = True) -> Document:
    """The document of an expression; `indented`: its further lines are indented against the first."""
    match tree:
        case Name(text):
            return Text(text)
        case Literal():
            return Text(spelling(remarks, tree))
        case Group(inner, span):
            part = Part(expression(remarks, inner, indented=False), inner.span.start, inner.span.end)
            return enclosed(remarks, "(", [part], ")", span)
        case Prefix(operator, inner):
            word, document = "not " if operator == "not" else operator, operand(remarks, inner, PREFIX)
            return Text(word + document.text) if isinstance(document, Text) else join(word, document)
        case Operation():
            return operation(remarks, tree, indented)
        case Conditional():
            return conditional(remarks, tree, indented)
        case Index() | Slice():
            head = operand(remarks, tree.target, POSTFIX)
            inside = part_of(remarks, tree.index) if isinstance(tree, Index) else slice_parts(remarks, tree)
            return join(
                head, enclosed(remarks, "[", [inside], "]", Span(tree.target.span.end, tree.span.end))
            )
        case Call() | Select() | Aggregate() | BuiltinCall():
            return call(remarks, tree)
        case ListDisplay() | DictDisplay() | ListComprehension() | DictComprehension():
            return display(remarks, tree)
        case _:
            assert_never(tree)


def slice_parts(remarks: Remarks, tree: Slice) -> Part:
    """`start:end:step`, with blanks around the colons where a part is more than one word."""
    given = (tree.start, tree.end) if tree.step is None else (tree.start, tree.end, tree.step)
    written = [None if part is None else whole(remarks, part) for part in given]
    close = all(part is None or isinstance(part, Text) for part in written)
    words: list[Document | str] = []
    for place, part in enumerate(written):
        if place:
            words.append(":" if close else " :")
        if part is not None:
            words += [part] if close or not place else [" ", part]
    # The places of the colons are not in the tree; the first may stand alone, right behind the bracket.
    start = remarks.next_token(remarks.next_token(tree.target.span.end) + 1)
    return Part(join(*words), start, max([start + 1, *(part.span.end for part in given if part is not None)]))


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


def part_of(remarks: Remarks, tree: Expression) -> Part:
    return Part(whole(remarks, tree), tree.span.start, tree.span.end)


def enclosed(remarks: Remarks, opening: str, parts: Sequence[Part], closing: str, span: Span) -> Document:
    """Parts between brackets, whose comments are those inside `span`."""
    slots, dangling = arrange(remarks, parts, span.start, span.end)
    remarked = bool(dangling) or any(slot.before or slot.after for slot in slots)
    if not slots and not remarked:
        return Text(opening + closing)
    if not remarked and len(slots) == 1 and isinstance(slots[0].document, Hugged):
        return join(opening, slots[0].document, closing)
    words = None if remarked else as_words([slot.document for slot in slots])
    inner = Fill(words) if words else rows(slots, ",", dangling)
    return Choice(join(opening, Nest(join(Line(""), inner)), Line(""), closing))


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
    least = tightness(tree) + 1
    documents = [operand(remarks, part, least) for part in tree.operands]
    words = ("", *(f"{operator} " for operator in tree.operators))
    spans = [part.span for part in tree.operands]
    return chain(
        [join(word, each) for word, each in zip(words, documents, strict=True)], spans, remarks, indented
    )


def conditional(remarks: Remarks, tree: Conditional, indented: bool) -> Document:
    """`then if condition else otherwise`; a chain of them, which is read from the left, is one row."""
    links: list[Conditional] = [tree]
    while isinstance(first := bare(links[-1].then), Conditional):
        links.append(first)
    documents, spans = [operand(remarks, first, LOGIC)], [first.span]
    for link in reversed(links):
        documents.append(join("if ", operand(remarks, link.condition, MEMBERSHIP)))
        documents.append(join("else ", operand(remarks, link.otherwise, LOGIC)))
        spans += [link.condition.span, link.otherwise.span]
    return chain(documents, spans, remarks, indented)


def chain(documents: Sequence[Document], spans: Sequence[Span], remarks: Remarks, indented: bool) -> Document:
    """Documents in a row without brackets around. Comments inside of the first are left for others."""
    first = Part(documents[0], spans[0].end, spans[0].end)
    others = [Part(each, span.start, span.end) for each, span in zip(documents[1:], spans[1:], strict=True)]
    slots, _ = arrange(remarks, [first, *others], spans[0].end, spans[-1].end)
    inner = join(rows(slots[:1]), Nest(join(Line(), rows(slots[1:]))))
    return Choice(inner if indented else rows(slots))


def call(remarks: Remarks, tree: Call | Select | Aggregate | BuiltinCall) -> Document:
    """Calls, and the forms that are written like calls."""
    match tree:
        case Call(function, arguments):
            head = operand(remarks, function, POSTFIX)
            parts = [part_of(remarks, argument) for argument in arguments]
            return Hugged((head, enclosed(remarks, "(", parts, ")", Span(function.span.end, tree.span.end))))
        case Select(key, query, test):
            # The place of the test is not in the tree: behind the query and its comma.
            start = remarks.next_token(remarks.next_token(query.span.end) + 1)
            last = Part(Text(test), start, start + len(test))
            name, parts = "select", [part_of(remarks, key), part_of(remarks, query), last]
        case Aggregate(selector, value, default):
            given = [selector, value] if default is None else [selector, value, default]
            name, parts = "aggregate", [part_of(remarks, each) for each in given]
        case BuiltinCall(name, arguments):
            parts = [part_of(remarks, argument) for argument in arguments]
        case _:
            assert_never(tree)
    return Hugged((Text(name), enclosed(remarks, "(", parts, ")", tree.span)))


def display(
    remarks: Remarks, tree: ListDisplay | DictDisplay | ListComprehension | DictComprehension
) -> Document:
    """Lists, dicts and comprehensions."""
    match tree:
        case ListDisplay(items, span):
            parts = [part_of(remarks, item) for item in items]
            return Hugged((enclosed(remarks, "[", parts, "]", span),))
        case DictDisplay(entries, span):
            parts = [entry(remarks, key, value) for key, value in entries]
            return Hugged((enclosed(remarks, "{", parts, "}", span),))
        case ListComprehension(element, names, iterable, span):
            opening, closing, first = "[", "]", part_of(remarks, element)
        case DictComprehension(key, value, names, iterable, span):
            opening, closing, first = "{", "}", entry(remarks, key, value)
        case _:
            assert_never(tree)
    generator = join(f"for {', '.join(name.text for name in names)} in ", whole(remarks, iterable))
    second = Part(generator, names[0].span.start, iterable.span.end)
    slots, dangling = arrange(remarks, [first, second], span.start, span.end)
    inner = Nest(join(Line(""), rows(slots, "", dangling)))
    return Hugged((Choice(join(opening, inner, Line(""), closing)),))


def entry(remarks: Remarks, key: Expression, value: Expression) -> Part:
    """`key: value`; a text where both are."""
    left, right = whole(remarks, key), whole(remarks, value)
    if isinstance(left, Text) and isinstance(right, Text):
        document: Document = Text(f"{left.text}: {right.text}")
    else:
        document = join(left, ": ", right)
    return Part(document, key.span.start, value.span.end)
