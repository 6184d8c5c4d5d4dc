"""The commands that go on talking: `rasp repl` with a person, `rasp lsp` with an editor."""

import sys
from collections.abc import Iterable

import click

from rasp.command_line.checked_command import CheckedCommand
from rasp.command_line.console import WrongUsage
from rasp.command_line.place import PLACE


def start_repl(files: tuple[str, ...]) -> int:
    """The prompt, on a terminal or on what is piped in; its exit code."""
    from compiler.commands.repl import make_repl  # noqa: PLC0415
    from rasp.prompt.repl import run_piped  # noqa: PLC0415

    repl = make_repl()
    if sys.stdin is None or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return run_piped(repl, files, piped_lines())
    from rasp.prompt.terminal import run_terminal  # noqa: PLC0415

    return run_terminal(repl, files)


def piped_lines() -> Iterable[str]:
    """Standard input, if there is one. Bytes that are no UTF-8 come through, for the prompt to complain about."""
    if reconfigure := getattr(sys.stdin, "reconfigure", None):
        reconfigure(encoding="utf-8-sig", errors="surrogateescape")
    return sys.stdin or ()


@click.command(cls=CheckedCommand)
@click.argument("files", nargs=-1, metavar="[FILE]...", type=PLACE)
def repl(files: tuple[str, ...]) -> int:
    """Try RASP out: a prompt that shows what each line does on an example.

    The FILEs are loaded first. Lines can also be piped in; then the exit code is 1 if one of them was wrong.

    \b
    Examples:
      rasp repl
      rasp repl sort.rasp
      rasp repl < session.txt
    """
    return start_repl(files)


@click.command(cls=CheckedCommand)
def lsp() -> None:
    """Serve an editor: diagnostics, hover, completion, renaming and more.

    A language server (LSP) on standard input and output; editors start it themselves. See editors/.
    """
    from rasp.editor.server import serve_editor  # noqa: PLC0415

    if sys.stdin is None or sys.stdout is None:
        raise WrongUsage(
            "there is no standard input or output", "an editor starts this, and speaks to it there"
        )
    serve_editor()
