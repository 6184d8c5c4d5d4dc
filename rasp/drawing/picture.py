"""What a drawing of an s-op or selector shows: its layers, heads and rows of values, on one input.

In: a node, an input, and the workshop that knows the names. Out: a `Picture`, plain data for the drawings in
text, SVG and DOT. Elementwise steps that are used once by another elementwise step are folded into its
formula, unless the user named them.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count

from rasp.arguments import Attention
from rasp.diagnostics import RaspError
from rasp.elaborate.failure import explain_failure
from rasp.elaborate.scope import Workshop
from rasp.format.format_text import format_source
from rasp.graph.cost import Head, Layer, arrange_layers, describe_cost
from rasp.graph.nodes import (
    Aggregate,
    Constant,
    Indices,
    Map,
    Node,
    Select,
    Tokens,
    list_in_order,
    list_reachable,
)
from rasp.inputs import cut_text
from rasp.interpret.evaluate import EvaluationError
from rasp.interpret.record import CONVERSIONS
from rasp.interpret.trace import Trace, trace_outputs
from rasp.limits import DRAWN_CELLS
from rasp.notation.formula import list_labels, write_formula
from rasp.notation.naming import name_kind, name_node, write_literal
from rasp.notation.sequences import show_short
from rasp.source import Source, Span
from rasp.values import Atom

#: How deep the formula of a row may be.
DEEPEST = 100
PLAIN_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True)
class Row:
    """An s-op's values, one a position. `formula` is empty where the label says it all; `uses` are the
    labels in it.
    """

    label: str
    cells: tuple[str, ...]
    formula: str = ""
    uses: tuple[str, ...] = ()


@dataclass(frozen=True)
class HeadReading:
    """What is read through a head: the values (None for a count of positions) and the result."""

    value: Row | None
    result: Row
    default: str


@dataclass(frozen=True)
class HeadPicture:
    """A selector's matrix (rows are queries), the s-ops that it compares, and what is read through it."""

    title: str
    formula: str
    keys: tuple[Row, ...]
    queries: tuple[Row, ...]
    matrix: tuple[tuple[bool, ...], ...]
    reads: tuple[HeadReading, ...]


