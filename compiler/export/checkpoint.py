"""Our checkpoint: a folder of four files that holds everything a compiled program is.

    config.json         sizes, vocabulary (in the order of ids) and output classes
    model.safetensors   the arrays of `compiler/emit/weights.py`, float32; the unembedding float64
    tokenizer.json      token text → id (`compiler/export/tokenizer.py`)
    rasp.json           program texts, expressions, options, symbols, sizes, and a sha256 of every part

Writing is deterministic and all or nothing. Reading runs no code from the folder and trusts nothing in it:
one changed byte in any file is a `CheckpointError` that names the file.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from compiler.emit.weights import Array, Weights
from compiler.export.folder import replace_folder
from compiler.export.records import (
    Record,
    config_record,
    decode_json,
    encode_json,
    mapping,
    options_record,
    read_config,
    read_options,
    text,
)
from compiler.export.tokenizer import tokenizer_record
from compiler.options import CompileError, CompileOptions
from rasp.diagnostics import Diagnostic

FORMAT = "rasp-checkpoint"
VERSION = 1
RECORD = "rasp.json"
PARTS = ("config.json", "model.safetensors", "tokenizer.json")
FILES = (*PARTS, RECORD)
AGAIN = "compile the program again, or restore the file from a copy"


class CheckpointError(Exception):
    """A folder cannot be read or written as a checkpoint. Carries diagnostics that name the file."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__("\n\n".join(d.render() for d in diagnostics))
        self.diagnostics = diagnostics


