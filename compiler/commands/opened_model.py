"""A model as a command opens it: what is not certain of its answers, and how many threads torch gets for it.

A library's user decides on threads alone, a command can tell from the model.
"""

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
from torch import nn

from compiler.engines.engine_table import ENGINES, find_reader, open_written
from compiler.engines.recompile_folder import recompile_folder
from compiler.export.recompile import Standing
from compiler.export.stock_files import is_stock
from compiler.formats.format_names import FormatName
from compiler.formats.write_export import find_export
from compiler.model.runner import Model
from compiler.opening import load
from compiler.trained.trained_model import TrainedModel
from compiler.verify.stock_folder import open_stock_folder
from rasp.command_line.console import report_diagnostics
from rasp.diagnostics import Diagnostic

#: Of fewer weights, every product is over before a second thread has begun: two then take up to seven times as long as one.
WORTH_SHARING = 1_000_000
CHOSEN_BY_USER = "OMP_NUM_THREADS"


@dataclass(frozen=True, eq=False)
class OpenedModel:
    """A model, and why its answers are not certified; nothing where they are."""

    model: Model
    doubt: str = ""

    def mark(self, record: Mapping[str, object]) -> dict[str, object]:
        """An object for `--json`, which says so too."""
        return {"certified": False, **record} if self.doubt else dict(record)


def open_model(folder: Path) -> OpenedModel:
    """The model in a folder of ours, or in one for transformers, ready to run; a word about one that is not certified
    goes to standard error. Raises `CheckpointError`, `ModelError`, `CompileError`."""
    return tell_doubt(read_model(folder))


def open_export(folder: Path) -> OpenedModel | None:
    """What `rasp export` wrote, run by the engine that reads it, in float32; None for another folder. Raises as
    `open_model` does."""
    if find_export(folder) is None:
        return None
    found = recompile_folder(folder)
    engine = ENGINES[find_reader(cast(FormatName, found.format))]
    model = open_written(engine, found.compiled, folder, "float32")
    return tell_doubt(OpenedModel(model, describe_doubt(found.standing)))


def tell_doubt(opened: OpenedModel) -> OpenedModel:
    """The same, with a word to standard error where it is not certified."""
    limit_threads(opened.model.module)
    if opened.doubt:
        message = f"this model {opened.doubt}"
        report_diagnostics([Diagnostic(message, severity="warning", code="not-certified")])
    return opened


def read_model(folder: Path) -> OpenedModel:
    """What is in a folder."""
    if is_stock(folder):
        found = open_stock_folder(folder)
        return OpenedModel(found.model, describe_doubt(found.standing))
    model = load(folder)
    if not isinstance(model, TrainedModel):
        return OpenedModel(model)
    right = model.superposed.outcome.inputs_right
    return OpenedModel(
        model, doubt=f"was trained and is not certified: {right:.2%} of test inputs were right"
    )


def describe_doubt(standing: Standing) -> str:
    """Why a folder for other software is not certified; nothing where it is."""
    return "" if standing.holds else f"is not certified: {standing.differences[0]}"


def limit_threads(module: nn.Module) -> None:
    """One thread for a model so small that others would only wait, unless the user has said how many."""
    parameters = sum(parameter.numel() for parameter in module.parameters())
    if parameters < WORTH_SHARING and CHOSEN_BY_USER not in os.environ:
        torch.set_num_threads(1)


@contextmanager
def keep_one_thread() -> Generator[None]:
    """One thread, so that sums are in one order; afterwards as many as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
