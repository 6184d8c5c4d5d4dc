"""How many layers and heads an s-op needs before anything is compiled, everything as early as possible.

    s-op                     layer
    tokens, indices, 3       0
    elementwise              that of its latest operand (feed-forward parts come with the layer)
    select(k, q, ==)         1 + its latest operand's
    aggregate(s, v)          the later of s's and 1 + v's
    selector_width(s)        s's

There are two counts of heads. *As drawn*, a head belongs to each selector that is read in a layer. In the
*reference's* analysis, that of RASP's first implementation, `selector_width(s)` is built of two heads and counts as
two, except where s selects everything: then the one head of that selector does. A *compiled* model has as many
heads as the compiler finds to be enough.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import assert_never

from rasp.graph.nodes import (
    Aggregate,
    And,
    AttentionOp,
    Best,
    Constant,
    Indices,
    Map,
    Node,
    Not,
    Or,
    Select,
    Tokens,
    Width,
    list_reachable,
)
from rasp.values import show_count

#: What the counts are called wherever they are shown.
REFERENCE, DRAWN, COMPILED = "reference", "drawn", "compiled"


@dataclass(frozen=True)
class Head:
    """A selector and what is read through it in one layer."""

    selector: Node
    results: tuple[Node, ...]

    @property
    def count(self) -> int:
        """Heads in the reference's analysis. A selector of which nothing is read counts as if it were read once."""
        if selects_everything(self.selector) or not self.results:
            return 1
        widths = sum(counts(result) for result in self.results)
        return 2 * widths + (widths < len(self.results))


@dataclass(frozen=True)
class Layer:
    """The heads of a layer, and the elementwise nodes that become known with it. Layer 0 has no heads."""

    heads: tuple[Head, ...]
    elementwise: tuple[Node, ...]


def layer_numbers(nodes: Iterable[Node]) -> dict[Node, int]:
    """The layer in which each node is known. Arguments have to come before users."""
    found: dict[Node, int] = {}
    for node in nodes:
        below = [found[argument] for argument in node.args]
        match node.op:
            case Tokens() | Indices() | Constant():
                found[node] = 0
            case Select():
                found[node] = 1 + max(below)
            case Aggregate() | Best():
                found[node] = max(below[0], 1 + below[1])
            case Map() | Not() | And() | Or() | Width():
                found[node] = max(below)
            case _:
                assert_never(node.op)
    return found


def arrange_layers(outputs: Collection[Node]) -> list[Layer]:
    """The layers that the outputs need, from layer 0 on. A selector among them has a head of its own in its layer."""
    nodes = list_reachable(outputs)
    numbers = layer_numbers(nodes)
    unread: dict[int, list[Head]] = {}
    for output in outputs:
        if output.is_selector:
            unread.setdefault(numbers[output], []).append(Head(output, ()))
    layers: list[Layer] = []
    for number in range(max(numbers.values()) + 1):
        here = [node for node in nodes if numbers[node] == number]
        elementwise = tuple(node for node in here if isinstance(node.op, Map))
        layers.append(Layer((*heads_of(here), *unread.get(number, ())), elementwise))
    return layers


def heads_of(nodes: Iterable[Node]) -> Iterable[Head]:
    """The heads that the aggregates and widths among the nodes of one layer need."""
    results: dict[Node, list[Node]] = {}
    for node in nodes:
        if isinstance(node.op, AttentionOp):
            results.setdefault(node.args[0], []).append(node)
    return [Head(selector, tuple(read)) for selector, read in results.items()]


def counts(result: Node) -> bool:
    """Whether what is read through a selector is how much it selects."""
    match result.attention_op:
        case Width():
            return True
        case Aggregate():
            return False
        case _:
            assert_never(result.attention_op)


def selects_everything(selector: Node) -> bool:
    """Is it `select(c, c, ==)` of one constant, as `full_s` is?"""
    key, query, *_ = (*selector.args, selector, selector)
    return (
        isinstance(selector.op, Select)
        and isinstance(key.op, Constant)
        and key is query
        and equal(selector.op)
    )


def equal(op: Select) -> bool:
    return op.test in ("==", "<=", ">=")


def count_reference_heads(node: Node) -> list[int]:
    """Heads in layer 1, 2, … by the reference's analysis; empty for an s-op that needs no attention."""
    return [sum(head.count for head in layer.heads) for layer in arrange_layers([node])[1:]]


def count_drawn_heads(node: Node) -> list[int]:
    """Heads in layer 1, 2, … as they are drawn."""
    return [len(layer.heads) for layer in arrange_layers([node])[1:]]


def describe_cost(numbers: list[int]) -> str:
    """`2 layers with 2 + 1 heads`, in words."""
    if not numbers:
        return "no attention (feed-forward only)"
    heads = "1 head" if numbers == [1] else f"{' + '.join(map(str, numbers))} heads"
    return f"{show_count(len(numbers), 'layer')} with {heads}"
