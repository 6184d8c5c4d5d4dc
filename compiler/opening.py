"""From a checkpoint folder to a model that can be called."""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from compiler.export.checkpoint import read_checkpoint
from compiler.export.files import Checkpoint
from compiler.model.runner import Model
from compiler.trained.superposed_files import is_superposed, read_superposed
from compiler.trained.trained_model import TrainedModel
from compiler.transformer.problem import make_model_error
from rasp.arguments import convert_path

if TYPE_CHECKING:
    from compiler.pipeline import Compiled


def load(folder: str | Path, dtype: torch.dtype | None = None, device: str | torch.device = "cpu") -> Model:
    """The model in a checkpoint folder, on a device.

    Raises `CheckpointError`, and `ModelError` for an arithmetic in which the model is not exact: any dtype but
    that which it was compiled for, TF32 and the like (`compiler/transformer/arithmetic.py`). A model that was trained
    (`rasp compile --disguise superpose=K`) is a `TrainedModel`, which is not certified.
    """
    path = convert_path(folder)
    if is_superposed(path):
        return TrainedModel(read_superposed(path), dtype, device)
    return open_checkpoint(read_checkpoint(path), dtype, device)


def open_checkpoint(
    checkpoint: Checkpoint, dtype: torch.dtype | None = None, device: str | torch.device = "cpu"
) -> Model:
    """The model in a checkpoint that has been read. Raises `ModelError` as `load` does."""
    model = Model(
        checkpoint.weights, dtype, device, checkpoint.symbols, lambda: recompile_certified(checkpoint)
    )
    model.prompts = checkpoint.options.prompts
    return model


def recompile_certified(checkpoint: Checkpoint) -> "Compiled":
    """What a checkpoint's program compiles to, if that is what the checkpoint holds. Raises `ModelError`, `RaspError`."""
    # Only who asks what is inside waits for the compiler.
    recompile = import_module("compiler.export.recompile").recompile_checkpoint
    standing = recompile(
        checkpoint, import_module("compiler.export.recorded_program").read_program(checkpoint)
    )
    if not standing.holds:
        message = f"what this model's numbers stand for is not known: {standing.differences[0]}"
        hint = "they were changed since, or another version made them; compile the program again"
        raise make_model_error(message, hint, "not-certified")
    return standing.again
