"""`rasp golden`: models that test engines, checked by transformers where it is installed."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import click

from compiler.golden.answer_golden import answer_in_transformers
from compiler.golden.check_golden import check_case
from compiler.golden.write_golden import CHECK, GoldenOptions, write_golden
from compiler.json_forms.answer_forms import GoldenRecord
from compiler.options import CompileError, Dialect, check_margin
from rasp.command_line.console import FAILED, Told, WrongUsage
from rasp.command_line.progress import show_progress
from rasp.values import show_count


@dataclass(frozen=True)
class GoldenRequest:
    """The flags of `rasp golden`."""

    target: Dialect
    margin: float
    batches: int
    seed: int
    as_json: bool


def make_golden(folder: str, request: GoldenRequest, told: Told) -> int:
    """Write them, run them, and say what came of it."""
    try:
        check_margin(request.margin)
    except CompileError as error:
        raise WrongUsage(error.diagnostics[0].message, error.diagnostics[0].hint) from None
    options = GoldenOptions(request.target, request.margin, request.batches, request.seed)
    with show_progress("compiling"):
        names = write_golden(Path(folder), options)
    wrong: dict[str, list[str]] = {}
    checked = find_spec("transformers") is not None
    if checked:
        with show_progress("running them in transformers"):
            wrong = {name: check_case(name, answer_in_transformers, Path(folder)) for name in names}
    failed = [name for name, found in wrong.items() if found]
    if request.as_json:
        record: GoldenRecord = {
            "folder": folder,
            "cases": names,
            "checked": checked,
            "wrong": wrong,
            **told.as_json(),
        }
        click.echo(json.dumps(record))
    else:
        run = describe_check(failed) if checked else "not run: transformers is not installed"
        click.echo(f"{show_count(len(names), 'golden model')} for {request.target} in {folder}, {run}")
        click.echo("\n".join(f"  {name}" for name in names))
        click.echo(f"  run an engine: python {folder}/{CHECK} MODULE:FUNCTION")
    return FAILED if failed else 0


def describe_check(failed: Sequence[str]) -> str:
    """What came of running them."""
    return f"wrong in transformers: {', '.join(failed)}" if failed else "right in transformers"
