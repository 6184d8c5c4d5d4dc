"""The commands that write models for other software; `compiler/cli.py` has the others."""

from typing import Any

import click

from compiler.formats.format_names import FORMAT_NAMES
from compiler.inside_cli import FOLDER, JSON, POSITIVE
from rasp.command_line.console import Told


@click.command()
@FOLDER
@click.option("--to", type=click.Choice(FORMAT_NAMES), required=True, help="The format.")
@click.option("-o", "--output", required=True, metavar="DIR", help="Write it into this folder.")
@click.option("--budget", type=POSITIVE, default=1_000, show_default=True, help="Most inputs to run.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the sample.")
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
    from compiler.commands.export import ExportRequest, export_folder  # noqa: PLC0415

    return export_folder(folder, ExportRequest(**flags), told)
