"""`rasp train`: a transformer that learns what a program computes, from the interpreter's answers."""

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import cast

import click
import torch

from compiler.command_options.training_options import TrainRequest
from compiler.commands.opened_model import limit_threads
from compiler.commands.target import read_settings, read_target
from compiler.config import Config
from compiler.export.records import encode_config
from compiler.json_forms.training_forms import ResultsRecord, TrainedRecord
from compiler.pipeline import Compiled, compile_program
from compiler.training.attention import Patterns, draw_attention, read_patterns
from compiler.training.curves import draw_curves, has_matplotlib
from compiler.training.examples import Split, split_examples
from compiler.training.judge import judge_lengths, judge_noise, sum_up
from compiler.training.kept_training import (
    Task,
    has_training,
    read_kept,
    resume_training,
    save_training,
)
from compiler.training.learn import (
    Moment,
    Settings,
    Training,
    begin_training,
    continue_training,
    make_decoder,
)
from compiler.training.shape import Widths, choose_shape, describe_shape
from compiler.transformer.decoder import Decoder
from rasp.command_line.console import WrongUsage, report_diagnostics
from rasp.command_line.progress import show_progress
from rasp.elaborate.program import load_program
from rasp.lint.doubts import lint_program
from rasp.values import show_count

#: Relative sizes of noise that are tried.
NOISE = (0.0, 1e-4, 1e-3, 1e-2, 3e-2, 0.1, 0.3)
CURVES, ATTENTION = "curves.png", "attention.png"


@dataclass(frozen=True, eq=False)
class Lesson:
    """All that a training is made of."""

    compiled: Compiled
    config: Config
    split: Split
    task: Task
    training: Training


def train_program(request: TrainRequest) -> int:
    """Train, print how it went, and keep it if a folder is given."""
    folder = None if request.folder is None else Path(request.folder)
    check_request(request, folder)
    lesson = prepare(request)
    if request.resume and folder is not None:
        resume_training(folder, lesson.task, lesson.training)
    limit_threads(lesson.training.decoder)
    learn(lesson, folder)
    results = judge(lesson, noise=request.noise, seed=request.seed)
    if folder is not None:
        save_training(folder, lesson.task, lesson.config, lesson.training, results)
        draw(lesson, folder)
    if request.as_json:
        record: TrainedRecord = {
            "task": lesson.task.as_json(),
            "results": results,
            "folder": request.folder,
        }
        click.echo(json.dumps(record))
    else:
        click.echo("\n".join(describe(lesson, results, request.folder)))
    return 0


def check_request(request: TrainRequest, folder: Path | None) -> None:
    """Raises `WrongUsage` for what contradicts itself."""
    if request.start == "compiled" and (request.layers or request.heads):
        raise WrongUsage(
            "compiled weights have the compiled shape", "leave out --layers and --heads, or --start"
        )
    if request.resume and folder is None:
        raise WrongUsage("which training should go on?", "name its folder with -o DIR")
    if folder is not None and request.resume != has_training(folder):
        if request.resume:
            raise WrongUsage(f"{folder} holds no training", "leave out --resume to begin one")
        raise WrongUsage(f"{folder} holds a training", "--resume goes on with it; or name another folder")
    if folder is not None and folder.exists() and not request.resume and any(folder.iterdir()):
        raise WrongUsage(f"{folder} holds other files", "name a new or empty folder")


def prepare(request: TrainRequest) -> Lesson:
    """Compile for the shape and the classes, and draw the data. Raises what compiling raises, and `WrongUsage`."""
    source = read_target(request.target)
    outputs, options = read_settings(request.target, source)
    program = load_program(source)
    report_diagnostics(lint_program(program))
    with show_progress("compiling"):
        compiled = compile_program(program, outputs, options)
    widths = Widths(request.width, request.head_width, request.mlp_width)
    starts = request.start == "compiled"
    config = choose_shape(compiled.weights.config, request.layers, request.heads, None if starts else widths)
    trained = request.trained_length or config.max_length
    if trained > config.max_length:
        hint = f"--max-length {trained}, or a shorter --trained-length"
        raise WrongUsage(f"no input is longer than {show_count(config.max_length, 'token')}", hint)
    try:
        with show_progress("asking the interpreter"):
            split = split_examples(config, compiled.meaning, trained, request.examples, request.seed)
    except ValueError as few:
        raise WrongUsage(str(few), "at least ten are needed: more tokens, or longer inputs") from None
    settings = Settings(
        request.steps, request.batch, request.rate, patience=request.patience, seed=request.seed
    )
    if starts:
        settings = replace(settings, relative=True, weight_decay=0.0)
    data = {"examples": request.examples, "trained_length": trained, "seed": request.seed}
    task = Task(source.text, outputs, encode_config(config), data, asdict(settings), request.start)
    start = {n: torch.tensor(a) for n, a in compiled.weights.arrays.items()} if starts else None
    training = begin_training(config, settings, find_device(request.device), start)
    return Lesson(compiled, config, split, task, training)


