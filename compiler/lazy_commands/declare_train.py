"""The command `rasp train`."""

from typing import Any

import click

from compiler.command_options.training_options import make_request, takes_training
from rasp.command_line.checked_command import CheckedCommand


@click.command(cls=CheckedCommand)
@takes_training
def train(**given: Any) -> int:
    """Train a transformer to answer what a program answers.

    Inputs are drawn, the interpreter answers them, and a transformer with the layers and heads of the compiled one learns
    from eight tenths of them; one tenth says when to stop, and one, with longer inputs, how well it does. --start compiled
    goes on from the compiled weights, of which each moves by a share of itself. What is trained is not certified.

    \b
    Examples:
      rasp train counts.rasp -e hist --vocab abcd --max-length 8 -o trained
      rasp train counts.rasp -e hist --heads 2 --trained-length 6 --steps 2000
      rasp train counts.rasp -e hist --start compiled --noise
    """
    from compiler.training_commands.train_command import train_program  # noqa: PLC0415

    return train_program(make_request(given))
