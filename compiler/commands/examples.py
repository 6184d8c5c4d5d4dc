"""`rasp test`: the `# example:` lines of programs, interpreted and, by the `# compile:` lines, compiled."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import click
from rich.table import Table

from compiler.commands.opened_model import limit_threads
from compiler.json_forms.answer_forms import ExamplesRecord
from compiler.model.answers import Label, compare_key
from compiler.model.runner import Model
from compiler.options import CompileError, CompileOptions
from compiler.pipeline import compile_program
from rasp.cli import show_count
from rasp.command_line.console import FAILED, read_source, report_diagnostics
from rasp.command_line.format_command import found_files
from rasp.command_line.rich_console import open_console
from rasp.diagnostics import Diagnostic, RaspError
from rasp.elaborate.program import Program, load_program
from rasp.graph.nodes import Node
from rasp.interpret.evaluate import EvaluationError, Outcome, evaluate
from rasp.lint.doubts import lint_expressions
from rasp.source import Source, Span
from rasp.syntax.directives import Answer, CompileLine, Example, read_directives
from rasp.values import make_typed_key


@dataclass(frozen=True)
class Result:
    """One program's examples: how many were interpreted, how many runs were compiled, and what went wrong."""

    file: str
    interpreted: int
    compiled: int
    models: int
    failures: tuple[Diagnostic, ...]
    warnings: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True)
class Subject:
    """A program whose examples are run."""

    source: Source
    program: Program

    def complain(self, span: Span, message: str, hint: str = "") -> Diagnostic:
        return Diagnostic(message, self.source, span, hint=hint, code="example")


def run_examples(paths: Sequence[str], as_json: bool) -> int:
    """Run all examples and print a table; failures go to standard error."""
    results = [run_file(file) for file in found_files(paths)]
    failures = [failure for result in results for failure in result.failures]
    if as_json:
        click.echo(json.dumps([result_record(result) for result in results]))
    else:
        report_diagnostics(failures)
        print_table(results)
    return FAILED if failures else 0


def run_file(file: str) -> Result:
    """Interpret and compile one program's examples."""
    diagnostics: tuple[Diagnostic, ...] = ()
    try:
        source = read_source(file)
        directives = read_directives(source)
        diagnostics = directives.diagnostics
        program = load_program(source)
        warnings = tuple(lint_expressions(program, [line.expression for line in directives.compiles]))
        report_diagnostics(warnings)
        nodes = tuple(program.node(example.expression) for example in directives.examples)
    except RaspError as error:
        return Result(file, 0, 0, 0, (*diagnostics, *error.diagnostics))
    subject = Subject(source, program)
    found = [
        interpret(subject, example, node) for example, node in zip(directives.examples, nodes, strict=True)
    ]
    right = [
        (example, node)
        for example, node, wrong in zip(directives.examples, nodes, found, strict=True)
        if wrong is None
    ]
    wrong = [diagnostic for diagnostic in found if diagnostic is not None]
    runs = [compile_and_run(subject, line, right) for line in directives.compiles]
    wrong += [diagnostic for _, failures in runs for diagnostic in failures]
    compiled = sum(count for count, _ in runs)
    return Result(file, len(nodes), compiled, len(runs), (*diagnostics, *wrong), warnings)


def interpret(subject: Subject, example: Example, node: Node) -> Diagnostic | None:
    """A complaint if the interpreter's value is not the one in the example."""
    outcome = evaluate([node], [example.input], example.attention)[0][0]
    if agrees(outcome, example.answer):
        return None
    message = f"the interpreter gives {shown(outcome)}, not {shown(example.answer)}"
    return subject.complain(example.span, message)


def compile_and_run(
    subject: Subject, line: CompileLine, right: Sequence[tuple[Example, Node]]
) -> tuple[int, list[Diagnostic]]:
    """How many examples were run on the model of a `# compile:` line, and what was wrong with it or them.

    `right` are the examples that the interpreter agrees with.
    """
    if line.vocabulary is None or line.max_length is None:
        return 0, [subject.complain(line.span, "this line says no `vocab` or no `max_length`")]
    try:
        options = CompileOptions(line.vocabulary, line.max_length, line.attention, no_value=line.no_value)
        compiled = compile_program(subject.program, {"out": line.expression}, options)
    except (CompileError, RaspError) as error:
        message = f"this does not compile: {error.diagnostics[0].message}"
        return 0, [subject.complain(line.span, message, error.diagnostics[0].hint)]
    node = subject.program.sop(line.expression)
    examples = [example for example, of in right if of is node and fits(example, options)]
    model = Model(compiled.weights)
    limit_threads(model.module)
    answers = model.answers([example.input for example in examples])
    wrong = [
        subject.complain(example.span, f"the model gives {shown(answer['out'])}, not {shown(example.answer)}")
        for example, answer in zip(examples, answers, strict=True)
        if not agrees(answer["out"], example.answer)
    ]
    return len(examples), wrong


def fits(example: Example, options: CompileOptions) -> bool:
    """Whether a model with these options has an answer to an example."""
    known = {make_typed_key(token) for token in options.vocabulary}
    inside = all(make_typed_key(token) in known for token in example.input)
    short = len(example.input) <= options.max_length
    said = example.answer is not None or options.no_value
    return inside and short and example.attention == options.attention and said


def agrees(outcome: Outcome | list[Label], answer: Answer) -> bool:
    """Whether an outcome is the expected answer; a selector's rows compare as 0 and 1. A model says an error by having no
    value at some position.
    """
    if isinstance(outcome, EvaluationError) or answer is None:
        return answer is None and (isinstance(outcome, EvaluationError) or None in outcome)
    return [plain(item) for item in outcome] == [plain(item) for item in answer]


def plain(item: object) -> object:
    """An element of an answer, such that equal means the same answer."""
    match item:
        case list() | tuple():
            return [int(cell) for cell in item]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        case int() | float() | str():
            return compare_key(item)
        case _:
            return item


def shown(outcome: Outcome | list[Label] | Answer) -> str:
    """An outcome or answer, for a message."""
    match outcome:
        case None:
            return "an error"
        case EvaluationError():
            return f"an error ({outcome.message})"
        case [list() | tuple(), *_]:
            return json.dumps([[int(cell) for cell in row] for row in outcome])
        case _:
            return json.dumps(list(outcome), ensure_ascii=False)


def result_record(result: Result) -> ExamplesRecord:
    """One program's result for `--json`."""
    return {
        "file": result.file,
        "passed": not result.failures,
        "interpreted": result.interpreted,
        "compiled": result.compiled,
        "models": result.models,
        "failures": [failure.as_json() for failure in result.failures],
        "diagnostics": [warning.as_json() for warning in result.warnings],
    }


def print_table(results: Sequence[Result]) -> None:
    """A row for each program and a last line with the sums."""
    table = Table("program", "interpreted", "models", "compiled", "", box=None, pad_edge=False)
    for result in results:
        verdict = f"{len(result.failures)} wrong" if result.failures else "ok"
        numbers = map(str, (result.interpreted, result.models, result.compiled))
        table.add_row(result.file, *numbers, verdict)
    open_console(soft_wrap=True).print(table)
    failures = sum(len(result.failures) for result in results)
    examples = sum(result.interpreted for result in results)
    runs = sum(result.compiled for result in results)
    parts = [
        show_count(len(results), "program"),
        show_count(examples, "example"),
        show_count(runs, "run") + " on models",
    ]
    click.echo(", ".join([*parts, f"{failures} wrong" if failures else "all right"]))
