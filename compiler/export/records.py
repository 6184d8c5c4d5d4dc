"""Config and options as JSON data and back, strictly: reading refuses what writing would not have produced.

Atoms are JSON values and keep their kinds: 1, 1.0, true and "1" are four different values, and floats are
written with all their digits.
"""

import json
import math
import re
from typing import TypeVar, assert_never, cast

from compiler.config import Classes, Config, HeadShape, LayerShape, Output
from compiler.fraction_set import FractionSet
from compiler.joined_texts import JoinedTexts
from compiler.json_forms.compile_forms import FractionsRecord
from compiler.json_forms.model_forms import OptionsRecord, PromptsRecord
from compiler.limits import DESCRIBED, LENGTH, MODULES, ROWS
from compiler.options import DTYPES, CompileOptions, Dialect, Prompts
from compiler.targets.target import TARGETS
from rasp.arguments import ATTENTIONS
from rasp.values import Atom, is_atom

Record = dict[str, object]
OURS: tuple[Dialect, ...] = tuple(name for name, target in TARGETS.items() if not target.is_family)
"""What our decoder runs; folders for others are written by `compiler/export/stock_files.py`."""
Name = TypeVar("Name", bound=str)

HASH = re.compile("[0-9a-f]{64}")


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
        dialect=one_of(OURS, record["dialect"]),
        attention=one_of(ATTENTIONS, record["attention"]),
        vocabulary=atoms(record["vocabulary"]),
        max_length=check_size(record["max_length"]),
        d_model=check_size(record["d_model"]),
        layers=layers,
        outputs=outputs,
        has_positions=record["has_positions"] is True,
        dtype=one_of(DTYPES, record.get("dtype", "float32")),
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
        }
    return record


def read_options(record: OptionsRecord) -> CompileOptions:
    """The options in a record. Raises `CompileError` when they are none."""
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
    """What a decoder is asked."""
    return Prompts(tuple(record["vocabulary"]), record["max_length"], tuple(record["bars"]), record["end"])


def check_text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a string")
    return value


def one_of(names: tuple[Name, ...], value: object) -> Name:
    """One of the names of a kind."""
    for name in names:
        if name == value:
            return name
    raise ValueError(f"{value!r} is none of {', '.join(map(str, names))}")


def hash_text(value: object) -> str:
    """A sha256 in hexadecimal digits."""
    if not HASH.fullmatch(check_text(value)):
        raise ValueError(f"{value!r} is not a sha256")
    return check_text(value)


def check_size(value: object) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r} is not a size")
    return value


def check_number(value: object) -> int | float:
    if type(value) not in (int, float):
        raise ValueError(f"{value!r} is not a number")
    return cast(int | float, value)


def check_items(value: object) -> list[object]:
    if not isinstance(value, list):
        raise ValueError(f"{value!r} is not a list")
    return cast(list[object], value)


def check_mapping(value: object) -> Record:
    if not isinstance(value, dict):
        raise ValueError(f"{value!r} is not an object")
    return cast(Record, value)


def atoms(value: object) -> tuple[Atom, ...]:
    found = tuple(check_items(value))
    if not all(map(is_atom, found)):
        raise ValueError(f"{value!r} is not a list of numbers, strings and booleans")
    return cast(tuple[Atom, ...], found)


def encode_classes(classes: Classes) -> Record:
    """The values of an output, listed or described."""
    match classes:
        case FractionSet():
            return {"fractions": describe_fractions(classes)}
        case JoinedTexts():
            return {"parts": [list(part) for part in classes.parts]}
        case tuple():
            return {"classes": list(classes)}
        case _:
            assert_never(classes)


def describe_fractions(fractions: FractionSet) -> FractionsRecord:
    """The four numbers that say which they are."""
    return {
        "start": fractions.start,
        "step": fractions.step,
        "most": fractions.most,
        "longest": fractions.longest,
    }


def read_classes(output: Record) -> Classes:
    """The same of a record."""
    if len({"classes", "fractions", "parts"} & output.keys()) > 1:
        raise ValueError("the values of an output are told twice")
    if "parts" in output:
        return read_parts(output["parts"])
    if "fractions" not in output:
        return list_classes(output["classes"])
    found = check_mapping(output["fractions"])
    start, step = found["start"], found["step"]
    if not isinstance(start, float) or not isinstance(step, float):
        raise ValueError(f"fractions from {start!r}, {step!r} apart, are not told by floats")
    longest = check_size(found["longest"])
    if longest > LENGTH.most:
        raise ValueError(f"no mean is of {longest} numbers")
    described = FractionSet(start, step, check_size(found["most"]), longest)
    if len(described) <= DESCRIBED.most:
        raise ValueError(f"{described!r} would have been listed")
    return described


def read_parts(value: object) -> JoinedTexts:
    """Texts that are joined. Raises `ValueError` for so few that they would have been listed."""
    found = JoinedTexts(tuple(tuple(map(check_text, check_items(part))) for part in check_items(value)))
    if len(found) <= ROWS.most:
        raise ValueError(f"{found!r} would have been listed")
    return found


def list_classes(value: object) -> tuple[Atom | None, ...]:
    """The values of an output; null stands for no value."""
    found = check_items(value)
    atoms([item for item in found if item is not None])
    return cast(tuple[Atom | None, ...], tuple(found))
