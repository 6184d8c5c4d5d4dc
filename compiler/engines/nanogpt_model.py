"""A checkpoint of nanoGPT's, run as its model.py does: by its names, with its layers, its epsilon and its tied head.

Where the variable NANOGPT of the environment names a folder, that folder's own model.py runs it instead.
"""

import os
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from importlib.util import module_from_spec, spec_from_file_location
from io import StringIO
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from compiler.config import Config
from compiler.formats.nanogpt_files import CHECKPOINT
from compiler.model.foreign_model import ForeignModel
from compiler.transformer.problem import make_model_error, report_unopened

EPS = 1e-5
OWN = "NANOGPT"
"""The variable of the environment that names a folder with nanoGPT's files."""


def open_nanogpt(folder: Path, config: Config, class_ids: Sequence[int] | None) -> ForeignModel:
    """A checkpoint, to be run by the user's own model.py where there is one to be, else by our reading of it. Raises
    `ModelError` where it cannot be."""
    own = os.environ.get(OWN)
    return OwnNanoModel(Path(own), folder, config, class_ids) if own else NanoModel(folder, config, class_ids)


class OwnNanoModel(ForeignModel):
    """A checkpoint in the module that a model.py makes of its sizes, as `sample.py` loads it: strictly, by its names."""

    def __init__(self, own: Path, folder: Path, config: Config, class_ids: Sequence[int] | None) -> None:
        super().__init__(config, class_ids)
        path = own / "model.py"
        if not path.is_file():
            message = f"there is no {path}, which the variable {OWN} of the environment names"
            raise make_model_error(
                message, f"let {OWN} name a folder with nanoGPT's files, or unset it", "engine"
            )
        with report_unopened(str(path), folder), redirect_stdout(StringIO()):  # it prints its size
            spec = spec_from_file_location("nanogpt_model_of_the_user", path)
            assert spec is not None and spec.loader is not None, "a file that ends in .py"
            found: Any = module_from_spec(spec)
            sys.modules[spec.name] = found  # where its dataclass looks for annotations
            spec.loader.exec_module(found)
            record: Any = torch.load(folder / CHECKPOINT, weights_only=True)
            self.gpt: Any = found.GPT(found.GPTConfig(**record["model_args"]))
            self.gpt.load_state_dict(record["model"])
            self.gpt.eval()

    def forward(self, ids: Tensor, mask: Tensor) -> list[Tensor]:
        """Logits of all ids; it gives those of all positions where it is told targets."""
        logits, _ = self.gpt(ids, ids)
        return [logits]


class NanoModel(ForeignModel):
    """The arrays and sizes of a checkpoint. Raises `ModelError` where it is none, or its head is not tied."""

    def __init__(self, folder: Path, config: Config, class_ids: Sequence[int] | None) -> None:
        super().__init__(config, class_ids)
        with report_unopened("torch", folder):
            record: Any = torch.load(folder / CHECKPOINT, weights_only=True)
            self.arrays: dict[str, Tensor] = record["model"]
            self.heads: int = record["model_args"]["n_head"]
            self.layers: int = record["model_args"]["n_layer"]
            tied = torch.equal(self.arrays["transformer.wte.weight"], self.arrays["lm_head.weight"])
        if not tied:
            raise make_model_error(f"the head in {folder} is not tied", "export it again", "engine")

    def forward(self, ids: Tensor, mask: Tensor) -> list[Tensor]:
        """Logits of all ids; padding on the right is later than what is read."""
        a = self.arrays
        x = a["transformer.wte.weight"][ids] + a["transformer.wpe.weight"][: ids.shape[1]]
        for number in range(self.layers):
            x = x + self.attend(f"transformer.h.{number}", x)
            x = x + self.look_up(f"transformer.h.{number}", x)
        return [functional.linear(self.norm("transformer.ln_f", x), a["lm_head.weight"])]

    def norm(self, name: str, x: Tensor) -> Tensor:
        """A layer's norm."""
        weight, bias = self.arrays[f"{name}.weight"], self.arrays[f"{name}.bias"]
        return functional.layer_norm(x, weight.shape, weight, bias, EPS)

    def project(self, name: str, x: Tensor) -> Tensor:
        """A linear layer."""
        return functional.linear(x, self.arrays[f"{name}.weight"], self.arrays[f"{name}.bias"])

    def attend(self, layer: str, x: Tensor) -> Tensor:
        """What heads write."""
        parts = self.project(f"{layer}.attn.c_attn", self.norm(f"{layer}.ln_1", x)).chunk(3, dim=-1)
        query, key, value = (part.view(*x.shape[:2], self.heads, -1).transpose(1, 2) for part in parts)
        mixed = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        return self.project(f"{layer}.attn.c_proj", mixed.transpose(1, 2).flatten(2))

    def look_up(self, layer: str, x: Tensor) -> Tensor:
        """What hidden units write."""
        units = functional.gelu(self.project(f"{layer}.mlp.c_fc", self.norm(f"{layer}.ln_2", x)))
        return self.project(f"{layer}.mlp.c_proj", units)
