"""The command `rasp`: the language's commands and the compiler's (`compiler/lazy_commands/`)."""

import click

from compiler.lazy_commands.declare_answers import apply, generate, test, verify
from compiler.lazy_commands.declare_compile import bisect, compile_command, opt
from compiler.lazy_commands.declare_export import export, golden
from compiler.lazy_commands.declare_inside import circuit, info, inspect
from compiler.lazy_commands.declare_prompt import lsp, repl, start_repl
from compiler.lazy_commands.declare_serve import serve
from compiler.lazy_commands.declare_train import train
from rasp.cli import SETTINGS, check, draw, run
from rasp.command_line.console import Commands
from rasp.command_line.format_command import format_files
from rasp.version import VERSION

COMMANDS = (
    *(repl, run, draw, check, format_files, train, serve, compile_command, opt, bisect, verify, apply),
    *(export, golden, info, circuit, inspect, generate, test, lsp),
)


@click.group(cls=Commands, context_settings=SETTINGS, invoke_without_command=True)
@click.version_option(VERSION, prog_name="rasp")
@click.pass_context
def main(context: click.Context) -> int:
    """Run RASP programs, and compile them to transformer weights that compute the same thing.

    \b
    A first tour:
      rasp run -e "sort(tokens, tokens)" hello
      rasp compile -e "aggregate(select(indices, length - 1 - indices, ==), tokens)" \\
          --vocab abc --max-length 8 -o reverse
      rasp apply reverse abca
      rasp verify reverse

    `rasp COMMAND --help` explains a command. Exit codes: 0 all well, 1 the program or the model is wrong,
    2 wrong usage. Without a command, `rasp` is `rasp repl`.
    """
    return start_repl(()) if context.invoked_subcommand is None else 0


for command in COMMANDS:
    main.add_command(command)
