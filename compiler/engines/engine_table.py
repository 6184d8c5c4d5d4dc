"""Which engines there are, what they run, and how they are opened. One table; an engine is a row."""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from compiler.config import Config
from compiler.engines.ctranslate2_model import TranslateModel
from compiler.engines.llamacpp_model import LlamaModel
from compiler.engines.nanogpt_model import open_nanogpt
from compiler.engines.nnsight_model import NnsightModel
from compiler.engines.onnx_model import OnnxModel
from compiler.engines.openvino_model import OpenvinoModel
from compiler.engines.transformerlens_model import LensModel
from compiler.export.compiled import save
from compiler.export.stock_files import assemble_uniform
from compiler.formats.format_names import EngineName, FormatName, Precision
from compiler.formats.format_table import FORMATS
from compiler.formats.write_export import write_export
from compiler.model.foreign_model import ForeignModel
from compiler.model.stock_model import StockModel
from compiler.options import DIALECTS, Dialect
from compiler.pipeline import Compiled
from compiler.targets.target import FAMILY_TARGETS, find_target
from compiler.transformer.problem import make_model_error


@dataclass(frozen=True, eq=False)
class Opening:
    """A folder for an engine. `class_ids`: the id of each class, None for logits by class. `precision`: what it is asked to
    compute in; None: it is asked for nothing, and takes what it does by default."""

    folder: Path
    config: Config
    class_ids: Sequence[int] | None
    precision: Precision | None


@dataclass(frozen=True, eq=False)
class Engine:
    """`format`: what it reads of targets that this format holds; of others, or where it is None, the folder itself.
    `library`: the distribution, whose version is told. `ask`: how a user asks for float32, where that has to be asked
    for."""

    library: str
    format: FormatName | None
    targets: tuple[Dialect, ...]
    precisions: tuple[Precision, ...]
    open: Callable[[Opening], ForeignModel]
    ask: str = ""

    def find_version(self) -> str:
        """The version that is installed; empty where none is."""
        try:
            return version(self.library)
        except PackageNotFoundError:
            return ""

    def find_format(self, target: Dialect) -> FormatName | None:
        """What it reads a target's models in; None for their own folder."""
        return self.format if self.format and target in FORMATS[self.format].targets else None


@dataclass(frozen=True)
class EngineRequest:
    """An engine, what it is asked to compute in (None: it is asked for nothing), and a folder of its format that is there
    already, if one is."""

    engine: EngineName
    precision: Precision | None = "float32"
    folder: Path | None = None


def open_transformers(attention: str) -> Callable[[Opening], ForeignModel]:
    """transformers with one of its implementations of attention."""

    def opened(of: Opening) -> ForeignModel:
        assert of.class_ids is not None
        dtype = None if of.precision is None else getattr(torch, of.precision)
        return StockModel(of.folder, of.config, of.class_ids, dtype, attention)

    return opened


def run_transformers(attention: str) -> Engine:
    """The row of one of its implementations of attention."""
    precisions: tuple[Precision, ...] = ("float32", "bfloat16", "float16")
    return Engine(
        "transformers", None, FAMILY_TARGETS, precisions, open_transformers(attention), "dtype=torch.float32"
    )


ENGINES: Mapping[EngineName, Engine] = {
    "transformers-eager": run_transformers("eager"),
    "transformers-sdpa": run_transformers("sdpa"),
    "onnxruntime": Engine(
        "onnxruntime",
        "onnx",
        FORMATS["onnx"].targets,
        ("float32",),
        lambda of: OnnxModel(of.folder, of.config, of.class_ids),
    ),
    "openvino": Engine(
        "openvino",
        "onnx",
        FAMILY_TARGETS,  # it would make float32 of a plain graph's float64 logits
        ("float32", "bfloat16", "float16"),
        lambda of: OpenvinoModel(of.folder, of.config, of.class_ids, of.precision),
        'INFERENCE_PRECISION_HINT="f32"',
    ),
    "ctranslate2": Engine(
        "ctranslate2",
        "ctranslate2",
        FORMATS["ctranslate2"].targets,
        ("float32", "bfloat16", "float16"),
        lambda of: TranslateModel(of.folder, of.config, of.class_ids, of.precision),
        'compute_type="float32"',
    ),
    "transformerlens": Engine(
        "transformer-lens",
        "transformerlens",
        FORMATS["transformerlens"].targets + FORMATS["transformerlens"].opened,
        ("float32",),
        lambda of: LensModel(of.folder, of.config, of.class_ids),
    ),
    "nnsight": Engine(
        "nnsight",
        None,
        DIALECTS,
        ("float32",),
        lambda of: NnsightModel(of.folder, of.config, of.class_ids),
    ),
    "nanogpt": Engine(
        "torch",
        "nanogpt",
        FORMATS["nanogpt"].targets,
        ("float32",),
        lambda of: open_nanogpt(of.folder, of.config, of.class_ids),
    ),
    "llamacpp": Engine(
        "xllamacpp",
        "gguf",
        FORMATS["gguf"].targets,
        ("float32",),
        lambda of: LlamaModel(of.folder, of.config, of.class_ids, exact=of.precision is not None),
        "--cache-type-k f32 --cache-type-v f32 --flash-attn off",
    ),
}


def find_reader(to: FormatName) -> EngineName:
    """The engine that runs what is written in a format."""
    return next(name for name, engine in ENGINES.items() if engine.format == to)


def check_engine(request: EngineRequest, target: Dialect) -> None:
    """Raise `ModelError` for an engine that does not run such a model, or not so."""
    name, precision = request.engine, request.precision
    engine = ENGINES[name]
    if target not in engine.targets:
        runs = [other for other, row in ENGINES.items() if target in row.targets]
        hint = f"compile it with --target {' or '.join(engine.targets)}; {target} runs on {', '.join(runs)}"
        raise make_model_error(f"{name} does not run a model for {target}", hint, "usage")
    if precision is not None and precision not in engine.precisions:
        hint = f"it runs them in {' or '.join(engine.precisions)}"
        raise make_model_error(f"{name} does not run our models in {precision}", hint, "usage")


@contextmanager
def open_engine(request: EngineRequest, compiled: Compiled) -> Generator[ForeignModel]:
    """A compilation run by an engine, from a folder that is written for the time being if none is there. Raises
    `ModelError`."""
    check_engine(request, compiled.options.dialect)
    engine = ENGINES[request.engine]
    with TemporaryDirectory() as scratch:
        path = request.folder or write_folder_for(engine, compiled, Path(scratch) / "model")
        yield open_written(engine, compiled, path, request.precision)


def open_written(
    engine: Engine, compiled: Compiled, folder: Path, precision: Precision | None
) -> ForeignModel:
    """A compilation run by an engine, from a folder that it reads. Raises `ModelError`."""
    is_family = find_target(compiled.options).is_family
    class_ids = assemble_uniform(compiled).class_ids if is_family else None
    return engine.open(Opening(folder, compiled.weights.config, class_ids, precision))


def write_folder_for(engine: Engine, compiled: Compiled, path: Path) -> Path:
    """What the engine reads."""
    name = engine.find_format(compiled.options.dialect)
    if name is None:
        save(compiled, path)
    else:
        write_export(compiled, path, name)
    return path
