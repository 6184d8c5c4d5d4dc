"""Text → `Module`, by the grammar in `rasp/syntax/grammar.lark`; and going on after a mistake.

The parser is fed token by token. When it cannot take one, the rest of the statement is skipped and what was
read of it is taken back; a BROKEN token stands for it, which the grammar has for that purpose. So one run
reports several mistakes, also inside of functions. A missing `;` skips nothing: the parser is given one.
"""

from collections.abc import Sequence
from typing import Any

from lark import UnexpectedToken

from rasp.arguments import convert_source, report_wrong_kind
from rasp.diagnostics import Diagnostic, RaspError
from rasp.limits import DEPTH
from rasp.source import Source, Span
from rasp.syntax.build import Refusal, refuse_depth
from rasp.syntax.grammar import list_spellings, load_grammar
from rasp.syntax.lexer import tokenize_text
from rasp.syntax.recovery import VALUES, Stuck, explain_stop
from rasp.syntax.syntax_tree import Broken, Expression, Module, Name
from rasp.syntax.tokens import Token

NESTING = ("(", "[", "{", "if")
BROKEN, UNFINISHED = "BROKEN", "unfinished"


def parse(text: Source | str) -> Module:
    """The text as a tree. Raises `RaspError` with every mistake found."""
    source = convert_source(text)
    if source is None:
        raise RaspError(report_wrong_kind("a program", "a string or a `Source`", text))
    module = parse_tolerantly(source)
    if module.problems:
        raise RaspError(*module.problems)
    return module


def parse_tolerantly(source: Source) -> Module:
    """The text as a tree in which what cannot be read is `Broken`, with the mistakes as `problems`."""
    tokens, comments = tokenize_text(source)
    parsing = Parsing(source, tokens, "program")
    statements = parsing.result()
    return Module(source, statements, tuple(comments), tuple(parsing.problems))


def parse_expression(source: Source) -> Expression:
    """The text as one expression; a `;` may end it. Raises `RaspError`."""
    tokens, _ = tokenize_text(source)
    return Parsing(source, tokens, "lone_expression").result()


