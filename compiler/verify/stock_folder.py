"""A folder for a family: opened, and run in its own software in every way in which that is done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from compiler.engines.recompile_folder import recompile_folder
from compiler.export.recompile import Standing
from compiler.export.stock_files import assemble_uniform
from compiler.model.runner import Model, Reading
from compiler.model.stock_model import StockModel
from compiler.pipeline import Compiled
from compiler.verify.chosen_inputs import Word
from compiler.verify.readers import Reader
from rasp.arguments import Attention


@dataclass(frozen=True, eq=False)
class OpenFolder:
    """The model, the program compiled again, and whether the folder is what that gives."""

    model: StockModel
    compiled: Compiled
    standing: Standing


def open_stock_folder(folder: Path) -> OpenFolder:
    """Open a folder in transformers. Raises `CheckpointError`, `ModelError`, `RaspError`, and `CompileError` where this
    version refuses the program."""
    found = recompile_folder(folder)
    compiled = found.compiled
    model = StockModel(folder, compiled.weights.config, assemble_uniform(compiled).class_ids)
    model.prompts = compiled.options.prompts
    return OpenFolder(model, compiled, found.standing)


def read_left(model: Model, inputs: Sequence[Word]) -> list[Reading]:
    """Padded on the left, as for generating."""
    rows = [model.encode(tokens) for tokens in inputs]
    return model.decode(cast(StockModel, model).padded_left(rows), [len(row) for row in rows])


def read_right(model: Model, inputs: Sequence[Word]) -> list[Reading]:
    """One batch of several lengths, padded on the right."""
    rows = [model.encode(tokens) for tokens in inputs]
    return model.decode(model.logits(rows), [len(row) for row in rows])


def read_cached(model: Model, inputs: Sequence[Word]) -> list[Reading]:
    """Position after position with a cache."""
    rows = [model.encode(tokens) for tokens in inputs]
    return model.decode(cast(StockModel, model).cached(rows), [len(row) for row in rows])


def read_text(model: Model, inputs: Sequence[Word]) -> list[Reading]:
    """Of texts, by the folder's tokenizer."""
    rows = [cast(StockModel, model).tokenize(tokens) for tokens in inputs]
    return model.decode(model.logits(rows), [len(row) for row in rows])


FULL_READERS: Mapping[str, Reader] = {"padded": read_right, "tokenizer": read_text}
STOCK_READERS: Mapping[Attention, Mapping[str, Reader]] = {
    "full": FULL_READERS,
    "causal": {**FULL_READERS, "padded left": read_left, "cached": read_cached},
}
