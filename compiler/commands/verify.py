"""`rasp verify`: a checkpoint against the interpreter, from the checkpoint alone."""

import json
from pathlib import Path

import click

from compiler.commands.progress import progress
from compiler.export.checkpoint import read_checkpoint
from compiler.model.runner import Model
from compiler.verify.blame import culprits
from compiler.verify.certificate import Standing, standing
from compiler.verify.differential import Check, Mismatch, Report, verify
from compiler.verify.inputs import choose_inputs
from compiler.verify.source import checkpoint_outputs, checkpoint_program
from rasp.console import FAILED, report, show_tokens
from rasp.diagnostics import Diagnostic
from rasp.values import show


def verify_folder(folder: str, budget: int, seed: int, as_json: bool) -> int:
    """Compare model and interpreter, derive the certificate again, print what was checked; a mismatch fails."""
    checkpoint = read_checkpoint(Path(folder))
    program = checkpoint_program(checkpoint)
    outputs = checkpoint_outputs(program, checkpoint)
    options = checkpoint.options
    selection = choose_inputs(len(options.vocabulary), options.max_length, budget, seed)
    check = Check(Model(checkpoint.weights), outputs)
    with progress("verifying", selection.total) as advance:
        found = verify(check, selection, advance)
    with progress("deriving the error bounds again"):
        bounds = standing(checkpoint, program)
    record = found.as_json() | {"certified": bounds.holds, "certificate": bounds.reason or "holds"}
    click.echo(json.dumps(record) if as_json else report_text(found, bounds))
    if found.smallest is not None:
        notes = culprits(check, program, checkpoint.expressions, options, found.smallest)
        report([describe(found.smallest, checkpoint.expressions[found.smallest.output], notes)])
    return 0 if found.passed else FAILED


def report_text(found: Report, bounds: Standing) -> str:
    """What was checked, for reading."""
    which = "all" if found.exhaustive else f"a sample (seed {found.seed})"
    lines = [
        "verified" if found.passed else "NOT verified",
        f"  inputs      {found.checked:,}: {which} of length {min(found.lengths)} to {max(found.lengths)}",
        f"  mismatches  {found.mismatched:,}",
    ]
    for name, wrong in found.readers.items():
        verdict = f"wrong on {wrong} inputs of a sample" if wrong else "same answers"
        lines.append(f"  {name:<12}{verdict}")
    verdict = "derived again, and hold" if bounds.holds else f"NOT certified: {bounds.reason}"
    lines.append(f"  bounds      {verdict}")
    if found.without_value:
        lines.append(f"  no value    {found.without_value:,} inputs have none in the interpreter")
    return "\n".join(
        [*lines, f"  time        {found.seconds:.1f} s, {found.per_second:,.0f} inputs a second"]
    )


def describe(mismatch: Mismatch, expression: str, notes: tuple[str, ...]) -> Diagnostic:
    """The smallest wrong answer as a message, with where it comes from, as far as that is known."""
    message = (
        f"on {show_tokens(mismatch.tokens)} the model answers {show(mismatch.got)} at position "
        f"{mismatch.position} of {mismatch.output}, the interpreter {show(mismatch.expected)}"
    )
    hint = f"the output {mismatch.output} is `{expression}`; this is the smallest such input found"
    return Diagnostic(message, hint=hint, notes=notes, code="mismatch")
