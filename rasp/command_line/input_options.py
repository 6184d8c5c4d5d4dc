"""How every command that takes inputs is given them: behind the others, with `-i`, or from a file of any length."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from rasp.command_line.place import PLACE, complete_place
from rasp.inputs import InputFormat

FORMATS = click.Choice([form.value for form in InputFormat])
OPTIONS = (
    click.option("-i", "--input", "texts", multiple=True, metavar="INPUT", help="An input."),
    click.option(
        "--inputs", "file", type=PLACE, metavar="FILE", help="Inputs, one a line; - is standard input."
    ),
    click.option(
        "--input-format",
        "form",
        type=FORMATS,
        default=InputFormat.AUTO.value,
        show_default=True,
        callback=lambda *called: InputFormat(called[-1]),  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
        help="text: an input is the sequence of its characters; json: a list of tokens; auto: a list if it is one.",
    ),
)


@dataclass(frozen=True)
class InputRequest:
    """What a command line says of inputs: `words` stand by themselves, `texts` behind `-i`, `file` behind `--inputs`."""

    words: tuple[str, ...]
    texts: tuple[str, ...]
    file: str | None
    form: InputFormat

    @property
    def is_empty(self) -> bool:
        return not self.words and not self.texts and self.file is None


def takes_inputs(metavar: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator for a command that is called with the fields of an `InputRequest`."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(OPTIONS):
            command = option(command)
        return click.argument("words", nargs=-1, metavar=metavar, shell_complete=complete_place)(command)

    return decorate
