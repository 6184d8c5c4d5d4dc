"""Compiled weights run in their own dtype with every sum in an order of its own: what bounds have to hold for.

One input at a time, in numpy: no library decides in which order products are added. An adversary does: what
holds in any order holds in the worst.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from compiler.emit.weights import Weights
from compiler.options import Dtype

Single = NDArray[np.floating]
"""float32, where nothing else is asked for."""
Order = Callable[[Single], Single]
"""Adds terms up, over the axis before the last, one after the other: the first to the second, then the third …"""
Sides = Callable[[int], NDArray[np.floating]]
"""For each of so many sums, 1 where it is to be rounded upwards, -1 downwards."""
LARGE = 2.0**-25
"""What it is worth to an adverse order, in rounding, that a sum stays large: then the next ones round by more."""


def orders(count: int, seed: int = 0) -> list[Order]:
    """Forwards, backwards, that many shuffled ones, and adverse ones: upwards, downwards, and each sum to some side."""
    rng = np.random.default_rng(seed)
    shuffled = [partial(added, order=rng.permutation) for _ in range(count)]
    forwards, backwards = partial(added, order=np.arange), partial(added, order=lambda n: np.arange(n)[::-1])
    sides: list[Sides] = [np.ones, lambda n: -np.ones(n), partial(rng.choice, (1, -1))]
    return [forwards, backwards, *shuffled, *(partial(added_adversely, sides=side) for side in sides)]


def added(terms: Single, order: Callable[[int], NDArray[np.int64]]) -> Single:
    """All sums in one order."""
    if not terms.shape[-2]:
        return np.zeros((*terms.shape[:-2], terms.shape[-1]), terms.dtype)
    placed = terms[..., order(terms.shape[-2]), :]
    return np.add.accumulate(placed, axis=-2, dtype=terms.dtype)[..., -1, :]


def added_adversely(terms: Single, sides: Sides) -> Single:
    """Each sum in an order of its own: next comes what rounds the most to its side (and never a 0)."""
    apart = np.moveaxis(terms, -2, 0)
    left = apart.reshape(len(apart), -1)  # (t, sums)
    total, sums = np.zeros(left.shape[1], left.dtype), np.arange(left.shape[1])
    free, side = left != 0, np.broadcast_to(sides(terms.shape[-1]), apart.shape[1:]).ravel()
    for _ in range(int(free.sum(axis=0).max(initial=0))):
        grown = total + left
        rounded = grown.astype(float) - total - left
        gain = np.where(free, side * rounded + LARGE * np.abs(grown), -np.inf)
        chosen = gain.argmax(axis=0)
        total = np.where(free[chosen, sums], grown[chosen, sums], total)
        free[chosen, sums] = False
    return total.reshape(apart.shape[1:])


def product(
    left: NDArray[np.floating], right: NDArray[np.floating], order: Order, dtype: Dtype = "float32"
) -> Single:
    """(…, t) times (t, k) in a dtype, each product rounded, then added."""
    left, right = left.astype(dtype), right.astype(dtype)
    return order(left[..., None] * right)


def softmax(scores: Single, order: Order) -> Single:
    """Over the last axis, with its sum in that order too."""
    exponentials = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return exponentials / order(exponentials[..., None])


def residuals(weights: Weights, order: Order, ids: list[int]) -> Single:
    """The residual stream at first and after each half-layer, (half-layer, position, d_model); `ids` begin with BOS."""
    config, times = weights.config, partial(product, dtype=weights.config.dtype)
    arrays = {name: array.astype(config.dtype) for name, array in weights.arrays.items()}
    x = arrays["embedding.tokens"][ids]
    if config.has_positions:
        x = x + arrays["embedding.positions"][: len(ids)]
    kept = [x]
    for number, layer in enumerate(config.layers):
        added = np.zeros_like(x)
        for head in range(len(layer.heads)):
            query, key, value, output = (
                arrays[f"layers.{number}.attention.heads.{head}.{part}"]
                for part in ("query", "key", "value", "output")
            )
            scores = times(times(x, query, order), times(x, key, order).T, order)
            if config.attention == "causal":
                scores = np.where(np.tri(len(ids), dtype=bool), scores, -np.inf).astype(config.dtype)
            mixed = times(softmax(scores, order), times(x, value, order), order)
            added = added + times(mixed, output, order)
        x = x + added
        kept.append(x)
        if layer.d_mlp:
            enter, bias, leave = (arrays[f"layers.{number}.mlp.{part}"] for part in ("up", "bias", "down"))
            hidden = np.maximum(times(x, enter, order) + bias, 0)
            x = x + times(hidden, leave, order)
        kept.append(x)
    return np.stack(kept)
