"""Where a position of a decoder is: in the prompt or in which stage, and at which of its indices."""

from dataclasses import dataclass

from compiler.completions.decoder_words import DecoderWords
from rasp.graph.nodes import Aggregate, Best, Graph, Indices, Map, Node, Select, Tokens
from rasp.values import make_const

PROMPT = 0


@dataclass(frozen=True, eq=False)
class Places:
    """S-ops that say where a position is: the `stage` that it is in (0: the prompt), the index in it of the word that it
    `generates` and of the one that it `holds`, and the `length` of the prompt."""

    stage: Node
    generates: Node
    holds: Node
    length: Node


def find_places(graph: Graph, words: DecoderWords) -> Places:
    """Where a position is, by the bars before it."""
    tokens, indices = graph.add(Tokens()), graph.add(Indices())
    numbers = [make_const(item) for pair in enumerate(words.bars, 1) for item in reversed(pair)]
    is_bar = graph.add(Map("in_list", tuple(map(make_const, words.bars))), tokens)
    number = graph.add(Map("index_dict_or", (make_const(PROMPT), *numbers)), tokens)
    bars = graph.add(Select("=="), is_bar, graph.constant(True))
    latest = graph.add(Best(), bars, indices)
    stage = graph.add(Aggregate(make_const(PROMPT)), latest, number)
    begin = graph.add(Aggregate(make_const(-1)), latest, indices)
    first = graph.add(Best(), bars, graph.map("neg", indices))
    length = graph.add(
        Aggregate(make_const(1)), first, indices
    )  # a length that there is, where none is known
    generates = graph.map("sub", indices, begin)
    holds = graph.map("sub", generates, graph.constant(1))
    for name, node in (
        ("stage", stage),
        ("last_bar", begin),
        ("prompt_length", length),
        ("index", generates),
    ):
        graph.names.setdefault(node, name)
    return Places(stage, generates, holds, length)
