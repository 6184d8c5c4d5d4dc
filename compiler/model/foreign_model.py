"""A model that other software runs, asked like any other of ours: ids go in, logits come out."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from compiler.config import Config
from compiler.model.runner import Model
from compiler.model.token_ids import list_token_ids


class ForeignModel(Model):
    """What an engine makes of a folder. `class_ids`: the id that each class is answered by; None where logits are by class
    and output, as our own decoder's are.

    `module` is empty where no module of torch's runs.
    """

    def __init__(self, config: Config, class_ids: Sequence[int] | None) -> None:
        self.config = config
        self.symbols = None
        self.recompile = None
        self.ids = list_token_ids(config)
        self.class_ids = None if class_ids is None else list(class_ids)
        self.module = nn.Module()  # pyright: ignore[reportAttributeAccessIssue]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {', '.join(output.name for output in self.config.outputs)}>"

    def forward(self, ids: Tensor, mask: Tensor) -> Sequence[Tensor]:
        """Logits (batch, position, id or class) by output, for ids and mask (batch, position)."""
        raise NotImplementedError

    @torch.inference_mode()
    def logits(self, rows: Sequence[list[int]]) -> list[Tensor]:
        """Logits (batch, position, class) for rows of ids; shorter rows are padded on the right."""
        return [self.choose(logits) for logits in self.forward(*self.pad(rows, left=False))]

    def pad(self, rows: Sequence[list[int]], *, left: bool) -> tuple[Tensor, Tensor]:
        """Ids and mask (batch, position). What pads is what ends: the id behind BOS; or BOS, where there is no other."""
        longest = max(map(len, rows))
        ids = torch.full((len(rows), longest), self.config.bos + (self.class_ids is not None))
        mask = torch.zeros((len(rows), longest), dtype=torch.long)
        for i, row in enumerate(rows):
            own = slice(longest - len(row), None) if left else slice(0, len(row))
            ids[i, own], mask[i, own] = torch.tensor(row), 1
        return ids, mask

    def choose(self, logits: Tensor) -> Tensor:
        """Logits of the classes, of all ids' (batch, position, id); not a number where another id is the likeliest."""
        if self.class_ids is None:
            return logits
        classes = logits[..., self.class_ids]
        other = logits.index_fill(-1, torch.tensor(self.class_ids), -torch.inf).amax(-1, keepdim=True)
        return classes.masked_fill(other >= classes.amax(-1, keepdim=True), torch.nan)
