"""Commands of the prompt: `set example …`, `show example`, `examples on`, `full seq display on`, `exit`.

They have no `;` and end with their line, unless the line is obviously unfinished (inside brackets, behind an
operator).
"""

from rasp.lexer import Token
from rasp.parse_expressions import LEVELS, read_expression
from rasp.reader import Reader
from rasp.syntax import Exit, FullDisplay, SetExample, ShowExample, Statement, SwitchExamples

CONSOLE_STARTS = ("set", "show", "examples", "selector", "exit", "quit")


def read_console(reader: Reader) -> Statement:
    """The command at which the reader stands."""
    end, whole = reader.stop, reader.token.start
    reader.stop = line_stop(reader)
    statement = read_command(reader)
    leftover = reader.token
    reader.stop = end
    reader.accept(";")
    if leftover.kind != "end" and not leftover.is_one_of(";"):
        raise reader.failure(f"expected the end of the line, found {reader.found()}", "not expected here")
    assert reader.previous_end > whole
    return statement


def read_command(reader: Reader) -> Statement:
    first = reader.token
    if first.kind == "display":
        reader.advance()
        on = read_switch(reader, "`full seq display`")
        return FullDisplay(on, reader.since(first.start))
    if reader.accept("exit", "quit"):
        if reader.accept("("):
            reader.expect(")", "after `(`")
        return Exit(reader.since(first.start))
    if reader.accept("set"):
        what = read_kind(reader)
        reader.expect("example", "after `set`")
        value = read_expression(reader)
        return SetExample(what, value, reader.since(first.start))
    if reader.accept("show"):
        what = read_kind(reader)
        reader.expect("example", "after `show`")
        return ShowExample(what, reader.since(first.start))
    what = read_kind(reader)
    reader.expect("examples", "here")
    on = read_switch(reader, "`examples`")
    return SwitchExamples(what, on, reader.since(first.start))


def read_kind(reader: Reader) -> str:
    token = reader.token
    if token.kind == "sop" or token.is_one_of("selector"):
        reader.advance()
        return token.text
    return "both"


def read_switch(reader: Reader, command: str) -> bool:
    token = reader.token
    if not reader.accept("on", "off"):
        raise reader.failure(
            f"expected `on` or `off` after {command}, found {reader.found()}", "expected `on` or `off`"
        )
    return token.text == "on"


def line_stop(reader: Reader) -> int:
    """Where the tokens of the present line end, going on to further lines as long as it is unfinished."""
    depth = 0
    for position in range(reader.position, reader.stop):
        token, previous = reader.tokens[position], reader.tokens[position - 1]
        if position > reader.position and token.starts_line and depth == 0 and not continues(previous):
            return position
        depth += token.is_one_of("(", "[", "{") - token.is_one_of(")", "]", "}")
    return reader.stop


def continues(token: Token) -> bool:
    """Must something follow this token?"""
    return token.is_one_of("if", "else", "in", "not", "=", ",", *LEVELS)
