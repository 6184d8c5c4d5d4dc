"""Commands that need only the language: `run`, `draw`, `check` and `fmt`. The compiler adds its own to them.

What a command alone needs is imported when it runs.
"""

import json
from collections.abc import Sequence
from typing import Any

import click

from rasp.arguments import Attention
from rasp.command_line.console import FAILED, Commands, Told, read_source, report_diagnostics
from rasp.command_line.format_command import format_files, found_files
from rasp.command_line.input_options import InputRequest, takes_inputs
from rasp.command_line.place import PLACE
from rasp.diagnostics import Diagnostic, RaspError
from rasp.elaborate.program import load_program
from rasp.lint.directive_lines import find_wrong_lines
from rasp.lint.divisions import find_divisions
from rasp.lint.doubts import lint_expressions
from rasp.syntax.directives import read_directives
from rasp.values import show_count

ATTENTION = click.Choice(["full", "causal"])
SETTINGS = {"help_option_names": ["-h", "--help"]}


@click.group(cls=Commands, context_settings=SETTINGS)
def main() -> None:
    """Run, draw, check and format RASP programs."""


main.add_command(format_files)


@main.command()
@takes_inputs("[FILE] [INPUT]...")
@click.option("-e", "--expression", metavar="EXPR", help="What to evaluate.")
@click.option("--attention", type=ATTENTION, help="What a position sees; full unless given.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON value a line (of a selector: its rows)."
)
@click.pass_obj
def run(told: Told, expression: str | None, attention: Attention | None, as_json: bool, **given: Any) -> int:
    """Interpret an expression of a program on inputs.

    INPUT is a text (the sequence of its characters) or a JSON list of tokens. FILE may be `-` for standard input;
    without it only the library is known. Without -e, what the program's `# compile:` line says is run; the
    attention of a `# compile:` line holds for its expression here, too. What is neither s-op nor selector, like a list or
    a function, is shown as it is.

    \b
    Examples:
      rasp run sort.rasp cabbage                    (with `# compile: ...` in sort.rasp)
      rasp run sort.rasp -e "sort(tokens, tokens)" -i cabbage
      rasp run -e "select(indices, indices, <=)" abc
      rasp run counts.rasp -e hist '[3, 1, 3]' '[2]' --json
      rasp run sort.rasp --inputs words.txt > sorted.txt
    """
    from rasp.command_line.run_command import RunRequest, run_program  # noqa: PLC0415

    return run_program(RunRequest(InputRequest(**given), expression, attention, as_json), told)


@main.command()
@click.argument("file", required=False, type=PLACE)
@click.option("-e", "--expression", metavar="EXPR", help="The s-op or selector to draw.")
@click.option("-i", "--input", "text", required=True, metavar="INPUT", help="The input.")
@click.option(
    "-o",
    "--output",
    type=PLACE,
    metavar="OUT",
    help="A file that ends in .svg, .html, .png, .pdf, .dot or .txt.",
)
@click.option("--attention", type=ATTENTION, help="What a position sees; full unless given.")
@click.option("--dark", is_flag=True, help="For dark paper; else an SVG is dark where the screen is.")
def draw(**flags: Any) -> int:
    """Draw which position attends to which, layer by layer, on one input.

    INPUT is a text (the sequence of its characters) or a JSON list of tokens. Without -o the picture is printed as
    text. Without -e, what the program's `# compile:` line says is drawn. PNG and PDF need the library cairosvg.

    \b
    Examples:
      rasp draw sort.rasp -i cabbage -o sort.svg    (with `# compile: ...` in sort.rasp)
      rasp draw sort.rasp -e "sort(tokens, tokens)" -i cabbage -o sort.html
      rasp draw -e "select(indices, indices, <=)" -i abc
    """
    from rasp.command_line.draw_command import DrawRequest, draw_program  # noqa: PLC0415

    return draw_program(DrawRequest(**flags))


@main.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE_OR_FOLDER...", type=PLACE)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list of all messages.")
def check(files: tuple[str, ...], as_json: bool) -> int:
    """Report mistakes and doubtful places.

    Examples are tried, and divisions on a few short inputs; folders are searched for .rasp files. Exit code 1 when there is
    an error; warnings alone are fine.

    \b
    Examples:
      rasp check sort.rasp
      rasp check programs --json
    """
    paths = list(found_files(files))
    found = [diagnostic for path in paths for diagnostic in complaints(path)]
    if as_json:
        click.echo(json.dumps([diagnostic.as_json() for diagnostic in found]))
    else:
        report_diagnostics(found)
        click.echo(summary(len(paths), found), err=True)
    return FAILED if any(diagnostic.severity == "error" for diagnostic in found) else 0


def complaints(file: str) -> Sequence[Diagnostic]:
    """The errors of a program, or the warnings of one without errors; also about what it says is to be compiled."""
    try:
        program = load_program(read_source(file))
        directives = read_directives(program.source)
        wrong = find_wrong_lines(program, directives)
        warnings = lint_expressions(program, [line.expression for line in directives.compiles])
        warnings += find_divisions(program, directives.compiles)
    except RaspError as error:
        return error.diagnostics
    return [*program.diagnostics, *wrong, *warnings]


def summary(files: int, found: Sequence[Diagnostic]) -> str:
    """One line: how many errors and warnings in how many files."""
    errors = sum(diagnostic.severity == "error" for diagnostic in found)
    counts = [
        show_count(files, "file"),
        show_count(errors, "error"),
        show_count(len(found) - errors, "warning"),
    ]
    return ", ".join(counts)
