"""Other ways of running the same model that must give the same answers: padded batches, and token by token.

Differential testing runs inputs of one length together. What users do differs: inputs of several lengths in
one batch, and generation with a cache.
"""

from collections.abc import Callable, Sequence

import torch

from compiler.model.runner import Answer, Model
from compiler.verify.inputs import Word


def padded(model: Model, inputs: Sequence[Word]) -> list[Answer]:
    """Answers of one batch of several lengths: an input of the maximum length makes all others padded."""
    longest = (model.config.vocabulary[0],) * model.config.max_length
    rows = [model.encode(tokens) for tokens in (*inputs, longest)]
    return split(model, model.logits(rows), inputs)


@torch.inference_mode()
def stepwise(model: Model, inputs: Sequence[Word]) -> list[Answer]:
    """Answers of one position after the other, with a cache. Shorter inputs are continued by any token."""
    rows = [model.encode(tokens) for tokens in inputs]
    longest = max(map(len, rows))
    ids = torch.tensor([row + [0] * (longest - len(row)) for row in rows], device=model.module.embed.device)
    cache = model.module.new_cache(len(rows))
    steps = [model.module(ids[:, i : i + 1], cache=cache) for i in range(longest)]
    return split(model, [torch.cat(logits, dim=1) for logits in zip(*steps, strict=True)], inputs)


def split(model: Model, logits: Sequence[torch.Tensor], inputs: Sequence[Word]) -> list[Answer]:
    """The answer to each input, out of the logits of a batch of longer ones."""
    values = model.decode(logits)
    return [
        {name: rows[i][: len(tokens)] for name, rows in values.items()} for i, tokens in enumerate(inputs)
    ]


Reader = Callable[[Model, Sequence[Word]], list[Answer]]

#: Readers by name, for each kind of attention.
READERS: dict[str, dict[str, Reader]] = {
    "full": {"padded": padded},
    "causal": {"padded": padded, "stepwise": stepwise},
}
