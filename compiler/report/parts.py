"""The parts of a model in the order in which they write: the embedding, then layer by layer the heads and hidden units.

Reports list them, and blame compares what they wrote with what they should have written.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import assert_never

from compiler.blocks.block import Head, LookupBlock
from compiler.blocks.form import Variable
from compiler.plan.layers import Plan
from compiler.plan.layout import Erasure, Layout
from compiler.report.describe import INPUTS, describe_node
from rasp.graph.nodes import Graph


@dataclass(frozen=True)
class Embedded:
    """The embedding, by tokens and perhaps `positions`."""

    positions: bool


@dataclass(frozen=True)
class Clearing:
    """Hidden units that make columns free for later values. `cleared` are places in the residual stream."""

    erasures: tuple[Erasure, ...]
    cleared: tuple[int, ...]

    @property
    def units(self) -> int:
        return sum(len(erasure.signs) for erasure in self.erasures)


@dataclass(frozen=True, eq=False)
class Part:
    """Something that writes `columns` of the layout, which stand at `places`, for the features `targets`.

    `layer` is -1 for the embedding, whose only targets are a position's cosine and sine. `first` is the head's number in
    its layer, or that of the first hidden unit. Its parameters are `rows` of as many numbers as the residual has columns,
    and `biases`.
    """

    block: Embedded | Head | LookupBlock | Clearing
    layer: int
    first: int
    columns: tuple[int, ...]
    places: tuple[int, ...]
    targets: tuple[tuple[Variable, int], ...]
    rows: int
    biases: int = 0

    def count_parameters(self, d_model: int) -> int:
        """How many numbers it has in a residual of so many columns."""
        return self.rows * d_model + self.biases

    @property
    def units(self) -> range:
        """Its hidden units in the MLP of its layer."""
        match self.block:
            case LookupBlock(stairs=stairs):
                return range(self.first, self.first + stairs.units)
            case Clearing():
                return range(self.first, self.first + self.block.units)
            case Embedded() | Head():
                return range(0)
            case _:
                assert_never(self.block)

    @property
    def where(self) -> str:
        """The part's place in the model."""
        match self.block:
            case Embedded():
                return "embedding"
            case Head():
                return f"layer {self.layer} head {self.first}"
            case LookupBlock() | Clearing():
                return f"layer {self.layer} {show_numbered('unit', self.units)}"
            case _:
                assert_never(self.block)

    def computes(self, graph: Graph) -> str:
        """The s-ops that it writes."""
        match self.block:
            case Embedded(positions):
                return ", ".join(INPUTS if positions else INPUTS[:1])
            case Clearing():
                return f"clears {show_numbered('column', self.block.cleared)} for later values"
            case Head() | LookupBlock():
                return ", ".join(
                    dict.fromkeys(describe_node(graph, variable.node) for variable, _ in self.targets)
                )
            case _:
                assert_never(self.block)


def list_parts(plan: Plan, layout: Layout) -> Iterator[Part]:
    """All parts of a model. Their parameters are all there are, the unembedding apart."""
    yield embedding(layout)
    for number, layer in enumerate(plan.layers):
        for h, head in enumerate(layer.heads):
            yield part_of(layout, head, number, h)
        first = 0
        for block in (*layer.lookups, *clearings(layout, number)):
            part = part_of(layout, block, number, first)
            yield part
            first = part.units.stop


def clearings(layout: Layout, layer: int) -> Iterator[Clearing]:
    """What the MLP of a layer clears, if anything."""
    erasures = tuple(erasure for erasure in layout.erasures if erasure.layer == layer)
    if erasures:
        yield Clearing(erasures, tuple(sorted(layout.places[erasure.column] for erasure in erasures)))


def embedding(layout: Layout) -> Part:
    """The tables of tokens and positions."""
    tokens, count = layout.sizes.tokens, len(layout.embedding)
    turning = [layout.columns[k] for k in layout.turning]
    positions = bool(turning) or any(vector[tokens:-1].any() for vector in layout.embedding.vectors)
    rows = tokens + 1 + positions * (layout.sizes.positions + 1)
    columns = (*range(count), *layout.turning)
    places = tuple(layout.places[column] for column in columns)
    return Part(Embedded(positions), -1, 0, columns, places, tuple(filter(None, turning)), rows)


def part_of(layout: Layout, block: Head | LookupBlock | Clearing, layer: int, first: int) -> Part:
    """The part for a block."""
    biases = 0
    match block:
        case Head(scores=scores, values=values, targets=targets):
            rows = 2 * (len(scores.queries) + len(values))
        case LookupBlock(variable, _, stairs):
            targets = tuple((variable, k) for k in range(len(layout.blocks.features[variable].basis)))
            rows, biases = 2 * stairs.units, stairs.units
        case Clearing():
            targets, rows, biases = (), 2 * block.units, block.units
        case _:
            assert_never(block)
    columns = tuple(layout.numbers[target] for target in targets)
    places = tuple(layout.places[column] for column in columns)
    return Part(block, layer, first, columns, places, targets, rows, biases)


def show_numbered(noun: str, numbers: Sequence[int]) -> str:
    """`unit 3`, `units 3-5`."""
    return f"{noun if len(numbers) == 1 else noun + 's'} {show_numbers(numbers)}"


def show_numbers(numbers: Iterable[int]) -> str:
    """Numbers as text, runs of them as one: `3`, `0-7`, `1, 4-6`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    return ", ".join("-".join(map(str, run)) for run in runs)
