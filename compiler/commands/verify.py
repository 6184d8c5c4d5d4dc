"""`rasp verify`: a checkpoint against the interpreter, from the checkpoint alone."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import click

from compiler.cluster.choose_runner import HERE, RunRequest, choose_runner
from compiler.commands.opened_model import limit_threads
from compiler.completions.plan_decoder import find_decoder
from compiler.engines.engine_table import ENGINES, EngineRequest, find_reader
from compiler.engines.recompile_folder import recompile_folder
from compiler.export.checkpoint import read_checkpoint
from compiler.export.recompile import Standing, recompile_checkpoint
from compiler.export.recorded_program import read_outputs, read_program
from compiler.export.stock_files import is_stock
from compiler.formats.format_names import EngineName, FormatName, Precision
from compiler.formats.write_export import find_export
from compiler.json_forms.answer_forms import VerificationRecord
from compiler.model.answers import show_label
from compiler.model.runner import Model
from compiler.options import CompileOptions
from compiler.trained.superposed_files import is_superposed, read_superposed
from compiler.trained.trained_model import TrainedModel
from compiler.verify.blame import find_culprits
from compiler.verify.chosen_inputs import Selection, choose_inputs
from compiler.verify.differential import Check, Report, verify_model
from compiler.verify.mismatch import Mismatch
from compiler.verify.run_engine import EngineReport, verify_in_engine
from compiler.verify.stock_folder import STOCK_READERS, open_stock_folder
from compiler.verify.verdict import Verdict, judge_model, judge_trained
from compiler.verify.verify_completions import Completions, verify_completions
from rasp.command_line.console import FAILED, Told, WrongUsage, show_tokens
from rasp.command_line.progress import show_progress
from rasp.diagnostics import Diagnostic
from rasp.elaborate.program import load_program
from rasp.library.load import Texts
from rasp.source import Source
from rasp.values import show_count, show_percent

CHANGED = "they were changed since, or another version made them; compile the program again"


@dataclass(frozen=True)
class VerifyRequest:
    """The flags of `rasp verify`."""

    budget: int
    seed: int
    as_json: bool
    engine: EngineName | None = None
    precision: Precision | None = None
    where: RunRequest = HERE


def verify_folder(folder: str, request: VerifyRequest, told: Told) -> int:
    """Compile again, compare model and interpreter, print what was checked. The exit code follows the headline."""
    if request.engine is not None or find_export(Path(folder)) is not None:
        return verify_by_engine(Path(folder), request, told)
    if request.precision is not None:
        raise WrongUsage("--dtype says what an engine computes in", "name one, as in --engine onnxruntime")
    if is_stock(Path(folder)):
        return verify_stock(Path(folder), request, told)
    if is_superposed(Path(folder)):
        return measure_trained(Path(folder), request, told)
    checkpoint = read_checkpoint(Path(folder))
    program = read_program(checkpoint)
    outputs = read_outputs(program, checkpoint)
    options = checkpoint.options
    with show_progress("compiling the program again"):
        standing = recompile_checkpoint(checkpoint, program)
    check = Check(Model(checkpoint.weights), outputs, options.no_value, margin=options.margin)
    found = compare_answers(check, options, request, Path(folder))
    if options.prompts is not None:
        decoder = find_decoder(program, checkpoint.expressions, options, options.prompts)
        found = add_completions(found, verify_completions(check.model, decoder, request.budget, request.seed))
    notes: tuple[str, ...] = ()
    if found.smallest is not None:
        notes = find_culprits(check, program, options, standing.again, found.smallest)
    wrong = describe_smallest(found, checkpoint.expressions, notes)
    return tell_findings(Findings(found, standing, wrong), request.as_json, told)


def verify_stock(folder: Path, request: VerifyRequest, told: Told) -> int:
    """The same of a folder for a family, run in its own software."""
    with show_progress("compiling the program again"):
        opened = open_stock_folder(folder)
    compiled, options = opened.compiled, opened.compiled.options
    readers = STOCK_READERS[options.attention]
    check = Check(opened.model, compiled.meaning, options.no_value, readers, options.margin)
    found = compare_answers(check, options, request, folder)
    if options.prompts is not None:
        decoder = find_decoder(compiled.program, compiled.expressions, options, options.prompts)
        found = add_completions(found, verify_completions(check.model, decoder, request.budget, request.seed))
    wrong = describe_smallest(found, compiled.expressions)
    return tell_findings(Findings(found, opened.standing, wrong), request.as_json, told)


def measure_trained(folder: Path, request: VerifyRequest, told: Told) -> int:
    """How often a model that was trained is right: it is not verified, whatever comes out."""
    found = read_superposed(folder)
    program = load_program(Source(found.program.name, found.program.text), Texts(found.program.loaded))
    outputs = {name: program.sop(text) for name, text in found.expressions.items()}
    if request.where != HERE:
        raise WrongUsage("a model that was trained is measured here", "leave --cluster and --results out")
    report = compare_answers(Check(TrainedModel(found), outputs), found.options, request, folder)
    standing = Standing(None, ("it was trained, and no program compiles to it",))
    verdict = judge_trained(report)
    wrong = describe_smallest(report, found.expressions)
    return tell_findings(Findings(report, standing, wrong, verdict=verdict), request.as_json, told)


def verify_by_engine(folder: Path, request: VerifyRequest, told: Told) -> int:
    """The same in an engine: that of an export's format, or any that is named."""
    with show_progress("compiling the program again"):
        opened = recompile_folder(folder)
    engine = request.engine or find_reader(cast(FormatName, opened.format))
    compiled, options = opened.compiled, opened.compiled.options
    reads = ENGINES[engine].find_format(options.dialect)
    if opened.format not in (None, reads):
        hint = f"leave --engine out, or take --engine {find_reader(opened.format)}"
        raise WrongUsage(f"{engine} does not read what is exported to {opened.format}", hint)
    selection = select_inputs(options, request)
    own = folder if opened.format == reads else None
    how = EngineRequest(engine, request.precision or "float32", own)
    with (
        choose_runner(request.where, folder, how, selection) as run,
        show_progress(f"running {engine}", selection.total) as advance,
    ):
        ran = verify_in_engine(how, compiled, selection, advance, run)
    wrong = describe_smallest(ran.report, compiled.expressions)
    told.tell(ran.list_warnings())
    return tell_findings(Findings(ran.report, opened.standing, wrong, ran), request.as_json, told)


