"""Comments that say how a program is compiled and what it answers.

    # compile: sort(tokens, tokens)  vocab="abcde" max_length=8
    # compile: prev                  vocab=[0, 1, 2] max_length=16 attention=causal name=previous
    # example: sort(tokens, tokens)("cab") = "abc"
    # example: tokens_int * 2([1, 2]) = [2, 4]
    # example (causal): length("abc") = [1, 2, 3]
    # example: 1 / indices("ab") = error

`# compile:` is followed by an expression (any s-op) and settings in any order. `vocab` is a string, each
character of which is a token, or a JSON list of tokens. A program may have several such lines; `name` tells their
outputs apart. With `no_value=true` a model says where there is no value.

`# example:` is followed by an expression, the input in parentheses (a string, whose characters are the
sequence, or a JSON list), `=`, and the answer: a string, which stands for the list of its characters; a list of
numbers, strings, `True` and `False`; or `error` for an input on which the expression has no value. With a selector,
the answer is a list of rows of 0 and 1. The expression is everything before the last `(…)`, however it is built.

In: a `Source`. Out: `Directives`; lines that begin like a directive but are malformed become diagnostics.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from rasp.arguments import ATTENTIONS, Attention
from rasp.diagnostics import Diagnostic, RaspError, suggest_word
from rasp.inputs import QUOTED, convert_to_atoms, read_json_value
from rasp.source import Source, Span
from rasp.syntax.comments import Comment
from rasp.syntax.lexer import tokenize_text
from rasp.syntax.parser import parse_expression
from rasp.values import Atom, ValueProblem

HEAD = re.compile(r"#+[ \t]*(?P<word>compile|example)[ \t]*(?:\((?P<mode>[^)\n]*)\))?[ \t]*:")
SETTING = re.compile(
    r"""(?P<key>[A-Za-z_]+)=(?!=)(?P<value>"[^"]*"|\[(?:[^\]"]|"(?:[^"\\]|\\.)*")*\]|[^\s"\[]+)(?=\s|$)"""
)
KEYS = ("vocab", "max_length", "attention", "name", "no_value")

Answer = tuple[Atom, ...] | tuple[tuple[Atom, ...], ...] | None


@dataclass(frozen=True)
class CompileLine:
    """One `# compile:` line. `max_length` and `vocabulary` are None where the line does not say."""

    expression: str
    vocabulary: tuple[Atom, ...] | None
    max_length: int | None
    attention: Attention
    name: str
    span: Span
    no_value: bool = False


@dataclass(frozen=True)
class Example:
    """One `# example:` line. `answer` is None when the input has no value; for a selector it is a tuple of rows."""

    expression: str
    input: tuple[Atom, ...]
    answer: Answer
    attention: Attention
    span: Span


@dataclass(frozen=True)
class Directives:
    """All directives of a text, in its order."""

    compiles: tuple[CompileLine, ...]
    examples: tuple[Example, ...]
    diagnostics: tuple[Diagnostic, ...]


class Malformed(Exception):
    """A directive cannot be read. Never leaves this module."""

    def __init__(self, message: str, span: Span, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.span, self.hint = message, span, hint


@dataclass(frozen=True)
class Line:
    """The part of a directive behind its colon: text, and where it starts in the source."""

    source: Source
    text: str
    start: int

    def span(self, start: int, end: int) -> Span:
        return Span(self.start + start, self.start + end)

    def malformed(self, message: str, hint: str = "", part: tuple[int, int] | None = None) -> Malformed:
        start, end = part or (0, len(self.text))
        return Malformed(message, self.span(start, end), hint)


def read_directives(source: Source) -> Directives:
    """The directives among the comments of a text. Never raises."""
    compiles: list[CompileLine] = []
    examples: list[Example] = []
    problems: list[Diagnostic] = []
    for match, line in heads(source):
        try:
            mode = attention(line, match)
            if match["word"] == "compile":
                compiles.append(read_compile(line, mode))
            else:
                examples.append(read_example(line, mode or "full"))
        except Malformed as problem:
            problems.append(
                Diagnostic(problem.message, source, problem.span, hint=problem.hint, code="directive")
            )
        except RaspError as error:
            problems.extend(error.diagnostics)
    return Directives(tuple(compiles), tuple(examples), tuple(problems))


def heads(source: Source) -> Iterator[tuple[re.Match[str], Line]]:
    """The comments that begin like a directive."""
    for comment in comments_of(source):
        whole = source.text[comment.span.start : comment.span.end]
        match = HEAD.match(whole)
        if match is not None:
            rest = whole[match.end() :]
            text = rest.lstrip()
            yield match, Line(source, text, comment.span.start + match.end() + len(rest) - len(text))


def comments_of(source: Source) -> list[Comment]:
    return tokenize_text(source)[1]


def attention(line: Line, match: re.Match[str]) -> Attention | None:
    """The word in parentheses before the colon, if there is one."""
    mode = (match["mode"] or "").strip()
    if mode and mode not in ATTENTIONS:
        raise line.malformed(f"there is no attention called {mode}", "write (full) or (causal)")
    return mode if mode in ATTENTIONS else None


def check_expression(line: Line, start: int, end: int) -> str:
    """The expression that stands at these offsets of the line. Raises `RaspError` at its place in the source."""
    text = line.text[start:end]
    if not text.strip():
        raise line.malformed("there is no expression here", "as in: # compile: sort(tokens, tokens) …")
    try:
        parse_expression(Source(line.source.name, text))
    except RaspError as error:
        part = line.span(start, end)
        raise RaspError(error.diagnostics[0].move_into(line.source, part)) from None
    return text.strip()


def read_compile(line: Line, mode: Attention | None) -> CompileLine:
    """`EXPRESSION key=value …`"""
    found = list(settings(line.text))
    end = found[0].start() if found else len(line.text)
    expression = check_expression(line, 0, end)
    values: dict[str, str] = {}
    for match in found:
        key = match["key"]
        if key not in KEYS:
            hint = suggest_word(key, KEYS) or f"there are {', '.join(KEYS)}"
            raise line.malformed(f"there is no setting called `{key}`", hint, match.span("key"))
        if key in values:
            raise line.malformed(f"`{key}` is given twice", part=match.span("key"))
        values[key] = match["value"]
        check_setting(line, key, match)
    return CompileLine(
        expression,
        vocabulary(values["vocab"]) if "vocab" in values else None,
        int(values["max_length"]) if "max_length" in values else None,
        told if (told := values.get("attention", "").strip('"')) in ATTENTIONS else mode or "full",
        values.get("name", "").strip('"'),
        line.span(0, len(line.text)),
        values.get("no_value") == "true",
    )


def settings(text: str) -> list[re.Match[str]]:
    """The settings at the end of a line: as many as follow each other up to it."""
    found: list[re.Match[str]] = []
    end = len(text)
    for match in reversed(list(SETTING.finditer(text))):
        if text[match.end() : end].strip():
            break
        found.insert(0, match)
        end = match.start()
    return found


def check_setting(line: Line, key: str, match: re.Match[str]) -> None:
    value, part = match["value"], match.span("value")
    if key == "vocab" and vocabulary(value) is None:
        hint = 'write a string, vocab="abc", or a list of tokens, vocab=[0, 1, 2]'
        raise line.malformed("this is not a vocabulary", hint, part)
    if key == "max_length" and not re.fullmatch(r"[1-9][0-9]{0,5}", value):
        raise line.malformed("`max_length` has to be a positive number", "as in max_length=8", part)
    if key == "attention" and value.strip('"') not in ATTENTIONS:
        raise line.malformed(f"there is no attention called {value}", "write full or causal", part)
    if key == "no_value" and value not in ("true", "false"):
        raise line.malformed("`no_value` has to be true or false", "as in no_value=true", part)
    if key == "name" and not value.strip('"').isidentifier():
        raise line.malformed("`name` has to be a name", "as in name=sorted", part)


def vocabulary(text: str) -> tuple[Atom, ...] | None:
    """Tokens of `"abc"` or of a JSON list; None if it is neither."""
    if text.startswith('"') and text.endswith('"') and len(text) > 2:
        return tuple(text[1:-1])
    tokens = literal(text)
    if not isinstance(tokens, list) or not tokens:
        return None
    return as_atoms(cast("list[object]", tokens))


def read_example(line: Line, mode: Attention) -> Example:
    """`EXPRESSION(INPUT) = ANSWER`"""
    opening, closing, equals, given = reading(line)
    expression = check_expression(line, 0, opening)
    if not given:
        raise line.malformed("an input cannot be empty", QUOTED, (opening, closing + 1))
    answer_text = line.text[equals + 1 :].strip()
    answer = None if answer_text == "error" else answer_of(answer_text)
    if answer_text != "error" and answer is None:
        hint = 'write one value for each position, as "abc" or [1, 2.5, True, "x"]; or error'
        part = (len(line.text) - len(answer_text), len(line.text))
        raise line.malformed("this is not an answer", hint, part)
    return Example(expression, given, answer, mode, line.span(0, len(line.text)))


def reading(line: Line) -> tuple[int, int, int, tuple[Atom, ...]]:
    """Offsets of `(`, `)` and `=`, and the input between the parentheses."""
    for opening, closing, equals in splits(line.text):
        given = sequence(line.text[opening + 1 : closing])
        if given is not None:
            return opening, closing, equals, given
    usage = QUOTED if "[" in line.text else 'as in: # example: sort(tokens, tokens)("cab") = "abc"'
    raise line.malformed("an example is an expression on an input, `=`, and an answer", usage)


def splits(text: str) -> Iterator[tuple[int, int, int]]:
    """Offsets of `(`, `)` and `=` in every reading `…(…) = …`, the shortest input first."""
    for match in re.finditer(r"\)\s*=(?!=)", text):
        for opening in [i for i in range(match.start() - 1, -1, -1) if text[i] == "("]:
            yield opening, match.start(), match.end() - 1


def sequence(text: str) -> tuple[Atom, ...] | None:
    """A string's characters or a list's elements; None for anything else."""
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] == '"' and '"' not in text[1:-1]:
        return tuple(text[1:-1])
    items = literal(text)
    return as_atoms(cast("list[object]", items)) if isinstance(items, list) else None


def answer_of(text: str) -> Answer:
    """A sequence, or a list of rows."""
    items = literal(text)
    if (
        isinstance(items, list)
        and items
        and all(isinstance(row, list) for row in cast("list[object]", items))
    ):
        rows = [as_atoms(cast("list[object]", row)) for row in cast("list[object]", items)]
        return None if None in rows else cast("Answer", tuple(rows))
    return sequence(text)


def as_atoms(items: list[object]) -> tuple[Atom, ...] | None:
    """The elements of a list if it may be a sequence, or is empty; else None."""
    try:
        return convert_to_atoms(items) if items else ()
    except ValueProblem:
        return None


WORDS = re.compile(r'"[^"]*"|\b(True|False)\b')


def literal(text: str) -> object:
    """The value of a JSON text in which `True` and `False` may be written as in RASP; None if it is no
    such text.
    """
    try:
        as_json = WORDS.sub(lambda match: match.group().lower() if match[1] else match.group(), text)
        return read_json_value(as_json)
    except ValueProblem:
        return None
