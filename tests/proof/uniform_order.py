"""Uniform weights of a family run in float32 with every sum in an order of its own, as `any_order` runs plain ones."""

import math
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from compiler.stock.uniform import UniformWeights
from compiler.targets.rotary import choose_frequency, describe_scaling
from compiler.targets.target import TargetModel
from compiler.targets.uniform_shape import UniformShape
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


def scale_down(x: Single, order: Order, eps: float, gain: Single, *, divided: bool) -> Single:
    """RMSNorm in one of two ways of rounding: by the inverse root, or divided by the root."""
    root = np.sqrt((order((x**2).T) / np.float32(x.shape[1]))[:, None] + np.float32(eps))
    return (x / root if divided else x * (np.float32(1) / root)) * gain


def leave(x: Single, order: Order) -> Single:
    """No norm."""
    del order
    return x


def activate(z: Single, target: TargetModel) -> Single:
    """What hidden units make of their inputs."""
    if target.activation == "relu":
        return np.maximum(z, np.float32(0))
    if target.activation == "silu":
        return z / (np.float32(1) + np.exp(-z))
    cubed = np.float32(0.044715) * z**3
    inner = np.float32(np.sqrt(2 / np.pi)) * (z + cubed)
    return np.float32(0.5) * z * (np.float32(1) + np.tanh(inner))


def find_single_frequency(length: int) -> np.float32:
    """The frequency of the first pair as software for the family makes it of the config, in float32."""
    scaling = describe_scaling(choose_frequency(length))
    low, high = (float(scaling[f"{name}_freq_factor"]) for name in ("low", "high"))
    share = np.float32(1) / (np.float32(math.tau) / np.float32(1)) - np.float32(low)
    return share / np.float32(high - low)


def turn_pair(pair: Single, frequency: np.float32) -> Single:
    """Rows (position, 2), each turned by its position."""
    angles = np.arange(len(pair), dtype=np.float32) * frequency
    cosine, sine = np.cos(angles), np.sin(angles)
    first, second = pair.T
    return np.stack([first * cosine - second * sine, second * cosine + first * sine], axis=1)


def turn_heads(rows: Single, shape: UniformShape) -> Single:
    """Queries or keys of all heads (position, hidden), with the first pair of each turned where it is."""
    if not shape.turns:
        return rows
    found, frequency = rows.copy(), find_single_frequency(shape.positions - 1)
    for head in range(shape.heads):
        pair = [head * shape.d_head, head * shape.d_head + shape.d_head // 2]
        found[:, pair] = turn_pair(rows[:, pair], frequency)
    return found


def attend_uniformly(
    read: Single, arrays: dict[str, Single], shape: UniformShape, seen: NDArray[np.bool_], order: Order
) -> Single:
    """All heads of a layer (position, hidden), each looking at what is `seen`, before their output matrix."""
    query, key, value = (product(read, arrays[name], order) for name in ("query", "key", "value"))
    query, key = turn_heads(query, shape), turn_heads(key, shape)
    mixed: list[Single] = []
    for head in range(shape.heads):
        own = slice(head * shape.d_head, (head + 1) * shape.d_head)
        scores = product(query[:, own], key[:, own].T, order) * np.float32(shape.d_head**-0.5)
        scores = np.where(seen, scores, -np.float32(np.inf))
        mixed.append(product(softmax(scores, order), value[:, own], order))
    return np.concatenate(mixed, axis=1)


def add_biased(x: Single, own: Mapping[str, Single], order: Order) -> Single:
    """What hidden units get: the bias is one product more, which an order may put first."""
    ones = np.ones((*x.shape[:-1], 1), np.float32)
    return product(
        np.concatenate([x, ones], axis=-1), np.concatenate([own["up"], own["up_bias"][None]]), order
    )


def uniform_residuals(weights: UniformWeights, target: TargetModel, order: Order, ids: list[int]) -> Single:
    """The residual at first and after each half-layer, (half-layer, position, hidden), without what norms have taken out of
    all numbers."""
    shape, arrays = weights.shape, weights.arrays
    assert target.eps is not None
    settings = {"eps": target.eps, "gain": arrays["gain"]}
    read: list[Norm] = [
        partial(normalise, **settings, shifted=way)
        if target.centred
        else partial(scale_down, **settings, divided=way)
        for way in (True, False)
    ]
    before, after = ([leave] * 2, read) if target.after else (read, [leave] * 2)
    seen = np.tri(len(ids), dtype=bool) if "causal" in target.attentions else np.ones((len(ids),) * 2, bool)
    place = np.float32(0) if target.rotary else arrays["positions"][: len(ids)]
    x = after[0](arrays["tokens"][ids] + place, order)
    kept = [x]
    for number in range(shape.layers):
        own = {name.partition(".")[2]: a for name, a in arrays.items() if name.startswith(f"{number}.")}
        mixed = attend_uniformly(before[number % 2](x, order), own, shape, seen, order)
        x = after[number % 2](x + product(mixed, own["output"], order), order)
        kept.append(x)
        seen_there = before[number % 2](x, order)
        hidden = (
            add_biased(seen_there, own, order) if target.biased else product(seen_there, own["up"], order)
        )
        with np.errstate(over="ignore"):
            made = activate(hidden, target)
        if target.gated:
            made = made * product(seen_there, own["factor"], order)
        x = after[number % 2](x + product(made, own["down"], order), order)
        kept.append(x)
    held = np.stack(kept)
    if not target.centred:
        return held
    still = np.moveaxis(held, 1, 0)[:, np.arange(len(held)), list(weights.zeros)].T
    first = (arrays["tokens"][ids] + place)[:, list(weights.zeros)].T
    return held - (still - first)[:, :, None]
