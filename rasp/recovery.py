"""The reader of statements, and its way on after a mistake: what to skip, and which names the broken part
would bind.
"""

from rasp.diagnostics import Diagnostic
from rasp.lexer import Token
from rasp.mistakes import known_mistake
from rasp.parse_console import CONSOLE_STARTS
from rasp.reader import Reader
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
    index = next(i for i, token in enumerate(reader.tokens) if token.start == first.start)
    tokens = reader.tokens[index:]
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
    """Go behind the `;` or the `{ … }` that ends the broken statement, but not past the end of the block
    around it.
    """
    if reader.position < len(reader.tokens) and reader.token is first:
        reader.advance()
    depth = 0
    while (token := reader.token).kind != "end":
        if token.starts_line and token.is_one_of("def", "for") and token.start == line_start(reader, token):
            return
        if token.is_one_of("}") and depth == 0 and reader.blocks:
            return
        reader.advance()
        depth += token.is_one_of("{") - token.is_one_of("}")
        if depth <= 0 and token.is_one_of(";", "}"):
            return


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
    if known_mistake(token) is not None:
        raise reader.failure("")
    span = Span(end, end)
    if token.kind == "end":
        hint = "every statement ends with `;`"
        reader.problems.append(
            reader.diagnostic("missing `;`", span, "expected `;` here", hint, "unfinished")
        )
        return
    starts_next = (
        token.starts_line
        or token.is_one_of("}", *STATEMENT_WORDS)
        or token.kind in ("name", "sop", "display")
    )
    if starts_next and not token.is_one_of(")", "]", "=", ",", ":", "else"):
        problem = reader.diagnostic("missing `;`", span, "expected `;` here", code="missing-semicolon")
        reader.problems.append(problem)
        return
    hint = "an operator or `;` is missing before it" if token.kind in ("int", "float", "string") else ""
    raise reader.failure(f"expected `;`, found {reader.found()}", "not expected here", hint)
