"""`rasp repl` with the compiler behind it: the prompt's commands `compile`, `verify`, `apply`, and a fuller `layers`.

What they need is imported when they are first used, so that the prompt is there at once.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from importlib import import_module

from rasp.notation.style import Line
from rasp.prompt.command_words import Command, Prompt
from rasp.prompt.repl import COMMANDS, Repl

ACTIONS = "compiler.commands.repl_actions"
SETTINGS = 'EXPR [vocab="ab"] [max_length=8] [attention=causal] [no_value=true] [-o DIR]'


def layers_command(prompt: Prompt, text: str) -> Iterable[Line]:
    return import_module(ACTIONS).layer_lines(prompt, text)


def compiling() -> Sequence[Command]:
    """The compiler's commands. They share the model that was compiled last."""

    @cache
    def bench() -> object:
        return import_module(ACTIONS).Workbench()

    def compile_command(prompt: Prompt, text: str) -> Iterable[Line]:
        return import_module(ACTIONS).compile_lines(bench(), prompt, text)

    def verify_command(prompt: Prompt, text: str) -> Iterable[Line]:
        return import_module(ACTIONS).verify_lines(bench(), prompt, text)

    def apply_command(prompt: Prompt, text: str) -> Iterable[Line]:
        return import_module(ACTIONS).apply_lines(bench(), prompt, text)

    checks = "check a compiled model (else the last one) against the interpreter"
    return (
        Command("layers", "EXPR", "how many layers and heads it needs", layers_command, "name"),
        Command("compile", SETTINGS, "compile it to a transformer", compile_command, "name"),
        Command("verify", "[DIR]", checks, verify_command, "folder"),
        Command("apply", '[DIR] "abc"', "run a compiled model, else the last one", apply_command, "folder"),
    )


def all_commands() -> Sequence[Command]:
    """The prompt's commands, with the compiler's instead of those of the same name."""
    ours = compiling()
    own = {command.word for command in ours}
    return (*[command for command in COMMANDS if command.word not in own], *ours)


def make_repl() -> Repl:
    return Repl(all_commands())
