"""`rasp compile`: from a program and a vocabulary to a checkpoint, with what it cost."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from compiler.command_options.target_options import Target
from compiler.commands.keep_memory import keep_freed_memory
from compiler.commands.target import read_settings, read_target
from compiler.completions.check_values import check_decoder_values
from compiler.completions.plan_decoder import ask_for_decoder
from compiler.export.checkpoint import check_destination
from compiler.export.compiled import save_with_notes
from compiler.export.stock_files import assemble_uniform
from compiler.inside_commands.sizes import describe_sizes
from compiler.json_forms.compile_forms import CompilationRecord
from compiler.options import CompileError, CompileOptions
from compiler.pipeline import Compiled, compile_program, emit_early
from compiler.report.describe import describe_node
from compiler.report.stage_names import ALL, MODEL_STAGES, STAGES, TEXT_STAGES
from compiler.report.stages import write_text_stage
from compiler.report.why import record_why, tell_why
from compiler.search.trials import Journal
from compiler.targets.target import find_target
from compiler.verify.interpreted_sample import InterpretedSample, interpret_sample
from compiler.verify.lookahead import find_lookahead
from compiler.verify.without_value import find_without_value, warn_without_value
from rasp.command_line.console import Told, WrongUsage, show_values
from rasp.command_line.progress import show_progress
from rasp.diagnostics import Diagnostic
from rasp.elaborate.failure import show_input
from rasp.elaborate.program import Program, load_program
from rasp.lint.doubts import lint_expressions, lint_program
from rasp.values import show_count

#: The code of lint's warnings about selectors that mean less under causal attention.
LOOKS_AHEAD = "causal"
WHOLE = "write a checkpoint with -o DIR; `rasp info DIR --json` has every part of the model"


@dataclass(frozen=True)
class CompileRequest:
    """The flags of `rasp compile`; None stands for one that was not given."""

    target: Target
    folder: str | None
    emit: str | None
    why: bool
    as_json: bool


def compile_file(request: CompileRequest, told: Told) -> int:
    """Compile, write the checkpoint if a folder is given, and print the stage or the sizes."""
    if request.emit is not None and request.as_json:
        raise WrongUsage(f"{request.emit} is text: --json does not go with it", WHOLE)
    source = read_target(request.target)
    if request.emit in TEXT_STAGES and request.folder is None:
        click.echo(write_text_stage(request.emit, source))
        return 0
    outputs, options = read_settings(request.target, source)
    program = load_program(source)
    asked = options
    if request.target.decode:
        options = ask_for_decoder(program, outputs, asked)
        check_decoder_values(program, outputs, options)
    told.tell(lint_expressions(program, outputs.values()))
    if request.folder is not None:
        check_destination(Path(request.folder), options)
    with show_progress("interpreting a sample of inputs"):
        sample = interpret_sample({name: program.sop(text) for name, text in outputs.items()}, asked)
    if asked.attention == "causal":
        told.tell(causal_warnings(program, sample))
    wanted = [] if request.emit is None else list(STAGES) if request.emit == ALL else [request.emit]
    early = emit_early(program, outputs, options, wanted)
    show_stages(early, several=len(wanted) > 1)
    late = [stage for stage in wanted if stage in MODEL_STAGES]
    if wanted and not late and request.folder is None:
        return 0
    journal = Journal()
    compiled = compile_told(program, outputs, options, journal, tells=request.why and not request.as_json)
    told.tell([warn_without_value(found) for found in find_without_value(sample)])
    if request.folder is not None:
        told.tell(save_with_notes(compiled, request.folder))
    show_stages(((stage, compiled.emit(stage)) for stage in late), several=len(wanted) > 1)
    if request.as_json:
        click.echo(json.dumps(record_compilation(compiled, journal, request, told)))
    elif not wanted:
        story = tell_why(program.graph, journal, compiled.plan.blocks.choices) if request.why else []
        click.echo("\n".join([*story, announcement(compiled, request.folder)]))
    return 0


def record_compilation(
    compiled: Compiled, journal: Journal, request: CompileRequest, told: Told
) -> CompilationRecord:
    """What a compilation came to, as plain data; with `--why` its story."""
    record: CompilationRecord = {**compiled.summary, "folder": request.folder, **told.as_json()}
    if request.why:
        record["why"] = record_why(compiled.program.graph, journal, compiled.plan.blocks.choices)
    return record


def compile_told(
    program: Program, outputs: Mapping[str, str], options: CompileOptions, journal: Journal, *, tells: bool
) -> Compiled:
    """Compile; where that is refused, first tell what was tried, if it is to be told."""
    try:
        keep_freed_memory()
        with show_progress(f"compiling {', '.join(outputs)}"):
            return compile_program(program, outputs, options, journal=journal)
    except CompileError:
        if tells:
            click.echo("\n".join(tell_why(program.graph, journal, ())))
        raise


def show_stages(found: Iterable[tuple[str, str]], *, several: bool) -> None:
    """Print stages, under their names where there are several."""
    for name, text in found:
        click.echo(f"== {name} ==\n{text}\n" if several else text)


def causal_warnings(program: Program, sample: InterpretedSample) -> list[Diagnostic]:
    """What to say where the causal reading means something else than the full one: with an example if there is one."""
    found = find_lookahead(sample)
    if found is None:
        return [warning for warning in lint_program(program, causal=True) if warning.code == LOOKS_AHEAD]
    source, span = program.graph.origins.get(found.selector, (None, None))
    answer = "has no value" if found.causal is None else f"answers {show_values(found.causal)}"
    message = (
        f"under causal attention {found.output} {answer} for {show_input(found.tokens)}; "
        f"a reader of the whole input would answer {show_values(found.full)}"
    )
    label = f"{describe_node(program.graph, found.selector)} looks ahead"
    if source is None or source != program.source:  # in the library: the name says more than the place
        return [Diagnostic(message, severity="warning", notes=(label,), code=LOOKS_AHEAD)]
    return [Diagnostic(message, source, span, label, severity="warning", code=LOOKS_AHEAD)]


def announcement(compiled: Compiled, folder: str | None) -> str:
    """What was compiled, its sizes, and where it is."""
    outputs = ", ".join(compiled.expressions)
    lines = [f"compiled {outputs}", *describe_sizes(compiled.summary)]
    if find_target(compiled.options).is_family:
        uniform = assemble_uniform(compiled)
        shape = uniform.shape
        heads, units = show_count(shape.heads, "head"), show_count(shape.units, "hidden unit")
        widths = f"hidden {shape.hidden} ({heads} of {shape.d_head}), {units}"
        lines.append(
            f"  {compiled.options.dialect:<11} {widths}, {show_count(uniform.parameters(), 'parameter')}"
        )
    return "\n".join([*lines, f"  written to  {folder}" if folder else "  not written: -o DIR keeps it"])
