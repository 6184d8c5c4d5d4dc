"""Which formats there are, what they hold, and how they are written. One table; a format is a row."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from compiler.export.compiled import make_checkpoint, save
from compiler.export.files import CONFIG, TOKENIZER, TOKENIZER_CONFIG, encode_files
from compiler.export.stock_files import assemble_uniform, encode_stock_files
from compiler.formats.format_names import FormatName
from compiler.formats.onnx_graph import encode_onnx
from compiler.formats.stock_onnx import encode_stock_onnx
from compiler.model.problem import make_model_error
from compiler.model.stock_model import StockModel
from compiler.options import DIALECTS, Dialect
from compiler.pipeline import Compiled

Files = dict[str, bytes]
ONNX = "model.onnx"


@dataclass(frozen=True, eq=False)
class Format:
    """`targets`: whose models can be written so; `write`: a compilation as files by name."""

    targets: tuple[Dialect, ...]
    write: Callable[[Compiled], Files]


def encode_export(name: FormatName, compiled: Compiled) -> Files:
    """The files of a compilation in a format. Raises `ModelError` for a format that does not hold it, or whose library is
    missing."""
    found, target = FORMATS[name], compiled.options.dialect
    if target not in found.targets:
        holds = [other for other, row in FORMATS.items() if target in row.targets]
        hint = f"compile it with --target {' or '.join(found.targets)}"
        others = f"; {target} can be written as {', '.join(holds)}" if holds else ""
        raise make_model_error(f"{name} does not hold a model for {target}", hint + others, "format")
    return found.write(compiled)


def write_onnx(compiled: Compiled) -> Files:
    """The graph, and beside it what says which token has which id, and which class is which value."""
    if compiled.options.dialect == "plain":
        own, beside = encode_files(make_checkpoint(compiled)), (CONFIG, TOKENIZER)
        graph = encode_onnx(compiled.weights)
    else:
        own, beside = encode_stock_files(compiled), (CONFIG, TOKENIZER, TOKENIZER_CONFIG)
        graph = with_folder(compiled, lambda folder: encode_stock_onnx(folder, open_stock(folder, compiled)))
    return {ONNX: graph} | {name: own[name] for name in beside}


def open_stock(folder: Path, compiled: Compiled) -> StockModel:
    """A folder for a family in transformers."""
    return StockModel(folder, compiled.weights.config, assemble_uniform(compiled).class_ids)


def with_folder(compiled: Compiled, make: Callable[[Path], bytes]) -> bytes:
    """What is made of the folder that a compilation is saved in."""
    with TemporaryDirectory() as folder:
        save(compiled, Path(folder) / "model")
        return make(Path(folder) / "model")


FORMATS: Mapping[FormatName, Format] = {
    "onnx": Format(DIALECTS, write_onnx),
}
