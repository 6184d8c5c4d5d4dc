"""Which formats there are, what they hold, and how they are written. One table; a format is a row."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from safetensors.numpy import save as save_arrays

from compiler.emit.weights import check_listed
from compiler.export.compiled import make_checkpoint, save
from compiler.export.files import ARRAYS, CONFIG, TOKENIZER, TOKENIZER_CONFIG, encode_files
from compiler.export.records import encode_config, encode_json
from compiler.export.stock_files import assemble_uniform, encode_stock_files, find_middle_class
from compiler.export.tokenizer import encode_tokenizer
from compiler.formats.ctranslate2_files import convert_to_ctranslate2
from compiler.formats.format_names import FormatName
from compiler.formats.gguf_files import encode_gguf
from compiler.formats.nanogpt_files import encode_nanogpt
from compiler.formats.onnx_graph import encode_onnx
from compiler.formats.stock_onnx import encode_stock_onnx
from compiler.formats.transformerlens_files import (
    check_single_logits,
    describe_bridge,
    name_bridge_arrays,
)
from compiler.model.stock_model import StockModel
from compiler.options import DIALECTS, DTYPES, Dialect, Dtype
from compiler.pipeline import Compiled
from compiler.targets.target import find_target
from compiler.transformer.problem import make_model_error

Files = dict[str, bytes]
Made = TypeVar("Made")
ONNX, CLASSES = "model.onnx", "classes.json"


@dataclass(frozen=True, eq=False)
class Format:
    """`targets`: whose models can be written so; `write`: a compilation as files by name; `dtypes`: what they compute
    in; `opened`: of which targets its library opens the folder as it is."""

    targets: tuple[Dialect, ...]
    write: Callable[[Compiled], Files]
    dtypes: tuple[Dtype, ...] = ("float32",)
    opened: tuple[Dialect, ...] = ()


def encode_export(name: FormatName, compiled: Compiled) -> Files:
    """The files of a compilation in a format. Raises `ModelError` for a format that does not hold it, or whose library is
    missing."""
    found, target = FORMATS[name], compiled.options.dialect
    if target in found.opened:
        message = f"a model for {target} is not written for {name}, which opens its folder as it is"
        hint = f"run it there by --engine {name} of `rasp verify`; what is written is compiled with "
        raise make_model_error(message, f"{hint}--target {' or '.join(found.targets)}", "format")
    if target not in found.targets:
        holds = [other for other, row in FORMATS.items() if target in row.targets]
        hint = f"compile it with --target {' or '.join(found.targets)}"
        others = f"; {target} can be written as {', '.join(holds)}" if holds else ""
        raise make_model_error(f"{name} does not hold a model for {target}", hint + others, "format")
    if compiled.options.dtype not in found.dtypes:
        message = f"{name} holds {' or '.join(found.dtypes)}, and this model is {compiled.options.dtype}"
        hint = "compile it with another --dtype, if that holds, or write it as " + ", ".join(
            other for other, row in FORMATS.items() if compiled.options.dtype in row.dtypes
        )
        raise make_model_error(message, hint, "format")
    return found.write(compiled)


def write_onnx(compiled: Compiled) -> Files:
    """The graph, and beside it what says which token has which id, and which class is which value."""
    if find_target(compiled.options).is_family:
        own, beside = encode_stock_files(compiled), (CONFIG, TOKENIZER, TOKENIZER_CONFIG)
        graph = with_folder(compiled, lambda folder: encode_stock_onnx(folder, open_stock(folder, compiled)))
    else:
        own, beside = encode_files(make_checkpoint(compiled)), (CONFIG, TOKENIZER)
        graph = encode_onnx(compiled.weights)
    return {ONNX: graph} | {name: own[name] for name in beside}


def open_stock(folder: Path, compiled: Compiled) -> StockModel:
    """A folder for a family in transformers."""
    return StockModel(folder, compiled.weights.config, assemble_uniform(compiled).class_ids)


def with_folder(compiled: Compiled, make: Callable[[Path], Made]) -> Made:
    """What is made of the folder that a compilation is saved in."""
    with TemporaryDirectory() as folder:
        save(compiled, Path(folder) / "model")
        return make(Path(folder) / "model")


def write_ctranslate2(compiled: Compiled) -> Files:
    """What its converter makes of the family's folder, and the tokenizer."""
    own = encode_stock_files(compiled)
    return with_folder(compiled, convert_to_ctranslate2) | {TOKENIZER: own[TOKENIZER]}


def write_transformerlens(compiled: Compiled) -> Files:
    """The bridge's config and arrays; and what says which class is which value, as our own config does."""
    weights = compiled.weights
    if len(weights.config.outputs) != 1:
        raise make_model_error(
            "TransformerLens has one output at each position",
            "compile each output into a folder of its own",
            "format",
        )
    check_listed(weights.config, "TransformerLens")
    check_single_logits(compiled)
    arrays = name_bridge_arrays(weights, find_middle_class(compiled))
    return {
        CONFIG: encode_json(describe_bridge(weights)),
        ARRAYS: save_arrays(arrays, metadata={"format": "pt"}),
        TOKENIZER: encode_json(encode_tokenizer(weights.config.vocabulary)),
        CLASSES: encode_json(encode_config(weights.config)),
    }


FORMATS: Mapping[FormatName, Format] = {
    "onnx": Format(DIALECTS, write_onnx, DTYPES),
    "ctranslate2": Format(("gpt2",), write_ctranslate2),
    "transformerlens": Format(("plain",), write_transformerlens, opened=("gpt2", "opt")),
    "nanogpt": Format(("gpt2",), encode_nanogpt),
    "gguf": Format(("llama",), encode_gguf),
}
