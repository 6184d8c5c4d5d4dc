"""`rasp compile`: from a program and a vocabulary to a checkpoint, with what it cost."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from compiler.commands.sizes import size_lines
from compiler.export.checkpoint import check_destination
from compiler.export.compiled import save_with_notes
from compiler.options import CompileError, CompileOptions
from compiler.pipeline import Compiled, compile_program, emit_early
from compiler.report.describe import describe
from compiler.report.stage_names import ALL, MODEL_STAGES, STAGES
from compiler.verify.lookahead import find_lookahead
from compiler.verify.without_value import find_without_value, warn_without_value
from rasp.command_line.console import WrongUsage, read_source, report, show_values
from rasp.command_line.progress import progress
from rasp.diagnostics import Diagnostic, RaspError
from rasp.elaborate.failure import listed
from rasp.elaborate.program import Program, load_program
from rasp.inputs import read_input
from rasp.lint.doubts import lint, lint_expression
from rasp.source import Source
from rasp.syntax.directives import CompileLine, read_directives

#: `name = expression`, but not `a == b`.
NAMED = re.compile(r"\s*([A-Za-z_][A-Za-z_0-9]*)\s*=(?!=)(.*)", re.DOTALL)
#: The code of lint's warnings about selectors that mean less under causal attention.
LOOKS_AHEAD = "causal"
WHOLE = "write a checkpoint with -o DIR; `rasp info DIR --json` has every part of the model"
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")


@dataclass(frozen=True)
class CompileRequest:
    """The flags of `rasp compile`; None stands for one that was not given."""

    file: str | None
    expressions: tuple[str, ...]
    vocab: str | None
    max_length: int | None
    attention: str | None
    dialect: str
    folder: str | None
    emit: str | None
    level: int
    as_json: bool


def compile_file(request: CompileRequest) -> int:
    """Compile, write the checkpoint if a folder is given, and print the stage or the sizes."""
    if request.emit is not None and request.as_json:
        raise WrongUsage(f"{request.emit} is text: --json does not go with it", WHOLE)
    source = Source("<no program>", "") if request.file is None else read_source(request.file)
    directives = read_directives(source)
    if directives.diagnostics and not request.expressions:
        raise RaspError(*directives.diagnostics)
    line = chosen_line(request.expressions, directives.compiles)
    outputs = named_outputs(request.expressions, line)
    options = options_of(request, line)
    program = load_program(source)
    about_outputs = [warning for text in outputs.values() for warning in lint_expression(text)]
    report([*lint(program), *about_outputs])
    if options.attention == "causal":
        report(causal_warnings(program, outputs, options))
    if request.folder is not None:
        check_destination(Path(request.folder))
    wanted = [] if request.emit is None else list(STAGES) if request.emit == ALL else [request.emit]
    early = emit_early(program, outputs, options, wanted)
    show_stages(early, several=len(wanted) > 1)
    late = [stage for stage in wanted if stage in MODEL_STAGES]
    if wanted and not late and request.folder is None:
        return 0
    with progress(f"compiling {', '.join(outputs)}"):
        compiled = compile_program(program, outputs, options)
        without_value = find_without_value(compiled.meaning, options)
    report([warn_without_value(found) for found in without_value])
    if request.folder is not None:
        report(save_with_notes(compiled, request.folder))
    show_stages(((stage, compiled.emit(stage)) for stage in late), several=len(wanted) > 1)
    if request.as_json:
        click.echo(json.dumps(dict(compiled.summary) | {"folder": request.folder}))
    elif not wanted:
        click.echo(announcement(compiled, request.folder))
    return 0


def show_stages(found: Iterable[tuple[str, str]], *, several: bool) -> None:
    """Print stages, under their names where there are several."""
    for name, text in found:
        click.echo(f"== {name} ==\n{text}\n" if several else text)


def causal_warnings(
    program: Program, outputs: Mapping[str, str], options: CompileOptions
) -> list[Diagnostic]:
    """What to say where the causal reading means something else than the full one: with an example if there is one."""
    found = find_lookahead({name: program.sop(text) for name, text in outputs.items()}, options)
    if found is None:
        return [warning for warning in lint(program, causal=True) if warning.code == LOOKS_AHEAD]
    source, span = program.graph.origins.get(found.selector, (None, None))
    answer = "has no value" if found.causal is None else f"answers {show_values(found.causal)}"
    message = (
        f"under causal attention {found.output} {answer} for {listed(found.tokens)}; "
        f"a reader of the whole input would answer {show_values(found.full)}"
    )
    label = f"{describe(program.graph, found.selector)} looks ahead"
    if source is None or source != program.source:  # in the library: the name says more than the place
        return [Diagnostic(message, severity="warning", notes=(label,), code=LOOKS_AHEAD)]
    return [Diagnostic(message, source, span, label, severity="warning", code=LOOKS_AHEAD)]


def chosen_line(expressions: Sequence[str], lines: Sequence[CompileLine]) -> CompileLine | None:
    """The `# compile:` line to take defaults from: the one of the same expression, else the first.

    Raises `WrongUsage` when it is not clear what to compile.
    """
    if expressions:
        given = {text.strip() for text in expressions}
        same = [line for line in lines if line.expression in given or line.name in given]
        return next(iter([*same, *lines]), None)
    if not lines:
        hint = 'say it with -e EXPR, or with a line `# compile: EXPR vocab="ab" max_length=8` in the program'
        raise WrongUsage("which expression should be compiled?", hint)
    if len(lines) > 1:
        known = ", ".join(line.name or line.expression for line in lines)
        raise WrongUsage("the program has several `# compile:` lines", f"choose one with -e: {known}")
    return lines[0]


def named_outputs(expressions: Sequence[str], line: CompileLine | None) -> dict[str, str]:
    """Output name → expression. Raises `WrongUsage` when two outputs have one name."""
    outputs: dict[str, str] = {}
    for text in expressions or ([line.expression] if line else []):
        name, expression = named_output(text, line)
        if name in outputs:
            raise WrongUsage(
                f"two outputs are called {name}", "name them, as in -e first=EXPR -e second=EXPR"
            )
        outputs[name] = expression
    return outputs


def named_output(text: str, line: CompileLine | None) -> tuple[str, str]:
    """Name and expression of one output: `NAME=EXPR`, the name of a `# compile:` line, or EXPR itself."""
    name = ""
    if line is not None and text.strip() in (line.name, line.expression):
        text, name = line.expression, line.name
    elif match := NAMED.fullmatch(text):
        name, text = match[1], match[2]
    plain = text.strip() if IDENTIFIER.fullmatch(text.strip()) else "out"
    return name or plain, text


def options_of(request: CompileRequest, line: CompileLine | None) -> CompileOptions:
    """Options from the flags, and from the `# compile:` line where there is none. Raises `WrongUsage`."""
    given = read_input(request.vocab) if request.vocab is not None else None
    vocabulary = None if given is None else given.tokens
    if vocabulary is None and line is not None:
        vocabulary = line.vocabulary
    max_length = request.max_length
    if max_length is None and line is not None:
        max_length = line.max_length
    if vocabulary is None:
        raise WrongUsage("the vocabulary is missing", 'give the tokens, for instance --vocab "abc"')
    if max_length is None:
        raise WrongUsage(
            "the maximum length is missing", "give the longest input, for instance --max-length 8"
        )
    attention = request.attention or (line.attention if line else "full")
    try:
        return CompileOptions(vocabulary, max_length, attention, request.dialect, request.level)
    except CompileError as error:
        first = error.diagnostics[0]
        how_read = f"; {given.note}" if given is not None and given.note else ""
        raise WrongUsage(first.message, first.hint + how_read) from None


def announcement(compiled: Compiled, folder: str | None) -> str:
    """What was compiled, its sizes, and where it is."""
    outputs = ", ".join(compiled.expressions)
    lines = [f"compiled {outputs}", *size_lines(compiled.summary)]
    return "\n".join([*lines, f"  written to  {folder}" if folder else "  not written: -o DIR keeps it"])
