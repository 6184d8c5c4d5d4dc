"""Our checkpoint: a folder of four files that holds everything a compiled program is.

    config.json         sizes, vocabulary (in the order of ids) and output classes
    model.safetensors   the arrays of `compiler/emit/weights.py`, float32; the unembedding float64
    tokenizer.json      token text → id (`compiler/export/tokenizer.py`)
    rasp.json           program texts, expressions, options, symbols, sizes, and a sha256 of every part

Writing is deterministic, and all or nothing (`compiler/export/folder.py`). Reading runs no code from the folder and
trusts nothing in it (`compiler/export/files.py`): one changed byte in any file is a `CheckpointError` that names it.
"""

import contextlib
import stat
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from compiler.export.files import (
    EXPORT_FORMAT,
    FORMAT,
    PARTS,
    STOCK_FORMAT,
    STOCK_PARTS,
    SUPERPOSED_FORMAT,
    Checkpoint,
    decode_files,
    encode_files,
)
from compiler.export.folder import FolderKind, is_hidden_name, locate_part, lock_folder, replace_files
from compiler.export.read_file import CheckpointError, Unsettled, read_file, report_damage, report_unsettled
from compiler.export.record_file import RECORD
from compiler.export.records import decode_json
from compiler.limits import JSON_BYTES
from compiler.options import CompileOptions
from compiler.strict_json.check_json import check_mapping, hash_text
from compiler.targets.target import find_target
from rasp.write_whole import explain_reason


def write_checkpoint(checkpoint: Checkpoint, folder: Path) -> tuple[str, ...]:
    """Write the folder, over an older checkpoint too. Raises `CheckpointError`, and then nothing has changed.

    Returns the names of files that a killed writer had left in it; they are gone.
    """
    return write_folder(folder, encode_files(checkpoint), LAYOUT)


def write_folder(folder: Path, files: Mapping[str, bytes], layout: FolderKind) -> tuple[str, ...]:
    """Write files as a whole. Raises `CheckpointError`, and then nothing has changed."""
    try:
        return replace_files(folder.resolve(), files, layout, lambda: check_replaceable(folder, layout))
    except TimeoutError:
        hint = "wait until it is done, or choose another folder"
        raise report_damage(folder, "is being written by another program", hint, "usage") from None
    except FileExistsError:
        raise not_ours(folder) from None
    except OSError as error:
        why = f"cannot be written: {explain_reason(error)}"
        raise report_damage(folder, why, "check the path, its permissions and the free space") from None
    except (ValueError, RuntimeError):  # a NUL in the path; a ring of links
        raise report_damage(folder, "is not a path that can be", "choose another folder", "usage") from None


def check_destination(folder: Path, options: CompileOptions) -> None:
    """Raise `CheckpointError` for a folder that holds something else: to be asked before a long compilation."""
    with contextlib.suppress(OSError, ValueError):  # what else is wrong, writing tells
        if folder.exists() and not folder.is_dir():
            raise not_ours(folder)
        if folder.exists():
            check_replaceable(folder, STOCK_LAYOUT if find_target(options).is_family else LAYOUT)


def not_ours(folder: Path) -> CheckpointError:
    hint = "choose another folder, or remove it first"
    return report_damage(folder, "exists and is not a checkpoint", hint, "usage")


def check_replaceable(folder: Path, layout: FolderKind) -> None:
    """Raise `CheckpointError` unless a folder is empty, or holds one of our checkpoints and nothing that would be left."""
    paths = [path for path in folder.iterdir() if not is_hidden_name(path.name)]
    if not paths:
        return
    if not all(path.name in (*layout.parts, layout.manifest) and path.is_file() for path in paths):
        raise not_ours(folder)
    try:
        ours = decode_json(read_file(folder / RECORD, JSON_BYTES.most)).get("format") in (
            FORMAT,
            STOCK_FORMAT,
            EXPORT_FORMAT,
            SUPERPOSED_FORMAT,
        )
    except (CheckpointError, ValueError):
        ours = False
    if not ours:
        raise not_ours(folder)


def list_hashes(path: Path, parts: tuple[str, ...] = PARTS) -> dict[str, str]:
    """The sha256 of each part that a rasp.json names; empty where there is none or it is damaged."""
    with contextlib.suppress(CheckpointError, KeyError, ValueError):
        named = check_mapping(decode_json(read_file(path, JSON_BYTES.most))["sha256"])
        return {name: hash_text(named[name]) for name in parts}
    return {}


LAYOUT = FolderKind(PARTS, RECORD, list_hashes)
STOCK_LAYOUT = FolderKind(STOCK_PARTS, RECORD, partial(list_hashes, parts=STOCK_PARTS))


def read_checkpoint(folder: Path) -> Checkpoint:
    """The checkpoint in a folder. Raises `CheckpointError` for a damaged, foreign or newer one."""
    check_folder(folder)
    try:
        return read_at_once(folder)
    except Unsettled:
        pass  # perhaps only because it is being written: nobody does that while we have it
    try:
        with lock_folder(folder):
            return read_at_once(folder)
    except TimeoutError:
        why = "is being written by another program"
        raise report_damage(folder, why, "try again when it is done", "usage") from None
    except OSError as error:
        raise report_damage(
            folder, f"cannot be read: {explain_reason(error)}", "check its permissions"
        ) from None


def read_at_once(folder: Path) -> Checkpoint:
    """The checkpoint. Raises `CheckpointError`, and `Unsettled` where somebody changes it meanwhile."""
    if not (folder / RECORD).exists():
        hint = "a checkpoint is a folder written by `rasp compile FILE -o FOLDER`"
        raise report_unsettled(folder, f"is not a checkpoint: it has no {RECORD}", hint, "usage")
    return decode_files(folder, lambda name, digest, most: read_file(locate_part(folder, name, digest), most))


def check_folder(folder: Path) -> None:
    """Raise `CheckpointError` unless there is a folder."""
    try:
        mode = folder.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        hint = "`rasp compile FILE -o FOLDER` makes a checkpoint"
        raise report_damage(folder, "does not exist", hint, "usage") from None
    except OSError as error:
        raise report_damage(
            folder, f"cannot be read: {explain_reason(error)}", "check the path", "usage"
        ) from None
    except ValueError:
        raise report_damage(
            folder, "is not a path that can be", "it holds a NUL character", "usage"
        ) from None
    if not stat.S_ISDIR(mode):
        is_program = folder.suffix == ".rasp"
        hint = (
            f"`rasp compile {folder} -o FOLDER` makes one"
            if is_program
            else "give the folder that it lies in"
        )
        raise report_damage(folder, "is a file, not a checkpoint folder", hint, "usage")
