"""Lines of a prompt → chunks: texts that can be carried out, because nothing more has to follow.

    def f(x) {          unfinished
      return x;         unfinished
    }                   a chunk

A comment on lines of its own goes with the chunk below it. A command of the prompt, which is no statement of
the language, is a chunk by itself.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from rasp.source import Source
from rasp.syntax.lexer import has_tokens, tokenize_text
from rasp.syntax.parser import parse_tolerantly
from rasp.syntax.tokens import Token

UNFINISHED = "unfinished"
FIRST_PROMPT, NEXT_PROMPT = ">> ", ".. "
GREETING_STARTS = "RASP. The running example is "
BLOCKS = ("def", "for")
CLOSING = {")": "(", "]": "[", "}": "{"}


def needs_more(text: str) -> bool:
    """Is the text the beginning of something? Not, if what is there can never become right."""
    source = Source("<prompt>", text)
    tokens, _ = tokenize_text(source)
    first = tokens[0]
    if first.kind == "end":
        return False
    if first.starts_command:
        return open_brackets(tokens) > 0
    if first.is_one_of(*BLOCKS) and in_a_block(tokens):
        return True  # without reading a long body again for each of its lines
    codes = [problem.code for problem in parse_tolerantly(source).problems]
    if UNFINISHED not in codes:
        return False
    # The lines of a body whose beginning is wrong must not be taken for statements of their own.
    return set(codes) == {UNFINISHED} or (first.is_one_of(*BLOCKS) and open_brackets(tokens) > 0)


def in_a_block(tokens: list[Token]) -> bool:
    """Are braces all that is open behind the last token, and nothing closed that was not open?"""
    opened: list[str] = []
    for token in tokens:
        if token.is_one_of(*CLOSING.values()):
            opened.append(token.text)
        elif token.is_one_of(*CLOSING) and (not opened or opened.pop() != CLOSING[token.text]):
            return False
    return bool(opened) and set(opened) == {"{"}


def open_brackets(tokens: list[Token]) -> int:
    return sum(t.is_one_of("(", "[", "{") - t.is_one_of(")", "]", "}") for t in tokens)


def lacks_only_semicolon(text: str) -> bool:
    """Would a `;` at the end make it a statement?"""
    return bool(text.strip()) and needs_more(text) and not parse_tolerantly(Source("", f"{text}\n;")).problems


def is_blank(text: str) -> bool:
    """Is there nothing but blanks and comments?"""
    return not has_tokens(Source("", text))


@dataclass
class Transcript:
    """What was typed, of a text that may be what a prompt has printed. From the first line on that begins with
    `>> `, or is the prompt's greeting, only lines with a prompt in front were typed; before, all were.
    """

    begun: bool = False
    starts: bool = False

    def typed(self, line: str) -> str | None:
        """What was typed of a line, or None. `starts` says whether something new begins with it."""
        self.starts = line == FIRST_PROMPT.rstrip() or line.startswith(FIRST_PROMPT)
        self.begun |= self.starts or line.startswith(GREETING_STARTS)
        if not self.begun:
            return line
        for sign in (FIRST_PROMPT, NEXT_PROMPT):
            if line == sign.rstrip() or line.startswith(sign):
                return line[len(sign) :]
        return None


@dataclass
class Chunks:
    """Lines that have been typed and not yet been carried out."""

    is_command: Callable[[str], bool]
    lines: list[str] = field(default_factory=list[str])

    @property
    def waiting(self) -> bool:
        """Has something been begun?"""
        return not is_blank("\n".join(self.lines))

    def add(self, line: str) -> str | None:
        """Take a line; the chunk, if it is one now."""
        if not line.strip() and not self.waiting:
            self.lines.clear()  # a comment above a blank line belongs to nothing
            return None
        if not self.waiting and self.is_command(line):
            self.lines.clear()
            return line
        self.lines.append(line)
        text = "\n".join(self.lines)
        if is_blank(text) or needs_more(text):
            return None
        self.lines.clear()
        return text

    def rest(self) -> str:
        """What is left at the end of input, or when the user drops it."""
        text = "\n".join(self.lines)
        self.lines.clear()
        return "" if is_blank(text) else text
