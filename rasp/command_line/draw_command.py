"""`rasp draw`: who attends to what on one input, as a picture."""

from dataclasses import dataclass
from pathlib import Path

import click

from rasp.arguments import Attention
from rasp.command_line.console import WrongUsage, read_source, report_diagnostics
from rasp.command_line.run_command import compile_line
from rasp.diagnostics import RaspError
from rasp.drawing.draw_file import write_picture
from rasp.drawing.draw_text import draw_text
from rasp.drawing.picture import draw_picture
from rasp.elaborate.program import load_program
from rasp.inputs import read_input
from rasp.lint.doubts import lint_expressions
from rasp.notation.style import join_lines
from rasp.source import Source


@dataclass(frozen=True)
class DrawRequest:
    """The flags of `rasp draw`; None stands for one that was not given."""

    file: str | None
    expression: str | None
    text: str
    output: str | None
    attention: Attention | None
    dark: bool


def draw_program(request: DrawRequest) -> int:
    """Draw; the exit code. Raises `RaspError` and `WrongUsage`."""
    program = load_program(Source("<no program>", "") if request.file is None else read_source(request.file))
    line = compile_line(program, request.expression, "drawn")
    expression = line.expression if line else request.expression or ""
    node = program.node(expression)
    report_diagnostics(lint_expressions(program, [expression]))
    given = read_input(request.text).tokens
    if not given:
        raise WrongUsage("the input is empty", "give at least one token, as in -i abc")
    attention = request.attention or (line.attention if line else "full")
    drawn = draw_picture(program.workshop, node, given, expression, attention)
    if request.output is None:
        click.echo(join_lines(draw_text(drawn, None)))
        return 0
    try:
        write_picture(drawn, Path(request.output), request.dark)
    except RaspError as error:
        if error.diagnostics[0].code == "draw":
            raise WrongUsage(error.diagnostics[0].message, error.diagnostics[0].hint) from None
        raise
    click.echo(f"drawn in {request.output}", err=True)
    return 0
