"""A parser that cannot go on → what to tell the user, and what would let it go on.

In: `Stuck`, the place, with what the parser has read of the statement and what it would take. Out:
`Diagnostic`s, mostly the first row that fits in the table of `rasp/syntax/mistakes.py`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rasp.diagnostics import Diagnostic
from rasp.source import Source, Span
from rasp.syntax.mistakes import MISTAKES, SPELLINGS, explain_foreign_word, explain_mistake
from rasp.syntax.tokens import Token

CLOSING = {"(": ")", "[": "]", "{": "}"}
VALUES = ("name", "int", "float", "string")
SIGN = re.compile(r"[-+*/%^=<>!&|~:?]+")
COMPARISONS = ("==", "!=", "<=", ">=")
AUGMENTED = ("+=", "-=", "*=", "/=", "%=", "^=")


@dataclass(frozen=True)
class Stuck:
    """`tokens[position]` cannot follow. `values` is what the parser has read and not yet put together: tokens
    and complete forms; from `base` on it belongs to the statement that starts at `tokens[start]`. `takes` are
    the words, symbols and terminals that the parser would take.
    """

    source: Source
    tokens: Sequence[Token]
    position: int
    start: int
    values: Sequence[object]
    base: int
    takes: frozenset[str]

    @property
    def token(self) -> Token:
        return self.tokens[self.position]

    @property
    def previous(self) -> Token:
        return self.tokens[max(0, self.position - 1)]

    @property
    def first(self) -> Token:
        return self.tokens[self.start]

    @property
    def block(self) -> Token | None:
        """The `{` of the block around the statement."""
        return innermost(self.values[: self.base], "{")

    @property
    def behind_return(self) -> bool:
        """Is everything of a function read but its `}`?"""
        return self.takes == frozenset({"}"}) and self.open(*CLOSING) is None

    def open(self, *texts: str) -> Token | None:
        """The last of these words and symbols in the statement that the parser has not put together."""
        return innermost(self.values[self.base :], *texts)

    def before(self, token: Token | None, distance: int = 1) -> object:
        """What the parser has read before a token, or, at a negative distance, behind it."""
        places = [i for i, value in enumerate(self.values) if value is token]
        return self.values[places[0] - distance] if places and places[0] >= distance else None


def innermost(values: Sequence[object], *texts: str) -> Token | None:
    """The last of these words and symbols among the values that is not inside of closed brackets."""
    closed = 0
    for value in reversed(values):
        if not isinstance(value, Token):
            continue
        closed += value.is_one_of(*CLOSING.values())
        if closed == 0 and value.is_one_of(*texts):
            return value
        closed -= closed > 0 and value.is_one_of(*CLOSING)
    return None


def explain_stop(stuck: Stuck) -> tuple[Diagnostic, str]:
    """What is wrong, and what could be inserted to go on, if anything."""
    token = stuck.token
    if in_pieces := explain_pieces(stuck):
        return in_pieces, ""
    if mistake := explain_mistake(token):
        return Diagnostic(mistake[0], stuck.source, token.span, hint=mistake[1], code="syntax"), ""
    found, known = descriptions(token), facts(stuck)
    row = next(
        row
        for row in MISTAKES
        if stuck.takes.issuperset(row.takes.split())
        and known.issuperset(row.within.split())
        and not (row.found and found.isdisjoint(row.found.split()))
    )
    message, label = row.message, row.label
    if message.startswith("expected") and not label:
        message, label = f"{message}, found {{found}}".replace("|", ""), message.split("|")[0]
    words = fillings(stuck)
    message, hint, label = (text.format_map(words) for text in (message, row.hint, label))
    code = "missing-semicolon" if row.insert == ";" else "syntax"
    code = "unfinished" if token.kind == "end" and row.at in ("", "gap") else code
    return Diagnostic(message, stuck.source, place(stuck, row.at), label, hint, code=code), row.insert


def explain_pieces(stuck: Stuck) -> Diagnostic | None:
    """What is wrong where signs beside each other, of which one cannot follow, are an operator together: `= =`, `! =`, or
    one of another language."""
    tokens, position = stuck.tokens, stuck.position
    for size in (3, 2):
        for start in range(position, position - size, -1):
            pieces = tokens[max(start, stuck.start) : start + size]
            if len(pieces) < size or not all(SIGN.fullmatch(piece.text) for piece in pieces):
                continue
            told = explain_operator("".join(piece.text for piece in pieces))
            if size == 2 and pieces[0].text == pieces[1].text in COMPARISONS:
                told = f"write `{pieces[0].text}` once"
            if told and not any(piece.starts_line for piece in pieces[1:]):
                span = Span(pieces[0].start, pieces[-1].end)
                shown = stuck.source.text[span.start : span.end]
                return Diagnostic(
                    f"`{shown}` is not an operator", stuck.source, span, "", told, code="syntax"
                )
    return None


def explain_operator(text: str) -> str:
    """What to write for signs without the blanks between them; empty where nothing is known of them together."""
    if text in COMPARISONS:
        return f"write `{text}`, without blanks in it" + (
            "; names are given values by one `=`" * (text == "==")
        )
    if text in SPELLINGS and text != "=!":  # `x = !y` is a negation
        return SPELLINGS[text][1]
    told = explain_mistake(Token("bad", text, 0, 0, False, "MISTAKE")) if text in AUGMENTED else None
    return told[1] if told else ""


def descriptions(token: Token) -> set[str]:
    """What the table may call a token."""
    found = {token.text, token.type}
    found |= {"KEYWORD"} if token.kind == "keyword" else set()
    found |= {"VALUE"} if token.kind in VALUES else set()
    return found | ({"COMMAND"} if token.starts_command else set())


def facts(stuck: Stuck) -> set[str]:
    """What the table may ask for besides."""
    token, previous, first = stuck.token, stuck.previous, stuck.first
    bracket, loop = stuck.open(*CLOSING), stuck.open("for")
    following = stuck.tokens[stuck.position + 1 : stuck.position + 2]
    behind = stuck.before(bracket)
    call = bracket is not None and bracket.text == "(" and not isinstance(behind, Token | None)
    known = {
        "AFTER_WORD": previous is first and first is not token and first.kind == "keyword",
        "ASSIGNED": any(token.text == "=" for token in following),
        "NEW_LINE": token.starts_line,
        "TOUCHING": previous.end == token.start,
        "BLOCK": stuck.block is not None,
        "RETURN": previous.text == "return",
        "COMPARISON": previous.type == "COMPARISON",
        "DEF": first.text == "def",
        "ALONE": token is first and not stuck.values,
        "LOOP": first.text == "for",
        "PARAMETERS": first.text == "def" and bracket is not None,
        "UNCLOSED": bracket is not None and CLOSING[bracket.text] in stuck.takes,
        "CALL": call,
        "GROUP": bracket is not None and bracket.text == "(" and not call,
        "INDEX": bracket is not None and bracket.text == "[" and not isinstance(behind, Token | None),
        "DICT": bracket is not None and bracket.text == "{",
        "STEP": previous.is_one_of("+", "-") and stuck.tokens[stuck.position - 2].text == previous.text,
        "ESCAPED": previous.text.endswith('\\"') and previous.end == token.start,
        "TEXTS": previous.kind == "string",
        "ANNOTATED": previous is first and first.kind == "name",
        "BARE": bracket is not None and bracket.text == "(",
        "GENERATOR": loop is not None and bracket is not None and bracket.start < loop.start,
        "PLAIN": not first.is_one_of("def", "for", "load", "draw", "return") and stuck.open("=") is None,
        "FOREIGN": foreign_token(stuck) is not None,
    }
    return {name for name, holds in known.items() if holds}


def foreign_token(stuck: Stuck) -> Token | None:
    """The word of another language that is to blame, if there is one near."""
    near = (
        (stuck.first, stuck.previous)
        if stuck.token.starts_line
        else (stuck.first, stuck.previous, stuck.token)
    )
    return next((token for token in near if explain_foreign_word(token)), None)


def fillings(stuck: Stuck) -> dict[str, str]:
    """The words that may stand in braces in the table."""
    token, previous = stuck.token, stuck.previous
    word = stuck.open("for", "(", "def")
    purposes = {"for": "a loop variable", "(": "a parameter", "def": "the name of the function"}
    name = stuck.before(innermost(stuck.values[: stuck.base], "def"), -1)
    wanted = sorted(word for word in stuck.takes - {"selector"} if not word.isupper())
    opening, foreign = stuck.open(*CLOSING) or stuck.block, foreign_token(stuck)
    words = {
        "token": token.text,
        "found": "the end of the text" if token.kind == "end" else f"`{token.text}`",
        "previous": previous.text,
        "purpose": purposes[word.text] if word else "a name to assign to",
        "foreign": explain_foreign_word(foreign) if foreign else "",
        "word": foreign.text if foreign else "",
        "wanted": " or ".join(f"`{word}`" for word in reversed(wanted)),
        "function": name.text if isinstance(name, Token) else "",
    }
    if opening:
        line, column = stuck.source.position(opening.start)
        here, _ = stuck.source.position(token.start)
        where = f"at column {column}" if line == here else f"on line {line}"
        words |= {"opening": opening.text, "closing": CLOSING[opening.text], "where": where}
    return words


def place(stuck: Stuck, at: str) -> Span:
    """Where a message points."""
    first, previous = stuck.first, stuck.previous
    match at, stuck.open("if") if at == "if" else stuck.block:
        case "previous", _:
            return previous.span
        case "gap", _:
            return Span(previous.end, previous.end)
        case "word", _:
            return (foreign_token(stuck) or stuck.token).span
        case "statement", _:
            return Span(first.start, previous.end)
        case (("if" | "block"), Token() as word):
            return word.span
        case _:
            return stuck.token.span
