"""Text → `Module`: statements, and going on after a mistake.

    logical-line   = statement
    statement      = expression ';' | names '=' values ';' | draw ';' | load ';' | def | for | console
    def            = 'def' name '(' [names] ')' '{' {statement} 'return' values ';' '}'
    for            = 'for' names 'in' expression '{' statement {statement} '}'
    console        = 'set' [kind] 'example' expression | 'show' [kind] 'example' | [kind] 'examples'
    ('on'|'off')
                   | 'full seq display' ('on'|'off') | 'exit' ['(' ')'] | 'quit' ['(' ')']
    kind           = 's-op' | 'selector'

A console statement has no `;` and ends with its line. After a mistake the reader skips to where the next
statement seems to start, so that one run reports several; what was skipped is a `Broken` statement. A missing
`;` skips nothing.
"""

from collections.abc import Callable

from rasp.depth import deep_recursion
from rasp.diagnostics import RaspError
from rasp.lexer import Token, tokenize
from rasp.mistakes import foreign_word
from rasp.parse_console import CONSOLE_STARTS, read_console
from rasp.parse_expressions import read_expression
from rasp.reader import ParseFailure, Reader, read_name, read_names
from rasp.recovery import StatementReader, bound_names, doc_comment, end_statement, skip
from rasp.source import Source
from rasp.syntax import (
    Assign,
    Broken,
    Draw,
    Expression,
    ExpressionStatement,
    For,
    FunctionDefinition,
    Load,
    Module,
    Name,
    Statement,
)


def parse(source: Source) -> Module:
    """The text as a tree. Raises `RaspError` with every mistake found."""
    module = parse_tolerantly(source)
    if module.problems:
        raise RaspError(*module.problems)
    return module


def parse_tolerantly(source: Source) -> Module:
    """The text as a tree in which what cannot be read is `Broken`, with the mistakes as `problems`."""
    tokens, comments = tokenize(source)
    reader = StatementReader(source, tokens, comments)
    with deep_recursion():
        statements: list[Statement] = []
        while reader.token.kind != "end":
            statements.append(read_statement(reader))
    return Module(source, tuple(statements), tuple(comments), tuple(reader.problems))


def parse_expression(source: Source) -> Expression:
    """The text as one expression; a `;` may end it. Raises `RaspError`."""
    tokens, _ = tokenize(source)
    reader = Reader(source, tokens)
    try:
        with deep_recursion():
            value = read_expression(reader)
        reader.accept(";")
        if reader.token.kind != "end":
            raise reader.failure(
                f"expected one expression, but {reader.found()} follows it", "not expected here"
            )
    except ParseFailure as failure:
        raise RaspError(failure.diagnostic) from None
    return value


def read_statement(reader: StatementReader) -> Statement:
    """The next statement, or a `Broken` one behind which the reader can go on."""
    first, known, blocks = reader.token, len(reader.problems), reader.blocks
    reader.depth = 0
    try:
        statement = statement_reader(reader)(reader)
    except ParseFailure as failure:
        reader.problems.append(failure.diagnostic)
        reader.blocks = blocks
        reader.stop = len(reader.tokens) - 1
        skip(reader, first)
        return Broken(bound_names(reader, first), reader.since(first.start))
    missing_semicolon_only = all(problem.code == "missing-semicolon" for problem in reader.problems[known:])
    return (
        statement if missing_semicolon_only else Broken(bound_names(reader, first), reader.since(first.start))
    )


def statement_reader(reader: StatementReader) -> Callable[[StatementReader], Statement]:
    """Which of the functions below reads what comes next."""
    token = reader.token
    following = reader.tokens[reader.position + 1] if reader.position + 1 < reader.stop else reader.token
    if token.kind == "keyword" and following.is_one_of("="):
        return no_name
    if token.kind in ("sop", "display") or token.is_one_of(*CONSOLE_STARTS):
        return read_console_statement
    words = {
        "def": read_definition,
        "for": read_for,
        "load": read_load,
        "draw": read_draw,
        "return": no_return,
        "if": no_if,
    }
    if token.kind == "keyword" and token.text in words:
        return words[token.text]
    if token.kind == "name" and following.is_one_of("=", ","):
        return read_assignment
    return read_expression_statement


def no_name(reader: StatementReader) -> Statement:
    word = reader.token.text
    raise reader.failure(f"`{word}` is a reserved word and cannot be assigned to", hint="choose another name")


def no_if(reader: StatementReader) -> Statement:
    raise reader.failure("there are no `if` statements", hint="write name = a if condition else b;")


def read_console_statement(reader: StatementReader) -> Statement:
    token = reader.token
    if reader.blocks:
        message = f"`{token.text}` cannot stand inside `{{ }}`"
        raise reader.failure(message, hint="it is a command of the prompt; put it at top level")
    return read_console(reader)


def read_assignment(reader: StatementReader) -> Statement:
    start = reader.token.start
    names = read_names(reader, "a name to assign to")
    if not reader.at("="):
        hint = "several values can stand on the right of `=` and behind `return`; a list is written [a, b]"
        raise reader.failure(f"expected `=` after the names, found {reader.found()}", "expected `=`", hint)
    reader.advance()
    values = read_values(reader)
    end_statement(reader)
    return Assign(names, values, reader.since(start))


