"""Tokens → expressions, by precedence climbing.

From tight to loose; operators of one row are read from the left:

    index, call       a[i]   f(x)
    prefix            not a   -a   +a
    power             a ^ b
    product           a * b   a / b
    remainder         a % b
    sum               a + b   a - b
    comparison        a == b   !=   <   >   <=   >=
    logic             a and b   a or b          (one row: `a or b and c` is `(a or b) and c`)
    choice            a if c else b
    membership        a in b

A `ParseFailure` leaves the reader where it got stuck; `rasp/parser.py` finds the next statement from there.
"""

from rasp.lexer import Token
from rasp.parse_forms import FORMS, TESTS, build_call, read_test
from rasp.reader import ParseFailure, Reader, read_names
from rasp.syntax import (
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
)

DEEPEST = 200

LEVELS: dict[str, int] = {
    **dict.fromkeys(("and", "or"), 1),
    **dict.fromkeys(("==", "!=", "<", ">", "<=", ">="), 2),
    **dict.fromkeys(("+", "-"), 3),
    "%": 4,
    **dict.fromkeys(("*", "/"), 5),
    "^": 6,
}


def read_expression(reader: Reader) -> Expression:
    """Any expression: `in` binds loosest of all."""
    start = reader.token.start
    reader.depth += 1
    if reader.depth > DEEPEST:
        span = reader.token.span
        message = f"this expression is nested more than {DEEPEST} levels deep"
        raise reader.failure(message, hint="give parts of it names", span=span)
    operands = [read_conditional(reader)]
    while reader.accept("in"):
        operands.append(read_conditional(reader))
    reader.depth -= 1
    if len(operands) == 1:
        return operands[0]
    return Operation(tuple(operands), ("in",) * (len(operands) - 1), reader.since(start))


def read_conditional(reader: Reader) -> Expression:
    start = reader.token.start
    then = read_operation(reader, 1)
    while reader.at("if"):
        opening = reader.advance()
        condition = read_expression(reader)
        if not reader.at("else"):
            raise no_else(reader, opening)
        reader.advance()
        otherwise = read_operation(reader, 1)
        then = Conditional(then, condition, otherwise, reader.since(start))
    return then


def no_else(reader: Reader, opening: Token) -> ParseFailure:
    """Why no `else` follows `a if condition`."""
    if reader.at("="):
        return reader.failure("`=` is not a comparison", hint="an equality test is written `==`")
    if reader.generators and reader.at("]", "}"):
        hint = "leave elements out in a loop that builds the list: `for x in all { … }`"
        return reader.failure("a comprehension has no `if`", "no `else` follows", hint, opening.span)
    message = f"this `if` has no `else`: expected `else`, found {reader.found()}"
    return reader.failure(message, "expected `else`", "a choice is written `a if condition else b`")


def operator_level(reader: Reader) -> int:
    """The level of the operator that comes next; 0 for anything else."""
    token = reader.token
    return LEVELS.get(token.text, 0) if token.kind in ("symbol", "keyword") else 0


def read_operation(reader: Reader, lowest: int) -> Expression:
    """Binary operators of level `lowest` and tighter. A run of one level becomes one flat `Operation`."""
    start = reader.token.start
    left = read_prefix(reader)
    while (level := operator_level(reader)) >= lowest:
        operands, operators = [left], list[str]()
        while operator_level(reader) == level:
            operators.append(reader.advance().text)
            operands.append(read_operation(reader, level + 1))
        left = Operation(tuple(operands), tuple(operators), reader.since(start))
    return left


def read_prefix(reader: Reader) -> Expression:
    found: list[Token] = []
    while reader.at("not", "-", "+"):
        found.append(reader.advance())
    if len(found) > DEEPEST:
        message = f"there are more than {DEEPEST} operators in front of this"
        raise reader.failure(message, hint="give parts of it names", span=reader.token.span)
    value = read_postfix(reader)
    for token in reversed(found):
        value = Prefix(token.text, value, reader.since(token.start))
    return value


def read_postfix(reader: Reader) -> Expression:
    start = reader.token.start
    value = read_primary(reader)
    steps = 0
    while reader.at("[", "("):
        steps += 1
        if steps > DEEPEST:
            message = f"there are more than {DEEPEST} indexes and calls behind each other"
            raise reader.failure(message, hint="give parts of it names", span=reader.token.span)
        if reader.at("["):
            opening = reader.advance()
            index = read_expression(reader)
            reader.close(opening, "]")
            value = Index(value, index, reader.since(start))
        else:
            value = read_call(reader, value, start)
    return value


