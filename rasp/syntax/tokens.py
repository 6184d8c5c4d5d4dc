"""Tokens, and TABLES of the words among them."""

from dataclasses import dataclass
from typing import Literal

from rasp.source import Span
from rasp.values import Test

KEYWORDS = frozenset(
    {"if", "else", "not", "and", "or", "def", "return", "for", "in", "load", "draw"}
    | {"set", "show", "example", "examples", "on", "off", "selector", "exit", "quit"}
)

#: The words that start a command of the prompt, besides `s-op` and `full seq display`.
CONSOLE_STARTS = ("set", "show", "examples", "selector", "exit", "quit")

TokenKind = Literal[
    "name", "keyword", "int", "float", "string", "symbol", "display", "sop", "bad", "end"
]  # fmt: skip
#: Between two operands, and before one.
Operator = Literal["and", "or", "in", "+", "-", "*", "/", "%", "^"] | Test
PrefixOperator = Literal["not", "-", "+"]

#: What an example of the prompt is for.
ExampleKind = Literal["s-op", "selector"]
ExampleChoice = Literal["both"] | ExampleKind
EXAMPLE_KINDS: tuple[ExampleKind, ...] = ("s-op", "selector")

#: The kinds of the grammar's terminals that are neither keywords nor symbols.
KINDS: dict[str, TokenKind] = {
    "NAME": "name",
    "INTEGER": "int",
    "FLOAT": "float",
    "STRING": "string",
    "S_OP": "sop",
    "FULL_DISPLAY": "display",
    "MISTAKE": "bad",
    "UNKNOWN": "bad",
}


@dataclass(frozen=True, slots=True)
class Token:
    """`type`: the grammar's name for it. `starts_line`: first of its line. `above`: the lines of the comment block right
    above it.
    """

    kind: TokenKind
    text: str
    start: int
    end: int
    starts_line: bool
    type: str
    above: tuple[str, ...] = ()

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)

    def is_one_of(self, *texts: str) -> bool:
        """Is it one of these symbols or keywords?"""
        return self.text in texts and self.kind in ("symbol", "keyword")

    @property
    def starts_command(self) -> bool:
        """Is it the first word of a command of the prompt?"""
        return self.kind in ("sop", "display") or self.is_one_of(*CONSOLE_STARTS)
