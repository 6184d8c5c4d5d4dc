"""Other ways of running the same model that must give the same answers: padded batches, and token by token.

Differential testing runs inputs of one length together. What users do differs: inputs of several lengths in
one batch, and generation with a cache.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from compiler.model.runner import Model, Reading
from compiler.verify.chosen_inputs import Word


def answer_together(model: Model, inputs: Sequence[Word]) -> list[Reading]:
    """What a model answers to a batch."""
    return model.readings([model.encode(tokens) for tokens in inputs])


def padded(model: Model, inputs: Sequence[Word]) -> list[Reading]:
    """Answers of one batch of several lengths: an input of the maximum length makes all others padded."""
    longest = (model.config.vocabulary[0],) * model.config.max_length
    rows = [model.encode(tokens) for tokens in (*inputs, longest)]
    return model.decode(model.logits(rows), [len(row) for row in rows])[:-1]


@torch.inference_mode()
def stepwise(model: Model, inputs: Sequence[Word]) -> list[Reading]:
    """Answers of one position after the other, with a cache. Shorter inputs are continued by any token."""
    rows = [model.encode(tokens) for tokens in inputs]
    longest = max(map(len, rows))
    ids = torch.tensor([row + [0] * (longest - len(row)) for row in rows], device=model.module.device)
    cache = model.module.new_cache(len(rows))
    steps = [model.module(ids[:, i : i + 1], cache=cache) for i in range(longest)]
    logits = [torch.cat(step, dim=1) for step in zip(*steps, strict=True)]
    return model.decode(logits, [len(row) for row in rows])


def hold_to_margin(margin: float) -> "Reader":
    """A reader for which an answer only counts where it is the likeliest by a margin, in nats."""

    @torch.inference_mode()
    def sure(model: Model, inputs: Sequence[Word]) -> list[Reading]:
        rows = [model.encode(tokens) for tokens in inputs]
        return model.decode([doubt(logits, margin) for logits in model.logits(rows)], [*map(len, rows)])

    return sure


def doubt(logits: Tensor, margin: float) -> Tensor:
    """Logits (batch, position, class); not a number where the first two are closer than a margin."""
    if logits.shape[-1] < 2:
        return logits
    first, second = logits.topk(2, dim=-1).values.unbind(-1)
    return logits.masked_fill((first - second < margin).unsqueeze(-1), torch.nan)


Reader = Callable[[Model, Sequence[Word]], list[Reading]]

#: Readers by name, for each kind of attention.
READERS: dict[str, dict[str, Reader]] = {
    "full": {"padded": padded},
    "causal": {"padded": padded, "stepwise": stepwise},
}
