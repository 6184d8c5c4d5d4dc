"""Models in TransformerLens: a plain one's export, and the folder of a family, as a bridge with hooks."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.numpy import load
from torch import Tensor

from compiler.config import Config
from compiler.export.files import ARRAYS, CONFIG
from compiler.export.records import decode_json
from compiler.formats.import_library import take_library
from compiler.model.foreign_model import ForeignModel
from compiler.model.stock_model import StockModel
from compiler.transformer.problem import make_model_error, report_unopened

MODULE, INSTALL = "transformer_lens.model_bridge", "'transformer-lens>=4'"
SOURCES = f"{MODULE}.sources"


class LensModel(ForeignModel):
    """A bridge. Raises `ModelError` where TransformerLens is missing, or did not take an array."""

    def __init__(self, folder: Path, config: Config, class_ids: Sequence[int] | None) -> None:
        super().__init__(config, class_ids)
        bridges = take_library(MODULE, "this engine", INSTALL).TransformerBridge
        with report_unopened("TransformerLens", folder):
            if class_ids is None:
                self.module: Any = bridges.boot_native(decode_json((folder / CONFIG).read_bytes()))
                self.load(folder)
            else:
                self.module = self.wrap_folder(folder, class_ids)
        self.module.eval()

    def wrap_folder(self, folder: Path, class_ids: Sequence[int]) -> Any:
        """A bridge around a family's module, without a tokenizer: where a bridge gets one it asks for the ids of "a", which
        a vocabulary may lack."""
        sources = take_library(SOURCES, "this engine", INSTALL)
        module = StockModel(folder, self.config, class_ids, attention="eager").module
        [architecture] = module.config.architectures
        return sources.build_bridge_from_module(
            module, architecture, hf_config=module.config, dtype=torch.float32
        )

    def load(self, folder: Path) -> None:
        """Every array, read back: a loader may pass over a name that it does not know."""
        found = load((folder / ARRAYS).read_bytes())
        arrays = {name: torch.from_numpy(array) for name, array in found.items()}
        self.module.load_state_dict(arrays, strict=False)
        taken = self.module.state_dict()
        for name, array in arrays.items():
            if name not in taken or not torch.equal(taken[name].cpu(), array):
                message = f"TransformerLens did not take the array {name}"
                raise make_model_error(message, "it is of a version that names it differently", "engine")

    def forward(self, ids: Tensor, mask: Tensor) -> list[Tensor]:
        """Logits, with the padding on the right hidden."""
        given = {} if bool(mask.all()) else {"attention_mask": mask}
        return [self.module(ids, **given)]
