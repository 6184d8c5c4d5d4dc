"""Outputs that are told by parts: as an output for each part while the model is made, as one afterwards.

What is split is a sum: of texts of which there are more than could be listed (`compiler/joined_texts.py`), or of numbers
that lie closer together than their terms do (`compiler/number_sums.py`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import cast

import numpy as np

from compiler.analysis.infer import Analysis
from compiler.analysis.kinds import is_text
from compiler.config import Output
from compiler.effort import Effort
from compiler.emit.number_terms import Sum, count_terms, find_sum
from compiler.emit.weights import Array, Weights, is_in_unembedding
from compiler.fraction_set import FractionSet
from compiler.joined_texts import JoinedTexts
from compiler.limits import HINT_CELLS, ROWS, TERMS
from compiler.number_sums import Number, NumberSum, Term
from compiler.options import CompileError, CompileOptions
from compiler.rewrite import RULES
from compiler.rewrite.driver import rewrite_outputs
from compiler.targets.target import find_target
from rasp.graph.nodes import Graph, Map, Node, list_reachable


@dataclass(frozen=True)
class Split:
    """What an output is told by: itself alone, texts, or the numbers of a sum."""

    nodes: Sequence[Node]
    sum: Sum | None = None


Parts = Mapping[str, Split]


def find_parts(graph: Graph, meaning: Mapping[str, Node], options: CompileOptions) -> Parts:
    """For each output the texts that it joins, where these make more than a table may have rows, or the numbers that it
    adds up, where these are told apart and it is not; else itself alone. None is split where the model has to say more than
    what is likeliest: that there is no value, or by how much."""
    if not find_target(options).numbers or options.no_value or options.margin or options.prompts:
        return {name: Split((node,)) for name, node in meaning.items()}
    analysis = Analysis(graph, options, effort=Effort(HINT_CELLS.most))
    placed = rewrite_outputs(analysis, meaning, [p.rule for p in RULES if p.early])
    return {name: split_output(analysis, placed[name]) or Split((node,)) for name, node in meaning.items()}


def keep_sums(parts: Parts, meaning: Mapping[str, Node]) -> Parts:
    """The same with sums of numbers as one output each."""
    return {name: Split((meaning[name],)) if found.sum else found for name, found in parts.items()}


def split_output(analysis: Analysis, node: Node) -> Split | None:
    """The same of one output, whose selectors can be analysed; None where it is not split."""
    texts = list_texts(analysis, node)
    found = find_sum(analysis, node) if len(texts) == 1 else None
    if found is not None:
        return Split([*found.nodes], found)
    return Split(texts) if len(texts) > 1 else None


def list_texts(analysis: Analysis, node: Node) -> Sequence[Node]:
    """The texts that an output joins, where they are too many."""
    if count_terms(node, ("add",)) > TERMS.most:
        return (node,)
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
        name if len(found.nodes) == 1 else f"{name} [{k}]": node
        for name, found in parts.items()
        for k, node in enumerate(found.nodes)
    }


def join_outputs(weights: Weights, parts: Parts) -> Weights:
    """The same model with one output for what was split: the columns of its parts beside each other."""
    arrays: dict[str, Array] = {
        name: array for name, array in weights.arrays.items() if not is_in_unembedding(name)
    }
    outputs: list[Output] = []
    first = 0
    for number, (name, found) in enumerate(parts.items()):
        own = range(first, first + len(found.nodes))
        first += len(found.nodes)
        for part, axis in (("weight", 1), ("bias", 0)):
            arrays[f"unembeddings.{number}.{part}"] = np.concatenate(
                [weights.arrays[f"unembeddings.{k}.{part}"] for k in own], axis=axis
            )
        outputs.append(join_output(name, [weights.config.outputs[k] for k in own], found.sum))
    return Weights(replace(weights.config, outputs=tuple(outputs)), arrays)


def join_output(name: str, told: Sequence[Output], sum_: Sum | None) -> Output:
    """The output that is told by these."""
    if sum_ is not None:
        return Output(name, add_up(sum_, iter(told)))
    if len(told) == 1:
        return told[0]
    return Output(name, JoinedTexts(tuple(cast("tuple[str, ...]", tuple(part.classes)) for part in told)))


def add_up(found: Sum, told: Iterator[Output]) -> NumberSum:
    """A sum of the next of these outputs."""
    return NumberSum(tuple(make_term(term, minus, told) for term, minus in found.terms))


def make_term(term: Node | Sum, minus: bool, told: Iterator[Output]) -> Term:
    """One of its terms."""
    if isinstance(term, Sum):
        return Term(add_up(term, told), nearest=False, minus=minus)
    output = next(told)
    return Term(cast("tuple[Number, ...] | FractionSet", output.classes), output.nearest, minus)


def split_outputs(weights: Weights) -> Weights:
    """The same model the other way round: with an output for each part again."""
    arrays: dict[str, Array] = {
        name: array for name, array in weights.arrays.items() if not is_in_unembedding(name)
    }
    outputs: list[Output] = []
    for number, output in enumerate(weights.config.outputs):
        first = 0
        for part in list_parts(output):
            for array, axis in (("weight", 1), ("bias", 0)):
                whole = weights.arrays[f"unembeddings.{number}.{array}"]
                own = whole.take(range(first, first + part.columns), axis=axis)
                arrays[f"unembeddings.{len(outputs)}.{array}"] = own
            outputs.append(part)
            first += part.columns
    return Weights(replace(weights.config, outputs=tuple(outputs)), arrays)


def list_parts(output: Output) -> list[Output]:
    """What an output is told by, each as an output; most by themselves."""
    match output.classes:
        case JoinedTexts():
            return [Output(f"{output.name} [{k}]", texts) for k, texts in enumerate(output.classes.parts)]
        case NumberSum():
            return [
                Output(
                    f"{output.name} [{k}]",
                    cast("tuple[Number, ...] | FractionSet", term.values),
                    term.nearest,
                )
                for k, term in enumerate(output.classes.numbers)
            ]
        case _:
            return [output]
