"""`rasp/syntax/grammar.lark` → its parser, made when it is first asked for."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import SimpleNamespace

from lark import Lark
from lark import Token as LarkToken
from lark.lark import PostLex
from lark.lexer import PatternStr

from rasp.syntax.build import BUILDERS

#: Rules that a text can be.
STARTS = ("program", "lone_expression")


class AllTokens(PostLex):
    """Has the lexer yield tokens that no rule of the grammar takes."""

    always_accept: Iterable[str] = ("COMMENT", "MISTAKE", "UNKNOWN")

    def process(self, stream: Iterator[LarkToken]) -> Iterator[LarkToken]:
        return stream


@cache
def grammar() -> Lark:
    """The parser. It builds the forms of `rasp/syntax/syntax_tree.py` while it reads, so that nothing recurses."""
    return Lark(
        Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8"),
        parser="lalr",
        lexer="basic",
        start=list(STARTS),
        keep_all_tokens=True,
        maybe_placeholders=False,
        transformer=SimpleNamespace(**BUILDERS),
        postlex=AllTokens(),
    )


@cache
def spellings() -> Mapping[str, str]:
    """How the grammar's words and symbols are written, by the names that the parser has for them."""
    return {
        terminal.name: terminal.pattern.value
        for terminal in grammar().terminals
        if isinstance(terminal.pattern, PatternStr)
    }
