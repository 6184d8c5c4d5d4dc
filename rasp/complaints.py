"""A parser that cannot go on → what to tell the user, and what would let it go on.

In: `Stuck`, the place, with what the parser has read of the statement and what it would take. Out:
`Diagnostic`s. The functions of `EXPLANATIONS` are asked in turn; each knows one kind of situation.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rasp.diagnostics import Diagnostic
from rasp.mistakes import foreign_word, known_mistake
from rasp.source import Source, Span
from rasp.tokens import Token

CLOSING = {"(": ")", "[": "]", "{": "}"}
VALUES = ("name", "int", "float", "string")
STATEMENT_WORDS = ("def", "for", "load", "draw", "return")
EQUALITY = "an equality test is written `==`"
RENAME = "choose another name"


@dataclass(frozen=True)
class Stuck:
    """`tokens[position]` cannot follow. `values` is what the parser has read and not yet put together: tokens
    and complete forms; from `base` on it belongs to the statement that starts at `tokens[start]`. `accepted`
    are the words, symbols and terminals that the parser would take.
    """

    source: Source
    tokens: Sequence[Token]
    position: int
    start: int
    values: Sequence[object]
    base: int
    accepted: frozenset[str]

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
    def at_start(self) -> bool:
        """Could a statement start here?"""
        return "BROKEN" in self.accepted

    @property
    def block(self) -> Token | None:
        """The `{` of the block around the statement."""
        return innermost(self.values[: self.base], "{")

    @property
    def function(self) -> str:
        """The name of the function that the statement is in."""
        word = innermost(self.values[: self.base], "def")
        name = self.values[self.values.index(word) + 1]
        assert isinstance(name, Token)
        return name.text

    @property
    def behind_return(self) -> bool:
        """Is everything of a function read but its `}`?"""
        return self.accepted == frozenset({"}"}) and self.open(*CLOSING) is None

    def open(self, *texts: str) -> Token | None:
        """The last of these words and symbols in the statement that the parser has not put together."""
        return innermost(self.values[self.base :], *texts)

    def say(self, message: str, label: str = "", hint: str = "", span: Span | None = None) -> Diagnostic:
        """A message about the token, or about `span`."""
        code = "unfinished" if self.token.kind == "end" and span is None else "syntax"
        return Diagnostic(message, self.source, span or self.token.span, label, hint, code=code)

    def expected(self, wanted: str, purpose: str = "", hint: str = "", label: str = "") -> Diagnostic:
        """A message about what should stand here instead."""
        message = f"expected {wanted}{purpose}, found {self.found()}"
        return self.say(message, label or f"expected {wanted}", hint)

    def found(self) -> str:
        return "the end of the text" if self.token.kind == "end" else f"`{self.token.text}`"


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


def complaint(stuck: Stuck) -> Diagnostic:
    """What is wrong."""
    if mistake := known_mistake(stuck.token):
        return stuck.say(mistake[0], hint=mistake[1])
    return next(told for explain in EXPLANATIONS if (told := explain(stuck)))


def reserved_word(stuck: Stuck) -> Diagnostic | None:
    """`set = 1;`"""
    following = stuck.tokens[stuck.position + 1 : stuck.position + 2]
    for word, signs in ((stuck.token, following), (stuck.previous, [stuck.token])):
        if word is stuck.first and word.kind == "keyword" and any(sign.text == "=" for sign in signs):
            message = f"`{word.text}` is a reserved word and cannot be assigned to"
            return stuck.say(message, hint=RENAME, span=word.span)
    return None


def wrong_start(stuck: Stuck) -> Diagnostic | None:
    """`;` or `if` at the start of a statement."""
    if not stuck.at_start:
        return None
    text, block = stuck.token.text, stuck.block
    if stuck.token.starts_command:
        hint = "it is a command of the prompt; put it at top level"
        return stuck.say(f"`{text}` cannot stand inside `{{ }}`", hint=hint)
    match text:
        case ";":
            hint = "remove the `;`; none stands behind `}`"
            return stuck.say("there is no statement before this `;`", hint=hint)
        case ")" | "]" | "}":
            return stuck.say(f"this `{text}` closes nothing", hint="remove it")
        case "if":
            return stuck.say("there are no `if` statements", hint="write name = a if condition else b;")
        case "return" if block:
            hint = "it is the last statement of a function"
            return stuck.say("`return` cannot stand inside a `for`", hint=hint)
        case "return":
            hint = "it is the last statement of a `def` body"
            return stuck.say("`return` stands outside of a function", hint=hint)
        case _:
            return unclosed(stuck, block) if block and stuck.token.kind == "end" else None


def wrong_name(stuck: Stuck) -> Diagnostic | None:
    """`for 1 in x {`"""
    if "NAME" not in stuck.accepted or "INTEGER" in stuck.accepted:
        return None
    word = stuck.open("for", "(", "def")
    purposes = {"for": "a loop variable", "(": "a parameter", "def": "the name of the function"}
    purpose = purposes[word.text] if word else "a name to assign to"
    if stuck.token.kind == "keyword":
        message = f"`{stuck.token.text}` is a reserved word and cannot be {purpose}"
        return stuck.say(message, hint=RENAME)
    if stuck.token.text == "=" and word and word.text == "(":
        return no_default(stuck)
    return stuck.expected(purpose, hint=foreign_word(stuck.token), label="expected a name")


def no_default(stuck: Stuck) -> Diagnostic:
    hint = "the caller gives every argument"
    return stuck.say("parameters have no default values in RASP", hint=hint)


def wrong_value(stuck: Stuck) -> Diagnostic | None:
    """`x = ;`"""
    if "INTEGER" not in stuck.accepted:
        return None
    token, label = stuck.token, "expected a value"
    if token.text == "=" and "COMPARISON" in stuck.accepted:
        return stuck.say("`=` is not a comparison", hint=EQUALITY)
    if stuck.previous.text == "return" and token.is_one_of(";", "}"):
        return stuck.say("`return` needs a value", label)
    if token.kind == "keyword":
        tempting = ("on", "off", "set", "show", "example", "examples")
        message = f"expected a value, but `{token.text}` is a reserved word"
        return stuck.say(message, label, RENAME if token.text in tempting else "")
    return stuck.expected("a value", hint=EQUALITY if token.text == "=" else "")


def open_choice(stuck: Stuck) -> Diagnostic | None:
    """`x = 1 if a;`"""
    word = stuck.open("if")
    if word is None or "else" not in stuck.accepted:
        return None
    if stuck.token.text == "=":
        return stuck.say("`=` is not a comparison", hint=EQUALITY)
    loop, bracket = stuck.open("for"), stuck.open(*CLOSING)
    if loop and bracket and bracket.start < loop.start and stuck.token.text == CLOSING[bracket.text]:
        hint = "leave elements out in a loop that builds the list: `for x in all { … }`"
        return stuck.say("a comprehension has no `if`", "no `else` follows", hint, word.span)
    message = f"this `if` has no `else`: expected `else`, found {stuck.found()}"
    return stuck.say(message, "expected `else`", "a choice is written `a if condition else b`")


def open_bracket(stuck: Stuck) -> Diagnostic | None:
    """`x = (1;`"""
    opening = stuck.open(*CLOSING)
    if opening is None or not stuck.accepted & {CLOSING[opening.text], ":"}:
        return None
    if ":" in stuck.accepted:
        return stuck.expected("`:`", " between key and value of a dict")
    place = stuck.values.index(opening)
    is_call = opening.text == "(" and place > stuck.base and not isinstance(stuck.values[place - 1], Token)
    if stuck.token.text == "=" and stuck.first.text == "def":
        return no_default(stuck)
    if stuck.token.text == "=" and is_call:
        return stuck.say("arguments have no names in RASP", hint="give the values in the order of the `def`")
    if stuck.previous.type == "COMPARISON" and stuck.token.kind in VALUES:
        hint = "only as the last argument of `select` it stands alone"
        return stuck.say(f"`{stuck.previous.text}` compares two values", hint=hint, span=stuck.previous.span)
    loop = stuck.open("for")
    if stuck.token.text == "for" and loop and loop.start > opening.start:
        hint = "write one list inside the other, or a function that makes the inner one"
        return stuck.say("a comprehension has only one `for`", hint=hint)
    return unclosed(stuck, opening)


def unclosed(stuck: Stuck, opening: Token) -> Diagnostic:
    line, column = stuck.source.position(opening.start)
    here, _ = stuck.source.position(stuck.token.start)
    where = f"at column {column}" if line == here else f"on line {line}"
    hint = "an operator or `,` is missing before it" if stuck.token.kind in VALUES else ""
    hint = EQUALITY if stuck.token.text == "=" else hint
    return stuck.expected(f"`{CLOSING[opening.text]}`", f" to close the `{opening.text}` {where}", hint)


def open_function(stuck: Stuck) -> Diagnostic | None:
    """`def f(x) { return x; y = 1;`"""
    block = stuck.block
    if block is None or not stuck.behind_return:
        return None
    if stuck.token.kind == "end":
        return unclosed(stuck, block)
    hint = "`return` is the last statement of a function, and the only one"
    purpose = f" after the `return` of `{stuck.function}`"
    return stuck.expected("`}`", purpose, hint, "never reached")


def wrong_end(stuck: Stuck) -> Diagnostic | None:
    """`1 = x;`"""
    token, first, accepted = stuck.token, stuck.first, stuck.accepted
    if "END_OF_LINE" in accepted:
        return stuck.expected("the end of the line", label="not expected here")
    if "$END" in accepted and not stuck.at_start:
        message = f"expected one expression, but {stuck.found()} follows it"
        return stuck.say(message, "not expected here")
    if ";" not in accepted:
        return None
    is_value = not first.is_one_of(*STATEMENT_WORDS) and stuck.open("=") is None
    if token.text == "=" and is_value:
        hint = f"{EQUALITY}; an assignment has names on the left"
        span = Span(first.start, stuck.previous.end)
        return stuck.say("only names can be assigned to", "this is not a name", hint, span)
    if token.text == "=":
        return stuck.say("`=` cannot stand here", hint=EQUALITY)
    if token.text == "," and is_value:
        return stuck.say("a statement is one expression", "not expected here", "a list is written [a, b]")
    for word in (first, stuck.previous):
        if hint := foreign_word(word):
            return stuck.say(f"`{word.text}` means nothing in RASP", hint=hint, span=word.span)
    if token.is_one_of(")", "]"):
        return stuck.say(f"this `{token.text}` closes nothing", hint="remove it, or open it before")
    return stuck.expected("`;`", label="not expected here")


def missing(stuck: Stuck) -> Diagnostic:
    """`draw x;`"""
    accepted = stuck.accepted
    if "STRING" in accepted:
        hint = 'write load "path"; without .rasp'
        return stuck.expected("the path of a file in quotes", hint=hint, label="expected a string")
    if "=" in accepted:
        hint = "several values can stand on the right of `=` and behind `return`; a list is written [a, b]"
        return stuck.expected("`=`", " after the names", hint)
    if "{" in accepted:
        purpose = "the body of a function" if stuck.first.text == "def" else "the body of a `for`"
        if stuck.token.text == ":":
            hint = "write `{ … }` instead of `:` and indentation"
            return stuck.say(f"{purpose} stands in braces", hint=hint)
        return stuck.expected("`{`", f" before {purpose}")
    if "in" in accepted:
        return stuck.expected("`in`", " after the loop variable")
    words = sorted(word for word in accepted - {"selector"} if not word.isupper())
    wanted = " or ".join(f"`{word}`" for word in reversed(words))
    return stuck.expected(wanted, f" after `{stuck.previous.text}`")


EXPLANATIONS = (
    reserved_word,
    wrong_start,
    wrong_name,
    wrong_value,
    open_choice,
    open_bracket,
    open_function,
    wrong_end,
    missing,
)


def missing_semicolon(stuck: Stuck) -> Diagnostic | None:
    """The message if nothing is wrong but that there is no `;` before the token."""
    token, previous = stuck.token, stuck.previous
    if ";" not in stuck.accepted or stuck.accepted & {"END_OF_LINE", "$END"}:
        return None
    if any(map(foreign_word, (stuck.first, previous))) or token.is_one_of(",", ":", "else"):
        return None
    end, code = Span(previous.end, previous.end), "missing-semicolon"
    label = "expected `;` here"
    if token.kind == "end":
        hint, code = "every statement ends with `;`", "unfinished"
        return Diagnostic("missing `;`", stuck.source, end, label, hint, code=code)
    if token.is_one_of("}", *STATEMENT_WORDS) or token.starts_command:
        return Diagnostic("missing `;`", stuck.source, end, label, code=code)
    if token.kind == "bad" or token.is_one_of("=", ")", "]"):
        return None
    if token.starts_line:
        return Diagnostic("missing `;`", stuck.source, end, label, code=code)
    if token.kind not in VALUES:
        return None
    hint = "a name cannot start with a digit" if token.start == end.end and token.kind == "name" else ""
    label = f"something is missing before `{token.text}`"
    return Diagnostic("missing `;` or operator", stuck.source, end, label, hint, code=code)


def missing_body(stuck: Stuck) -> Diagnostic | None:
    """The message if a `}` comes too early: before the `return` of a function, or any statement of a loop."""
    block = stuck.block
    if stuck.token.text != "}" or not stuck.at_start or block is None:
        return None
    if "return" not in stuck.accepted:
        return stuck.say("the body of this `for` is empty", span=block.span)
    message, hint = f"the function `{stuck.function}` returns nothing", "end its body with `return VALUE;`"
    return stuck.say(message, "expected `return` before this", hint)
