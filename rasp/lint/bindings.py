"""Warnings about operators that do not bind as the text suggests, each with the reading that holds.

    not a == b          is   (not a) == b
    x in l and y        is   x in (l and y)
    a or b and c        is   (a or b) and c
    a if c else b if d else e   is   (a if c else b) if d else e
    -x ^ 2              is   (-x) ^ 2
    7 % 4 * 2           is   7 % (4 * 2)
    2 ^ 3 ^ 2           is   (2 ^ 3) ^ 2
    1 < x < 3           is   (1 < x) < 3

In: a tree and its source. Out: warnings. Parentheses in the text are seen, so that following a warning
silences it.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from rasp.diagnostics import Diagnostic
from rasp.source import Source, Span
from rasp.syntax.syntax_tree import Conditional, Operation, Prefix
from rasp.syntax.walk import Tree

COMPARISONS = frozenset({"==", "!=", "<", ">", "<=", ">="})
LOGIC = frozenset({"and", "or"})
LONGEST = 60
#: Hints where what is meant is too long to be written.
PARENTHESES, INSIDE = "show with parentheses what is meant", "put the `in` in parentheses"
LINE = re.compile(r"[^\n\r#`]*")


def find_surprising(tree: Tree, source: Source) -> Iterator[Diagnostic]:
    """The warnings about one node of the tree (not those below it)."""
    match tree:
        case Operation(_, operators) if operators[0] in LOGIC:
            yield from mixed_logic(tree, source)
        case Operation(_, ("in", *_)):
            yield from loose_in(tree, source)
        case Operation(_, operators) if operators[0] in COMPARISONS:
            yield from tight_prefix(tree, source)
            yield from chained(tree, source)
        case Operation():
            yield from tight_prefix(tree, source)
            yield from arithmetic(tree, source)
        case Conditional(Conditional(_, _, later, inner), _, _, span):
            message = "a chain of `if` … `else` is read from the left"
            hint = "put the later choice in parentheses: a if c else (b if d else e)"
            meant = Span(later.span.start, span.end)
            yield warning(source, message, span, inner, tell_meant(source, span, hint, meant))
        case _:
            pass


def mixed_logic(tree: Operation, source: Source) -> Iterator[Diagnostic]:
    """`or` before `and`; the other way round, reading from the left is what everybody expects."""
    if "or" not in tree.operators:
        return
    first_or = tree.operators.index("or")
    if "and" in tree.operators[first_or:]:
        position = tree.operators.index("and", first_or)
        inner = Span(tree.span.start, tree.operands[position].span.end)
        message = "`and` and `or` bind alike and are read from the left"
        hint = "show with parentheses what belongs together"
        runs = list_runs(tree, first_or + 1)
        yield warning(source, message, tree.span, inner, tell_meant(source, tree.span, hint, *runs))


def list_runs(tree: Operation, first: int) -> list[Span]:
    """From an operand on: the operands that `and` joins without an `or` between them."""
    runs: list[Span] = []
    start = first
    for place in range(first, len(tree.operands)):
        if place == len(tree.operators) or tree.operators[place] == "or":
            if place > start:
                runs.append(Span(tree.operands[start].span.start, tree.operands[place].span.end))
            start = place + 1
    return runs


def loose_in(tree: Operation, source: Source) -> Iterator[Diagnostic]:
    """Operands of `in` that hold an operator which binds looser elsewhere."""
    for place, operand in enumerate(tree.operands):
        match operand:
            case Prefix("not", inner):
                rest = Span(operand.span.end, tree.span.end)
                meant = write_short(source, "not ({}{})", inner.span, rest) if place == 0 else ""
                message = "`not` binds tighter than `in`"
                hint = f"write `{meant or 'not (x in l)'}` if that is meant"
            case Conditional(first, _, last):
                message = "`in` binds looser than `if` … `else`"
                hint = tell_meant(source, tree.span, INSIDE, *join_near(tree, place, first.span, last.span))
            case Operation(parts, operators) if operators[0] in LOGIC | COMPARISONS:
                message = f"`in` binds looser than `{operators[0]}`"
                near = join_near(tree, place, parts[0].span, parts[-1].span)
                hint = tell_meant(source, tree.span, INSIDE, *near)
            case _:
                continue
        yield warning(source, message, tree.span, operand.span, hint)


def join_near(tree: Operation, place: int, first: Span, last: Span) -> list[Span]:
    """The `in` between an operand's nearest part and the only other operand; nothing where there are more."""
    if len(tree.operands) != 2:
        return []
    other = tree.operands[1 - place].span
    return [Span(other.start, first.end) if place else Span(last.start, other.end)]