def find_device(name: str) -> torch.device:
    """A device that works. Raises `WrongUsage`."""
    try:
        device = torch.device(name)
        torch.zeros(1, device=device, dtype=torch.float64)
    except (RuntimeError, AssertionError, TypeError):
        raise WrongUsage(
            f"there is no device {name!r} here", "cpu is always there; others need their torch"
        ) from None
    return device


def learn(lesson: Lesson, folder: Path | None) -> None:
    """Train to the end; after each evaluation all is on disk."""
    training = lesson.training
    try:
        with show_progress("training", training.settings.steps) as advance:
            advance(training.step)
            for moment in continue_training(training, lesson.split):
                advance(training.settings.every)
                show_moment(moment)
                if folder is not None:
                    save_training(folder, lesson.task, lesson.config, training, None)
    except KeyboardInterrupt:
        if folder is not None and has_training(folder):
            kept = read_kept(folder).history[-1].step
            click.echo(f"stopped; `--resume -o {folder}` goes on from step {kept:,}", err=True)
        raise


def show_moment(moment: Moment) -> None:
    """A line on standard error, where somebody watches."""
    if sys.stderr.isatty():
        click.echo(
            f"step {moment.step:>6,}  loss {moment.train_loss:.4f}  "
            f"validation {moment.validation_loss:.4f}  right {moment.accuracy:.4f}",
            err=True,
        )


def judge(lesson: Lesson, *, noise: bool, seed: int) -> ResultsRecord:
    """The best weights on inputs that were never seen, as plain data."""
    training, split = lesson.training, lesson.split
    decoder: Decoder = training.decoder
    device = next(decoder.parameters()).device
    decoder.load_state_dict(training.best)
    by_length = judge_lengths(decoder, split.test.to(device))
    longer = [] if split.longer is None else judge_lengths(decoder, split.longer.to(device))
    positions, inputs = sum_up(by_length)
    found: ResultsRecord = {
        "positions_right": positions,
        "inputs_right": inputs,
        "by_length": [row.as_json() for row in by_length],
        "beyond_trained_length": [row.as_json() for row in longer],
        "steps": training.step,
        "stopped": training.reason_to_stop,
        "parameters": sum(weight.numel() for weight in decoder.parameters()),
    }
    if noise:
        sizes = judge_noise(decoder, training.best, split.test.to(device), NOISE, seed)
        found["noise"] = {str(size): right for size, right in sizes.items()}
    return found


def draw(lesson: Lesson, folder: Path) -> None:
    """The curves, and what heads attend to beside those of the compiled model, if there is something to draw them with."""
    if not has_matplotlib():
        missing = "install matplotlib for curves and attention as pictures"
        click.echo(f"note: no pictures: {missing}", err=True)
        return
    draw_curves(lesson.training.history, folder / CURVES)
    draw_attention(compare_attention(lesson), show_longest(lesson), folder / ATTENTION)


def compare_attention(lesson: Lesson) -> Mapping[str, Patterns]:
    """What heads attend to on the longest test input: those of the compiled model, and those that were trained."""
    ids = find_longest(lesson)
    return {
        "compiled": read_patterns(make_decoder(lesson.compiled.weights), ids),
        "trained": read_patterns(lesson.training.decoder, ids),
    }


def find_longest(lesson: Lesson) -> list[int]:
    """The ids of the first of the longest test inputs, BOS first."""
    test = lesson.split.test
    row = int(test.lengths.argmax())
    return cast(list[int], test.ids[row, : int(test.lengths[row])].tolist())


def show_longest(lesson: Lesson) -> list[str]:
    """The tokens of the same input."""
    return [str(lesson.config.vocabulary[token]) for token in find_longest(lesson)[1:]]


def describe(lesson: Lesson, results: ResultsRecord, folder: str | None) -> list[str]:
    """How it went, for people."""
    split = lesson.split
    sizes = (
        f"{len(split.train):,} to train on, {len(split.validation):,} to stop by, {len(split.test):,} to test"
    )
    lines = [
        f"trained {', '.join(lesson.task.outputs)}",
        f"  shape       {describe_shape(lesson.config)}, {show_count(results['parameters'], 'parameter')}",
        f"  compiled    {describe_shape(lesson.compiled.weights.config)}",
        f"  inputs      {sizes}",
        f"  steps       {results['steps']:,}: {results['stopped']}",
        f"  right       {results['positions_right']:.4f} of positions, {results['inputs_right']:.4f} of inputs",
    ]
    for title, rows in (("length", results["by_length"]), ("longer", results["beyond_trained_length"])):
        if rows:
            shown = "  ".join(f"{row['length']}: {row['positions_right']:.3f}" for row in rows)
            lines.append(f"  {title:<11} {shown}")
    if "noise" in results:
        lines.append(
            "  noise       " + "  ".join(f"{s}: {right:.3f}" for s, right in results["noise"].items())
        )
    return [*lines, f"  written to  {folder}; not certified"] if folder else lines
