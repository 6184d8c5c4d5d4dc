"""An exported .onnx file in ONNX Runtime."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from compiler.config import Config
from compiler.formats.format_table import ONNX
from compiler.formats.import_library import take_library
from compiler.model.foreign_model import ForeignModel
from compiler.transformer.problem import report_unopened

INSTALL = "onnxruntime: it is of the extra `onnx` of this project"


class OnnxModel(ForeignModel):
    """A folder that `rasp export --to onnx` wrote. Raises `ModelError` where ONNX Runtime is missing, or refuses it."""

    def __init__(self, folder: Path, config: Config, class_ids: Sequence[int] | None) -> None:
        super().__init__(config, class_ids)
        runtime = take_library("onnxruntime", "this engine", INSTALL)
        options = runtime.SessionOptions()
        options.log_severity_level = 4  # its errors are raised as well
        # Of so small a model, each product is over before a second thread has begun.
        options.intra_op_num_threads = 1
        with report_unopened("ONNX Runtime", folder):
            self.session = runtime.InferenceSession(
                (folder / ONNX).read_bytes(), options, providers=["CPUExecutionProvider"]
            )

    def forward(self, ids: Tensor, mask: Tensor) -> list[Tensor]:
        """Logits by output."""
        given = {"input_ids": ids.numpy(), "attention_mask": mask.numpy()}
        return [torch.from_numpy(array) for array in self.session.run(None, given)]