def chained(tree: Operation, source: Source) -> Iterator[Diagnostic]:
    """Several comparisons in a row."""
    if len(tree.operators) > 1:
        inner = Span(tree.span.start, tree.operands[1].span.end)
        message = "comparisons are not chained, but read from the left"
        pairs = zip(pairwise(tree.operands), tree.operators, strict=True)
        each = [write_short(source, f"({{}} {sign} {{}})", a.span, b.span) for (a, b), sign in pairs]
        joined = " and ".join(each) if all(each) else "(a < b) and (b < c)"
        hint = f"join them with `and`: {joined}"
        yield warning(source, message, tree.span, inner, hint)


def tight_prefix(tree: Operation, source: Source) -> Iterator[Diagnostic]:
    """`not` before a comparison or sum; `-` before a power."""
    first, operator = tree.operands[0], tree.operators[0]
    if isinstance(first, Prefix) and first.operator == "not":
        message = f"`not` binds tighter than `{operator}`"
        meant = Span(first.operand.span.start, tree.span.end)
        hint = tell_meant(source, tree.span, "put what `not` is about in parentheses", meant)
        yield warning(source, message, tree.span, first.span, hint)
    if isinstance(first, Prefix) and first.operator == "-" and operator == "^":
        parts = first.operand.span, Span(first.span.end, tree.span.end)
        outside, inside = (write_short(source, form, *parts) for form in ("-({}{})", "(-{}){}"))
        hint = f"write `{outside or '-(x ^ 2)'}` or `{inside or '(-x) ^ 2'}`"
        yield warning(source, "`-` binds tighter than `^`", tree.span, first.span, hint)


def arithmetic(tree: Operation, source: Source) -> Iterator[Diagnostic]:
    """`%` before a product, and powers of powers."""
    operator, count = tree.operators[0], len(tree.operators)
    if operator == "^" and count > 1:
        inner = Span(tree.span.start, tree.operands[1].span.end)
        message, meant = "`^` is read from the left", Span(tree.operands[1].span.start, tree.span.end)
        hint = tell_meant(source, tree.span, PARENTHESES, *[meant][: count == 2])
        yield warning(source, message, tree.span, inner, hint)
    if operator == "%":
        for operand in tree.operands[1:]:
            if isinstance(operand, Operation) and operand.operators[0] in "*/":
                message = f"`{operand.operators[0]}` binds tighter than `%`"
                meant = Span(tree.span.start, operand.operands[0].span.end)
                hint = tell_meant(source, tree.span, PARENTHESES, meant)
                yield warning(source, message, tree.span, operand.span, hint)


def tell_meant(source: Source, whole: Span, otherwise: str, *parts: Span) -> str:
    """A hint to write `whole` with these parts in parentheses, if that is short; else the hint `otherwise`."""
    edges = [whole.start, *(edge for part in parts for edge in (part.start, part.end)), whole.end]
    form = "{}" + "({}){}" * len(parts)
    meant = write_short(source, form, *(Span(a, b) for a, b in pairwise(edges))) if parts else ""
    return f"write `{meant}` if that is meant" if meant else otherwise


def write_short(source: Source, form: str, *parts: Span) -> str:
    """Parts of the text in another form; empty where that is too long for a hint."""
    written = form.format(*(source.text[part.start : part.end] for part in parts))
    return "" if len(written) > LONGEST or not LINE.fullmatch(written) else written


def warning(source: Source, message: str, whole: Span, inner: Span, hint: str) -> Diagnostic:
    """A warning at `whole` with its reading, in which `inner` stands in parentheses."""
    text = source.text
    before, after = text[whole.start : inner.start], text[inner.end : whole.end]
    reading = " ".join(f"{before}({text[inner.start : inner.end]}){after}".split())
    label = f"this is {reading}" if len(reading) <= LONGEST and "#" not in reading else ""
    return Diagnostic(message, source, whole, label, hint, severity="warning", code="precedence")
