"""Compiled weights run in float32 with every sum in an order of its own: what bounds have to hold for.

One input at a time, in numpy: no library decides in which order products are added.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from compiler.emit.weights import Weights

Single = NDArray[np.float32]
Order = Callable[[int], NDArray[np.int64]]
"""How so many terms are added: the first to the second, then the third …"""


def orders(count: int, seed: int = 0) -> list[Order]:
    """Forwards, backwards, and that many shuffled ones."""
    rng = np.random.default_rng(seed)
    return [np.arange, lambda n: np.arange(n)[::-1], *[rng.permutation for _ in range(count)]]


def product(left: NDArray[np.floating], right: NDArray[np.floating], order: Order) -> Single:
    """(…, t) times (t, k) in float32, each product rounded, then added one after the other."""
    left, right = left.astype(np.float32), right.astype(np.float32)
    places = order(left.shape[-1])
    terms = left[..., places, None] * right[places]  # (…, t, k)
    if not len(places):
        return np.zeros((*left.shape[:-1], right.shape[-1]), np.float32)
    return np.add.accumulate(terms, axis=-2, dtype=np.float32)[..., -1, :]


def softmax(scores: Single, order: Order) -> Single:
    """Over the last axis, with its sum in that order too."""
    exponentials = np.exp(scores - scores.max(axis=-1, keepdims=True))
    places = order(scores.shape[-1])
    total = np.add.accumulate(exponentials[..., places], axis=-1, dtype=np.float32)[..., -1:]
    return exponentials / total


def residuals(weights: Weights, order: Order, ids: list[int]) -> Single:
    """The residual stream at first and after each half-layer, (half-layer, position, d_model); `ids` begin with BOS."""
    arrays, config = weights.arrays, weights.config
    x = arrays["embedding.tokens"].astype(np.float32)[ids]
    if config.has_positions:
        x = x + arrays["embedding.positions"].astype(np.float32)[: len(ids)]
    kept = [x]
    for number, layer in enumerate(config.layers):
        added = np.zeros_like(x)
        for head in range(len(layer.heads)):
            query, key, value, output = (
                arrays[f"layers.{number}.attention.heads.{head}.{part}"]
                for part in ("query", "key", "value", "output")
            )
            scores = product(product(x, query, order), product(x, key, order).T, order)
            if config.attention == "causal":
                scores = np.where(np.tri(len(ids), dtype=bool), scores, -np.float32(np.inf))
            mixed = product(softmax(scores, order), product(x, value, order), order)
            added = added + product(mixed, output, order)
        x = x + added
        kept.append(x)
        if layer.d_mlp:
            enter, bias, leave = (arrays[f"layers.{number}.mlp.{part}"] for part in ("up", "bias", "down"))
            hidden = np.maximum(product(x, enter, order) + bias.astype(np.float32), np.float32(0))
            x = x + product(hidden, leave, order)
        kept.append(x)
    return np.stack(kept)
