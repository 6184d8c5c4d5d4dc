"""Calls with their arguments read → `Call`, or the form of its own that `select(…)`, `len(…)` and so on have.

These words are special only where they are called; elsewhere `select` and `aggregate` are ordinary names.
"""

from rasp.lexer import Token
from rasp.reader import ParseFailure, Reader
from rasp.source import Span
from rasp.syntax import Aggregate, BuiltinCall, Call, Expression, Name, Select

TESTS = ("==", "!=", "<=", ">=", "<", ">")

#: Forms that look like calls: fewest and most arguments, and how they are written.
FORMS: dict[str, tuple[int, int, str]] = {
    "select": (3, 3, "select(key, query, ==)"),
    "aggregate": (2, 3, "aggregate(selector, value) or aggregate(selector, value, default)"),
    "range": (1, 3, "range(end), range(start, end) or range(start, end, step)"),
    "zip": (1, 1_000_000, "zip(list, list)"),
    "len": (1, 1, "len(list)"),
    "round": (1, 1, "round(value)"),
    "indicator": (1, 1, "indicator(s_op)"),
}


def read_test(reader: Reader, form: str) -> Token:
    """A comparison that stands where an argument may: the third of `select`."""
    if reader.at("="):
        raise reader.failure("`=` is not a comparison", hint="an equality test is written `==`")
    if form != "select":
        hint = "only `select` takes one: select(key, query, ==)"
        raise reader.failure("a comparison cannot be an argument here", hint=hint)
    return reader.advance()


def build_call(
    reader: Reader, function: Expression, arguments: list[Expression | Token], span: Span
) -> Expression:
    """The tree of a call. Raises `ParseFailure` when a form has not the arguments it needs."""
    values = tuple(a for a in arguments if not isinstance(a, Token))
    form = function.text if isinstance(function, Name) else ""
    if form not in FORMS:
        return Call(function, values, span)
    if form == "select":
        return build_select(reader, arguments, span)
    check_count(reader, form, len(values), span)
    if form == "aggregate":
        return Aggregate(values[0], values[1], values[2] if len(values) == 3 else None, span)
    return BuiltinCall(form, values, span)


def build_select(reader: Reader, arguments: list[Expression | Token], span: Span) -> Select:
    match arguments:
        case [key, query, Token() as test] if not isinstance(key, Token) and not isinstance(query, Token):
            return Select(key, query, test.text, span)
        case _:
            usage = "write select(key, query, ==), with one of == != < > <= >= at the end"
            raise wrong_call(reader, "`select` takes a key, a query and a comparison", usage, span)


def check_count(reader: Reader, form: str, count: int, span: Span) -> None:
    fewest, most, usage = FORMS[form]
    if fewest <= count <= most:
        return
    if fewest == most:
        wanted = str(fewest)
    else:
        wanted = f"{fewest} to {most}" if most < 100 else f"at least {fewest}"
    plural = "" if wanted.endswith("1") else "s"
    raise wrong_call(reader, f"`{form}` takes {wanted} argument{plural}, got {count}", f"write {usage}", span)


def wrong_call(reader: Reader, message: str, hint: str, span: Span) -> ParseFailure:
    """A failure of a call that is read completely: the statement goes on behind it."""
    return reader.failure(message, hint=hint, span=span)
