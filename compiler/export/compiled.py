"""From a compilation to a checkpoint on disk."""

from pathlib import Path

from compiler.export.checkpoint import STOCK_LAYOUT, write_checkpoint, write_folder
from compiler.export.files import Checkpoint, ProgramText
from compiler.export.stock_files import encode_stock_files
from compiler.pipeline import Compiled
from compiler.targets.target import find_target
from rasp.arguments import convert_path, report_wrong_kind
from rasp.diagnostics import Diagnostic, RaspError
from rasp.values import show_count


def save(compiled: Compiled, folder: str | Path) -> None:
    """Write a compilation as a checkpoint folder. Raises `CheckpointError`, and then nothing has changed."""
    if not isinstance(compiled, Compiled):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise RaspError(
            report_wrong_kind("`compiled`", "a compiled program", compiled, "`compile_program` gives one")
        )
    save_with_notes(compiled, folder)


def save_with_notes(compiled: Compiled, folder: str | Path) -> list[Diagnostic]:
    """The same; returns what the user should know of the folder."""
    path = convert_path(folder)
    left = (
        write_folder(path, encode_stock_files(compiled), STOCK_LAYOUT)
        if find_target(compiled.options).is_family
        else write_checkpoint(make_checkpoint(compiled), path)
    )
    if not left:
        return []
    hidden = show_count(len(left), "hidden file")
    message = f"an earlier save into {folder} was interrupted; what it had left is gone: {hidden}"
    return [Diagnostic(message, severity="warning", notes=left, code="leftovers")]


def make_checkpoint(compiled: Compiled) -> Checkpoint:
    """Everything of a compilation that a checkpoint keeps."""
    program = compiled.program
    return Checkpoint(
        weights=compiled.weights,
        program=ProgramText(program.source.name, program.source.text, dict(program.loaded)),
        expressions=dict(compiled.expressions),
        options=compiled.options,
        symbols=compiled.symbols,
        summary=compiled.summary,
    )
