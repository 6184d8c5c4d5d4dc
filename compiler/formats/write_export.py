"""What `rasp export` writes: a folder of a format's files, and the record of the program that they were made of.

    rasp.json     format "rasp-export", the format's name, program, expressions, options, and a sha256 of every other file

So such a folder is verified like any other: its program is compiled and written again, and compared byte by byte.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import cast

from compiler.export.checkpoint import list_hashes, write_folder
from compiler.export.files import EXPORT_FORMAT
from compiler.export.folder import FolderKind
from compiler.export.record_file import RECORD, read_kind
from compiler.export.stock_files import encode_stock_record
from compiler.formats.format_names import FORMAT_NAMES, FormatName
from compiler.formats.format_table import FORMATS, encode_export
from compiler.pipeline import Compiled
from rasp.arguments import convert_path
from rasp.diagnostics import Diagnostic, RaspError, suggest_word


def write_export(compiled: Compiled, folder: str | Path, to: FormatName) -> None:
    """Write a compilation for other software, as files of a format (`compiler/formats/format_names.py`).

    Raises `CheckpointError` where the folder cannot be written, and then nothing has changed; `ModelError` for a format
    that does not hold this model, or whose library is missing; `RaspError` for one that there is not.
    """
    if to not in FORMATS:
        hint = suggest_word(str(to), FORMAT_NAMES) or f"use {', '.join(FORMAT_NAMES)}"
        raise RaspError(Diagnostic(f"there is no format called {to}", hint=hint))
    files = encode_export_folder(to, compiled)
    write_folder(convert_path(folder), files, list_export_parts(files))


def encode_export_folder(to: FormatName, compiled: Compiled) -> dict[str, bytes]:
    """All files of the folder, its record too. Raises `ModelError` as `write_export` does."""
    files = encode_export(to, compiled)
    return files | {RECORD: encode_stock_record(compiled, files, {"format": EXPORT_FORMAT, "to": to})}


def list_export_parts(files: Mapping[str, bytes]) -> FolderKind:
    """What such a folder consists of."""
    parts = tuple(name for name in files if name != RECORD)
    return FolderKind(parts, RECORD, partial(list_hashes, parts=parts))


def find_export(folder: Path) -> FormatName | None:
    """The format of a folder that `export` wrote; None for another folder."""
    record = read_kind(folder)
    to = record.get("to")
    return cast(FormatName, to) if record.get("format") == EXPORT_FORMAT and to in FORMATS else None
