"""The four files of a checkpoint as bytes, and back. The same checkpoint always gives the same bytes.

Reading trusts nothing, also where all hashes are right: what contradicts the rest, or would not have been written
like this, is a `CheckpointError`; so is what is larger than any model of ours.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from compiler.config import Config
from compiler.emit.weights import Array, Weights, is_in_unembedding, list_shapes
from compiler.export.consistency import find_contradictions
from compiler.export.folder import hash_bytes
from compiler.export.read_file import CheckpointError, report_damage, report_unsettled
from compiler.export.record_file import CHANGED, RECORD, check_whole, seal_record
from compiler.export.records import (
    ModelTooLarge,
    check_modules,
    decode_json,
    encode_config,
    encode_json,
    encode_options,
    read_config,
    read_options,
)
from compiler.export.tokenizer import encode_tokenizer
from compiler.json_forms.model_forms import CheckpointRecord, Summary, SymbolMap
from compiler.limits import ARRAY_BYTES, JSON_BYTES
from compiler.options import CompileError, CompileOptions, Dtype
from compiler.strict_json.check_json import Record, check_mapping, hash_text
from compiler.strict_json.read_form import read_form
from rasp.diagnostics import Diagnostic

FORMAT = "rasp-checkpoint"
VERSION = 2
CONFIG, ARRAYS, TOKENIZER = "config.json", "model.safetensors", "tokenizer.json"
PARTS = (CONFIG, ARRAYS, TOKENIZER)
FILES = (*PARTS, RECORD)
#: What a folder for a family holds besides a record (`compiler/export/stock_files.py`).
STOCK_FORMAT = "rasp-stock"
#: What `rasp export` writes (`compiler/formats/write_export.py`).
EXPORT_FORMAT = "rasp-export"
#: What `rasp compile --disguise superpose=K` writes (`compiler/trained/superposed_files.py`).
SUPERPOSED_FORMAT = "rasp-superposed"
CARD, GENERATION, TOKENIZER_CONFIG = "README.md", "generation_config.json", "tokenizer_config.json"
STOCK_PARTS = (CONFIG, GENERATION, ARRAYS, TOKENIZER, TOKENIZER_CONFIG, CARD)
#: Bytes that the file of arrays has for each of them besides, and once more.
HEADER = 1000

#: Reads the file of a name and sha256 ("" for any contents) that has at most so many bytes.
Read = Callable[[str, str, int], bytes]


@dataclass(frozen=True)
class ProgramText:
    """A program's own text, and the texts it loaded by the name under which it loaded them."""

    name: str
    text: str
    loaded: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """What a checkpoint holds. `expressions` maps output names to RASP; the last two are as in rasp.json."""

    weights: Weights
    program: ProgramText
    expressions: Mapping[str, str]
    options: CompileOptions
    symbols: SymbolMap
    summary: Summary

    def __repr__(self) -> str:
        return f"<checkpoint of {', '.join(self.expressions)}: {self.weights!r}>"


def encode_files(checkpoint: Checkpoint) -> dict[str, bytes]:
    """File name → bytes. The same checkpoint always gives the same bytes. Raises `CheckpointError` if it is too large."""
    config = checkpoint.weights.config
    hint = "use a smaller vocabulary or maximum length"
    try:
        count_weight_bytes(config)
    except ModelTooLarge as error:
        raise CheckpointError(Diagnostic(f"the model is too large: {error}", hint=hint)) from None
    files = {
        CONFIG: encode_json(encode_config(config)),
        ARRAYS: save_arrays(encode_arrays(checkpoint.weights), metadata={"format": "rasp"}),
        TOKENIZER: encode_json(encode_tokenizer(config.vocabulary)),
    }
    files[RECORD] = encode_record(checkpoint, files)
    for name in (CONFIG, TOKENIZER, RECORD):
        if len(files[name]) > JSON_BYTES.most:
            message = f"the model is too large: {name} would have {len(files[name]):,} bytes"
            raise CheckpointError(Diagnostic(message, hint=hint))
    return files


def encode_record(checkpoint: Checkpoint, files: Mapping[str, bytes]) -> bytes:
    """The bytes of rasp.json beside the other files."""
    program = checkpoint.program
    source: Record = {"name": program.name, "text": program.text, "loaded": dict(program.loaded)}
    record: Record = {
        "format": FORMAT,
        "version": VERSION,
        "program": source,
        "expressions": dict(checkpoint.expressions),
        "options": encode_options(checkpoint.options),
        "summary": checkpoint.summary,
        "symbols": checkpoint.symbols,
        "sha256": {name: hash_bytes(files[name]) for name in PARTS}
        | {"program": hash_bytes(encode_json(source))},
    }
    return seal_record(record)


def stored_type(name: str, config: Config) -> Dtype:
    """How a file holds an array: the unembedding in float64, since nearest-value logits of close values need it."""
    return "float64" if is_in_unembedding(name) else config.dtype


def encode_arrays(weights: Weights) -> dict[str, np.ndarray]:
    """Arrays as the file holds them. Raises `CheckpointError` when the dtype cannot hold a weight."""
    stored: dict[str, np.ndarray] = {}
    for name, array in weights.arrays.items():
        with np.errstate(over="ignore"):
            stored[name] = np.ascontiguousarray(array, dtype=stored_type(name, weights.config))
        if not np.isfinite(stored[name]).all():
            message = f"the array {name} holds a number that is too large for a checkpoint"
            raise CheckpointError(Diagnostic(message, hint="use a smaller maximum length", code="overflow"))
    return stored


