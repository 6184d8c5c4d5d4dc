"""A folder for a family, run by transformers itself, as one more model that answers.

transformers is imported when a folder is opened; it is the extra `stock`.
"""

from collections.abc import Sequence
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from compiler.config import Config
from compiler.model.problem import make_model_error
from compiler.model.runner import Model
from compiler.model.token_ids import list_token_ids

EXTRA = "pip install transformers: 4.57 or newer; it is the extra `stock` of this project"


class StockModel(Model):
    """What `AutoModelForCausalLM` makes of a folder, asked like any other model. `class_ids`: the id of each class.

    Raises `ModelError` where transformers is missing or does not open the folder.
    """

    def __init__(self, folder: Path, config: Config, class_ids: Sequence[int]) -> None:
        transformers = import_transformers()
        self.config = config
        self.symbols = None
        self.ids = list_token_ids(config)
        self.class_ids = list(class_ids)
        try:
            self.module: Any = transformers.AutoModelForCausalLM.from_pretrained(
                folder, local_files_only=True, dtype=torch.float32
            ).eval()
            self.tokenizer: Any = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            first = str(error).strip().partition("\n")[0]
            raise make_model_error(
                f"transformers does not open {folder}: {first}", "compile the program again", "stock"
            ) from None

    def __repr__(self) -> str:
        return f"<{type(self.module).__name__} of {self.config.outputs[0].name}>"

    @torch.inference_mode()
    def logits(self, rows: Sequence[list[int]]) -> list[Tensor]:
        """Logits (batch, position, class) for rows of ids; shorter rows are padded on the right."""
        ids, mask = self.pad(rows, left=False)
        return [self.choose(self.module(input_ids=ids, attention_mask=mask).logits)]

    def pad(self, rows: Sequence[list[int]], *, left: bool) -> tuple[Tensor, Tensor]:
        """Ids and mask (batch, position)."""
        longest = max(map(len, rows))
        pad = self.config.bos + 1
        ids = torch.full((len(rows), longest), pad)
        mask = torch.zeros((len(rows), longest), dtype=torch.long)
        for i, row in enumerate(rows):
            own = slice(longest - len(row), None) if left else slice(0, len(row))
            ids[i, own], mask[i, own] = torch.tensor(row), 1
        return ids, mask

    def choose(self, logits: Tensor) -> Tensor:
        """Logits of the classes, of all ids' (batch, position, id); not a number where another id is the likeliest."""
        classes = logits[..., self.class_ids]
        other = logits.index_fill(-1, torch.tensor(self.class_ids), -torch.inf).amax(-1, keepdim=True)
        return classes.masked_fill(other >= classes.amax(-1, keepdim=True), torch.nan)

    @torch.inference_mode()
    def padded_left(self, rows: Sequence[list[int]]) -> list[Tensor]:
        """The same logits, padded on the left as `generate` does, and moved back."""
        ids, mask = self.pad(rows, left=True)
        places = (mask.cumsum(-1) - 1).clamp(min=0)
        logits = self.choose(self.module(input_ids=ids, attention_mask=mask, position_ids=places).logits)
        found = torch.full_like(logits, torch.nan)
        for i, row in enumerate(rows):
            found[i, : len(row)] = logits[i, logits.shape[1] - len(row) :]
        return [found]

    @torch.inference_mode()
    def cached(self, rows: Sequence[list[int]]) -> list[Tensor]:
        """The same, one position after the other, with a cache of keys and values."""
        ids, _ = self.pad(rows, left=False)
        cache = import_transformers().DynamicCache()
        name = "cache" if "cache" in signature(self.module.forward).parameters else "past_key_values"
        seen = torch.ones_like(ids)
        steps: list[Tensor] = []
        for i in range(ids.shape[1]):
            given = {"input_ids": ids[:, i : i + 1], "attention_mask": seen[:, : i + 1], name: cache}
            steps.append(self.module(**given, use_cache=True).logits)
        return [self.choose(torch.cat(steps, dim=1))]

    def tokenize(self, tokens: Sequence[object]) -> list[int]:
        """The ids that the folder's tokenizer gives a text: tokens joined by blanks."""
        return self.tokenizer(" ".join(map(str, tokens))).input_ids


def import_transformers() -> Any:
    """The library. Raises `ModelError` where it is missing."""
    try:
        return import_module("transformers")
    except ImportError:
        raise make_model_error(
            "transformers is not installed, which runs this folder", EXTRA, "stock"
        ) from None
