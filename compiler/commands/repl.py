"""`rasp repl` with the compiler behind it: the prompt's commands `compile`, `verify`, `apply`, and a fuller `layers`.

What they need is imported when they are first used, so that the prompt is there at once.
"""

from collections.abc import Iterable, Sequence
from importlib import import_module

from rasp.commands import Command, Prompt
from rasp.repl import COMMANDS, Repl
from rasp.style import Line

ACTIONS = "compiler.commands.repl_actions"


def compile_command(prompt: Prompt, text: str) -> Iterable[Line]:
    return import_module(ACTIONS).compile_lines(prompt, text)


def layers_command(prompt: Prompt, text: str) -> Iterable[Line]:
    return import_module(ACTIONS).layer_lines(prompt, text)


def verify_command(prompt: Prompt, text: str) -> Iterable[Line]:
    return import_module(ACTIONS).verify_lines(prompt, text)


def apply_command(prompt: Prompt, text: str) -> Iterable[Line]:
    return import_module(ACTIONS).apply_lines(prompt, text)


SETTINGS = 'EXPR [vocab="ab"] [max_length=8] [attention=causal] [-o DIR]'
COMPILING = (
    Command("layers", "EXPR", "how many layers and heads it needs", layers_command, "name"),
    Command("compile", SETTINGS, "compile it to a transformer", compile_command, "name"),
    Command("verify", "DIR", "check a compiled model against the interpreter", verify_command, "folder"),
    Command("apply", 'DIR "abc"', "run a compiled model", apply_command, "folder"),
)


def all_commands() -> Sequence[Command]:
    """The prompt's commands, with the compiler's instead of those of the same name."""
    own = {command.word for command in COMPILING}
    return (*[command for command in COMMANDS if command.word not in own], *COMPILING)


def new_repl() -> Repl:
    return Repl(all_commands())
