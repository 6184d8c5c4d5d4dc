"""Text → tokens and comments. One regular expression; a character that fits nothing becomes a `bad` token.

Spellings of other languages (`&&`, `**`, `+=` …) that could never be right here are `bad` tokens of their
own, so that the parser can point at all of it and `rasp/mistakes.py` can say what to write instead.
"""

import re
from dataclasses import dataclass

from rasp.source import Source, Span
from rasp.syntax import Comment

KEYWORDS = frozenset(
    {"if", "else", "not", "and", "or", "def", "return", "for", "in", "load", "draw"}
    | {"set", "show", "example", "examples", "on", "off", "selector", "exit", "quit"}
)

TOKEN = re.compile(
    r"""
    (?P<blank>   [ \t\r\n\ufeff]+ )
  | (?P<comment> \#[^\n]* )
  | (?P<string>  "[^"\r\n]*" )
  | (?P<float>   [0-9]+\.[0-9]+ )
  | (?P<int>     [0-9]+ )
  | (?P<display> full[ \t]+seq[ \t]+display(?![A-Za-z0-9_]) )
  | (?P<sop>     s-op(?=[ \t]+examples?(?![A-Za-z0-9_])) )
  | (?P<name>    [A-Za-z_][A-Za-z0-9_]*(?!\w) )
  | (?P<bad>     === | !== | && | \|\| | \*\* | // | [-+*/%^]=(?!=) | := | -> | => | <>
               | "[^"\r\n]* | '[^'\r\n]*'? )
  | (?P<symbol>  == | != | <= | >= | [-+*/%^<>=()\[\]{},;:] )
  | (?P<other>   \w+ | . )
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """`kind`: name, keyword, int, float, string, symbol, display, sop, bad or end. `starts_line`: first of
    its line.
    """

    kind: str
    text: str
    start: int
    end: int
    starts_line: bool

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)

    def is_one_of(self, *texts: str) -> bool:
        """Is it one of these symbols or keywords?"""
        return self.kind in ("symbol", "keyword") and self.text in texts


def tokenize(source: Source) -> tuple[list[Token], list[Comment]]:
    """All tokens, ended by an empty `end` token just behind the last one, and all comments. Never fails."""
    tokens: list[Token] = []
    comments: list[Comment] = []
    starts_line = True
    for match in TOKEN.finditer(source.text):
        kind, text = match.lastgroup or "other", match.group()
        match kind:
            case "blank":
                starts_line = starts_line or "\n" in text
                continue
            case "comment":
                comments.append(
                    Comment(text.lstrip("#").strip(), Span(match.start(), match.start() + len(text.rstrip())))
                )
                continue
            case "name" if text in KEYWORDS:
                kind = "keyword"
            case "other":
                kind = "bad"
            case _:
                pass
        tokens.append(Token(kind, text, match.start(), match.end(), starts_line))
        starts_line = False
    last = tokens[-1].end if tokens else 0
    tokens.append(Token("end", "", last, last, True))
    return tokens, comments
