"""A place in the tokens of a text, and the failures that are told there. The ground of both parser files."""

from rasp.diagnostics import Diagnostic
from rasp.lexer import Token
from rasp.mistakes import foreign_word, known_mistake
from rasp.source import Source, Span
from rasp.syntax import Name

VALUE_STARTS = ("name", "int", "float", "string")


class ParseFailure(Exception):
    """The statement cannot be read. Never leaves the parser."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class Reader:
    """A place in a list of tokens. `stop` is where the tokens of the present statement end at the
    latest; `depth` and `generators` count the expressions and comprehension lists around the place."""

    def __init__(self, source: Source, tokens: list[Token]) -> None:
        self.source = source
        self.tokens = tokens
        self.position = 0
        self.stop = len(tokens) - 1
        self.depth = 0
        self.generators = 0

    @property
    def token(self) -> Token:
        """The next token; an `end` token where the statement must end."""
        if self.position < self.stop:
            return self.tokens[self.position]
        last = self.tokens[self.stop - 1].end if self.stop else 0
        return Token("end", "", last, last, True)

    @property
    def previous_end(self) -> int:
        return self.tokens[self.position - 1].end if self.position else 0

    def at(self, *texts: str) -> bool:
        return self.token.is_one_of(*texts)

    def advance(self) -> Token:
        token = self.token
        self.position += token.kind != "end"
        return token

    def accept(self, *texts: str) -> bool:
        """Step over the next token if it is one of these."""
        found = self.at(*texts)
        self.position += found
        return found

    def since(self, start: int) -> Span:
        """From an offset to the end of the last token read."""
        return Span(start, max(start, self.previous_end))

    def failure(
        self, message: str, label: str = "", hint: str = "", span: Span | None = None
    ) -> ParseFailure:
        """A failure here, unless what stands here is a known mistake or the end of the text, which are
        told instead.
        """
        token = self.token
        mistake = known_mistake(token) if span is None else None
        if mistake is not None:
            return ParseFailure(self.diagnostic(mistake[0], token.span, hint=mistake[1]))
        code = "unfinished" if token.kind == "end" and span is None else "syntax"
        return ParseFailure(self.diagnostic(message, span or token.span, label, hint, code))

    def diagnostic(
        self, message: str, span: Span, label: str = "", hint: str = "", code: str = "syntax"
    ) -> Diagnostic:
        return Diagnostic(message, self.source, span, label, hint, code=code)

    def found(self) -> str:
        """What stands here, in words."""
        return {"end": "the end of the text"}.get(self.token.kind, f"`{self.token.text}`")

    def expect(self, text: str, purpose: str) -> Token:
        """The next token, which has to be `text`."""
        if not self.at(text):
            raise self.failure(f"expected `{text}` {purpose}, found {self.found()}", f"expected `{text}`")
        return self.advance()

    def close(self, opening: Token, text: str) -> None:
        """Step over the closing bracket that belongs to `opening`."""
        if self.accept(text):
            return
        line, column = self.source.position(opening.start)
        here, _ = self.source.position(self.token.start)
        where = f"at column {column}" if line == here else f"on line {line}"
        hint = "an operator or `,` is missing before it" if self.token.kind in VALUE_STARTS else ""
        message = f"expected `{text}` to close the `{opening.text}` {where}, found {self.found()}"
        raise self.failure(message, f"expected `{text}`", hint)


def read_names(reader: Reader, purpose: str) -> tuple[Name, ...]:
    """Names between commas, at least one."""
    names = [read_name(reader, purpose)]
    while reader.accept(","):
        names.append(read_name(reader, purpose))
    return tuple(names)


def read_name(reader: Reader, purpose: str) -> Name:
    token = reader.token
    if token.kind == "keyword":
        raise reader.failure(
            f"`{token.text}` is a reserved word and cannot be {purpose}", hint="choose another name"
        )
    if token.kind != "name":
        raise reader.failure(
            f"expected {purpose}, found {reader.found()}", "expected a name", foreign_word(token)
        )
    reader.advance()
    return Name(token.text, token.span)
