"""Any folder that we write, from its record: the program compiled again, and whether the folder is what that gives."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from compiler.export.checkpoint import check_folder, read_checkpoint
from compiler.export.recompile import Standing, recompile_checkpoint
from compiler.export.recorded_program import read_program
from compiler.export.stock_files import (
    StockRecord,
    encode_stock_files,
    is_stock,
    list_stock_differences,
    read_stock_record,
)
from compiler.formats.format_names import FormatName
from compiler.formats.write_export import encode_export_folder, find_export
from compiler.pipeline import Compiled, compile_program
from compiler.transformer.problem import make_model_error
from rasp.elaborate.program import load_program
from rasp.library.load import Texts
from rasp.source import Source


@dataclass(frozen=True, eq=False)
class FoundFolder:
    """What is in a folder: `format` of an export, None for what `rasp compile` writes."""

    compiled: Compiled
    standing: Standing
    format: FormatName | None


def recompile_folder(folder: Path) -> FoundFolder:
    """Compile a folder's program again, and hold the folder against it.

    Raises `CheckpointError`, `RaspError`, `ModelError` for a format whose library is missing, and `CompileError` where this
    version refuses the program.
    """
    check_folder(folder)
    to = find_export(folder)
    if to is None and not is_stock(folder):
        checkpoint = read_checkpoint(folder)
        standing = recompile_checkpoint(checkpoint, read_program(checkpoint))
        if standing.again is None:
            raise make_model_error(standing.differences[0], "compile the program again", "not-certified")
        return FoundFolder(standing.again, standing, None)
    record = read_stock_record(folder)
    compiled = recompile_record(record)
    files: Mapping[str, bytes] = (
        encode_stock_files(compiled) if to is None else encode_export_folder(to, compiled)
    )
    return FoundFolder(compiled, Standing(compiled, tuple(list_stock_differences(folder, record, files))), to)


def recompile_record(record: StockRecord) -> Compiled:
    """What the program in a record compiles to."""
    program = load_program(Source(record.program.name, record.program.text), Texts(record.program.loaded))
    return compile_program(program, record.expressions, record.options)
