"""What the parser has read of one rule of `rasp/syntax/grammar.lark` → a form of `rasp/syntax/syntax_tree.py`.

In: the parts of the rule in the order of the text, which are all of its tokens and what was built of the
rules in it. Out: a `Statement` or an `Expression`; for a rule that is only part of others, a tuple. Since
parentheses have a form of their own, a span runs from the first part to the last. What is wrong although the
grammar allows it is a `Refusal`.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from rasp.limits import DEPTH, DIGITS
from rasp.source import Span
from rasp.syntax import syntax_tree
from rasp.syntax.precedence import FORMS, TESTS
from rasp.syntax.syntax_tree import Expression, Name, Statement
from rasp.syntax.tokens import ExampleChoice, Token

Parts = list[Any]


class Refusal(Exception):
    """Parts that do not go together. Never leaves the parser."""

    def __init__(self, message: str, span: Span, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.span, self.hint = message, span, hint


class SliceParts(NamedTuple):
    """What stands before, between and behind the colons of a slice."""

    start: Expression | None
    end: Expression | None
    step: Expression | None


def span_of(parts: Parts) -> Span:
    return Span(start_of(parts[0]), parts[-1].span.end)


def start_of(part: Any) -> int:
    return start_of(part[0]) if isinstance(part, tuple) else part.span.start


def form(made: Callable[..., object], *places: int) -> Callable[[Parts], object]:
    """The builder of a form that takes the parts at these places as they are."""
    return lambda parts: made(*(parts[place] for place in places), span_of(parts))


def odd(parts: Parts) -> tuple[Any, ...]:
    """The parts that stand between separators; one more separator may end them."""
    return tuple(parts[::2])


def definition(parts: Parts) -> Statement:
    """A part of the body that could not be read breaks the whole."""
    name = Name(parts[1].text, parts[1].span)
    parameters = () if isinstance(parts[3], Token) else parts[3]
    opening = next(i for i, part in enumerate(parts) if isinstance(part, Token) and part.text == "{")
    *body, results, _ = parts[opening + 1 :]
    if any(isinstance(part, syntax_tree.Broken) for part in (*body, results)):
        return syntax_tree.Broken((name,), span_of(parts))
    doc = "\n".join(parts[0].above)
    return syntax_tree.FunctionDefinition(name, parameters, tuple(body), results, doc, span_of(parts))


def loop(parts: Parts) -> Statement:
    """As for a definition."""
    _, names, _, iterable, _, *body, _ = parts
    if any(isinstance(part, syntax_tree.Broken) for part in body):
        return syntax_tree.Broken((), span_of(parts))
    return syntax_tree.For(names, iterable, tuple(body), span_of(parts))


def kind(parts: Parts) -> ExampleChoice:
    """Which examples a command is about."""
    words = [part.text for part in parts[:2]]
    return "s-op" if "s-op" in words else "selector" if "selector" in words else "both"


def names(parts: Parts) -> tuple[Name, ...]:
    return tuple(Name(token.text, token.span) for token in odd(parts))


def operation(parts: Parts) -> Expression:
    return syntax_tree.Operation(odd(parts), tuple(token.text for token in parts[1::2]), span_of(parts))


def prefix(parts: Parts) -> Expression:
    *operators, value = parts
    check_depth(parts)
    for token in reversed(operators):
        value = syntax_tree.Prefix(token.text, value, Span(token.start, value.span.end))
    return value


def postfix(parts: Parts) -> Expression:
    value, *trailers = parts
    check_depth(parts)
    for opening, *inside, closing in trailers:
        span = Span(value.span.start, closing.end)
        if opening.text == "[" and isinstance(inside[0], SliceParts):
            value = syntax_tree.Slice(value, *inside[0], span)
        elif opening.text == "[":
            value = syntax_tree.Index(value, inside[0], span)
        else:
            value = call(value, inside[0] if inside else (), span)
    return value


def slice_parts(parts: Parts) -> SliceParts:
    """Start, end and step of a slice, which stand before, between and behind its colons."""
    found: list[Expression | None] = [None, None, None]
    place = 0
    for part in parts:
        if isinstance(part, Token):
            place += 1
        else:
            found[place] = part
    return SliceParts(*found)


def check_depth(parts: Parts) -> None:
    """Refuse what would nest too deep."""
    if len(parts) > DEPTH.most:
        raise refuse_depth(Span(start_of(parts[DEPTH.most]), start_of(parts[DEPTH.most]) + 1))


def refuse_depth(span: Span) -> Refusal:
    message = f"this expression is nested more than {DEPTH.most} levels deep"
    return Refusal(message, span, DEPTH.hint)


def call(function: Expression, arguments: tuple[Expression | Token, ...], span: Span) -> Expression:
    """A call, or the form of its own that a call of a word in `FORMS` has."""
    form = function.text if isinstance(function, Name) and function.text in FORMS else ""
    values = tuple(argument for argument in arguments if not isinstance(argument, Token))
    tests = [argument for argument in arguments if isinstance(argument, Token)]
    if form == "select":
        match arguments:
            case [_, _, Token(text=test)] if len(values) == 2 and test in TESTS:
                return syntax_tree.SelectCall(*values, test, span)
            case _:
                hint = "write select(key, query, ==), with one of == != < > <= >= at the end"
                raise Refusal("`select` takes a key, a query and a comparison", span, hint)
    if tests:
        hint = "only `select` takes one: select(key, query, ==)"
        raise Refusal("a comparison cannot be an argument here", tests[0].span, hint)
    if not form:
        return syntax_tree.Call(function, values, span)
    check_count(form, len(values), span)
    if form == "aggregate":
        return syntax_tree.AggregateCall(values[0], values[1], values[2] if len(values) == 3 else None, span)
    return syntax_tree.BuiltinCall(form, values, span)


def check_count(form: str, count: int, span: Span) -> None:
    """Refuse a wrong number of arguments."""
    fewest, most, usage = FORMS[form]
    if fewest <= count <= most:
        return
    if fewest == most:
        wanted = str(fewest)
    else:
        wanted = f"{fewest} to {most}" if most < 100 else f"at least {fewest}"
    plural = "" if wanted.endswith("1") else "s"
    raise Refusal(f"`{form}` takes {wanted} argument{plural}, got {count}", span, f"write {usage}")


def number(parts: Parts) -> Expression:
    (token,) = parts
    if len(token.text) > DIGITS.most:
        raise Refusal("this number has too many digits", token.span)
    value = int(token.text) if token.kind == "int" else float(token.text)
    if value == float("inf"):
        raise Refusal("this number is too large", token.span)
    return syntax_tree.Literal(value, token.span)


def dict_comprehension(parts: Parts) -> Expression:
    _, (key, value), _, names, _, iterable, _ = parts
    return syntax_tree.DictComprehension(key, value, names, iterable, span_of(parts))


#: Rules of the grammar whose only part stands for them are not in the table.
BUILDERS: dict[str, Callable[[Parts], object]] = {
    "program": tuple,
    "lone_expression": lambda parts: parts[0],
    "assignment": form(syntax_tree.Assign, 0, 2),
    "evaluation": form(syntax_tree.ExpressionStatement, 0),
    "draw": lambda parts: syntax_tree.Draw(parts[2], parts[4] if len(parts) > 6 else None, span_of(parts)),
    "load": lambda parts: syntax_tree.Load(parts[1].text[1:-1], parts[1].span, span_of(parts)),
    "definition": definition,
    "parameters": names,
    "results": lambda parts: parts[1],
    "loop": loop,
    "names": names,
    "values": odd,
    "command": lambda parts: parts[0],
    "set_example": lambda parts: syntax_tree.SetExample(kind(parts), parts[-1], span_of(parts)),
    "show_example": lambda parts: syntax_tree.ShowExample(kind(parts), span_of(parts)),
    "switch_examples": lambda parts: syntax_tree.SwitchExamples(
        kind(parts), parts[-1].text == "on", span_of(parts)
    ),
    "full_display": lambda parts: syntax_tree.FullDisplay(parts[-1].text == "on", span_of(parts)),
    "exit": form(syntax_tree.Exit),
    **dict.fromkeys(("expression", "operation", "comparison", "sum"), operation),
    **dict.fromkeys(("remainder", "product", "power"), operation),
    "conditional": form(syntax_tree.Conditional, 0, 2, 4),
    "prefix": prefix,
    "postfix": postfix,
    "trailer": tuple,
    "slice": slice_parts,
    "arguments": odd,
    "items": odd,
    "name": lambda parts: Name(parts[0].text, parts[0].span),
    "integer": number,
    "float": number,
    "string": lambda parts: syntax_tree.Literal(parts[0].text[1:-1], parts[0].span),
    "group": form(syntax_tree.Group, 1),
    "list": lambda parts: syntax_tree.ListDisplay(parts[1] if len(parts) > 2 else (), span_of(parts)),
    "list_comprehension": form(syntax_tree.ListComprehension, 1, 3, 5),
    "dict": lambda parts: syntax_tree.DictDisplay(odd(parts[1:-1]), span_of(parts)),
    "dict_comprehension": dict_comprehension,
    "entry": lambda parts: (parts[0], parts[2]),
}
