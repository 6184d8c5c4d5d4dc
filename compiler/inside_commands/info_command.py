"""`rasp info`: what a checkpoint is, read without running it."""

import json
from pathlib import Path
from typing import assert_never

import click

from compiler.config import Classes, Output, count_values
from compiler.export.checkpoint import read_checkpoint
from compiler.export.files import Checkpoint
from compiler.export.records import encode_options
from compiler.export.stock_files import StockRecord, is_stock, read_stock_record
from compiler.formats.write_export import find_export
from compiler.fraction_set import FractionSet
from compiler.inside_commands.sizes import describe_sizes
from compiler.joined_texts import JoinedTexts
from compiler.json_forms.compile_forms import CheckpointInfo, FolderInfo, OutputRecord
from compiler.json_forms.model_forms import PartRecord
from compiler.number_sums import NumberSum
from compiler.options import Prompts
from compiler.report.certificate import describe_gap, describe_tightest
from compiler.report.parts import show_numbers
from compiler.strict_json.class_records import describe_fractions, describe_term
from compiler.trained.describe_superposed import describe_superposed, record_superposed
from compiler.trained.superposed_files import is_superposed, read_superposed
from rasp.values import show_count, show_value

SHOWN_VALUES = 12


def show_info(folder: str, as_json: bool) -> int:
    """Print a checkpoint's program, options, sizes and outputs; of a model that was trained, what is known."""
    if is_superposed(Path(folder)):
        model = read_superposed(Path(folder))
        said = json.dumps(record_superposed(model)) if as_json else "\n".join(describe_superposed(model))
        click.echo(said)
        return 0
    if is_stock(Path(folder)) or find_export(Path(folder)) is not None:
        record = read_stock_record(Path(folder))
        click.echo(json.dumps(stock_record(record)) if as_json else stock_text(record))
        return 0
    checkpoint = read_checkpoint(Path(folder))
    click.echo(json.dumps(info_record(checkpoint)) if as_json else info_text(checkpoint))
    return 0


def stock_record(found: StockRecord) -> FolderInfo:
    """Sizes at the top level, then what was compiled and how."""
    return {
        **found.summary,
        "program": found.program.name,
        "options": encode_options(found.options),
        "outputs": [{"name": name, "expression": text} for name, text in found.expressions.items()],
    }


def info_record(checkpoint: Checkpoint) -> CheckpointInfo:
    """The same with the classes of outputs, and the symbol map."""
    expressions = checkpoint.expressions
    return {
        **checkpoint.summary,
        "program": checkpoint.program.name,
        "options": encode_options(checkpoint.options),
        "outputs": [
            output_record(output, expressions[output.name]) for output in checkpoint.weights.config.outputs
        ],
        "symbols": checkpoint.symbols,
    }


def output_record(output: Output, expression: str) -> OutputRecord:
    """An output, its classes listed or described."""
    record: OutputRecord = {
        "name": output.name,
        "expression": expression,
        "no_value": None in output.classes,
        "nearest": output.nearest,
    }
    match output.classes:
        case FractionSet():
            record["fractions"] = describe_fractions(output.classes)
        case JoinedTexts():
            record["parts"] = [list(part) for part in output.classes.parts]
        case NumberSum():
            record["terms"] = [*map(describe_term, output.classes.terms)]
        case tuple():
            record["classes"] = list(output.classes)
        case _:
            assert_never(output.classes)
    return record


def compiled_lines(found: Checkpoint | StockRecord) -> list[str]:
    """What was compiled and how, and its sizes, for reading."""
    options = found.options
    return [
        f"compiled from {found.program.name}",
        f"  vocabulary  {some(options.vocabulary)}",
        f"  length      up to {show_count(options.max_length, 'token')}, {options.attention} attention",
        f"  dialect     {options.dialect}, {options.dtype}, optimisation level {options.level}",
        *(["  no value    is said where the program has none"] if options.no_value else []),
        *([] if options.prompts is None else describe_prompts(options.prompts)),
        *describe_sizes(found.summary),
    ]


def stock_text(record: StockRecord) -> str:
    """A folder for other software: its sizes are those before they were padded for that."""
    lines = compiled_lines(record)
    lines += [f"  output      {name} = {text}" for name, text in record.expressions.items()]
    return "\n".join(lines + describe_sureness(record))


def describe_sureness(found: Checkpoint | StockRecord) -> list[str]:
    """The tightest decision, and by how much answers are above all others where that was asked for."""
    certificate = found.summary["certificate"]
    return describe_tightest(certificate) + describe_gap(certificate)


def info_text(checkpoint: Checkpoint) -> str:
    """A checkpoint for reading."""
    expressions = checkpoint.expressions
    lines = compiled_lines(checkpoint)
    for output in checkpoint.weights.config.outputs:
        lines.append(f"  output      {output.name} = {expressions[output.name]}")
        said = ", and no value" if None in output.classes else ""
        how = "a number, read as the nearest of " if output.nearest else ""
        lines.append(f"              {how}{describe_classes(output.classes)}{said}")
    lines += describe_sureness(checkpoint)
    return "\n".join([*lines, "", *table(list(map(part_row, checkpoint.symbols["parts"])))])


def describe_classes(classes: Classes) -> str:
    """How many values an output has, and which."""
    if not isinstance(classes, tuple):
        return f"{show_count(count_values(classes), 'value')}: {classes.describe()}"
    values = tuple(value for value in classes if value is not None)
    return f"{show_count(len(values), 'value')}: {some(values)}"


def describe_prompts(prompts: Prompts) -> list[str]:
    """What a decoder reads and writes."""
    *written, last = prompts.bars
    stages = f"what its program computes on the way behind {' '.join(written)}, then " if written else ""
    shown = f"up to {show_count(prompts.max_length, 'token')} of {some(prompts.vocabulary)}, then {prompts.bars[0]}"
    return [
        f"  prompt      {shown}",
        f"  completion  {stages}the answer behind {last}, then {prompts.end}",
    ]


TITLES = ("part", "computes", "columns", "parameters", "off by at most")


def part_row(part: PartRecord) -> tuple[str, ...]:
    """One part of the model as cells of the table."""
    error = part["error_bound"]
    bound = f"{error:.1e}" if error else "exact"
    cells = part["where"], part["computes"], show_numbers(part["columns"]), f"{part['parameters']:,}"
    return *cells, bound if part["columns"] else ""


def table(cells: list[tuple[str, ...]]) -> list[str]:
    """Rows below their titles, in columns."""
    widths = [max(map(len, column)) for column in zip(TITLES, *cells, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [TITLES, *cells]
    ]


def some(values: tuple[object, ...]) -> str:
    """The first values, and how many more there are."""
    shown = ", ".join(map(show_value, values[:SHOWN_VALUES]))
    return shown if len(values) <= SHOWN_VALUES else f"{shown} and {len(values) - SHOWN_VALUES} more"
