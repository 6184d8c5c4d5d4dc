"""An exported folder in CTranslate2."""

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import Tensor

from compiler.config import Config
from compiler.formats.ctranslate2_files import INSTALL
from compiler.formats.format_names import Precision
from compiler.formats.import_library import take_library
from compiler.model.foreign_model import ForeignModel
from compiler.transformer.problem import make_model_error, report_unopened


class TranslateModel(ForeignModel):
    """A generator, asked for the logits of whole inputs. `precision` None: what it computes in by default."""

    def __init__(
        self, folder: Path, config: Config, class_ids: Sequence[int] | None, precision: Precision | None
    ) -> None:
        super().__init__(config, class_ids)
        library = take_library("ctranslate2", "this engine", INSTALL)
        kind = precision or "default"
        if precision is not None and precision not in library.get_supported_compute_types("cpu"):
            raise make_model_error(
                f"ctranslate2 does not compute in {precision} on this machine", "try another dtype", "engine"
            )
        with report_unopened("ctranslate2", folder):
            self.generator = library.Generator(
                str(folder), device="cpu", compute_type=kind, inter_threads=1, intra_threads=1
            )

    def forward(self, ids: Tensor, mask: Tensor) -> list[Tensor]:
        """Logits of all ids; it pads by itself."""
        lengths = cast(list[int], mask.sum(-1).tolist())
        rows = [
            row[:length] for row, length in zip(cast(list[list[int]], ids.tolist()), lengths, strict=True)
        ]
        logits = self.generator.forward_batch(rows, return_log_probs=False)
        return [torch.from_numpy(np.array(logits, dtype=np.float32))]
