"""How the next token is chosen from logits: the largest, or drawn at a temperature from those that are left.

Top-k and nucleus (top-p) sampling as Holtzman et al. 2020 ("The Curious Case of Neural Text Degeneration") describe them.
Each prompt draws from a stream of its own, so that what comes after it doesn't hang on what it is batched with.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import torch
from torch import Tensor

from compiler.model.read_logits import choose_classes
from compiler.transformer.problem import make_model_error


@dataclass(frozen=True)
class Sampling:
    """`temperature` 0 is greedy; `top_k`: only the k likeliest; `top_p`: the fewest that make up this probability.

    `seed` with the prompt's number, counted from `first`, decides what is drawn. Raises `ModelError` for numbers that mean
    nothing.
    """

    temperature: float = 0.0
    top_k: int | None = None
    top_p: float = 1.0
    seed: int = 0
    first: int = 0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.temperature) and self.temperature >= 0):
            raise make_model_error(
                f"there is no temperature of {self.temperature}",
                "0 is greedy, 1 leaves the logits",
                "bad-sampling",
            )
        if self.top_k is not None and self.top_k < 1:
            raise make_model_error(
                f"cannot draw from {self.top_k} tokens", "top-k is at least 1", "bad-sampling"
            )
        if not 0 < self.top_p <= 1:
            raise make_model_error(
                f"there is no probability of {self.top_p}", "top-p is above 0 and at most 1", "bad-sampling"
            )

    def make_streams(self, count: int) -> list[Random]:
        """Where so many prompts draw from."""
        return [Random(f"{self.seed} {self.first + i}") for i in range(count)]


GREEDY = Sampling()


def sample_classes(logits: Tensor, sampling: Sampling, streams: Sequence[Random]) -> list[int]:
    """A class for each row of logits (b, class); -1 where these decide nothing: greedily where the largest is no single
    one, and always where a logit is not finite.
    """
    if sampling.temperature == 0:
        return [row[0] for row in choose_classes(logits[:, None])]
    draws = logits.new_tensor([stream.random() for stream in streams], dtype=torch.float64)
    chances = weigh_classes(logits, sampling)
    sums = chances.cumsum(-1)  # (b, class)
    found = torch.searchsorted(sums, draws[:, None] * sums[:, -1:], right=True)[:, 0]
    # A draw that rounds up to the whole sum is the last class that can be drawn.
    last = chances.shape[-1] - 1 - (chances > 0).flip(-1).to(torch.uint8).argmax(-1)
    finite = torch.isfinite(logits).all(-1)
    return [int(c) for c in torch.where(finite, torch.minimum(found, last), -1)]


def weigh_classes(logits: Tensor, sampling: Sampling) -> Tensor:
    """Probabilities of all classes (b, class), float64; 0 for what is not drawn. Of equal ones the first are kept."""
    likely, order = logits.to(torch.float64).sort(dim=-1, descending=True, stable=True)
    chances = ((likely - likely[:, :1]) / sampling.temperature).softmax(-1)
    before = chances.cumsum(-1) - chances
    kept = before < sampling.top_p
    if sampling.top_k is not None:
        kept[:, sampling.top_k :] = False
    return torch.zeros_like(chances).scatter(-1, order, chances * kept)