@dataclass(frozen=True)
class ProgramText:
    """A program's own text, and the texts it loaded by the name under which it loaded them."""

    name: str
    text: str
    loaded: Mapping[str, str]


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint holds. `expressions` maps output names to RASP; the last two are JSON data."""

    weights: Weights
    program: ProgramText
    expressions: Mapping[str, str]
    options: CompileOptions
    symbols: Record
    summary: Record


def damaged(path: Path, reason: str, hint: str = AGAIN, code: str = "bad-checkpoint") -> CheckpointError:
    """A `CheckpointError` about one file. The code "usage" says that the path is wrong, not the file."""
    return CheckpointError(Diagnostic(f"{path} {reason}", hint=hint, code=code))


def write_checkpoint(checkpoint: Checkpoint, folder: Path) -> None:
    """Write the folder, over an older checkpoint too. Raises `CheckpointError`, with nothing changed."""
    if folder.exists() and not replaceable(folder):
        hint = "choose another folder, or remove it first"
        raise damaged(folder, "exists and is not a checkpoint", hint, "usage")
    try:
        replace_folder(folder, encode_files(checkpoint))
    except OSError as error:
        reason = f"cannot be written: {error.strerror}"
        raise damaged(folder, reason, "check the path, its permissions and the free space") from None


def replaceable(folder: Path) -> bool:
    """Whether a folder is empty or holds one of our checkpoints and nothing else."""
    if not folder.is_dir():
        return False
    names = {path.name for path in folder.iterdir()}
    if not names:
        return True
    try:
        return names <= {*FILES} and decode_json((folder / RECORD).read_bytes()).get("format") == FORMAT
    except (OSError, ValueError):
        return False


def encode_files(checkpoint: Checkpoint) -> dict[str, bytes]:
    """File name → bytes. The same checkpoint always gives the same bytes."""
    config = checkpoint.weights.config
    files = {
        "config.json": encode_json(config_record(config)),
        "model.safetensors": save_arrays(stored_arrays(checkpoint.weights), metadata={"format": "rasp"}),
        "tokenizer.json": encode_json(tokenizer_record(config.vocabulary)),
    }
    program = checkpoint.program
    source: Record = {"name": program.name, "text": program.text, "loaded": dict(program.loaded)}
    record: Record = {
        "format": FORMAT,
        "version": VERSION,
        "program": source,
        "expressions": dict(checkpoint.expressions),
        "options": options_record(checkpoint.options),
        "summary": checkpoint.summary,
        "symbols": checkpoint.symbols,
        "sha256": {name: sha256(data) for name, data in files.items()}
        | {"program": sha256(encode_json(source))},
    }
    return files | {RECORD: encode_json(record | {"checksum": sha256(encode_json(record))})}


def stored_arrays(weights: Weights) -> dict[str, np.ndarray]:
    """Arrays as the file holds them. Raises `CheckpointError` when float32 cannot hold a weight."""
    stored: dict[str, np.ndarray] = {}
    for name, array in weights.arrays.items():
        # Readers compute the unembedding in float64: nearest-value logits of close values need it.
        kind = np.float64 if name.startswith("outputs.") else np.float32
        with np.errstate(over="ignore"):
            stored[name] = np.ascontiguousarray(array, dtype=kind)
        if not np.isfinite(stored[name]).all():
            message = f"the array {name} holds a number that is too large for a checkpoint"
            raise CheckpointError(Diagnostic(message, hint="use a smaller maximum length", code="overflow"))
    return stored


def read_checkpoint(folder: Path) -> Checkpoint:
    """The checkpoint in a folder. Raises `CheckpointError` for a damaged, foreign or newer one."""
    record = read_record(folder)
    hashes = mapping(record["sha256"])
    files: dict[str, bytes] = {}
    for name in PARTS:
        files[name] = read_bytes(folder / name)
        if hashes.get(name) != sha256(files[name]):
            raise damaged(folder / name, "is damaged: its contents have changed since it was written")
    try:
        config = read_config(decode_json(files["config.json"]))
        source = mapping(record["program"])
        loaded = {name: text(content) for name, content in mapping(source["loaded"]).items()}
        return Checkpoint(
            weights=Weights(config, read_arrays(files["model.safetensors"])),
            program=ProgramText(text(source["name"]), text(source["text"]), loaded),
            expressions={name: text(e) for name, e in mapping(record["expressions"]).items()},
            options=read_options(mapping(record["options"])),
            symbols=mapping(record["symbols"]),
            summary=mapping(record["summary"]),
        )
    except (KeyError, TypeError, ValueError, SafetensorError, CompileError):
        raise damaged(folder, "does not describe a model, though its checksums are right") from None


def read_record(folder: Path) -> Record:
    """rasp.json, checked to be ours, readable by this version, and whole."""
    if not folder.exists():
        raise damaged(folder, "does not exist", "`rasp compile FILE -o FOLDER` makes a checkpoint", "usage")
    if not folder.is_dir():
        raise damaged(
            folder, "is a file, not a checkpoint folder", "give the folder that it lies in", "usage"
        )
    path = folder / RECORD
    if not path.exists():
        hint = "a checkpoint is a folder written by `rasp compile FILE -o FOLDER`"
        raise damaged(folder, f"is not a checkpoint: it has no {RECORD}", hint, "usage")
    data = read_bytes(path)
    try:
        record = decode_json(data)
    except ValueError:
        raise damaged(path, "is damaged: it is not readable as JSON") from None
    if record.get("format") != FORMAT:
        raise damaged(path, "was not written by the RASP compiler", "give the folder of a compiled program")
    version = record.get("version")
    if type(version) is int and version > VERSION:
        reason = f"has format version {version}; this program reads versions up to {VERSION}"
        raise damaged(path, reason, "update the program, or compile again with this one")
    content = {key: value for key, value in record.items() if key != "checksum"}
    # Comparing the bytes as well catches a changed blank, which the content does not show.
    whole = record.get("checksum") == sha256(encode_json(content)) and data == encode_json(record)
    if not whole or version != VERSION or not isinstance(record.get("sha256"), dict):
        raise damaged(path, "is damaged: its contents have changed since it was written")
    return record


def read_arrays(data: bytes) -> dict[str, Array]:
    """The arrays in safetensors bytes, as float64."""
    return {name: array.astype(np.float64) for name, array in load_arrays(data).items()}


def read_bytes(path: Path) -> bytes:
    """A file's bytes. Raises `CheckpointError` when there are none to be had."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise damaged(path, "is missing") from None
    except OSError as error:
        raise damaged(path, f"cannot be read: {error.strerror}", "check its permissions") from None


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
