"""Commands of the prompt: words that are no statements of the language, as in `help sort` or `layers hist`.

They take no names away. A line whose first word is bound, or is being bound, is a statement wherever it can
be one: `type = 3;`, `help(x);`. With a colon in front (`:type x`) it is a command in any case. No statement has
a question mark, so `x?` and `?x` ask for help, `x??` for the source.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from rasp.diagnostics import Diagnostic, RaspError
from rasp.notation.style import Line
from rasp.prompt.session import Session
from rasp.prompt.show import Display
from rasp.syntax.lexer import KEYWORDS

LINE = re.compile(r"\s*(?P<colon>:?)\s*(?P<word>[A-Za-z_]\w*)(?P<rest>.*)")
QUESTION = re.compile(r"\s*(?P<before>\?\??)?\s*(?P<about>[^?;#\"]*?)\s*(?P<behind>\?\??)?\s*;?\s*")
QUESTIONS: dict[str, str] = {"?": "help", "??": "source"}
#: What makes the first word a name that is being bound.
BINDING = re.compile(r"=(?!=)|,\s*[A-Za-z_]")
#: What may follow a command but not a name.
ARGUMENT = re.compile(r"[A-Za-z_0-9\"]")
JOINING = re.compile(r"(if|else|in|and|or)\b")


@dataclass(frozen=True, eq=False)
class Prompt:
    """What a command works on. `typed` is what was carried out so far."""

    session: Session
    display: Display
    commands: "Sequence[Command]"
    typed: Sequence[str] = ()


#: What is completed behind a command's word.
Argument = Literal["", "name", "file", "folder"]


@dataclass(frozen=True)
class Command:
    """`word usage`: what it is for, and what it does with the text behind the word.
    `argument` is what is completed there."""

    word: str
    usage: str
    summary: str
    action: Callable[[Prompt, str], Iterable[Line]]
    argument: Argument = ""

    @property
    def title(self) -> str:
        return f"{self.word} {self.usage}".strip()


def recognise_command(
    text: str, commands: Sequence[Command], is_bound: Callable[[str], bool]
) -> tuple[Command, str] | None:
    """The command that a line is, and its argument; None for a statement."""
    question = QUESTION.fullmatch(text)
    if question and (question["before"] or question["behind"]):
        asked = QUESTIONS[question["behind"] or question["before"]]
        return next(
            (command, question["about"].removeprefix("help "))
            for command in commands
            if command.word == asked
        )
    match = LINE.fullmatch(text)
    word = match["word"] if match else ""
    command = next((command for command in commands if command.word == word), None)
    if match is None or command is None:
        return None
    rest = match["rest"].strip()
    rest = rest.removesuffix(";").rstrip()
    if match["colon"]:
        return command, rest
    if word in KEYWORDS:  # `examples on` belongs to the language
        return (command, rest) if not rest else None
    if BINDING.match(rest) and (word, rest) != ("help", "="):
        return None
    can_be_statement = is_bound(word) and (not ARGUMENT.match(rest) or JOINING.match(rest))
    return None if can_be_statement else (command, rest)


def report_misspelt(text: str, prompt: Prompt) -> Diagnostic | None:
    """The message for a line that looks like a command but is none."""
    match = LINE.fullmatch(text)
    if match is None or match["word"] in KEYWORDS:
        return None
    word, rest = match["word"], match["rest"].strip().removesuffix(";")
    like_command = bool(match["colon"]) or not rest or bool(ARGUMENT.match(rest) and not JOINING.match(rest))
    if not like_command or prompt.session.is_bound(word):
        return None
    known = {command.word for command in prompt.commands}
    close = get_close_matches(word, sorted(known | prompt.session.scope.names()), n=1, cutoff=0.6)
    if not match["colon"] and (not close or close[0] not in known):
        return None
    hint = f"did you mean `{close[0]}`? " if close else ""
    return Diagnostic(
        f"there is no command `{word}`", hint=f"{hint}`help` lists the commands", code="command"
    )


def report_usage(command: str) -> RaspError:
    return RaspError(
        Diagnostic(f"`{command.split()[0]}` needs more", hint=f"as in `{command}`", code="command")
    )