class Parsing:
    """A parser on its way through the tokens of a text. `problems` are the mistakes so far."""

    def __init__(self, source: Source, tokens: list[Token], start: str) -> None:
        self.source = source
        self.tokens = tokens
        self.position = 0
        self.start = 0  # where the innermost statement starts
        self.problems: list[Diagnostic] = []
        self.goes_on = start == "program"
        self.parser: Any = load_grammar().parse_interactive("", start=start)
        self.table: dict[int, dict[str, object]] = self.parser.parser_state.parse_conf.states
        # What is read and not yet put together, and the parser's states before, between and behind.
        self.values: list[Any] = self.parser.parser_state.value_stack
        self.states: list[int] = self.parser.parser_state.state_stack

    def result(self) -> Any:
        """What the text is. Raises `RaspError` if there is no going on after a mistake."""
        found = None
        while found is None:
            try:
                found = self.advance()
            except UnexpectedToken:
                self.unexpected()
            except Refusal as refusal:
                self.refused(refusal)
        return found

    def advance(self) -> Any:
        """Give the parser the next token. Out: what the text is, after the last."""
        token = self.tokens[self.position]
        if BROKEN in self.table[self.states[-1]]:
            self.start = self.position
        if token.text in NESTING and len(self.values) >= DEPTH.most:
            self.check_depth(token)
        if token.starts_line and self.ends_command():
            token = self.insert("END_OF_LINE")
        found = self.parser.feed_token(token)
        self.position += 1
        return found

    def check_depth(self, token: Token) -> None:
        """Refuse a bracket or `if` inside of too many."""
        if sum(isinstance(value, Token) and value.is_one_of(*NESTING) for value in self.values) >= DEPTH.most:
            raise refuse_depth(token.span)

    def ends_command(self) -> bool:
        """Can a command of the prompt be complete here?"""
        return (
            "END_OF_LINE" in self.table[self.states[-1]]
            and any(isinstance(value, Token) and value.starts_command for value in self.values[:2])
            and "END_OF_LINE" in self.parser.accepts()
        )

    def insert(self, terminal: str, text: str = "") -> Token:
        """Put a token that is not in the text before the next one."""
        end = self.tokens[self.position - 1].end
        token = Token("symbol", text, end, end, False, terminal)
        self.tokens.insert(self.position, token)
        return token

    def unexpected(self) -> None:
        """Report the next token, which the parser did not take."""
        stuck = self.stuck()
        told, insert = explain_stop(stuck)
        if insert == ";":
            self.report(told)
            self.insert("SEMICOLON", ";")
        elif insert == BROKEN:
            self.report(told)
            self.put_broken(Broken((), stuck.token.span))
        else:
            self.give_up(stuck, told)

    def refused(self, refusal: Refusal) -> None:
        told = Diagnostic(str(refusal), self.source, refusal.span, hint=refusal.hint, code="syntax")
        self.give_up(self.stuck(), told)

    def stuck(self) -> Stuck:
        """The present place."""
        if BROKEN in self.table[self.states[-1]]:
            # Have the parser put together what is complete before this place.
            self.put_broken(Broken((), Span(0, 0)))
            del self.values[-1], self.states[-1]
        bases = range(len(self.values), -1, -1)
        base = next((base for base in bases if BROKEN in self.table[self.states[base]]), 0)
        takes = frozenset(list_spellings().get(name, name) for name in self.parser.accepts())
        return Stuck(self.source, self.tokens, self.position, self.start, self.values, base, takes)

    def report(self, told: Diagnostic) -> None:
        """Add a problem. One about the end of the text is enough."""
        if told.code != UNFINISHED or all(problem.code != UNFINISHED for problem in self.problems):
            self.problems.append(told)

    def give_up(self, stuck: Stuck, told: Diagnostic) -> None:
        """Report a problem, and have a broken statement in place of the one it is in."""
        if not self.goes_on:
            raise RaspError(told)
        self.report(told)
        base, start = stuck.base, stuck.start
        self.skip(stuck)
        outer = next((value for value in self.values[:base] if is_word(value, "def", "for")), None)
        if outer is not None and (stuck.token.kind == "end" or self.starts_anew()):
            # The blocks around it are not closed: they end here.
            base, start = self.values.index(outer), self.tokens.index(outer)
        del self.values[base:], self.states[base + 1 :]
        tokens = self.tokens[start : self.position]
        self.put_broken(Broken(bound_names(tokens), Span(tokens[0].start, tokens[-1].end)))

    def put_broken(self, statement: Broken) -> None:
        """Have the parser take a statement that could not be read."""
        self.parser.feed_token(Token("symbol", "", 0, 0, False, BROKEN))
        self.values[-1] = statement

    def skip(self, stuck: Stuck) -> None:
        """Go behind the statement: behind its `;` or its block, but not past the end of the block around it,
        nor past a `def` or `for` at the start of a line. A command of the prompt ends with its line.
        """
        braces = [False for value in self.values[stuck.base :] if is_word(value, "{")]
        while (token := self.tokens[self.position]).kind != "end":
            if self.position > stuck.start:
                if self.starts_anew() or (token.starts_line and stuck.first.starts_command):
                    return
                if token.is_one_of("}") and not braces and stuck.block:
                    return
            self.position += 1
            if step(self.tokens[self.position - 2], token, braces) and not stuck.behind_return:
                return

    def starts_anew(self) -> bool:
        """Is the next token a `def` or `for` that is not indented?"""
        token = self.tokens[self.position]
        return token.is_one_of("def", "for") and self.source.position(token.start)[1] == 1


def is_word(value: object, *texts: str) -> bool:
    return isinstance(value, Token) and value.is_one_of(*texts)


def step(previous: Token, token: Token, braces: list[bool]) -> bool:
    """Note a token that is skipped; is the statement over behind it? `braces` are those that are open: is
    each one's a block?
    """
    if token.is_one_of("{"):
        braces.append(previous.kind in VALUES or previous.is_one_of(")", "]"))
    if token.is_one_of("}"):
        return not braces or (braces.pop() and not braces)
    return token.is_one_of(";") and not any(braces)


def bound_names(tokens: Sequence[Token]) -> tuple[Name, ...]:
    """The names that a broken statement of these tokens would have bound, as far as can be told."""
    if tokens[0].is_one_of("def"):
        return tuple(Name(token.text, token.span) for token in tokens[1:2] if token.kind == "name")
    names: list[Name] = []
    for name, separator in zip(tokens[::2], tokens[1::2], strict=False):
        if name.kind != "name" or not separator.is_one_of(",", "="):
            break
        names.append(Name(name.text, name.span))
        if separator.text == "=":
            return tuple(names)
    return ()
