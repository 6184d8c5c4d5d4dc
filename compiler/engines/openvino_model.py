"""An exported .onnx file in OpenVINO on the CPU. Where it can, it computes in bfloat16 unless it is asked for float32."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from compiler.config import Config
from compiler.formats.format_names import Precision
from compiler.formats.format_table import ONNX
from compiler.formats.import_library import take_library
from compiler.model.foreign_model import ForeignModel
from compiler.transformer.problem import make_model_error, report_unopened

CPU, HINT = "CPU", "INFERENCE_PRECISION_HINT"
KINDS = {"float32": ("FP32", "f32"), "bfloat16": ("BF16", "bf16"), "float16": ("FP16", "f16")}
"""What OpenVINO calls them, as capabilities of a machine and as types."""


class OpenvinoModel(ForeignModel):
    """A folder that `rasp export --to onnx` wrote. `precision` None: what it computes in by default. Raises `ModelError`
    where OpenVINO is missing, refuses it, or cannot compute so on this machine."""

    def __init__(
        self, folder: Path, config: Config, class_ids: Sequence[int] | None, precision: Precision | None
    ) -> None:
        super().__init__(config, class_ids)
        library = take_library("openvino", "this engine", "openvino")
        core = library.Core()
        settings: dict[str, Any] = {"INFERENCE_NUM_THREADS": 1}
        if precision is not None:
            capability, kind = KINDS[precision]
            if capability not in core.get_property(CPU, "OPTIMIZATION_CAPABILITIES"):
                message = f"openvino does not compute in {precision} on this machine"
                raise make_model_error(message, "try another dtype", "engine")
            settings[HINT] = getattr(library.Type, kind)
        with report_unopened("OpenVINO", folder):
            read = core.read_model(str(folder / ONNX))
            self.request: Any = core.compile_model(read, CPU, settings)

    def forward(self, ids: Tensor, mask: Tensor) -> list[Tensor]:
        """Logits of all ids."""
        found = self.request({"input_ids": ids.numpy(), "attention_mask": mask.numpy()})
        return [torch.from_numpy(found[output].copy()) for output in self.request.outputs]
