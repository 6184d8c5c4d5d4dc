"""What the parser has read of one rule of `rasp/grammar.lark` → a form of `rasp/syntax.py`.

In: the parts of the rule in the order of the text, which are all of its tokens and what was built of the
rules in it. Out: a `Statement` or an `Expression`; for a rule that is only part of others, a tuple. Since
parentheses have a form of their own, a span runs from the first part to the last. What is wrong although the
grammar allows it is a `Refusal`.
"""

from collections.abc import Callable
from typing import Any

from rasp import syntax
from rasp.forms import FORMS
from rasp.source import Span
from rasp.syntax import Expression, Name, Statement
from rasp.tokens import Token

DEEPEST = 200
MOST_DIGITS = 4000

Parts = list[Any]
Entry = tuple[Expression, Expression]


class Refusal(Exception):
    """Parts that do not go together. Never leaves the parser."""

    def __init__(self, message: str, span: Span, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.span, self.hint = message, span, hint


def span_of(parts: Parts) -> Span:
    return Span(start_of(parts[0]), parts[-1].span.end)


def start_of(part: Any) -> int:
    return start_of(part[0]) if isinstance(part, tuple) else part.span.start


def odd(parts: Parts) -> tuple[Any, ...]:
    """The parts that stand between separators; one more separator may end them."""
    return tuple(parts[::2])


# ---- Statements


def assignment(parts: Parts) -> Statement:
    return syntax.Assign(parts[0], parts[2], span_of(parts))


def evaluation(parts: Parts) -> Statement:
    return syntax.ExpressionStatement(parts[0], span_of(parts))


def draw(parts: Parts) -> Statement:
    return syntax.Draw(parts[2], parts[4] if len(parts) > 6 else None, span_of(parts))


def load(parts: Parts) -> Statement:
    return syntax.Load(parts[1].text[1:-1], parts[1].span, span_of(parts))


def definition(parts: Parts) -> Statement:
    """A part of the body that could not be read breaks the whole."""
    name = Name(parts[1].text, parts[1].span)
    parameters = () if isinstance(parts[3], Token) else parts[3]
    opening = next(i for i, part in enumerate(parts) if isinstance(part, Token) and part.text == "{")
    *body, results, _ = parts[opening + 1 :]
    if any(isinstance(part, syntax.Broken) for part in (*body, results)):
        return syntax.Broken((name,), span_of(parts))
    doc = "\n".join(parts[0].above)
    return syntax.FunctionDefinition(name, parameters, tuple(body), results, doc, span_of(parts))


def result(parts: Parts) -> Any:
    return parts[0] if isinstance(parts[0], syntax.Broken) else parts[1]


def loop(parts: Parts) -> Statement:
    """As for a definition."""
    _, names, _, iterable, _, *body, _ = parts
    if any(isinstance(part, syntax.Broken) for part in body):
        return syntax.Broken((), span_of(parts))
    return syntax.For(names, iterable, tuple(body), span_of(parts))


def names(parts: Parts) -> tuple[Name, ...]:
    return tuple(Name(token.text, token.span) for token in odd(parts))


# ---- Commands of the prompt. What ends them is not in their span.


def set_example(parts: Parts) -> Statement:
    *kind, _, value, _ = parts[1:]
    return syntax.SetExample(kind[0].text if kind else "both", value, span_of(parts[:-1]))


def show_example(parts: Parts) -> Statement:
    *kind, _, _ = parts[1:]
    return syntax.ShowExample(kind[0].text if kind else "both", span_of(parts[:-1]))


def switch_examples(parts: Parts) -> Statement:
    *kind, _, switch, _ = parts
    return syntax.SwitchExamples(kind[0].text if kind else "both", switch.text == "on", span_of(parts[:-1]))


def full_display(parts: Parts) -> Statement:
    return syntax.FullDisplay(parts[1].text == "on", span_of(parts[:-1]))


def leave(parts: Parts) -> Statement:
    return syntax.Exit(span_of(parts[:-1]))


# ---- Expressions


def operation(parts: Parts) -> Expression:
    return syntax.Operation(odd(parts), tuple(token.text for token in parts[1::2]), span_of(parts))


def conditional(parts: Parts) -> Expression:
    then, _, condition, _, otherwise = parts
    return syntax.Conditional(then, condition, otherwise, span_of(parts))


def prefix(parts: Parts) -> Expression:
    *operators, value = parts
    check_depth(parts)
    for token in reversed(operators):
        value = syntax.Prefix(token.text, value, Span(token.start, value.span.end))
    return value


def postfix(parts: Parts) -> Expression:
    value, *trailers = parts
    check_depth(parts)
    for opening, *inside, closing in trailers:
        span = Span(value.span.start, closing.end)
        if opening.text == "[":
            value = syntax.Index(value, inside[0], span)
        else:
            value = call(value, inside[0] if inside else (), span)
    return value


def check_depth(parts: Parts) -> None:
    """Refuse what would nest too deep."""
    if len(parts) > DEEPEST:
        raise too_deep(Span(start_of(parts[DEEPEST]), start_of(parts[DEEPEST]) + 1))


def too_deep(span: Span) -> Refusal:
    message = f"this expression is nested more than {DEEPEST} levels deep"
    return Refusal(message, span, "give parts of it names")


def call(function: Expression, arguments: tuple[Expression | Token, ...], span: Span) -> Expression:
    """A call, or the form of its own that a call of a word in `FORMS` has."""
    form = function.text if isinstance(function, Name) and function.text in FORMS else ""
    values = tuple(argument for argument in arguments if not isinstance(argument, Token))
    tests = [argument for argument in arguments if isinstance(argument, Token)]
    if form == "select":
        if len(values) != 2 or len(tests) != 1 or arguments[2] is not tests[0]:
            hint = "write select(key, query, ==), with one of == != < > <= >= at the end"
            raise Refusal("`select` takes a key, a query and a comparison", span, hint)
        return syntax.Select(*values, tests[0].text, span)
    if tests:
        hint = "only `select` takes one: select(key, query, ==)"
        raise Refusal("a comparison cannot be an argument here", tests[0].span, hint)
    if not form:
        return syntax.Call(function, values, span)
    check_count(form, len(values), span)
    if form == "aggregate":
        return syntax.Aggregate(values[0], values[1], values[2] if len(values) == 3 else None, span)
    return syntax.BuiltinCall(form, values, span)


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


def name(parts: Parts) -> Expression:
    return Name(parts[0].text, parts[0].span)


def number(parts: Parts) -> Expression:
    (token,) = parts
    if len(token.text) > MOST_DIGITS:
        raise Refusal("this number has too many digits", token.span)
    value = int(token.text) if token.kind == "int" else float(token.text)
    if value == float("inf"):
        raise Refusal("this number is too large", token.span)
    return syntax.Literal(value, token.span)


def string(parts: Parts) -> Expression:
    return syntax.Literal(parts[0].text[1:-1], parts[0].span)


def group(parts: Parts) -> Expression:
    return syntax.Group(parts[1], span_of(parts))


def list_display(parts: Parts) -> Expression:
    return syntax.ListDisplay(parts[1] if len(parts) > 2 else (), span_of(parts))


def list_comprehension(parts: Parts) -> Expression:
    _, element, _, names, _, iterable, _ = parts
    return syntax.ListComprehension(element, names, iterable, span_of(parts))


def dict_display(parts: Parts) -> Expression:
    return syntax.DictDisplay(odd(parts[1:-1]), span_of(parts))


def dict_comprehension(parts: Parts) -> Expression:
    _, (key, value), _, names, _, iterable, _ = parts
    return syntax.DictComprehension(key, value, names, iterable, span_of(parts))


def entry(parts: Parts) -> Entry:
    return parts[0], parts[2]


#: Rules of the grammar that leave one form where they stand are not in the table.
BUILDERS: dict[str, Callable[[Parts], object]] = {
    "program": tuple,
    "lone_expression": lambda parts: parts[0],
    "assignment": assignment,
    "evaluation": evaluation,
    "draw": draw,
    "load": load,
    "definition": definition,
    "result": result,
    "loop": loop,
    "names": names,
    "parameters": names,
    "values": odd,
    "set_example": set_example,
    "show_example": show_example,
    "switch_examples": switch_examples,
    "full_display": full_display,
    "exit": leave,
    **dict.fromkeys(("expression", "operation", "comparison", "sum"), operation),
    **dict.fromkeys(("remainder", "product", "power"), operation),
    "conditional": conditional,
    "prefix": prefix,
    "postfix": postfix,
    "trailer": tuple,
    "arguments": odd,
    "items": odd,
    "name": name,
    "integer": number,
    "float": number,
    "string": string,
    "group": group,
    "list": list_display,
    "list_comprehension": list_comprehension,
    "dict": dict_display,
    "dict_comprehension": dict_comprehension,
    "entry": entry,
}
