"""Uniform weights of a family run in float32 with every sum in an order of its own, as `any_order` runs plain ones."""

from collections.abc import Callable
from functools import partial

import numpy as np

from compiler.stock.uniform import UniformShape, UniformWeights
from compiler.targets.target import TargetModel
from tests.proof.any_order import Order, Single, product, softmax

Norm = Callable[[Single, Order], Single]
"""Rows (position, hidden) as they are read."""


def normalise(x: Single, order: Order, eps: float, gain: Single, *, shifted: bool) -> Single:
    """LayerNorm in one of two ways of rounding: the mean is taken away first, or after dividing (`shifted`)."""
    count = np.float32(x.shape[1])
    mean = (order(x.T) / count)[:, None]
    variance = (order(((x - mean) ** 2).T) / count)[:, None]
    share = np.float32(1) / np.sqrt(variance + np.float32(eps))
    whole = x * share + (-mean * share) if shifted else (x - mean) * share
    return whole * gain


def activate(z: Single, target: TargetModel) -> Single:
    """What hidden units make of their inputs."""
    if target.activation == "relu":
        return np.maximum(z, np.float32(0))
    cubed = np.float32(0.044715) * z**3
    inner = np.float32(np.sqrt(2 / np.pi)) * (z + cubed)
    return np.float32(0.5) * z * (np.float32(1) + np.tanh(inner))


def attend_uniformly(read: Single, arrays: dict[str, Single], shape: UniformShape, order: Order) -> Single:
    """All heads of a layer (position, hidden), causal, before their output matrix."""
    query, key, value = (product(read, arrays[name], order) for name in ("query", "key", "value"))
    mixed: list[Single] = []
    for head in range(shape.heads):
        own = slice(head * shape.d_head, (head + 1) * shape.d_head)
        scores = product(query[:, own], key[:, own].T, order) * np.float32(shape.d_head**-0.5)
        scores = np.where(np.tri(len(read), dtype=bool), scores, -np.float32(np.inf))
        mixed.append(product(softmax(scores, order), value[:, own], order))
    return np.concatenate(mixed, axis=1)


def uniform_residuals(weights: UniformWeights, target: TargetModel, order: Order, ids: list[int]) -> Single:
    """The residual at first and after each half-layer, (half-layer, position, hidden)."""
    shape, arrays = weights.shape, weights.arrays
    assert target.eps is not None
    read: list[Norm] = [
        partial(normalise, eps=target.eps, gain=arrays["gain"], shifted=way) for way in (True, False)
    ]
    x = arrays["tokens"][ids] + arrays["positions"][: len(ids)]
    kept = [x]
    for number in range(shape.layers):
        own = {name.partition(".")[2]: a for name, a in arrays.items() if name.startswith(f"{number}.")}
        mixed = attend_uniformly(read[number % 2](x, order), own, shape, order)
        x = x + product(mixed, own["output"], order)
        kept.append(x)
        hidden = product(read[number % 2](x, order), own["up"], order) + own["up_bias"]
        with np.errstate(over="ignore"):
            x = x + product(activate(hidden, target), own["down"], order)
        kept.append(x)
    return np.stack(kept)
