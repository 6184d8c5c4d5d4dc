"""A folder for a family, run by transformers itself, as one more model that answers.

transformers is imported when a folder is opened; it is the extra `stock`.
"""

from collections.abc import Generator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from compiler.config import Config
from compiler.model.foreign_model import ForeignModel
from compiler.transformer.problem import make_model_error, report_unopened
from rasp.arguments import Attention

EXTRA = "pip install transformers: 4.57 or newer; it is the extra `stock` of this project"


TASKS: Mapping[Attention, str] = {
    "causal": "AutoModelForCausalLM",
    "full": "AutoModelForTokenClassification",
}
"""What opens a folder."""


class StockModel(ForeignModel):
    """What transformers makes of a folder. `attention` is transformers' name of an implementation, `dtype` the one to
    compute in; None for either: what transformers takes.

    Raises `ModelError` where transformers is missing or does not open the folder; so does everything that runs it.
    """

    class_ids: list[int]

    def __init__(
        self,
        folder: Path,
        config: Config,
        class_ids: Sequence[int],
        dtype: torch.dtype | None = torch.float32,
        attention: str | None = None,
    ) -> None:
        transformers = take_transformers()
        super().__init__(config, class_ids)
        chosen = {"dtype": dtype, "attn_implementation": attention}
        given = {name: value for name, value in chosen.items() if value}
        kind = getattr(transformers, TASKS[config.attention])
        self.folder = folder
        with self.as_it_is():
            with hide_progress_bars(transformers):
                self.module: Any = kind.from_pretrained(folder, local_files_only=True, **given).eval()
            self.tokenizer: Any = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)

    def as_it_is(self) -> AbstractContextManager[None]:
        """Inside, transformers opens or runs the folder, which somebody may have changed."""
        return report_unopened("transformers", self.folder, "compile the program again", "stock")

    def run_module(self, **given: Any) -> Tensor:
        """Logits of all ids (batch, position, id)."""
        with self.as_it_is():
            return self.module(**given).logits

    def forward(self, ids: Tensor, mask: Tensor) -> list[Tensor]:
        """Logits of all ids."""
        return [self.run_module(input_ids=ids, attention_mask=mask)]

    @torch.inference_mode()
    def padded_left(self, rows: Sequence[list[int]]) -> list[Tensor]:
        """The same logits, padded on the left as `generate` does, and moved back."""
        ids, mask = self.pad(rows, left=True)
        position_ids = (mask.cumsum(-1) - 1).clamp(min=0)
        logits = self.choose(self.run_module(input_ids=ids, attention_mask=mask, position_ids=position_ids))
        found = torch.full_like(logits, torch.nan)
        for i, row in enumerate(rows):
            found[i, : len(row)] = logits[i, logits.shape[1] - len(row) :]
        return [found]

    @torch.inference_mode()
    def cached(self, rows: Sequence[list[int]]) -> list[Tensor]:
        """The same, one position after the other, with a cache of keys and values."""
        ids, _ = self.pad(rows, left=False)
        cache = take_transformers().DynamicCache()
        name = "cache" if "cache" in signature(self.module.forward).parameters else "past_key_values"
        seen = torch.ones_like(ids)
        steps: list[Tensor] = []
        for i in range(ids.shape[1]):
            given = {"input_ids": ids[:, i : i + 1], "attention_mask": seen[:, : i + 1], name: cache}
            steps.append(self.run_module(**given, use_cache=True))
        return [self.choose(torch.cat(steps, dim=1))]

    def tokenize(self, tokens: Sequence[object]) -> list[int]:
        """The ids that the folder's tokenizer gives a text: tokens joined by blanks, unless one is a blank itself."""
        between = "" if any(str(token).isspace() for token in self.config.vocabulary) else " "
        with self.as_it_is():
            return self.tokenizer(between.join(map(str, tokens))).input_ids


@contextmanager
def hide_progress_bars(transformers: Any) -> Generator[None]:
    """Inside, opening a folder draws nothing on the terminal."""
    bars = transformers.utils.logging
    shown = bars.is_progress_bar_enabled()
    bars.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            bars.enable_progress_bar()


def take_transformers() -> Any:
    """The library. Raises `ModelError` where it is missing."""
    try:
        return import_module("transformers")
    except ImportError:
        raise make_model_error(
            "transformers is not installed, which runs this folder", EXTRA, "stock"
        ) from None
