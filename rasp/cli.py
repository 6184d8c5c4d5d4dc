"""Commands that need only the language: `run`, `check` and `fmt`. The compiler adds its own to them."""

import json
from collections.abc import Sequence

import click
import numpy as np

from rasp.console import (
    FAILED,
    Commands,
    WrongUsage,
    parse_tokens,
    read_source,
    report,
    show_rows,
    show_tokens,
    show_values,
)
from rasp.diagnostics import Diagnostic, RaspError
from rasp.directives import CompileLine, read_directives
from rasp.elaborate.failure import failure
from rasp.evaluate import EvaluationError, Outcome, evaluate
from rasp.format_command import fmt
from rasp.graph import Node
from rasp.lint import lint, lint_expression
from rasp.program import Program, load_program
from rasp.source import Source, Span
from rasp.values import Atom

ATTENTION = click.Choice(["full", "causal"])
SETTINGS = {"help_option_names": ["-h", "--help"]}


@click.group(cls=Commands, context_settings=SETTINGS)
def main() -> None:
    """Run, check and format RASP programs."""


main.add_command(fmt)


@main.command()
@click.argument("file", required=False)
@click.option("-e", "--expression", metavar="EXPR", help="The s-op or selector to evaluate.")
@click.option("-i", "--input", "inputs", multiple=True, metavar="INPUT", help="An input.")
@click.option("--attention", type=ATTENTION, help="What a position sees; full unless given.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list a line (of a selector: its rows).")
def run(
    file: str | None, expression: str | None, inputs: tuple[str, ...], attention: str | None, as_json: bool
) -> int:
    """Interpret an expression of a program on inputs.

    INPUT is a text (the sequence of its characters) or a JSON list. FILE may be `-` for standard input;
    without it only the library is known. Without -e, what the program's `# compile:` line says is run; the
    attention of a `# compile:` line holds for its expression here, too.

    \b
    Examples:
      rasp run sort.rasp -i cabbage                 (with `# compile: ...` in sort.rasp)
      rasp run sort.rasp -e "sort(tokens, tokens)" -i cabbage
      rasp run -e "select(indices, indices, <=)" -i abc
      rasp run counts.rasp -e hist -i '[3, 1, 3]' -i '[2]' --json
    """
    source = Source("<no program>", "") if file is None else read_source(file)
    program = load_program(source)
    line = compile_line(program, expression)
    if not inputs:
        raise WrongUsage("the input is missing", "give one or several, for instance -i hello -i '[1, 2, 3]'")
    expression = line.expression if line else expression or ""
    node = interpretable(program, expression)
    report([*lint(program), *lint_expression(expression)])
    sequences = [parse_tokens(text, "-i") for text in inputs]
    outcomes = evaluate([node], sequences, attention or (line.attention if line else "full"))[0]
    for tokens, outcome in zip(sequences, outcomes, strict=True):
        if isinstance(outcome, EvaluationError):
            report([failure(program.graph, outcome, tokens, whole(expression))])
        if as_json:
            click.echo(outcome_json(outcome))
        elif not isinstance(outcome, EvaluationError):
            click.echo(show_outcome(node, tokens, outcome))
    return FAILED if any(isinstance(outcome, EvaluationError) for outcome in outcomes) else 0


def compile_line(program: Program, expression: str | None) -> CompileLine | None:
    """The only `# compile:` line of a program, or that of an expression or of its name; None if there is none of it.

    Raises `WrongUsage` when nothing says what to run.
    """
    lines = read_directives(program.source).compiles
    if expression is not None:
        return next((line for line in lines if expression.strip() in (line.expression, line.name)), None)
    if len(lines) == 1:
        return lines[0]
    names = [line.name or line.expression for line in lines]
    names = names or [name for name, value in program.bindings.items() if isinstance(value, Node)]
    hint = f"say it with -e: {', '.join(names)}" if names else "say it with -e EXPR"
    raise WrongUsage("which expression should be run?", hint)


def interpretable(program: Program, expression: str) -> Node:
    """The s-op or selector that an expression denotes. Raises `RaspError` when it denotes something else."""
    value = program.expression(expression)
    return value if isinstance(value, Node) else program.sop(expression)


def whole(expression: str) -> tuple[Source, Span]:
    """The place of a failure that no part of the program is to blame for."""
    return Source("<expression>", expression), Span(0, len(expression))


def outcome_json(outcome: Outcome) -> str:
    """One line of JSON: values, a selector's rows of 0 and 1, or an object with the error."""
    match outcome:
        case EvaluationError():
            return json.dumps({"error": outcome.message, "position": outcome.position})
        case [list(), *_]:
            return json.dumps(np.array(outcome, dtype=int).tolist())
        case _:
            return json.dumps(outcome)


def show_outcome(node: Node, tokens: Sequence[Atom], outcome: list[Atom] | list[list[bool]]) -> str:
    """Values or matrix of one input, for reading."""
    if node.is_selector:
        return show_rows(tokens, outcome)  # pyright: ignore[reportArgumentType]
    return f"{show_tokens(tokens)} -> {show_values(outcome)}"  # pyright: ignore[reportArgumentType]


@main.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list of all messages.")
def check(files: tuple[str, ...], as_json: bool) -> int:
    """Report mistakes and doubtful places.

    Nothing is run. Exit code 1 when there is an error; warnings alone are fine.

    \b
    Examples:
      rasp check sort.rasp
      rasp check programs/*.rasp --json
    """
    found = [diagnostic for file in files for diagnostic in complaints(file)]
    if as_json:
        click.echo(json.dumps([diagnostic.as_json() for diagnostic in found]))
    else:
        report(found)
        click.echo(summary(len(files), found), err=True)
    return FAILED if any(diagnostic.severity == "error" for diagnostic in found) else 0


def complaints(file: str) -> Sequence[Diagnostic]:
    """The errors of a program, or the warnings of one without errors; also about what it says is to be compiled."""
    try:
        program = load_program(read_source(file))
        lines = read_directives(program.source).compiles
        about_lines = [warning for line in lines for warning in lint_expression(line.expression)]
    except RaspError as error:
        return error.diagnostics
    return [*program.diagnostics, *lint(program), *about_lines]


def summary(files: int, found: Sequence[Diagnostic]) -> str:
    """One line: how many errors and warnings in how many files."""
    errors = sum(diagnostic.severity == "error" for diagnostic in found)
    counts = [counted(files, "file"), counted(errors, "error"), counted(len(found) - errors, "warning")]
    return ", ".join(counts)


def counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
