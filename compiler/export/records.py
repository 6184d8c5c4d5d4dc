"""Config and options as JSON data and back, strictly: reading refuses what writing would not have produced.

Atoms are JSON values and keep their kinds: 1, 1.0, true and "1" are four different values, and floats are
written with all their digits.
"""

import json
import math
from typing import cast

from compiler.config import Config, HeadShape, LayerShape, Output
from compiler.export.read_file import CheckpointError
from compiler.json_forms.model_forms import OptionsRecord, PromptsRecord
from compiler.limits import MODULES
from compiler.options import DTYPES, CompileOptions, Dialect, Prompts
from compiler.strict_json.check_json import (
    Record,
    check_atoms,
    check_items,
    check_mapping,
    check_name,
    check_size,
    check_text,
)
from compiler.strict_json.class_records import encode_classes, read_classes
from compiler.targets.target import TARGETS
from rasp.arguments import ATTENTIONS
from rasp.diagnostics import Diagnostic

OURS: tuple[Dialect, ...] = tuple(name for name, target in TARGETS.items() if not target.is_family)
"""What our decoder runs; folders for others are written by `compiler/export/stock_files.py`."""
DECODER_VERSION = 2
"""Of what the decoder of a program means (`compiler/completions/decoder_graph.py`): another one for any change to what it
writes, be it behind texts that are no prompts."""


class ModelTooLarge(Exception):
    """A config describes a model beyond all that we write. Its text says what it has, and the limit."""

    def __init__(self, has: str, most: int) -> None:
        super().__init__(f"it has {has}, and at most {most:,} can be kept")


def check_modules(heads_per_layer: list[int]) -> None:
    """Raise `ModelTooLarge` for more layers and heads than we write; a decoder of many takes minutes to build."""
    modules = len(heads_per_layer) + sum(heads_per_layer)
    if modules > MODULES.most:
        raise ModelTooLarge(f"{modules:,} layers and heads", MODULES.most)


def encode_json(data: object) -> bytes:
    """Canonical bytes of JSON data: indented, ASCII, one newline at the end.

    Raises `ValueError` for a number that JSON cannot hold.
    """
    return json.dumps(data, indent=1, ensure_ascii=True, allow_nan=False).encode("ascii") + b"\n"


def decode_json(data: bytes) -> Record:
    """The object in JSON bytes. Raises `ValueError` when there is none."""
    try:
        found = json.loads(data.decode("utf-8"), parse_constant=finite, parse_float=finite)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")
    return cast(Record, found)


def finite(digits: str) -> float:
    """A JSON number with a point or exponent. Raises `ValueError` for NaN and for what float64 cannot hold."""
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits} is not a finite number")
    return number


def encode_config(config: Config) -> Record:
    """A config as JSON data; the dtype only where it is not float32, an end where there is one."""
    record: Record = {
        "dialect": config.dialect,
        "attention": config.attention,
        "max_length": config.max_length,
        "d_model": config.d_model,
        "has_positions": config.has_positions,
        "bos": config.bos,
        "vocabulary": list(config.vocabulary),
        "layers": [
            {"heads": [[head.d_key, head.d_value] for head in layer.heads], "d_mlp": layer.d_mlp}
            for layer in config.layers
        ],
        "outputs": [
            {"name": output.name}
            | encode_classes(output.classes)
            | ({"nearest": True} if output.nearest else {})
            for output in config.outputs
        ],
    }
    if config.dtype != "float32":
        record["dtype"] = config.dtype
    return record if config.end is None else record | {"end": config.end}


def read_config(record: Record) -> Config:
    """The config in a record. Raises `ValueError` when it is not one, `ModelTooLarge` when nothing could run it."""
    check_modules(
        [len(check_items(layer["heads"])) for layer in map(check_mapping, check_items(record["layers"]))]
    )
    layers = tuple(
        LayerShape(
            tuple(
                HeadShape(*(check_size(n) for n in check_items(pair))) for pair in check_items(layer["heads"])
            ),
            check_size(layer["d_mlp"]),
        )
        for layer in map(check_mapping, check_items(record["layers"]))
    )
    outputs = tuple(
        Output(check_text(output["name"]), read_classes(output), output.get("nearest") is True)
        for output in map(check_mapping, check_items(record["outputs"]))
    )
    return Config(
        dialect=check_name(OURS, record["dialect"]),
        attention=check_name(ATTENTIONS, record["attention"]),
        vocabulary=check_atoms(record["vocabulary"]),
        max_length=check_size(record["max_length"]),
        d_model=check_size(record["d_model"]),
        layers=layers,
        outputs=outputs,
        has_positions=record["has_positions"] is True,
        dtype=check_name(DTYPES, record.get("dtype", "float32")),
        end=check_text(record["end"]) if "end" in record else None,
    )


def encode_options(options: CompileOptions) -> OptionsRecord:
    """Compile options as JSON data; all from `without` on only where asked for."""
    record: OptionsRecord = {
        "vocabulary": list(options.vocabulary),
        "max_length": options.max_length,
        "attention": options.attention,
        "dialect": options.dialect,
        "level": options.level,
    }
    if options.without:
        record["without"] = list(options.without)
    if options.no_value:
        record["no_value"] = True
    if options.margin:
        record["margin"] = options.margin
    if options.rotation is not None:
        record["rotation"] = options.rotation
    if options.dtype != "float32":
        record["dtype"] = options.dtype
    if options.prompts is not None:
        prompts = options.prompts
        record["prompts"] = {
            "vocabulary": list(prompts.vocabulary),
            "max_length": prompts.max_length,
            "bars": list(prompts.bars),
            "end": prompts.end,
            "version": DECODER_VERSION,
        }
        if not prompts.bounded:
            record["prompts"]["bounded"] = False
    return record


def read_options(record: OptionsRecord) -> CompileOptions:
    """The options in a record. Raises `CompileError` when they are none, `CheckpointError` for those of another decoder."""
    return CompileOptions(
        vocabulary=tuple(record["vocabulary"]),
        max_length=record["max_length"],
        attention=record["attention"],
        dialect=record["dialect"],
        level=record["level"],
        without=tuple(record.get("without", ())),
        no_value=record.get("no_value", False),
        margin=record.get("margin", 0.0),
        rotation=record.get("rotation"),
        dtype=record.get("dtype", "float32"),
        prompts=read_prompts(record["prompts"]) if "prompts" in record else None,
    )


def read_prompts(record: PromptsRecord) -> Prompts:
    """What a decoder is asked. Raises `CheckpointError` for one of another version."""
    if record.get("version", 1) != DECODER_VERSION:
        message = "this decoder is of another version of this program, in which decoders write otherwise"
        raise CheckpointError(Diagnostic(message, hint="compile the program again", code="version"))
    vocabulary, bars = tuple(record["vocabulary"]), tuple(record["bars"])
    return Prompts(vocabulary, record["max_length"], bars, record["end"], record.get("bounded", True))
