"""What a decoder of a full-attention program has to write before it answers, and in which order.

A position that generates reads the prompt: it knows the query's side of every selector, and by attention anything that is
made of tokens and indices on the key's side. What stands on the key's side and is itself a result of attention is known at
no position of the prompt, whose positions see only what is before them. So it is written, token by token, as a *stage*
before the answer, and then it stands at a position of its own, where attention finds it.

    place = selector_width(select(tokens, tokens, <));
    aggregate(select(place, indices, ==), tokens)        `place` is written in stage 1, the answer in stage 2

In: the output's node. Out: which nodes are written in which stage; each comes after those that it reads on the key's side.
"""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from typing import assert_never

from rasp.graph.nodes import (
    Aggregate,
    And,
    Best,
    Constant,
    Indices,
    Node,
    Not,
    Or,
    Select,
    Tokens,
    Width,
    list_reachable,
)
from rasp.graph.nodes import Map as Elementwise


@dataclass(frozen=True, eq=False)
class Attended:
    """What a result of attention reads: `queries` of the position that asks, `keys` (with scores and what is brought) of
    those that are asked."""

    queries: tuple[Node, ...]
    keys: tuple[Node, ...]


def find_attended(node: Node) -> Attended:
    """What a result of attention reads, itself or through its selector."""
    queries, keys = list[Node](), list[Node](node.args[1:])
    for part in list_selectors(node.args[0]):
        match part.selector_op:
            case Select():
                keys.append(part.args[0])
                queries.append(part.args[1])
            case Best():
                keys.append(part.args[1])
            case Not() | And() | Or():
                pass
            case _:
                assert_never(part.selector_op)
    return Attended(tuple(queries), tuple(keys))


def list_selectors(selector: Node) -> list[Node]:
    """A selector and those that it is made of."""
    found, waiting = dict.fromkeys([selector]), [selector]
    while waiting:
        inner = [arg for arg in waiting.pop().args if arg.is_selector and arg not in found]
        found |= dict.fromkeys(inner)
        waiting += inner
    return list(found)


def list_stages(output: Node) -> list[list[Node]]:
    """The nodes that are written, by stage; the answer's own stage, the last, is not among them."""
    needs: dict[Node, int] = {}
    for node in list_reachable([output]):
        if not node.is_selector:
            needs[node] = max(find_needs(node, needs), default=0)
    read = [
        key
        for node in needs
        if isinstance(node.op, Aggregate | Width)
        for key in find_attended(node).keys
        if needs[key]
    ]
    last = max([needs[key] for key in read], default=0)
    stages = [[key for key in dict.fromkeys(read) if needs[key] == stage] for stage in range(1, last + 1)]
    return [[key for key in stage if not follows(key, {*stage} - {key})] for stage in stages]


def follows(node: Node, written: Set[Node]) -> bool:
    """Whether a node's value follows from values that are written beside it."""
    known = {*written}
    for inner in list_reachable([node]):
        if isinstance(inner.op, Elementwise | Constant) and known.issuperset(inner.args):
            known.add(inner)
    return isinstance(node.op, Elementwise) and known.issuperset(node.args)


def find_needs(node: Node, needs: dict[Node, int]) -> Iterator[int]:
    """In which stages what a node reads is written at the earliest; 0: nothing of it has to be."""
    match node.sequence_op:
        case Tokens() | Indices() | Constant():
            pass
        case Elementwise():
            yield from (needs[arg] for arg in node.args)
        case Aggregate() | Width():
            found = find_attended(node)
            yield 1
            yield from (needs[query] for query in found.queries)
            yield from (needs[key] + 1 for key in found.keys)
        case _:
            assert_never(node.sequence_op)


def split_stages(
    stages: Sequence[Sequence[Node]], sizes: dict[Node, int], most: int
) -> list[tuple[Node, ...]]:
    """The same stages, but one with more combinations of values than that is written as several."""
    found: list[tuple[Node, ...]] = []
    for stage in stages:
        own, words = list[Node](), 1
        for node in stage:
            if own and words * sizes[node] > most:
                found.append(tuple(own))
                own, words = [], 1
            own.append(node)
            words *= sizes[node]
        found.append(tuple(own))
    return found
