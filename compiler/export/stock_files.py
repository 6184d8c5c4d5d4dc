"""A compilation for a family as the folder that its software opens, beside our record of the program.

    config.json, generation_config.json      the family's settings; nothing that runs code
    model.safetensors                        float32, under the family's names
    tokenizer.json, tokenizer_config.json    token text → id; BOS is put in front
    README.md                                the model card, made from program and certificate
    rasp.json                                program, expression, options, sizes, and a sha256 of every other file

The same compilation always gives the same bytes: compiling the program again tells whether a folder is what it was.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import numpy as np
from safetensors.numpy import save as save_arrays

from compiler.blocks.block import MARK
from compiler.config import Config
from compiler.export.files import (
    ARRAYS,
    CARD,
    CONFIG,
    GENERATION,
    STOCK_FORMAT,
    TOKENIZER,
    TOKENIZER_CONFIG,
    ProgramText,
)
from compiler.export.folder import hash_bytes
from compiler.export.model_card import write_card
from compiler.export.read_file import CheckpointError, read_file, report_damage
from compiler.export.record_file import RECORD, open_record, read_kind, read_part, seal_record
from compiler.export.records import encode_json, encode_options, read_options
from compiler.export.stock_tokenizer import (
    encode_stock_tokenizer,
    encode_tokenizer_config,
    name_ids,
    name_labels,
)
from compiler.json_forms.compile_forms import ExportFolderRecord, StockFolderRecord
from compiler.json_forms.model_forms import Summary
from compiler.limits import JSON_BYTES
from compiler.numerics.rounding import find_middle
from compiler.options import CompileError, CompileOptions
from compiler.pipeline import Compiled
from compiler.plan.layers import Plan
from compiler.plan.layout import place_weights, weigh_form
from compiler.stock.array_names import FAMILIES
from compiler.stock.turned_heads import take_turned_heads
from compiler.stock.uniform import Making, UniformWeights, make_uniform
from compiler.strict_json.check_json import Record, hash_text
from compiler.strict_json.read_form import read_form
from compiler.targets.target import find_target
from rasp.diagnostics import Diagnostic

STOCK_VERSION = 1
AGAIN = "compile the program again"


@dataclass(frozen=True)
class StockRecord:
    """What rasp.json says was compiled, its sizes before they were padded, and the sha256 of each other file."""

    program: ProgramText
    expressions: Mapping[str, str]
    options: CompileOptions
    hashes: Mapping[str, str]
    summary: Summary


def assemble_uniform(
    compiled: Compiled, reach: float | None = None, *, balanced: bool | None = None
) -> UniformWeights:
    """The uniform weights of a compilation for a family. `reach`: how large all columns together are; `balanced`: whether
    their sum is kept at 0, beside a column of zeros, instead of as it was compiled."""
    layout = compiled.layout
    found = float((compiled.bounds.sizes / layout.scales).sum()) if reach is None else reach
    target, middle = find_target(compiled.options), find_middle_class(compiled)
    kept = balanced is None
    balanced = layout.balanced if balanced is None else balanced
    scales = np.ones(layout.d_model)
    scales[list(layout.places)] = layout.scales
    weights, proxies, turned = compiled.weights, layout.proxies if kept else (), None
    if places := [layout.places[column] for column in layout.turning]:
        weights, turned = take_turned_heads(weights, places, place_weights(weigh_form(MARK, layout), layout))
        scales = np.delete(scales, places)
        proxies = tuple(place - sum(other < place for other in places) for place in proxies)
    return make_uniform(
        weights,
        target,
        Making(
            found,
            middle,
            compiled.options.margin,
            balanced,
            scales,
            proxies,
            find_squares(compiled.plan),
            turned,
        ),
    )


def find_squares(plan: Plan) -> dict[int, tuple[range, ...]]:
    """By layer, the hidden units of the plain model that square something."""
    found: dict[int, tuple[range, ...]] = {}
    for number, layer in enumerate(plan.layers):
        ends = accumulate(lookup.stairs.units for lookup in layer.lookups)
        found[number] = tuple(
            range(end - lookup.stairs.units, end)
            for lookup, end in zip(layer.lookups, ends, strict=True)
            if lookup.squares
        )
    return found


def find_middle_class(compiled: Compiled) -> int | None:
    """The class in the middle of nearest-value logits, which float32 holds best when they are told from there; None for
    logits of another kind."""
    [readout] = compiled.plan.readouts
    if readout.hot:
        return None
    return int(np.flatnonzero(readout.centers == find_middle(readout.centers))[0])


def encode_stock_files(compiled: Compiled) -> dict[str, bytes]:
    """File name → bytes. Raises `CheckpointError` where float32 cannot hold a weight, `CompileError` for a token that no
    text can hold."""
    family = FAMILIES[compiled.options.dialect]
    check_words(compiled)
    weights, config = assemble_uniform(compiled), compiled.weights.config
    target = find_target(compiled.options)
    answers = dict(zip(weights.class_ids, config.outputs[0].classes, strict=True))
    words = name_ids(config, {} if target.labels else answers)
    bos, eos, positions = config.bos, config.bos + 1, weights.shape.positions
    ends: Record = {"bos_token_id": bos, "eos_token_id": eos, "pad_token_id": eos}
    settings: Record = {
        "architectures": [family.architecture],
        **family.settings(weights.shape),
        "vocab_size": weights.shape.ids,
        **(describe_labels(config) if target.labels else {"tie_word_embeddings": False}),
        "dtype": "float32",
        **ends,
    }
    arrays = {name: np.ascontiguousarray(array) for name, array in family.name_arrays(weights).items()}
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            message = f"the array {name} holds a number that is too large for float32"
            raise CheckpointError(Diagnostic(message, hint="use a smaller maximum length", code="overflow"))
    files = {
        CONFIG: encode_json(settings),
        GENERATION: encode_json({**ends, "do_sample": False, "max_length": positions}),
        ARRAYS: save_arrays(arrays, metadata={"format": "pt"}),
        TOKENIZER: encode_json(encode_stock_tokenizer(config, words)),
        TOKENIZER_CONFIG: encode_json(encode_tokenizer_config(config, words)),
        CARD: write_card(compiled, weights, family).encode(),
    }
    return files | {RECORD: encode_stock_record(compiled, files, {"format": STOCK_FORMAT})}


def check_words(compiled: Compiled) -> None:
    """Raise `CompileError` for a decoder that would have two ids for one word: it could not go on with the second."""
    config = compiled.weights.config
    classes = config.outputs[0].classes
    if config.end is not None and len(set(classes)) < len(classes):
        message = "this decoder tells some words apart from others in several ways, and here each has one id"
        hint = "compile it for another length, or with --target plain"
        raise CompileError(Diagnostic(message, hint=hint, code="target"))


def describe_labels(config: Config) -> Record:
    """Which label is which class, as settings have it."""
    labels = name_labels(config)
    return {
        "id2label": {str(i): label for i, label in enumerate(labels)},
        "label2id": {label: i for i, label in enumerate(labels)},
    }


def encode_stock_record(compiled: Compiled, files: Mapping[str, bytes], kind: Record) -> bytes:
    """The bytes of rasp.json beside the other files; `kind` says what for."""
    program = compiled.program
    record: Record = {
        **kind,
        "version": STOCK_VERSION,
        "program": {"name": program.source.name, "text": program.source.text, "loaded": dict(program.loaded)},
        "expressions": dict(compiled.expressions),
        "options": encode_options(compiled.options),
        "summary": compiled.summary,
        "sha256": {name: hash_bytes(data) for name, data in files.items()},
    }
    return seal_record(record)


def is_stock(folder: Path) -> bool:
    """Whether a folder's record says that it is one for a family."""
    return read_kind(folder).get("format") == STOCK_FORMAT


