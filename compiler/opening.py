"""From a checkpoint folder to a model that can be called."""

from pathlib import Path

import torch

from compiler.export.checkpoint import read_checkpoint
from compiler.model.runner import Model
from rasp.arguments import convert_path


def load(folder: str | Path, dtype: torch.dtype = torch.float32, device: str | torch.device = "cpu") -> Model:
    """The model in a checkpoint folder, on a device.

    Raises `CheckpointError`, and `ModelError` for an arithmetic in which the model is not exact: any dtype but
    float32, TF32 and the like (`compiler/model/arithmetic.py`).
    """
    checkpoint = read_checkpoint(convert_path(folder))
    return Model(checkpoint.weights, dtype, device, checkpoint.symbols)
