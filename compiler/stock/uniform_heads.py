"""A layer's heads, all of one size."""

import math

import numpy as np

from compiler.emit.weights import Weights
from compiler.stock.placing import Placing
from compiler.stock.turned_heads import TurnedHeads
from compiler.targets.uniform_shape import UniformShape


def arrange_heads(
    weights: Weights, number: int, shape: UniformShape, placing: Placing, turned: TurnedHeads | None
) -> dict[str, np.ndarray]:
    """A layer's heads side by side, each in its own `d_head` columns, of which the first and the middle one are a pair
    where heads score by turning."""
    found = {
        name: np.zeros((shape.hidden, shape.hidden), np.float32)
        for name in ("query", "key", "value", "output")
    }
    layers = weights.config.layers
    for h in range(len(layers[number].heads) if layers else 0):
        prefix = f"layers.{number}.attention.heads.{h}"
        own = range(h * shape.d_head, (h + 1) * shape.d_head)
        pair = [own[0], own[shape.d_head // 2]] if turned else []
        others = [column for column in own if column not in pair]
        for name, scale in (("query", math.sqrt(shape.d_head)), ("key", 1.0)):
            found[name][:, others] = placing.read(weights.arrays[f"{prefix}.{name}"] * scale, len(others))
            if turned and (number, h) in turned.pairs:
                found[name][:, pair] = placing.read(turned.give(name, number, h) * scale, 2)
        found["value"][:, own] = placing.read(weights.arrays[f"{prefix}.value"], shape.d_head)
        found["output"][own] = placing.write(weights.arrays[f"{prefix}.output"], shape.d_head)
    return found
