"""A superposed model as a folder of four files, like a checkpoint's, that says it is not certified.

    config.json, model.safetensors, tokenizer.json   as in a checkpoint (`compiler/export/checkpoint.py`)
    rasp.json           program, expressions, options, how right it was, directions, and a sha256 of every part

Writing is all or nothing, and the same model gives the same bytes. Reading trusts nothing.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from safetensors import SafetensorError
from safetensors.numpy import save as save_arrays

from compiler.config import Config
from compiler.emit.weights import Weights, list_shapes
from compiler.export.checkpoint import LAYOUT, write_folder
from compiler.export.files import (
    ARRAYS,
    CONFIG,
    HEADER,
    SUPERPOSED_FORMAT,
    TOKENIZER,
    ProgramText,
    count_weight_bytes,
    encode_arrays,
    read_arrays,
)
from compiler.export.folder import hash_bytes
from compiler.export.read_file import report_damage
from compiler.export.record_file import RECORD, open_record, read_kind, read_part, seal_record
from compiler.export.records import (
    ModelTooLarge,
    decode_json,
    encode_config,
    encode_json,
    encode_options,
    read_config,
    read_options,
)
from compiler.export.tokenizer import encode_tokenizer
from compiler.json_forms.training_forms import SuperposedRecord
from compiler.limits import JSON_BYTES
from compiler.options import CompileError
from compiler.strict_json.check_json import Record, hash_text
from compiler.strict_json.read_form import read_form
from compiler.trained.superposed import Direction, Outcome, Superposed

VERSION = 1
AGAIN = "train the model again"


def save_superposed(model: Superposed, folder: Path) -> None:
    """Write the folder as a whole. Raises `CheckpointError`, and then nothing has changed."""
    write_folder(folder, encode_superposed(model), LAYOUT)


def encode_superposed(model: Superposed) -> dict[str, bytes]:
    """File name → bytes."""
    config, program = model.weights.config, model.program
    files = {
        CONFIG: encode_json(encode_config(config)),
        ARRAYS: save_arrays(encode_arrays(model.weights), metadata={"format": "rasp"}),
        TOKENIZER: encode_json(encode_tokenizer(config.vocabulary)),
    }
    record: Record = {
        "format": SUPERPOSED_FORMAT,
        "version": VERSION,
        "certified": False,
        "program": {"name": program.name, "text": program.text, "loaded": dict(program.loaded)},
        "expressions": dict(model.expressions),
        "options": encode_options(model.options),
        "compiled_width": model.compiled_width,
        "seed": model.seed,
        "outcome": model.outcome.as_json(),
        "directions": [direction.as_json() for direction in model.directions],
        "sha256": {name: hash_bytes(data) for name, data in files.items()},
    }
    return files | {RECORD: seal_record(record)}


def is_superposed(folder: Path) -> bool:
    """Whether a folder's record says that it holds such a model."""
    return read_kind(folder).get("format") == SUPERPOSED_FORMAT


def read_superposed(folder: Path) -> Superposed:
    """The model in a folder. Raises `CheckpointError`."""
    record = open_record(folder, VERSION, AGAIN)
    try:
        form = read_form(SuperposedRecord, record)
        part = partial(read_named_part, folder, form["sha256"])
        config = read_config(decode_json(part(CONFIG, JSON_BYTES.most)))
        most = count_weight_bytes(config) + HEADER + HEADER * len(list_shapes(config))
        arrays = read_arrays(part(ARRAYS, most), config)
        part(TOKENIZER, JSON_BYTES.most)
        return superposed_of_record(form, Weights(config, arrays))
    except ModelTooLarge as error:
        raise report_damage(folder, f"describes a model that is too large: {error}") from None
    except (KeyError, TypeError, ValueError, SafetensorError, CompileError):
        raise report_damage(folder, "does not describe a model", AGAIN) from None


def read_named_part(folder: Path, hashes: Mapping[str, str], name: str, most: int) -> bytes:
    """A file that has the sha256 of the record. Raises `CheckpointError`; `KeyError`, `ValueError` for a bad record."""
    return read_part(folder, name, hash_text(hashes[name]), most, AGAIN)


def superposed_of_record(form: SuperposedRecord, weights: Weights) -> Superposed:
    """The model. Raises `ValueError` or `CompileError` where the record contradicts the weights."""
    program, outcome = form["program"], form["outcome"]
    directions = tuple(
        Direction(row["value"], row["column"], tuple(row["along"]), row["offset"], row["told"])
        for row in form["directions"]
    )
    if form["certified"]:
        raise ValueError("nothing trained is certified")
    check_agreement(form, weights.config, directions)
    return Superposed(
        weights=weights,
        program=ProgramText(program["name"], program["text"], program["loaded"]),
        expressions=form["expressions"],
        options=read_options(form["options"]),
        compiled_width=form["compiled_width"],
        seed=form["seed"],
        outcome=Outcome(
            outcome["inputs"],
            outcome["positions_right"],
            outcome["inputs_right"],
            outcome["steps"],
            outcome["stopped"],
        ),
        directions=directions,
    )


def check_agreement(form: SuperposedRecord, config: Config, directions: tuple[Direction, ...]) -> None:
    """Raise `ValueError` where a record speaks of another model than that of the weights."""
    options = form["options"]
    same = (
        list(form["expressions"]) == [output.name for output in config.outputs]
        and list(config.vocabulary) == options["vocabulary"]
        and config.max_length == options["max_length"]
        and config.attention == options["attention"]
        and all(len(direction.along) == config.d_model for direction in directions)
        and config.d_model < form["compiled_width"]
    )
    if not same:
        raise ValueError("the record speaks of another model")
