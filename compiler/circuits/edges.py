"""The nodes and edges of a model as circuit discovery names them: `input`, `a0.h1`, `m0`, `logits`; `a0.h1->a1.h0<q>`.

A writer adds to the residual stream; a reader takes it in, a head by its query, key and value each for itself. There is
an edge from each writer to each reader behind it. It can matter only where the reader has a weight for a column that the
writer writes, whoever else writes that column too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from compiler.config import Config
from compiler.emit.weights import Array, Weights

INPUT, LOGITS = "input", "logits"
#: The letter of each matrix by which a head reads.
LETTERS = {"q": "query", "k": "key", "v": "value"}


@dataclass(frozen=True)
class Edge:
    """From a writer to a reader; `letter` is that of the reading matrix of a head, else empty."""

    writer: str
    reader: str
    letter: str = ""

    def __str__(self) -> str:
        return f"{self.writer}->{self.reader}" + (f"<{self.letter}>" if self.letter else "")


def name_attention(layer: int, head: int) -> str:
    """A head's node."""
    return f"a{layer}.h{head}"


def name_mlp(layer: int) -> str:
    """The node of a layer's hidden units."""
    return f"m{layer}"


def list_nodes(heads: Sequence[int]) -> Iterator[str]:
    """All nodes in the order in which they write, with so many heads in each layer."""
    yield INPUT
    for layer, count in enumerate(heads):
        yield from (name_attention(layer, head) for head in range(count))
        yield name_mlp(layer)
    yield LOGITS


def list_edges(heads: Sequence[int]) -> Iterator[Edge]:
    """All edges, reader by reader. Heads of a layer do not see each other."""
    writers = [INPUT]
    for layer, count in enumerate(heads):
        names = [name_attention(layer, head) for head in range(count)]
        yield from (Edge(writer, name, letter) for name in names for letter in LETTERS for writer in writers)
        writers += names
        yield from (Edge(writer, name_mlp(layer)) for writer in writers)
        writers.append(name_mlp(layer))
    yield from (Edge(writer, LOGITS) for writer in writers)


def count_heads_of(config: Config) -> list[int]:
    """How many heads each layer has."""
    return [len(layer.heads) for layer in config.layers]


def list_reading(weights: Weights) -> Mapping[tuple[str, str], Array]:
    """By reader and letter, what it reads with (column, ·)."""
    found: dict[tuple[str, str], Array] = {}
    for number, layer in enumerate(weights.config.layers):
        for head in range(len(layer.heads)):
            name = f"layers.{number}.attention.heads.{head}"
            found |= {
                (name_attention(number, head), letter): weights.arrays[f"{name}.{matrix}"]
                for letter, matrix in LETTERS.items()
            }
        if layer.d_mlp:
            found[name_mlp(number), ""] = weights.arrays[f"layers.{number}.mlp.up"]
    ends = [weights.arrays[f"unembeddings.{k}.weight"] for k in range(len(weights.config.outputs))]
    return found | {(LOGITS, ""): np.concatenate(ends, axis=1)}


def list_writing(weights: Weights) -> Mapping[str, Array]:
    """By writer, what it writes with (·, column)."""
    arrays, config = weights.arrays, weights.config
    found = {INPUT: np.concatenate([arrays[name] for name in arrays if name.startswith("embedding.")])}
    for number, layer in enumerate(config.layers):
        for head in range(len(layer.heads)):
            found[name_attention(number, head)] = arrays[f"layers.{number}.attention.heads.{head}.output"]
        if layer.d_mlp:
            found[name_mlp(number)] = arrays[f"layers.{number}.mlp.down"]
    return found


def find_shared_columns(weights: Weights) -> Mapping[Edge, tuple[int, ...]]:
    """The edges whose reader has weights for columns of the writer, with these columns."""
    reading, writing = list_reading(weights), list_writing(weights)
    found: dict[Edge, tuple[int, ...]] = {}
    for edge in list_edges(count_heads_of(weights.config)):
        read, written = reading.get((edge.reader, edge.letter)), writing.get(edge.writer)
        if read is not None and written is not None:
            columns = np.flatnonzero(read.any(axis=1) & written.any(axis=0)).tolist()
            if columns:
                found[edge] = tuple(columns)
    return found
