"""The parts of a model in the order in which they write: the embedding, then layer by layer the heads and the look-ups.

Reports list them, and blame compares what they wrote with what they should have written.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from compiler.lower.blocks import Head, TableBlock
from compiler.lower.form import Variable
from compiler.lower.layout import Layout
from compiler.lower.plan import Plan


@dataclass(frozen=True)
class Part:
    """One writer of residual columns: `columns[k]` carries `targets[k]`, a variable and the number of its feature.

    The embedding has no targets, and layer -1; `number` is that of the head in its layer, or of the look-up's first
    hidden unit. `step` is the place in `Decoder.residual`'s `keep` of the first residual that has the columns.
    """

    block: Head | TableBlock | None
    layer: int
    number: int
    columns: tuple[int, ...]
    targets: tuple[tuple[Variable, int], ...]
    parameters: int

    @property
    def step(self) -> int:
        """0 for the embedding, 2L + 1 for attention of layer L, 2L + 2 for its MLP."""
        match self.block:
            case None:
                return 0
            case Head():
                return 2 * self.layer + 1
            case TableBlock():
                return 2 * self.layer + 2

    @property
    def where(self) -> str:
        """The part's place in the model."""
        match self.block:
            case None:
                return "embedding"
            case Head():
                return f"layer {self.layer} head {self.number}"
            case TableBlock(stairs=stairs):
                return f"layer {self.layer} units {span(range(self.number, self.number + stairs.units))}"


def parts(plan: Plan, layout: Layout) -> Iterator[Part]:
    """All parts of a model. Their parameters are all there are, the unembedding apart."""
    place = {column: k for k, column in enumerate(layout.columns) if column is not None}
    width = layout.width
    tables = layout.frame.tokens + 1 + has_positions(layout) * (layout.frame.positions + 1)
    yield Part(None, -1, 0, tuple(range(len(layout.embedding))), (), tables * width)
    for layer, blocks in enumerate(plan.layers):
        for number, head in enumerate(blocks.heads):
            columns = tuple(place[target] for target in head.targets)
            size = 2 * width * (len(head.scores.queries) + len(head.values))
            yield Part(head, layer, number, columns, head.targets, size)
        first = 0
        for table in blocks.tables:
            features = range(len(layout.blocks.features[table.variable].basis))
            targets = tuple((table.variable, feature) for feature in features)
            size = table.stairs.units * (2 * width + 1)
            yield Part(table, layer, first, tuple(place[t] for t in targets), targets, size)
            first += table.stairs.units


def has_positions(layout: Layout) -> bool:
    """Whether the embedding depends on the position."""
    tokens = layout.frame.tokens
    return any(vector[tokens:-1].any() for vector in layout.embedding.vectors)


def span(numbers: range | tuple[int, ...]) -> str:
    """Ascending numbers as text: `3`, `0-7`, `1, 4-6`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    return ", ".join("-".join(map(str, run)) for run in runs)
