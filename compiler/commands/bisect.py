"""`rasp bisect`: the step that makes a model wrong, or larger."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import click

from compiler.command_options.target_options import Target
from compiler.commands.opened_model import limit_threads
from compiler.commands.target import read_settings, read_target
from compiler.completions.plan_decoder import find_meaning
from compiler.export.checkpoint import read_checkpoint
from compiler.export.recompile import recompile_checkpoint
from compiler.export.recorded_program import read_program
from compiler.json_forms.compile_forms import CulpritRecord, LargerRecord, OmissionRecord, SearchedStage
from compiler.model.answers import show_label
from compiler.model.runner import Model
from compiler.options import CompileOptions
from compiler.pipeline import compile_program
from compiler.report.describe import describe_step
from compiler.report.why import describe_attempt, describe_cost
from compiler.rewrite.apply_passes import ALL_PASSES, Passes
from compiler.rewrite.driver import Step
from compiler.search.trials import Journal
from compiler.verify.chosen_inputs import Word
from compiler.verify.find_culprit import (
    Culprit,
    Omission,
    find_omissions,
    find_wrong_answer,
    find_wrong_step,
    find_wrong_trial,
)
from compiler.verify.first_wrong_column import find_wrong_column
from compiler.verify.mismatch import Mismatch, sample_inputs
from rasp.command_line.console import FAILED, Told, WrongUsage, show_tokens
from rasp.command_line.progress import show_progress
from rasp.diagnostics import Diagnostic
from rasp.elaborate.program import Program, load_program
from rasp.graph.nodes import Graph
from rasp.inputs import read_input
from rasp.lint.doubts import lint_expressions

RIGHT = "right: no answer is wrong, neither the rewritten graph's nor the model's"


@dataclass(frozen=True)
class BisectRequest:
    """The flags of `rasp bisect`."""

    target: Target
    wrong: str | None
    larger: bool
    as_json: bool


@dataclass(frozen=True)
class Subject:
    """What is compiled."""

    program: Program
    outputs: Mapping[str, str]
    options: CompileOptions


def run_bisect(request: BisectRequest, told: Told, passes: Passes = ALL_PASSES) -> int:
    """Find the step, and print it. The exit code is 1 where an answer is wrong."""
    if request.larger and request.wrong is not None:
        raise WrongUsage("a model is wrong or larger", "give one of --wrong and --larger")
    subject = read_subject(request.target, told)
    if request.larger:
        record, lines = find_larger(subject, passes)
        print_found(record, lines, told, as_json=request.as_json)
        return 0
    inputs = inputs_of(request.wrong, subject.options)
    with show_progress("looking for the step"):
        record, lines = find_wrong(subject, inputs, passes)
    print_found(record, lines, told, as_json=request.as_json)
    return FAILED if record["wrong"] else 0


def read_subject(target: Target, told: Told) -> Subject:
    """What is compiled: a program, or that of a checkpoint, which is compiled again. Says what there is to doubt in it.

    Raises `WrongUsage` for options beside a checkpoint, `RaspError` for what is wrong in a program or a checkpoint.
    """
    if target.file is None or not Path(target.file).is_dir():
        source = read_target(target)
        outputs, options = read_settings(target, source)
        subject = Subject(load_program(source), outputs, options)
        told.tell(lint_expressions(subject.program, outputs.values()))
        return subject
    if target != Target(target.file, (), None, None, None):
        message = f"{target.file} is a model, which says what it was compiled from and how"
        raise WrongUsage(message, "leave the other options away, or name the program's file")
    checkpoint = read_checkpoint(Path(target.file))
    program = read_program(checkpoint)
    standing = recompile_checkpoint(checkpoint, program)
    told.tell([warn_of_change(difference) for difference in standing.differences[:1]])
    return Subject(program, checkpoint.expressions, checkpoint.options)


def warn_of_change(difference: str) -> Diagnostic:
    """What is looked into is the program compiled again, which is not the model in the folder."""
    message = f"this looks into the program compiled again, and the model is another: {difference}"
    hint = "`rasp verify` says what the model itself answers"
    return Diagnostic(message, hint=hint, severity="warning", code="other-model")


def print_found(record: CulpritRecord | LargerRecord, lines: list[str], told: Told, *, as_json: bool) -> None:
    click.echo(json.dumps({**record, **told.as_json()}) if as_json else "\n".join(lines))


def inputs_of(wrong: str | None, options: CompileOptions) -> list[Word]:
    """The input that is given, or a sample. Raises `WrongUsage` for one that the model does not take."""
    if wrong is None:
        return [word for batch in sample_inputs(options) for word in batch]
    word = read_input(wrong).tokens
    if not 1 <= len(word) <= options.max_length or not set(word) <= set(options.vocabulary):
        hint = "give tokens of the vocabulary, at most as many as the maximum length"
        raise WrongUsage(f"the model does not take the input {wrong}", hint)
    return [word]


def find_wrong(subject: Subject, inputs: list[Word], passes: Passes) -> tuple[CulpritRecord, list[str]]:
    """The step that makes an answer wrong, as data and in words: of rewriting, of the search, or of lowering."""
    program, options = subject.program, subject.options
    meaning = find_meaning(program, subject.outputs, options)
    culprit = find_wrong_step(program, meaning, options, inputs, passes)
    if culprit is not None:
        return told(program.graph, culprit, "rewriting")
    journal = Journal()
    compiled = compile_program(program, subject.outputs, options, passes, journal)
    model = Model(compiled.weights)
    limit_threads(model.module)
    mismatch = find_wrong_answer(model, compiled.meaning, inputs)
    if mismatch is None:
        return {"wrong": False, "checked": len(inputs)}, [f"{RIGHT}; inputs checked: {len(inputs):,}"]
    if compiled.rewriting.tried:
        tried = replace(passes, tried=compiled.rewriting.tried)
        culprit = find_wrong_step(program, meaning, options, inputs, tried)
        if culprit is not None:
            return told(program.graph, culprit, "rewriting")
    culprit = find_wrong_trial(compiled, journal, inputs)
    record: CulpritRecord = {"wrong": True}
    lines: list[str] = []
    if culprit is not None:
        record, lines = told(program.graph, culprit, "search")
    column = find_wrong_column(compiled, model, mismatch.tokens)
    where = "the unembedding" if column is None else str(column)
    return {**record, "column": where}, [*lines, f"  in the model: {where}"]


def told(graph: Graph, culprit: Culprit, stage: SearchedStage) -> tuple[CulpritRecord, list[str]]:
    """A culprit as data and in words."""
    match culprit.found:
        case Step(rule, before, after):
            name, what = rule, describe_step(graph, before, after)
        case trial:
            name, what = str(trial.reason), describe_attempt(graph, trial).strip()
    record: CulpritRecord = {
        "wrong": True,
        "stage": stage,
        "number": culprit.number,
        "step": name,
        "what": what,
        "mismatch": culprit.mismatch.as_json(),
    }
    head = f"wrong from step {culprit.number} of {stage} on: {name}"
    return record, [head, *([f"  {what}"] if what else []), f"  {mismatch_text(culprit.mismatch)}"]


def mismatch_text(wrong: Mismatch) -> str:
    place = f"{wrong.output} at position {wrong.position} of {show_tokens(wrong.tokens)}"
    return f"{place}: {show_label(wrong.got)} instead of {show_label(wrong.expected)}"


def find_larger(subject: Subject, passes: Passes) -> tuple[LargerRecord, list[str]]:
    """What the model costs, and what it would cost without each rule that fired, as data and in words."""
    with show_progress("compiling without each rule"):
        size, found = find_omissions(subject.program, subject.outputs, subject.options, passes)
    graph = subject.program.graph
    rows = [omission_record(graph, omission) for omission in found]
    larger = [omission for omission in found if omission.cost is not None and omission.cost < size]
    verdict = (
        f"larger by {larger[0].rule}: --without {larger[0].rule}" if larger else "no rule makes it larger"
    )
    told = [omission_text(graph, omission, larger=omission in larger) for omission in found]
    record: LargerRecord = {"layers": size[0], "parameters": size[1], "without": rows}
    return record, [f"the model has {describe_cost(size)}", *told, verdict]


def omission_text(graph: Graph, omission: Omission, *, larger: bool) -> str:
    """A line: what was left out, and what the model is then."""
    what = "is refused" if omission.cost is None else f"has {describe_cost(omission.cost)}"
    mark = "   <- makes it larger" if larger else ""
    if omission.step is None:
        return f"  without {omission.rule} it {what}{mark}"
    step = describe_step(graph, omission.step.before, omission.step.after)
    return f"    without its step {step} it {what}{mark}"


def omission_record(graph: Graph, omission: Omission) -> OmissionRecord:
    """The same as plain data."""
    step = omission.step
    cost = omission.cost
    return {
        "rule": omission.rule,
        "step": None if step is None else describe_step(graph, step.before, step.after),
        "layers": None if cost is None else cost[0],
        "parameters": None if cost is None else cost[1],
    }
