"""`rasp info`: what a checkpoint is, read without running it."""

import json
from pathlib import Path
from typing import Any, cast

import click

from compiler.commands.sizes import size_lines
from compiler.export.checkpoint import Checkpoint, read_checkpoint
from compiler.export.records import options_record
from compiler.report.explain import bounds_lines
from rasp.values import show

SHOWN_VALUES = 12


def show_info(folder: str, as_json: bool) -> int:
    """Print a checkpoint's program, options, sizes and outputs."""
    checkpoint = read_checkpoint(Path(folder))
    click.echo(json.dumps(info_record(checkpoint)) if as_json else info_text(checkpoint))
    return 0


def info_record(checkpoint: Checkpoint) -> dict[str, object]:
    """Sizes at the top level, then what was compiled and how."""
    expressions = checkpoint.expressions
    return dict(checkpoint.summary) | {
        "program": checkpoint.program.name,
        "options": options_record(checkpoint.options),
        "outputs": [
            {
                "name": output.name,
                "expression": expressions[output.name],
                "classes": output.classes,
            }
            for output in checkpoint.weights.config.outputs
        ],
    }


def info_text(checkpoint: Checkpoint) -> str:
    """The same for reading."""
    options, expressions = checkpoint.options, checkpoint.expressions
    lines = [
        f"compiled from {checkpoint.program.name}",
        f"  vocabulary  {some(options.vocabulary)}",
        f"  length      up to {options.max_length} tokens, {options.attention} attention",
        f"  dialect     {options.dialect}, optimisation level {options.level}",
        *size_lines(checkpoint.summary),
    ]
    for output in checkpoint.weights.config.outputs:
        lines.append(f"  output      {output.name} = {expressions[output.name]}")
        lines.append(f"              {len(output.classes)} values: {some(output.classes)}")
    return "\n".join(
        lines + bounds_lines(cast(dict[str, Any], checkpoint.summary.get("error_bounds", {"values": []})))
    )


def some(values: tuple[object, ...]) -> str:
    """The first values, and how many more there are."""
    shown = ", ".join(map(show, values[:SHOWN_VALUES]))
    return shown if len(values) <= SHOWN_VALUES else f"{shown} and {len(values) - SHOWN_VALUES} more"
