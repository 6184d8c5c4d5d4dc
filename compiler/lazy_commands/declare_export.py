"""The commands that write models for other software: `rasp export`, `rasp golden`."""

from typing import Any

import click

from compiler.command_options.shared_options import FOLDER, JSON, POSITIVE, SEED
from compiler.formats.format_names import FORMAT_NAMES
from compiler.targets.target import FAMILY_TARGETS, TARGETS
from rasp.command_line.checked_command import CheckedCommand
from rasp.command_line.console import Told
from rasp.command_line.place import PLACE

#: Golden models continue their prompts.
GENERATING = tuple(name for name in FAMILY_TARGETS if TARGETS[name].generates)


@click.command(cls=CheckedCommand)
@FOLDER
@click.option("--to", type=click.Choice(FORMAT_NAMES), required=True, help="The format.")
@click.option("-o", "--output", type=PLACE, required=True, metavar="DIR", help="Write it into this folder.")
@click.option(
    "--budget",
    type=POSITIVE,
    default=1_000,
    show_default=True,
    help="Most inputs to run, but one of each length.",
)
@click.option("--seed", type=SEED, default=0, show_default=True, help="Seed of the sample.")
@JSON
@click.pass_obj
def export(told: Told, folder: str, **flags: Any) -> int:
    """Write a compiled model in a format of other software.

    DIR is the folder of a compiled model, for any target. What is written is read back, run, and compared with the
    interpreter first: what answers wrongly is not written. `rasp verify` of the new folder does so again.

    \b
    Example:
      rasp export sorted --to onnx -o sorted-onnx
    """
    from compiler.export_commands.export_command import ExportRequest, export_folder  # noqa: PLC0415

    return export_folder(folder, ExportRequest(**flags), told)


@click.command(cls=CheckedCommand)
@click.argument("folder", metavar="DIR", type=PLACE)
@click.option(
    "--target",
    type=click.Choice(GENERATING),
    default="gpt2",
    show_default=True,
    help="Whose models: a family that generates.",
)
@click.option(
    "--margin",
    type=float,
    default=20.0,
    show_default=True,
    metavar="NATS",
    help="How far answers are above all others.",
)
@click.option("--batches", type=POSITIVE, default=8, show_default=True, help="Batches of inputs for each.")
@click.option("--seed", type=SEED, default=0, show_default=True, help="Seed of the inputs.")
@JSON
@click.pass_obj
def golden(told: Told, folder: str, **flags: Any) -> int:
    """Write models that test engines: one for each feature, with inputs and exact answers.

    Each answer depends on the feature (a table of positions, the causal mask, padding, a cache of keys and values, ...),
    and is above all others by the margin: an engine that answers otherwise is wrong. DIR gets a folder of each model, its
    inputs as JSON lines, and check_golden.py, which runs an engine's function against them.

    \b
    Example:
      rasp golden goldens
    """
    from compiler.export_commands.golden_command import GoldenRequest, make_golden  # noqa: PLC0415

    return make_golden(folder, GoldenRequest(**flags), told)
