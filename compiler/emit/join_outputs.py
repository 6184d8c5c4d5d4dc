"""Outputs that are texts joined of parts: as an output for each part while the model is made, as one afterwards.

What is split is a sum of texts of which there are more than could be listed (`compiler/joined_texts.py`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import cast

import numpy as np

from compiler.analysis.infer import Analysis
from compiler.analysis.kinds import is_text
from compiler.config import Output
from compiler.effort import Effort
from compiler.emit.weights import Array, Weights
from compiler.joined_texts import JoinedTexts
from compiler.limits import HINT_CELLS, ROWS
from compiler.options import CompileError, CompileOptions
from compiler.targets.target import find_target
from rasp.graph.nodes import Graph, Map, Node, list_reachable

Parts = Mapping[str, Sequence[Node]]


def find_parts(graph: Graph, meaning: Mapping[str, Node], options: CompileOptions) -> Parts:
    """For each output the texts that it joins, where these make more than a table may have rows; else itself alone. None
    is split where the model has to say more than what is likeliest: that there is no value, or by how much."""
    if not find_target(options).numbers or options.no_value or options.margin or options.prompts:
        return {name: (node,) for name, node in meaning.items()}
    analysis = Analysis(graph, options, effort=Effort(HINT_CELLS.most))
    return {name: list_parts(analysis, node) for name, node in meaning.items()}


def list_parts(analysis: Analysis, node: Node) -> Sequence[Node]:
    """The same of one output."""
    parts = flatten_sum(node)
    if len(parts) < 2 or not all(are_texts(analysis, parts)):
        return (node,)
    try:
        values = [analysis.domain(part).values for part in parts]
    except CompileError:  # too many for a part, too
        return (node,)
    texts = all(isinstance(value, str) for found in values for value in found)
    return parts if texts and prod(map(len, values)) > ROWS.most else (node,)


def flatten_sum(node: Node) -> list[Node]:
    """What a sum adds up, from the first to the last."""
    if isinstance(node.op, Map) and node.op.prim == "add":
        return [part for arg in node.args for part in flatten_sum(arg)]
    return [node]


def are_texts(analysis: Analysis, nodes: Sequence[Node]) -> Iterator[bool]:
    """Of each s-op whether it has strings alone, as far as that is seen without its values."""
    tokens_are_text = all(isinstance(token, str) for token in analysis.options.vocabulary)
    strings: set[Node] = set()
    for node in list_reachable(nodes):
        if is_text(node, strings, tokens_are_text=tokens_are_text):
            strings.add(node)
    return (node in strings for node in nodes)


def name_parts(parts: Parts) -> dict[str, Node]:
    """An output for each part."""
    return {
        name if len(found) == 1 else f"{name} [{k}]": node
        for name, found in parts.items()
        for k, node in enumerate(found)
    }


def join_outputs(weights: Weights, parts: Parts) -> Weights:
    """The same model with one output for what was split: the columns of its parts beside each other."""
    arrays: dict[str, Array] = {
        name: array for name, array in weights.arrays.items() if not name.startswith("unembeddings.")
    }
    outputs: list[Output] = []
    first = 0
    for number, (name, found) in enumerate(parts.items()):
        own = range(first, first + len(found))
        first += len(found)
        for part, axis in (("weight", 1), ("bias", 0)):
            arrays[f"unembeddings.{number}.{part}"] = np.concatenate(
                [weights.arrays[f"unembeddings.{k}.{part}"] for k in own], axis=axis
            )
        told = [weights.config.outputs[k] for k in own]
        texts = tuple(cast("tuple[str, ...]", tuple(output.classes)) for output in told)
        outputs.append(told[0] if len(told) == 1 else Output(name, JoinedTexts(texts)))
    return Weights(replace(weights.config, outputs=tuple(outputs)), arrays)