def select_inputs(options: CompileOptions, request: VerifyRequest) -> Selection:
    """The inputs to run: all, or a sample of as many as were asked for."""
    return choose_inputs(len(options.vocabulary), options.max_length, request.budget, request.seed)


def compare_answers(check: Check, options: CompileOptions, request: VerifyRequest, folder: Path) -> Report:
    """Run a model that is ours to run on the selected inputs, and show how far it is."""
    limit_threads(check.model.module)
    selection = select_inputs(options, request)
    with (
        choose_runner(request.where, folder, None, selection) as run,
        show_progress("verifying", selection.total) as advance,
    ):
        return verify_model(check, selection, advance, run)


@dataclass(frozen=True, eq=False)
class Findings:
    """What a verification rests on: `wrong` is the smallest wrong answer, `ran` what an engine was asked for; `verdict` is
    given where report and standing do not make it."""

    report: Report
    standing: Standing
    wrong: Diagnostic | None
    ran: EngineReport | None = None
    verdict: Verdict | None = None


def tell_findings(found: Findings, as_json: bool, told: Told) -> int:
    """Print the verdict, what it rests on, and the smallest wrong answer; the exit code."""
    report, standing, ran = found.report, found.standing, found.ran
    verdict = found.verdict or judge_model(report, standing)
    if not as_json:
        where = [] if ran is None else [f"  engine      {ran.engine} {ran.version}, {ran.precision}"]
        click.echo("\n".join([verdict.headline, *where, *list_report_lines(report, standing)]))
    if found.wrong is not None:
        told.tell([found.wrong])
    if as_json:
        record: VerificationRecord = {
            "passed": verdict.passed,
            "headline": verdict.headline,
            **report.as_json(),
            "certified": standing.holds,
            "differences": list(standing.differences),
            **told.as_json(),
        }
        click.echo(json.dumps(record if ran is None else {**record, **ran.as_json()}))
    return 0 if verdict.passed else FAILED


def add_completions(report: Report, found: Completions) -> Report:
    """What was found of a decoder's prompts, as two more ways of running it."""
    more = {"prompts": found.wrong, "generate": found.continued_wrong}
    return replace(report, readers=report.readers | more)


def list_report_lines(found: Report, standing: Standing) -> list[str]:
    """What was checked, for reading."""
    which = "all" if found.exhaustive else f"a sample (seed {found.seed})"
    lines = [
        f"  inputs      {found.checked:,}: {which} of length {min(found.lengths)} to {max(found.lengths)}"
    ]
    for name, compared in found.by_output.items():
        if missing := found.checked - compared.inputs:
            where = f" of {name}" if len(found.by_output) > 1 else ""
            lines.append(f"  no value    {where_compared(missing, found.checked, compared.partly, where)}")
    if found.without_value and found.compared == found.positions:
        share = show_percent(found.without_value, found.checked)
        lines.append(
            f"  no value    on {show_count(found.without_value, 'input')} ({share}): compared there, too"
        )
    lines.append(f"  mismatches  {found.mismatched:,}")
    for name, wrong in found.readers.items():
        verdict = f"wrong on {show_count(wrong, 'input')} of a sample" if wrong else "same answers"
        lines.append(f"  {name:<12}{verdict}")
    if standing.holds:
        lines.append("  compiled    again: the same weights, classes and error bounds")
    if standing.again is None and not standing.holds:
        lines += [f"  compiled    not: {difference}" for difference in standing.differences]
    elif not standing.holds:
        lines += [f"  compiled    again: {difference}" for difference in standing.differences]
        lines.append(f"              {CHANGED}")
    return [*lines, f"  time        {found.seconds:.1f} s, {found.per_second:,.0f} inputs a second"]


def where_compared(missing: int, checked: int, partly: int, of_output: str) -> str:
    """What was compared of an output on the inputs that have no value of it at some position."""
    on = f"on {show_count(missing, 'input')} ({show_percent(missing, checked)})"
    if not partly:
        return f"{on}, so nothing{of_output} was compared there"
    rest = "" if partly == missing else f", on {missing - partly:,} at none"
    return f"{on}; there{of_output} only the positions that have one were compared{rest}"


def describe_smallest(
    found: Report, expressions: Mapping[str, str], notes: tuple[str, ...] = ()
) -> Diagnostic | None:
    """The smallest wrong answer of a verification as a message; None where there is none."""
    smallest = found.smallest
    return None if smallest is None else describe_mismatch(smallest, expressions[smallest.output], notes)


def describe_mismatch(mismatch: Mismatch, expression: str, notes: tuple[str, ...]) -> Diagnostic:
    """The smallest wrong answer as a message, with where it comes from, as far as that is known."""
    message = (
        f"on {show_tokens(mismatch.tokens)} the model answers {show_label(mismatch.got)} at position "
        f"{mismatch.position} of {mismatch.output}, the interpreter {show_label(mismatch.expected)}"
    )
    hint = f"the output {mismatch.output} is `{expression}`; this is the smallest such input found"
    return Diagnostic(message, hint=hint, notes=notes, code="mismatch")
