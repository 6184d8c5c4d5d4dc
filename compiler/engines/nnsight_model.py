"""Models in nnsight, which runs a torch module with parts of it to be seen and changed: our own decoder, or a family's.

It is the module's own arithmetic. What is tried is that the answers are those that nnsight gives back.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from warnings import catch_warnings, simplefilter

import torch
from torch import Tensor

from compiler.config import Config
from compiler.formats.import_library import take_library
from compiler.model.foreign_model import ForeignModel
from compiler.model.stock_model import StockModel
from compiler.opening import load
from compiler.transformer.problem import report_unopened

INSTALL = "'nnsight>=0.8'"


class NnsightModel(ForeignModel):
    """A folder for a family or a checkpoint of ours, traced. Raises `ModelError` where nnsight is missing, or the folder
    does not open."""

    def __init__(self, folder: Path, config: Config, class_ids: Sequence[int] | None) -> None:
        super().__init__(config, class_ids)
        wrap = take_library("nnsight", "this engine", INSTALL).NNsight
        own = load(folder) if class_ids is None else StockModel(folder, config, class_ids, torch.float32)
        self.folder = folder
        with catch_warnings():
            simplefilter("ignore", UserWarning)  # of BERT's parts that are called `output`
            self.module = wrap(own.module)

    def forward(self, ids: Tensor, mask: Tensor) -> Sequence[Tensor]:
        """Logits of each output of ours, by class; or of all ids, of a family's."""
        given: dict[str, Any]
        if self.class_ids is None:
            given = {"ids": ids, "lengths": mask.sum(-1)}
        else:
            given = {"input_ids": ids, "attention_mask": mask}
        with report_unopened("nnsight", self.folder):  # noqa: SIM117 (nnsight reads the text of a `with` of its own)
            with self.module.trace(**given):
                found = self.module.output.save()
        return found if self.class_ids is None else [found.logits]
