"""A question of the page, as it comes: a JSON object, believed in nothing.

In: what `json.loads` made. Out: a `Question`. Raises `RaspError` with the code `question` for anything else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from rasp.arguments import Attention, check_attention
from rasp.diagnostics import Diagnostic, RaspError
from rasp.inputs import read_input
from rasp.language_features.document import Document, ShownInput, read_document
from rasp.limits import PLAYED_TEXT, PLAYED_TOKENS
from rasp.page_answers.shipped_programs import ShippedTexts, read_shipped
from rasp.source import Source
from rasp.values import Atom

CODE = "question"
HINT = "the page sends JSON objects; docs/playground.md says what is in them"
#: What the text in the page's editor is called in messages.
NAME = "<playground>"


@dataclass(frozen=True)
class Question:
    """The fields of an object; each is asked for with its type."""

    fields: Mapping[str, object]

    def text(self, name: str, otherwise: str | None = None) -> str:
        value = self.fields.get(name, otherwise)
        if not isinstance(value, str):
            raise refuse_question(f"`{name}` has to be a text")
        if len(value) > PLAYED_TEXT.most:
            raise PLAYED_TEXT.refusal(f"`{name}` has {len(value):,} characters, more than {PLAYED_TEXT}")
        return value

    def number(self, name: str) -> int:
        value = self.fields.get(name)
        if type(value) is not int or not 0 <= value <= PLAYED_TEXT.most:
            raise refuse_question(f"`{name}` has to be a whole number that is not negative")
        return value

    def flag(self, name: str) -> bool:
        value = self.fields.get(name, False)
        if not isinstance(value, bool):
            raise refuse_question(f"`{name}` has to be true or false")
        return value

    def attention(self) -> Attention:
        value = self.text("attention", "full")
        if problem := check_attention(value):
            raise RaspError(problem)
        return cast(Attention, value)

    def document(self) -> Document:
        """The program that was typed, as far as it can be read. It sees no files but the programs that are shipped, from
        the place of the one that it began as, its `home`."""
        home = self.text("home", "")
        name = NAME if read_shipped(home) is None else f"{home}.rasp"
        return read_document(Source(name, self.text("text")), ShippedTexts(Path(), {}))

    def shown_input(self) -> ShownInput:
        return ShownInput(self.tokens(), self.attention())

    def tokens(self) -> tuple[Atom, ...]:
        """The tokens of the input, by the rule of the command line."""
        tokens = read_input(self.text("input")).tokens
        if not tokens:
            raise RaspError(Diagnostic("the input is empty", hint="type some characters", code="input"))
        if len(tokens) > PLAYED_TOKENS.most:
            raise PLAYED_TOKENS.refusal(f"the input has {len(tokens):,} tokens, more than {PLAYED_TOKENS}")
        return tokens


def read_question(given: object) -> Question:
    if not isinstance(given, dict):
        raise refuse_question("a question has to be a JSON object")
    return Question(cast("dict[str, object]", given))


def refuse_question(message: str) -> RaspError:
    return RaspError(Diagnostic(message, hint=HINT, code=CODE))
