"""Heads that turn: what plain weights read of the cosine and sine of positions, as a pair of dimensions that is turned.

A plain model has a column of cos(f·p) and one of sin(f·p), 0 at BOS, which only queries and keys read. A head's products of
them add up to A·cos(f·(i - j) + a), of a query's position i and a key's j. A family whose heads turn needs no such columns:
a query (A·cos a, A·sin a) that is turned by f·i, and a key (1, 0) by f·j, score the same. Both are multiples of a mark,
which is 1 at all positions and 0 at BOS.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from compiler.config import Config, HeadShape
from compiler.emit.rotate import READERS, WRITERS
from compiler.emit.weights import Array, Weights

Pairs = Mapping[tuple[int, int], Array]
SAME = 1e-9
"""How far, relatively, numbers may be apart that are the same but for rounding in float64."""


@dataclass(frozen=True, eq=False)
class TurnedHeads:
    """`mark`: weights, shape (d,), that read 1, and 0 at BOS. `pairs`: by layer and head, the two numbers of a query."""

    mark: Array
    pairs: Pairs

    def give(self, name: str, layer: int, head: int) -> Array:
        """The weights of a head's pair, of its query or its key, shape (d, 2)."""
        numbers = self.pairs[layer, head] if name == "query" else np.array([1.0, 0.0])
        return np.outer(self.mark, numbers)


def take_turned_heads(weights: Weights, places: Sequence[int], mark: Array) -> tuple[Weights, TurnedHeads]:
    """The same weights without the columns of cosine and sine, and what heads score by these. `mark` reads all columns."""
    arrays, config = dict(weights.arrays), weights.config
    pairs: dict[tuple[int, int], Array] = {}
    layers = list(config.layers)
    for number, layer in enumerate(layers):
        heads = list(layer.heads)
        for h, head in enumerate(heads):
            prefix = f"layers.{number}.attention.heads.{h}"
            query, key = arrays[f"{prefix}.query"], arrays[f"{prefix}.key"]
            columns = np.flatnonzero(key[list(places)].any(axis=0))
            if len(columns):
                pairs[number, h] = find_pair(
                    query[list(places)][:, columns] @ key[list(places)][:, columns].T
                )
                arrays[f"{prefix}.query"] = np.delete(query, columns, axis=1)
                arrays[f"{prefix}.key"] = np.delete(key, columns, axis=1)
                heads[h] = HeadShape(head.d_key - len(columns), head.d_value)
        layers[number] = replace(layer, heads=tuple(heads))
    config = replace(config, layers=tuple(layers))
    return drop_columns(arrays, config, places), TurnedHeads(np.delete(mark, places), pairs)


def find_pair(matrix: Array) -> Array:
    """A·(cos a, sin a), given how all products of a query's cosine and sine with a key's are weighted, shape (2, 2)."""
    turned = np.array([[matrix[1, 1], -matrix[1, 0]], [-matrix[0, 1], matrix[0, 0]]])
    assert np.abs(matrix - turned).max() <= SAME * np.abs(matrix).max(), "only distances are scored"
    return matrix[0]


def drop_columns(arrays: Mapping[str, Array], config: Config, places: Sequence[int]) -> Weights:
    """Weights without some columns of the residual, and without a table of positions that is empty then."""
    found: dict[str, Array] = {}
    for name, array in arrays.items():
        match name.rsplit(".", 1)[-1]:
            case part if part in WRITERS:
                found[name] = np.delete(array, places, axis=1)
            case part if part in READERS:
                found[name] = np.delete(array, places, axis=0)
            case _:
                found[name] = array
    has_positions = bool(found["embedding.positions"].any())
    if not has_positions:
        del found["embedding.positions"]
    sizes = replace(config, d_model=config.d_model - len(places), has_positions=has_positions)
    return Weights(sizes, found)