def count_weight_bytes(config: Config) -> int:
    """The bytes of all arrays of a model. Raises `ModelTooLarge`, before anything of that size exists."""
    check_modules([len(layer.heads) for layer in config.layers])
    # Python's numbers: sizes from a file may be beyond numpy's.
    shapes = list_shapes(config).items()
    needed = sum(math.prod(shape) * np.dtype(stored_type(name, config)).itemsize for name, shape in shapes)
    if needed > ARRAY_BYTES.most:
        raise ModelTooLarge(f"weights of {needed:,} bytes", ARRAY_BYTES.most)
    return needed


def decode_files(folder: Path, read: Read) -> Checkpoint:
    """The checkpoint in files that `read` gives; `folder` stands in messages. Raises `CheckpointError`."""
    data = read(RECORD, "", JSON_BYTES.most)
    record = decode_record(folder / RECORD, data)

    def part(name: str, most: int) -> bytes:
        digest = hash_text(check_mapping(record["sha256"])[name])
        found = read(name, digest, most)
        if hash_bytes(found) != digest:
            raise report_unsettled(folder / name, CHANGED)
        return found

    try:
        files = {CONFIG: part(CONFIG, JSON_BYTES.most)}
        config = read_config(decode_json(files[CONFIG]))
        files[ARRAYS] = part(ARRAYS, count_weight_bytes(config) + HEADER + HEADER * len(list_shapes(config)))
        files[TOKENIZER] = part(TOKENIZER, JSON_BYTES.most)
        checkpoint = checkpoint_of_record(record, Weights(config, read_arrays(files[ARRAYS], config)))
        check(folder, checkpoint, files | {RECORD: data})
    except ModelTooLarge as error:
        raise report_damage(folder / CONFIG, f"describes a model that is too large: {error}") from None
    except (KeyError, TypeError, ValueError, SafetensorError, CompileError):
        raise report_damage(folder, "does not describe a model, though its checksums are right") from None
    return checkpoint


def checkpoint_of_record(data: Record, weights: Weights) -> Checkpoint:
    """The checkpoint of a rasp.json and weights. Raises `ValueError` or `CompileError` if it is none."""
    record = read_form(CheckpointRecord, data)
    program = record["program"]
    return Checkpoint(
        weights=weights,
        program=ProgramText(program["name"], program["text"], program["loaded"]),
        expressions=record["expressions"],
        options=read_options(record["options"]),
        symbols=record["symbols"],
        summary=record["summary"],
    )


def check(folder: Path, checkpoint: Checkpoint, files: Mapping[str, bytes]) -> None:
    """Raise `CheckpointError` where files contradict each other, or hold anything that we would not have written."""
    config, options = checkpoint.weights.config, checkpoint.options
    found = find_contradictions(
        checkpoint.weights, checkpoint.expressions, options, checkpoint.summary, checkpoint.symbols
    )
    for reason in found:
        raise report_damage(folder, f"contradicts itself: {reason}")
    written = {
        CONFIG: encode_json(encode_config(config)),
        TOKENIZER: encode_json(encode_tokenizer(config.vocabulary)),
        RECORD: encode_record(checkpoint, files),
    }
    for name, data in written.items():
        if data != files[name]:
            raise report_damage(folder / name, "is not what the rest of the checkpoint asks for")


def decode_record(path: Path, data: bytes) -> Record:
    """A rasp.json, checked to be ours, readable by this version, and whole. Raises `CheckpointError`."""
    try:
        record = decode_json(data)
    except ValueError:
        raise report_damage(path, "is damaged: it is not readable as JSON") from None
    if record.get("format") in (STOCK_FORMAT, EXPORT_FORMAT):
        hint = "`rasp verify` and `rasp apply` run it, and so does its own software"
        raise report_damage(
            path, "is of a folder for other software, not of a checkpoint of ours", hint, "usage"
        )
    if record.get("format") == SUPERPOSED_FORMAT:
        hint = "`rasp info`, `rasp verify` and `rasp apply` read it, and say so"
        raise report_damage(path, "is of a model that was trained and is not certified", hint, "usage")
    if record.get("format") != FORMAT:
        raise report_damage(
            path, "was not written by the RASP compiler", "give the folder of a compiled program"
        )
    version = record.get("version")
    if type(version) is int and version > VERSION:
        reason = f"has format version {version}; this program reads version {VERSION}"
        raise report_damage(path, reason, "update the program, or compile again with this one")
    if type(version) is int and 0 < version < VERSION:
        reason = f"has format version {version}; this program reads version {VERSION}, whose arrays have other names"
        raise report_damage(path, reason, "compile the program again: its text stands in this file")
    if type(version) is not int or version != VERSION:
        raise report_damage(path, CHANGED)
    check_whole(path, record, data)
    return record


def read_arrays(data: bytes, config: Config) -> dict[str, Array]:
    """The arrays in safetensors bytes, as float64. Raises `ValueError` for one of another type than we write."""
    arrays = load_arrays(data)
    for name, array in arrays.items():
        if array.dtype != stored_type(name, config):
            raise ValueError(f"the array {name} has the type {array.dtype}")
    return {name: array.astype(np.float64) for name, array in arrays.items()}