def read_items(reader: Reader, opening: Token, closing: str) -> tuple[Expression, ...]:
    """Expressions between commas up to the closing bracket, which is read too. A comma may stand behind
    the last.
    """
    items: list[Expression] = []
    while not reader.at(closing):
        items.append(read_expression(reader))
        if not reader.accept(","):
            break
    reader.close(opening, closing)
    return tuple(items)


def read_call(reader: Reader, function: Expression, start: int) -> Expression:
    """`( arguments )` behind `function`. Calls of the words in `FORMS` get forms of their own."""
    opening = reader.advance()
    form = function.text if isinstance(function, Name) and function.text in FORMS else ""
    arguments: list[Expression | Token] = []
    while not reader.at(")"):
        if reader.at(*TESTS, "="):
            arguments.append(read_test(reader, form))
        else:
            arguments.append(read_expression(reader))
            if reader.at("="):
                hint = "give the values in the order of the `def`"
                raise reader.failure("arguments have no names in RASP", hint=hint)
        if not reader.accept(","):
            break
    reader.close(opening, ")")
    return build_call(reader, function, arguments, reader.since(start))


def read_primary(reader: Reader) -> Expression:
    """A name, a literal, or something in brackets."""
    token = reader.token
    match token.kind, token.text:
        case "name", _:
            reader.advance()
            return Name(token.text, token.span)
        case (("int" | "float" | "string"), _):
            reader.advance()
            return Literal(literal_value(reader, token), token.span)
        case "symbol", "(":
            reader.advance()
            inner = read_expression(reader)
            reader.close(token, ")")
            return Group(inner, reader.since(token.start))
        case "symbol", "[":
            return read_list(reader)
        case "symbol", "{":
            return read_dict(reader)
        case _:
            raise no_expression(reader)


def no_expression(reader: Reader) -> ParseFailure:
    """Why no expression starts here."""
    token = reader.token
    if token.kind == "keyword":
        hint = (
            "choose another name" if token.text in ("on", "off", "set", "show", "example", "examples") else ""
        )
        return reader.failure(
            f"expected a value, but `{token.text}` is a reserved word", "expected a value", hint
        )
    if token.is_one_of("=") and reader.previous_end == token.start - 1:
        return reader.failure(
            "expected a value, found `=`", "expected a value", "an equality test is written `==`"
        )
    return reader.failure(f"expected a value, found {reader.found()}", "expected a value")


def literal_value(reader: Reader, token: Token) -> int | float | str:
    if token.kind == "string":
        return token.text[1:-1]
    if len(token.text) > 4000:
        raise reader.failure("this number has too many digits", span=token.span)
    value = int(token.text) if token.kind == "int" else float(token.text)
    if value == float("inf"):
        raise reader.failure("this number is too large", span=token.span)
    return value


def read_list(reader: Reader) -> Expression:
    """`[ … ]`: items or a comprehension."""
    opening = reader.advance()
    if reader.accept("]"):
        return ListDisplay((), reader.since(opening.start))
    first = read_expression(reader)
    if reader.accept("for"):
        names, iterable = read_generator(reader)
        reader.close(opening, "]")
        return ListComprehension(first, names, iterable, reader.since(opening.start))
    rest: tuple[Expression, ...] = ()
    if reader.accept(","):
        rest = read_items(reader, opening, "]")
    else:
        reader.close(opening, "]")
    return ListDisplay((first, *rest), reader.since(opening.start))


def read_generator(reader: Reader) -> tuple[tuple[Name, ...], Expression]:
    """`names in iterable`, behind `for` inside brackets."""
    names = read_names(reader, "a loop variable")
    reader.expect("in", "after the loop variable")
    reader.generators += 1
    iterable = read_expression(reader)
    reader.generators -= 1
    if reader.at("for"):
        hint = "write one list inside the other, or a function that makes the inner one"
        raise reader.failure("a comprehension has only one `for`", hint=hint)
    return names, iterable


def read_entry(reader: Reader) -> tuple[Expression, Expression]:
    key = read_expression(reader)
    reader.expect(":", "between key and value of a dict")
    return key, read_expression(reader)


def read_dict(reader: Reader) -> Expression:
    """`{ … }`: entries or a comprehension."""
    opening = reader.advance()
    entries: list[tuple[Expression, Expression]] = []
    while not reader.at("}"):
        entries.append(read_entry(reader))
        if len(entries) == 1 and reader.accept("for"):
            names, iterable = read_generator(reader)
            reader.close(opening, "}")
            return DictComprehension(*entries[0], names, iterable, reader.since(opening.start))
        if not reader.accept(","):
            break
    reader.close(opening, "}")
    return DictDisplay(tuple(entries), reader.since(opening.start))
