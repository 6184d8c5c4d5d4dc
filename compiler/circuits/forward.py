"""A forward pass edge by edge, in numpy and the model's arithmetic: every reader sees what its writers wrote, or, along
ablated edges, what they wrote elsewhere.

What a reader takes in is the residual, less what the writer of an ablated edge added to it, plus what that added in the run
that takes its place. Letters in shapes: b batch, p position, d column.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from compiler.circuits.edges import INPUT, LOGITS, Edge, name_attention, name_mlp
from compiler.emit.weights import Weights, check_listed, is_in_unembedding, spread_unembedding

Numbers = NDArray[np.floating]
Ids = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Pass:
    """What each writer added to the residual (b, p, d), and the likeliest class of every output (b, p)."""

    added: Mapping[str, Numbers]
    classes: tuple[Ids, ...]


class EdgeDecoder:
    """Weights in the arithmetic of the decoder, logits in float64."""

    def __init__(self, weights: Weights) -> None:
        self.config = weights.config
        check_listed(weights.config, "its edges")
        self.arrays = {
            name: array.astype(weights.config.dtype)
            for name, array in weights.arrays.items()
            if not is_in_unembedding(name)
        }
        self.ends = [spread_unembedding(weights, k) for k in range(len(weights.config.outputs))]

    def run(
        self, ids: Ids, ablated: Collection[Edge] = (), instead: Mapping[str, Numbers] | None = None
    ) -> Pass:
        """A pass on inputs of one length (b, p), BOS first. `instead` is what writers of ablated edges seem to add."""
        added = {INPUT: self.embed(ids)}
        total = added[INPUT]
        sources = instead or {}

        def see(reader: str, letter: str = "") -> Numbers:
            """The residual as a reader sees it."""
            x = total
            for edge in ablated:
                if edge.reader == reader and edge.letter == letter and edge.writer in added:
                    x = x + (sources[edge.writer] - added[edge.writer])
            return x

        for number, layer in enumerate(self.config.layers):
            heads = {
                name_attention(number, head): self.attend(number, head, see)
                for head in range(len(layer.heads))
            }
            added |= heads
            total = reduce(np.add, heads.values(), total)
            if layer.d_mlp:
                added[name_mlp(number)] = self.look_up(number, see(name_mlp(number)))
                total = total + added[name_mlp(number)]
        last = see(LOGITS).astype(np.float64)
        return Pass(added, tuple(self.classify(k, last) for k in range(len(self.config.outputs))))

    def embed(self, ids: Ids) -> Numbers:
        rows: Numbers = self.arrays["embedding.tokens"][ids]
        if self.config.has_positions:
            rows = rows + self.arrays["embedding.positions"][: ids.shape[1]]
        return rows

    def attend(self, layer: int, head: int, see: Callable[[str, str], Numbers]) -> Numbers:
        """What a head adds."""
        name = name_attention(layer, head)
        matrices = {
            part: self.arrays[f"layers.{layer}.attention.heads.{head}.{part}"]
            for part in ("query", "key", "value", "output")
        }
        query, key, value = (
            see(name, letter) @ matrices[part]
            for letter, part in (("q", "query"), ("k", "key"), ("v", "value"))
        )
        with np.errstate(over="ignore"):
            scores = query @ key.swapaxes(1, 2)
        # Where powers of two are averaged, all keys of a row may be as far down as numbers go.
        scores = np.maximum(scores, np.finfo(scores.dtype).min)
        if self.config.attention == "causal":
            scores = np.where(np.tri(scores.shape[1], dtype=bool), scores, -np.inf)
        shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
        return (shares / shares.sum(axis=-1, keepdims=True)) @ value @ matrices["output"]

    def look_up(self, layer: int, x: Numbers) -> Numbers:
        """What hidden units add."""
        up, bias, down = (self.arrays[f"layers.{layer}.mlp.{part}"] for part in ("up", "bias", "down"))
        return np.maximum(x @ up + bias, 0) @ down

    def classify(self, output: int, x: NDArray[np.float64]) -> Ids:
        matrix, bias = self.ends[output]
        return (x @ matrix + bias).argmax(axis=-1)
