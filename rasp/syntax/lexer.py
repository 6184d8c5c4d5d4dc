"""Text → tokens and comments, by the terminals of `rasp/syntax/grammar.lark`. Any text has tokens: what fits
nothing is a `bad` one.
"""

from rasp.source import Source, Span
from rasp.syntax.comments import Comment
from rasp.syntax.grammar import load_grammar
from rasp.syntax.tokens import KEYWORDS, KINDS, Token


def tokenize_text(source: Source) -> tuple[list[Token], list[Comment]]:
    """All tokens, ended by an empty `end` token just behind the last one, and all comments. Never fails."""
    tokens: list[Token] = []
    comments: list[Comment] = []
    above: list[str] = []
    line = 0  # of the token or comment before
    reading = load_grammar().parse_interactive(source.text, start="program")
    for found in reading.lexer_thread.lex(reading.parser_state):
        text, start, here = str(found), found.start_pos or 0, found.line or 0
        if here > line + 1:
            above.clear()
        if found.type == "COMMENT":
            comments.append(Comment(text.lstrip("#").strip(), Span(start, start + len(text.rstrip()))))
            above += [comments[-1].text] if here > line else []
        else:
            kind = KINDS.get(found.type) or ("keyword" if text in KEYWORDS else "symbol")
            tokens.append(Token(kind, text, start, start + len(text), here > line, found.type, tuple(above)))
            above.clear()
        line = here
    last = tokens[-1].end if tokens else 0
    tokens.append(Token("end", "", last, last, True, "$END"))
    return tokens, comments


def has_tokens(source: Source) -> bool:
    """Is there anything but blanks and comments? Reads no further than the first token."""
    reading = load_grammar().parse_interactive(source.text, start="program")
    return any(found.type != "COMMENT" for found in reading.lexer_thread.lex(reading.parser_state))