def read_values(reader: StatementReader) -> tuple[Expression, ...]:
    """Expressions between commas, at least one."""
    values = [read_expression(reader)]
    while reader.accept(","):
        values.append(read_expression(reader))
    return tuple(values)


def read_expression_statement(reader: StatementReader) -> Statement:
    first = reader.token
    if reader.at(";"):
        raise reader.failure(
            "there is no statement before this `;`", hint="remove the `;`; none stands behind `}`"
        )
    if reader.at("}", ")", "]"):
        raise reader.failure(f"this `{first.text}` closes nothing", hint="remove it")
    value = read_expression(reader)
    if reader.at("="):
        span = reader.since(first.start)
        hint = "an equality test is written `==`; an assignment has names on the left"
        raise reader.failure("only names can be assigned to", "this is not a name", hint, span)
    if reader.at(","):
        raise reader.failure("a statement is one expression", "not expected here", "a list is written [a, b]")
    word = foreign_word(first)
    if word and not reader.at(";"):
        raise reader.failure(f"`{first.text}` means nothing in RASP", hint=word, span=first.span)
    end_statement(reader)
    return ExpressionStatement(value, reader.since(first.start))


def read_draw(reader: StatementReader) -> Statement:
    start = reader.advance().start
    opening = reader.expect("(", "after `draw`")
    value = read_expression(reader)
    given = read_expression(reader) if reader.accept(",") else None
    reader.close(opening, ")")
    end_statement(reader)
    return Draw(value, given, reader.since(start))


def read_load(reader: StatementReader) -> Statement:
    start = reader.advance().start
    path = reader.token
    if path.kind != "string":
        message = f"expected the path of a file in quotes, found {reader.found()}"
        raise reader.failure(message, "expected a string", 'write load "path"; without .rasp')
    reader.advance()
    end_statement(reader)
    return Load(path.text[1:-1], path.span, reader.since(start))


def no_return(reader: StatementReader) -> Statement:
    if reader.blocks:
        raise reader.failure(
            "`return` cannot stand inside a `for`", hint="it is the last statement of a function"
        )
    raise reader.failure(
        "`return` stands outside of a function", hint="it is the last statement of a `def` body"
    )


def read_for(reader: StatementReader) -> Statement:
    start = reader.advance().start
    names = read_names(reader, "a loop variable")
    reader.expect("in", "after the loop variable")
    iterable = read_expression(reader)
    opening = expect_block(reader, "the body of a `for`")
    body = read_body(reader)
    if not body and reader.at("}"):
        reader.problems.append(
            reader.diagnostic("the body of this `for` is empty", reader.since(opening.start))
        )
    close_block(reader, opening)
    return For(names, iterable, body, reader.since(start))


def expect_block(reader: StatementReader, purpose: str) -> Token:
    if reader.at(":"):
        raise reader.failure(
            f"{purpose} stands in braces", hint="write `{ … }` instead of `:` and indentation"
        )
    return reader.expect("{", f"before {purpose}")


def read_body(reader: StatementReader) -> tuple[Statement, ...]:
    """Statements up to `}` or `return`."""
    reader.blocks += 1
    body: list[Statement] = []
    while (
        not reader.at("}") and not (reader.at("return") and reader.blocks == 1) and reader.token.kind != "end"
    ):
        if reader.at("return"):
            break
        body.append(read_statement(reader))
    reader.blocks -= 1
    return tuple(body)


def close_block(reader: StatementReader, opening: Token) -> None:
    if reader.at("return"):
        raise reader.failure(
            "`return` cannot stand inside a `for`", hint="it is the last statement of a function"
        )
    reader.close(opening, "}")


def read_definition(reader: StatementReader) -> Statement:
    first = reader.advance()
    name = read_name(reader, "the name of the function")
    opening = reader.expect("(", "after the name of the function")
    parameters: tuple[Name, ...] = ()
    if not reader.at(")"):
        parameters = read_names(reader, "a parameter")
    if reader.at("="):
        raise reader.failure(
            "parameters have no default values in RASP", hint="the caller gives every argument"
        )
    reader.close(opening, ")")
    block = expect_block(reader, "the body of a function")
    body = read_body(reader)
    results = read_results(reader, name)
    if not reader.at("}") and reader.token.kind != "end":
        message = f"expected `}}` after the `return` of `{name.text}`, found {reader.found()}"
        raise reader.failure(
            message, "never reached", "`return` is the last statement of a function, and the only one"
        )
    reader.close(block, "}")
    doc = doc_comment(reader, first)
    return FunctionDefinition(name, parameters, body, results, doc, reader.since(first.start))


def read_results(reader: StatementReader, name: Name) -> tuple[Expression, ...]:
    if reader.at("}"):
        message = f"the function `{name.text}` returns nothing"
        hint = "end its body with `return VALUE;`"
        reader.problems.append(
            reader.diagnostic(message, reader.token.span, "expected `return` before this", hint)
        )
        return ()
    reader.expect("return", f"at the end of the body of `{name.text}`")
    if reader.at(";", "}"):
        raise reader.failure("`return` needs a value", "expected a value")
    results = read_values(reader)
    end_statement(reader)
    return results