@dataclass(frozen=True)
class LayerPicture:
    """Heads, and below them the elementwise steps that follow."""

    heads: tuple[HeadPicture, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Picture:
    """`inputs` are rows that are there from the start; `layers[0]` has no heads; `output` is None for a
    selector.
    """

    title: str
    tokens: tuple[str, ...]
    inputs: tuple[Row, ...]
    layers: tuple[LayerPicture, ...]
    output: Row | None

    def __repr__(self) -> str:
        return f"<picture of {cut_text(self.title)}: {describe_cost(self.heads)}>"

    @property
    def heads(self) -> list[int]:
        """Heads in layer 1, 2, …"""
        return [len(layer.heads) for layer in self.layers[1:]]


def draw_picture(
    workshop: Workshop, node: Node, items: tuple[Atom, ...], title: str, attention: Attention = "full"
) -> Picture:
    """The picture of a node on an input. Raises `RaspError` when it has no value there."""
    check_size(node, len(items))
    traced = trace_outputs([node], items, attention)
    problem = traced.outcomes[node]
    if isinstance(problem, EvaluationError):
        place = (Source("<prompt>", title), Span(0, len(title)))
        raise RaspError(explain_failure(workshop.graph, problem, items, place))
    layers = arrange_layers([node])
    title = tidied(title)
    painter = Painter(workshop, traced, shown_nodes(workshop, node), {node: title} if title else {})
    return Picture(
        title,
        tuple(map(str, items)),
        tuple(painter.row(given) for given in inputs(traced.outcomes)),
        tuple(painter.layer(layer) for layer in layers),
        None if node.is_selector else painter.row(node),
    )


def check_size(node: Node, length: int) -> None:
    """Raises `RaspError` for more cells than a picture can have: a selector has one for every two positions."""
    cells = sum(length**2 if part.is_selector else length for part in list_reachable([node]))
    if cells > DRAWN_CELLS.most:
        message = f"the drawing would have {cells:,} cells for {length:,} elements, more than {DRAWN_CELLS}"
        raise DRAWN_CELLS.refusal(message)


def is_input(node: Node) -> bool:
    """The input in one of its readings, or the positions."""
    if isinstance(node.op, Map) and node.op.prim in CONVERSIONS:
        return isinstance(node.args[0].op, Tokens)
    return isinstance(node.op, Tokens | Indices)


def inputs(nodes: Iterable[Node]) -> Iterator[Node]:
    """The inputs among the nodes; the input as it is only where it is read as it is."""
    found = list(nodes)
    direct = {arg for node in found if not is_input(node) for arg in node.args}
    wanted = [
        node for node in found if is_input(node) and (not isinstance(node.op, Tokens) or node in direct)
    ]
    yield from sorted(wanted, key=lambda node: isinstance(node.op, Indices))


def shown_nodes(workshop: Workshop, output: Node) -> dict[Node, str]:
    """Nodes with a row of their own, and their labels. Nameless ones are numbered."""
    nodes = list_reachable([output])
    uses = Counter(chain.from_iterable(node.args for node in nodes))
    elsewhere = {arg for node in nodes if not isinstance(node.op, Map) for arg in node.args}
    labels: dict[Node, str] = {}
    for node in nodes:
        single = isinstance(node.op, Map) and uses[node] == 1 and node not in elsewhere
        folded = single and node is not output and node not in workshop.top_names
        if node.is_selector or isinstance(node.op, Constant) or (folded and not is_input(node)):
            continue
        labels[node] = unlike(label_of(workshop, node), set(labels.values()))
    return labels


def label_of(workshop: Workshop, node: Node) -> str:
    """The name of a node, or a number sign."""
    name = name_node(workshop, node)
    known = node in workshop.graph.names or node in workshop.calls or is_input(node)
    return tidied(name) if known and name != name_kind(node) else "#"


def tidied(text: str) -> str:
    """An expression as the formatter lays it out, on one line."""
    try:
        found = format_source(Source("<name>", f"{text};")).strip().removesuffix(";")
    except RaspError:
        return text
    return text if "\n" in found else found


def unlike(label: str, others: set[str]) -> str:
    """The label, with a number if others are alike. Nameless nodes always have one."""
    if label != "#" and label not in others:
        return label
    pattern = "#{}" if label == "#" else f"{label} ({{}})"
    return next(text for k in count(1 if label == "#" else 2) if (text := pattern.format(k)) not in others)


class Painter:
    """Turns nodes of one trace into rows and heads."""

    def __init__(
        self, workshop: Workshop, traced: Trace, labels: dict[Node, str], titles: dict[Node, str]
    ) -> None:
        self.workshop = workshop
        self.traced = traced
        self.labels = {node: titles.get(node, label) for node, label in labels.items()}

    def label(self, node: Node) -> str:
        if isinstance(node.op, Constant):
            return write_literal(node.op.value.value)
        return self.labels.get(node) or write_formula(node, self.labels)

    def row(self, node: Node) -> Row:
        outcome = self.traced.outcomes[node]
        assert not isinstance(outcome, EvaluationError)
        cells = cells_of([value for value in outcome if not isinstance(value, list)])
        own = isinstance(node.op, Map) and not is_input(node) and node in self.labels
        if not own:
            return Row(self.label(node), cells)
        # Each node that is folded into it is used once, so that its length is that of the program's text.
        return Row(
            self.label(node), cells, write_formula(node, self.labels, DEEPEST), list_labels(node, self.labels)
        )

    def layer(self, layer: Layer) -> LayerPicture:
        rows = [node for node in layer.elementwise if node in self.labels and not is_input(node)]
        return LayerPicture(tuple(map(self.head, layer.heads)), tuple(map(self.row, rows)))

    def head(self, head: Head) -> HeadPicture:
        outcome = self.traced.outcomes[head.selector]
        assert not isinstance(outcome, EvaluationError)
        matrix = tuple(tuple(row) for row in outcome if isinstance(row, list))
        selectors = list_in_order([head.selector], lambda part: [arg for arg in part.args if arg.is_selector])
        compared = [node.args for node in selectors if isinstance(node.op, Select)]
        keys, queries = (dict.fromkeys(side) for side in zip(*compared, strict=True))
        name = self.workshop.graph.names.get(head.selector, "")
        return HeadPicture(
            name,
            write_formula(head.selector, self.labels),
            tuple(map(self.row, keys)),
            tuple(map(self.row, queries)),
            matrix,
            tuple(self.read(result) for result in head.results),
        )

    def read(self, result: Node) -> HeadReading:
        match result:
            case Node(Aggregate(default), (_, value)):
                return HeadReading(self.row(value), self.row(result), show_short(default.value))
            case _:
                return HeadReading(None, self.row(result), "0")


def cells_of(values: Sequence[Atom]) -> tuple[str, ...]:
    """Values as they stand beside each other; numbers all with as many digits behind the point as one of them needs."""
    shown = [show_short(value) for value in values]
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    if len(numbers) < len(values) or not any(isinstance(value, float) for value in values):
        return tuple(shown)
    plain = [text for text in shown if PLAIN_NUMBER.fullmatch(text)]
    digits = max((len(text.partition(".")[2]) for text in plain), default=0)
    return tuple(
        f"{value:.{digits}f}" if text in plain else text for value, text in zip(numbers, shown, strict=True)
    )
