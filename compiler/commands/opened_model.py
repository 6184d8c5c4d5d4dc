"""A model as a command opens it: what is not certain of its answers, and how many threads torch gets for it.

A library's user decides on threads alone, a command can tell from the model.
"""

import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from compiler.export.stock_files import is_stock
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

    def mark(self, record: dict[str, object]) -> dict[str, object]:
        """An object for `--json`, which says so too."""
        return {"certified": False} | record if self.doubt else record


def open_model(folder: Path) -> OpenedModel:
    """The model in a folder of ours, or in one for transformers, ready to run; a word about one that is not certified
    goes to standard error. Raises `CheckpointError`, `ModelError`, `CompileError`."""
    opened = read_model(folder)
    limit_threads(opened.model.module)
    if opened.doubt:
        message = f"this model {opened.doubt}"
        report_diagnostics([Diagnostic(message, severity="warning", code="not-certified")])
    return opened


def read_model(folder: Path) -> OpenedModel:
    """What is in a folder."""
    if is_stock(folder):
        found = open_stock_folder(folder)
        doubt = "" if found.standing.holds else f"is not certified: {found.standing.differences[0]}"
        return OpenedModel(found.model, doubt)
    model = load(folder)
    if not isinstance(model, TrainedModel):
        return OpenedModel(model)
    right = model.superposed.outcome.inputs_right
    return OpenedModel(
        model, doubt=f"was trained and is not certified: {right:.2%} of test inputs were right"
    )


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
