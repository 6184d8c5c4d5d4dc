"""A model as a circuit: a directed graph of its parts, with an edge wherever one reads what another wrote.

Made from the weights and the symbol map alone, so that a model that was loaded has the same circuit as one that was just
compiled. Parts have the names that `rasp info` shows (`layer 0 head 1`, `layer 0 units 0-5`).
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

import numpy as np
from networkx import DiGraph

from compiler.emit.weights import Array, Weights
from compiler.json_forms.model_forms import SymbolMap


def build_circuit(weights: Weights, symbols: SymbolMap) -> "DiGraph[str]":
    """The circuit. Nodes are parts, in the order in which they write, then the outputs.

    A node has its record in the symbol map (`computes`, `columns`, `layer`, `head`, `units`, `selector`, `parameters`,
    `error_bound`, `place`, whatever there is) and its `kind`: embedding, head, mlp, clearing or unembedding. An edge has
    `columns`, the residual columns that are read, by the matrix that reads them (query, key, value, up, weight), and
    `carries`, the s-ops that stand in them.
    """
    found: DiGraph[str] = DiGraph()
    carries = {(row["written_by"], row["column"]): row["carries"] for row in symbols["columns"]}
    writers: dict[int, str] = {}  # of what stands in each residual column
    for _, group in groupby(symbols["parts"], key=half_layer):
        parts = list(group)
        for part in parts:
            found.add_node(part["where"], kind=kind_of_part(part), **part)
            connect(found, part["where"], reading(weights, part), writers)
        for part in parts:
            writers |= dict.fromkeys(part["columns"], part["where"])
    for number, output in enumerate(weights.config.outputs):
        name, array = f"output {output.name}", weights.arrays[f"unembeddings.{number}.weight"]
        found.add_node(name, kind="unembedding", computes=output.name, classes=output.classes)
        connect(found, name, [("weight", array)], writers)
    for writer, _, edge in found.edges(data=True):
        columns = [column for read in edge["columns"].values() for column in read]
        edge["carries"] = tuple(dict.fromkeys(carries[writer, column] for column in columns))
    return found


def half_layer(part: Mapping[str, Any]) -> tuple[int, bool]:
    """What stands for parts that read the same residual stream: the layer, and whether it is the MLP."""
    return part.get("layer", -1), "units" in part


def kind_of_part(part: Mapping[str, Any]) -> str:
    """What a part is, by what its record has."""
    if "head" in part:
        return "head"
    if "units" not in part:
        return "embedding"
    return "mlp" if part["columns"] else "clearing"


def reading(weights: Weights, part: Mapping[str, Any]) -> Iterator[tuple[str, Array]]:
    """The matrices (d_model, ·) by which a part reads the residual stream."""
    match part:
        case {"layer": layer, "head": head}:
            for name in ("query", "key", "value"):
                yield name, weights.arrays[f"layers.{layer}.attention.heads.{head}.{name}"]
        case {"layer": layer, "units": [first, last]}:
            yield "up", weights.arrays[f"layers.{layer}.mlp.up"][:, first:last]
        case _:
            return  # the embedding reads tokens


def connect(
    found: "DiGraph[str]", reader: str, arrays: Iterable[tuple[str, Array]], writers: dict[int, str]
) -> None:
    """Edges to a reader from those who wrote the columns that have a weight."""
    for name, array in arrays:
        for column in np.flatnonzero(array.any(axis=1)).tolist():
            writer = writers[column]
            if not found.has_edge(writer, reader):
                found.add_edge(writer, reader, columns={})
            read = found.edges[writer, reader]["columns"]
            read[name] = (*read.get(name, ()), column)
