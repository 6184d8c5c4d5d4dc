"""The reader of statements, and its way on after a mistake: what to skip, and which names the broken part
would bind.
"""

from rasp.diagnostics import Diagnostic
from rasp.lexer import Token
from rasp.mistakes import foreign_word, known_mistake
from rasp.parse_console import CONSOLE_STARTS
from rasp.reader import VALUE_STARTS, Reader
from rasp.source import Source, Span
from rasp.syntax import Comment, Name

STATEMENT_WORDS = ("def", "for", "load", "draw", "return", *CONSOLE_STARTS)


class StatementReader(Reader):
    """A reader that collects problems and knows how deep in `{ }` of `def` and `for` it is."""

    def __init__(self, source: Source, tokens: list[Token], comments: list[Comment]) -> None:
        super().__init__(source, tokens)
        self.problems: list[Diagnostic] = []
        self.blocks = 0
        self.comment_lines = {source.position(c.span.start)[0]: c.text for c in comments}


def doc_comment(reader: StatementReader, first: Token) -> str:
    """The comment lines right above a token."""
    line = reader.source.position(first.start)[0] - 1
    lines: list[str] = []
    while line in reader.comment_lines and reader.source.line(line).lstrip().startswith("#"):
        lines.append(reader.comment_lines[line])
        line -= 1
    return "\n".join(reversed(lines))


def bound_names(reader: StatementReader, first: Token) -> tuple[Name, ...]:
    """The names that a broken statement starting at `first` would have bound, as far as can be told."""
    tokens = reader.tokens[position_of(reader, first) :]
    if first.is_one_of("def"):
        return tuple(Name(t.text, t.span) for t in tokens[1:2] if t.kind == "name")
    names: list[Name] = []
    for name, separator in zip(tokens[::2], tokens[1::2], strict=False):
        if name.kind != "name" or not separator.is_one_of(",", "="):
            break
        names.append(Name(name.text, name.span))
        if separator.text == "=":
            return tuple(names)
    return ()


def skip(reader: StatementReader, first: Token) -> None:
    """Go behind the broken statement that starts at `first`: behind its `;` or its block, but not past the
    end of the block around it, nor past a `def` or `for` at the start of a line. A command of the prompt ends
    with its line.
    """
    stuck = reader.position
    reader.position = position_of(reader, first)
    braces: list[bool] = []
    while reader.position < stuck or reader.token is first:
        step(reader, braces)
    is_command = first.kind in ("sop", "display") or first.is_one_of(*CONSOLE_STARTS)
    while (token := reader.token).kind != "end":
        if token.is_one_of("def", "for") and token.start == line_start(reader, token):
            return
        if (token.starts_line and is_command) or (token.is_one_of("}") and not braces and reader.blocks):
            return
        if step(reader, braces):
            return


def step(reader: StatementReader, braces: list[bool]) -> bool:
    """Step over one token; is the statement over behind it? `braces` are those that are open: is each
    one's a block?
    """
    previous, token = reader.tokens[reader.position - 1], reader.advance()
    if token.is_one_of("{"):
        braces.append(previous.kind in VALUE_STARTS or previous.is_one_of(")", "]"))
    if token.is_one_of("}"):
        return not braces or (braces.pop() and not braces)
    return token.is_one_of(";") and not any(braces)


def position_of(reader: StatementReader, token: Token) -> int:
    return next(i for i, other in enumerate(reader.tokens) if other.start == token.start)


def line_start(reader: StatementReader, token: Token) -> int:
    """The offset at which the line of a token starts."""
    return reader.source.starts[reader.source.position(token.start)[0] - 1]


def end_statement(reader: StatementReader) -> None:
    """Step over the `;`. When it is missing and a new statement may follow, report that and go on as if it
    stood here.
    """
    if reader.accept(";"):
        return
    token, end = reader.token, reader.previous_end
    previous = reader.tokens[reader.position - 1]
    if known_mistake(token) is not None or token.is_one_of("="):
        raise reader.failure("`=` cannot stand here", hint="an equality test is written `==`")
    if word := foreign_word(previous):
        raise reader.failure(f"`{previous.text}` means nothing in RASP", hint=word, span=previous.span)
    if token.is_one_of(")", "]"):
        raise reader.failure(f"this `{token.text}` closes nothing", hint="remove it, or open it before")
    starts_next = token.starts_line or token.is_one_of("}", *STATEMENT_WORDS) or token.kind in VALUE_STARTS
    if not starts_next or token.is_one_of(",", ":", "else"):
        raise reader.failure(f"expected `;`, found {reader.found()}", "not expected here")
    reader.problems.append(missing_semicolon(reader, token, Span(end, end)))


def missing_semicolon(reader: StatementReader, token: Token, span: Span) -> Diagnostic:
    """The message for a `;` that is missing at `span`, before `token`."""
    if token.kind == "end":
        hint, code = "every statement ends with `;`", "unfinished"
        return reader.diagnostic("missing `;`", span, "expected `;` here", hint, code)
    if token.starts_line or token.is_one_of("}", *STATEMENT_WORDS):
        return reader.diagnostic("missing `;`", span, "expected `;` here", code="missing-semicolon")
    hint = "a name cannot start with a digit" if token.start == span.end and token.kind == "name" else ""
    message, label = "missing `;` or operator", f"something is missing before `{token.text}`"
    return reader.diagnostic(message, span, label, hint, "missing-semicolon")