def read_stock_record(folder: Path) -> StockRecord:
    """What the record of such a folder says. Raises `CheckpointError`."""
    record = open_record(folder, STOCK_VERSION, AGAIN)
    try:
        said = read_form(
            StockFolderRecord if record["format"] == STOCK_FORMAT else ExportFolderRecord, record
        )
        program = said["program"]
        return StockRecord(
            program=ProgramText(program["name"], program["text"], program["loaded"]),
            expressions=said["expressions"],
            options=read_options(said["options"]),
            hashes={name: hash_text(digest) for name, digest in said["sha256"].items()},
            summary=said["summary"],
        )
    except (KeyError, TypeError, ValueError, CompileError):
        raise report_damage(folder / RECORD, "does not describe a compilation") from None


def list_stock_differences(folder: Path, record: StockRecord, files: Mapping[str, bytes]) -> list[str]:
    """The files that are not what the compilation gives, in words. Raises `CheckpointError` for one that cannot be read, or
    is not what the record says that was written."""
    for name in sorted({*files} - {*record.hashes, RECORD}):
        raise report_damage(folder / RECORD, f"says nothing of {name}", AGAIN)
    found = {
        name: read_part(folder, name, digest, len(files.get(name, b"")) + JSON_BYTES.most, AGAIN)
        for name, digest in record.hashes.items()
    }
    found[RECORD] = read_file(folder / RECORD, JSON_BYTES.most)
    return [
        f"its {name} is not what this version compiles the program to"
        for name, data in files.items()
        if found[name] != data
    ]
