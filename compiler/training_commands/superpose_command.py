"""`rasp compile --disguise superpose=K`: a model with K residual columns, trained beside the compiled one."""

import json
from dataclasses import replace
from pathlib import Path

import click

from compiler.commands.compile import CompileRequest
from compiler.commands.opened_model import keep_one_thread
from compiler.commands.target import read_settings, read_target
from compiler.emit.weights import Weights
from compiler.export.checkpoint import check_destination
from compiler.export.files import ProgramText
from compiler.json_forms.training_forms import MadeSuperposed
from compiler.options import CompileOptions
from compiler.pipeline import Compiled, compile_program
from compiler.trained.describe_superposed import describe_superposed, record_superposed
from compiler.trained.superposed import Superposed
from compiler.trained.superposed_files import save_superposed
from compiler.training.learn import Settings
from compiler.training.superpose import begin_superposing, finish_superposing
from rasp.command_line.console import Told, WrongUsage
from rasp.command_line.progress import show_progress
from rasp.elaborate.program import load_program
from rasp.lint.doubts import lint_expressions
from rasp.values import show_count

#: How models are trained: minutes, for small programs.
STEPS = Settings(steps=3000, batch=64, rate=3e-3, patience=10)


def superpose_file(request: CompileRequest, width: int, seed: int, told: Told) -> int:
    """Compile, train a model of so many columns, write it if a folder is given, and say how right it is."""
    source = read_target(request.target)
    outputs, options = read_settings(request.target, source)
    check_request(request, options)
    program = load_program(source)
    told.tell(lint_expressions(program, outputs.values()))
    if request.folder is not None:
        check_destination(Path(request.folder), options)
    with show_progress(f"compiling {', '.join(outputs)}"):
        compiled = compile_program(program, outputs, options)
    model = superpose_compiled(compiled, width, replace(STEPS, seed=seed))
    if request.folder is not None:
        save_superposed(model, Path(request.folder))
    if request.as_json:
        made: MadeSuperposed = {**record_superposed(model), "folder": request.folder, **told.as_json()}
        click.echo(json.dumps(made))
    else:
        where = f"  written to  {request.folder}" if request.folder else "  not written: -o DIR keeps it"
        click.echo("\n".join([*describe_superposed(model), where]))
    return 0


def check_request(request: CompileRequest, options: CompileOptions) -> None:
    """Raises `WrongUsage` for what only compiled weights have."""
    asked = {
        "--emit, --explain": request.emit is not None,
        "--why": request.why,
        f"--target {options.dialect}": options.dialect != "plain",
        f"--dtype {options.dtype}": options.dtype != "float32",
        "--margin": options.margin > 0,
        "--no-value": options.no_value,
        "--decode": request.target.decode,
    }
    for flag, given in asked.items():
        if given:
            raise WrongUsage(
                f"{flag} does not go with superpose, which trains weights", "leave one of them out"
            )


@keep_one_thread()
def superpose_compiled(compiled: Compiled, width: int, settings: Settings) -> Superposed:
    """Train a model of so many columns. Raises `WrongUsage` for a width that is not below the compiled one, and where
    there are too few inputs."""
    full = compiled.weights.config.d_model
    if width >= full:
        hint = (
            f"take from superpose=1 to superpose={full - 1}" if full > 1 else "there is nothing to superpose"
        )
        raise WrongUsage(f"the compiled residual has no more than {show_count(full, 'column')}", hint)
    try:
        with show_progress("asking the interpreter"):
            apprentice = begin_superposing(compiled, width, settings)
    except ValueError as few:
        raise WrongUsage(str(few), "at least ten are needed: more tokens, or longer inputs") from None
    try:
        with show_progress("training", settings.steps) as advance:
            outcome, directions = finish_superposing(apprentice, advance)
    except KeyboardInterrupt:
        click.echo("stopped: nothing was written", err=True)
        raise
    decoder, program = apprentice.training.decoder, compiled.program
    arrays = {name: array.double().numpy() for name, array in decoder.state_dict().items()}
    return Superposed(
        weights=Weights(apprentice.config, arrays),
        program=ProgramText(program.source.name, program.source.text, dict(program.loaded)),
        expressions=dict(compiled.expressions),
        options=compiled.options,
        compiled_width=full,
        seed=settings.seed,
        outcome=outcome,
        directions=tuple(directions),
    )
