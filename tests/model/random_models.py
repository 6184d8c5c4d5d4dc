"""Small models with random weights and every kind of layer, for tests of what reads weights."""

import numpy as np

from compiler.config import Config, HeadShape, LayerShape, Output
from compiler.emit.weights import Weights, is_in_unembedding, list_shapes
from rasp.values import Atom


def random_weights(
    attention: str = "full",
    vocabulary: tuple[Atom, ...] = ("a", "b", "c"),
    positions: bool = True,
    seed: int = 0,
) -> Weights:
    """Weights of three layers: heads of several shapes (three of one, one without a key), no heads, no MLP; two outputs."""
    layers = (
        LayerShape((HeadShape(3, 2), HeadShape(0, 1), HeadShape(3, 2), HeadShape(3, 2)), 5),
        LayerShape((), 4),
        LayerShape((HeadShape(2, 3),), 0),
    )
    outputs = (Output("letters", vocabulary), Output("numbers", (0, 0.5, 1, 1 / 3)))
    config = Config("plain", attention, vocabulary, 6, 10, layers, outputs, positions)
    generator = np.random.default_rng(seed)
    arrays = {name: generator.normal(size=shape) for name, shape in list_shapes(config).items()}
    # Weights that a checkpoint holds exactly.
    kept = {n: a if is_in_unembedding(n) else a.astype(np.float32).astype(float) for n, a in arrays.items()}
    return Weights(config, kept)
