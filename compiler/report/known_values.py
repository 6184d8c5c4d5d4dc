"""Values of the residual stream by name: where each stands, from when to when, and what numbers stand for it.

A value is an s-op as a part of the model writes it: under the name of the list of error bounds (`length`,
`place (look-up)`), in columns that hold one feature each. A row of numbers that is as close to that of a value as the error
bounds allow stands for it; several values may share a row, where nobody downstream has to tell them apart.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from compiler.analysis.infer import Analysis
from compiler.audit.decisions import Bounds
from compiler.blocks.form import Variable, Vector
from compiler.plan.layers import Plan
from compiler.plan.layout import Layout
from compiler.plan.reuse import find_lives
from compiler.report.certificate import name_value
from compiler.report.describe import INPUTS
from compiler.report.parts import Part, list_parts
from rasp.graph.nodes import Indices, Tokens
from rasp.values import Atom, make_typed_key

#: Errors of the comparison itself, which is made in float64.
SLACK = 1e-9


@dataclass(frozen=True, eq=False)
class KnownValue:
    """A value that the residual stream carries in the columns `places`.

    `vectors` (row, column) are the numbers of each of the `values` of the s-op; `bounds` (column) how far rounding may be
    off. It stands in the residuals after the half-layers `written` up to and without `cleared`: 0 is the embedding, 2L + 1
    the heads of layer L, 2L + 2 its hidden units. In a rotated basis its numbers stand along `directions` (column, d).
    """

    name: str
    writers: tuple[Part, ...]
    places: tuple[int, ...]
    written: int
    cleared: int
    values: Sequence[Atom]
    vectors: Vector
    bounds: Vector
    directions: Vector | None = None

    @property
    def where(self) -> str:
        """The parts that write it."""
        return " and ".join(part.where for part in self.writers)

    def find_candidates(self, numbers: Vector) -> list[tuple[Atom, ...]]:
        """For each row of numbers (row, column), the values that it may stand for."""
        off = np.abs(numbers[:, None] - self.vectors)  # (row, value, column)
        near = (off <= self.bounds + SLACK * (1 + np.abs(self.vectors))).all(axis=-1)
        rows = cast(list[list[bool]], near.tolist())
        found = [[value for value, fits in zip(self.values, row, strict=True) if fits] for row in rows]
        return [tuple({make_typed_key(value): value for value in row}.values()) for row in found]


def list_known_values(
    plan: Plan, layout: Layout, analysis: Analysis, bounds: Bounds, directions: Vector | None = None
) -> Mapping[str, KnownValue]:
    """All values by name, in the order of writing. Different values of one name are numbered: `x`, `x (2)`. `directions`
    (place, d) are those of a rotated basis."""
    lives, ends = find_lives(plan, layout), list_endings(plan, layout)
    parts = list(list_parts(plan, layout))
    found = list(list_embedded(layout, analysis, bounds, parts[0], ends))
    for variable, columns in group_columns(layout).items():
        writers = tuple(part for part in parts if any(target[0] == variable for target in part.targets))
        domain, basis = analysis.domain(variable.node), layout.blocks.features[variable].basis
        features = [content[1] for k in columns if (content := layout.columns[k]) is not None]
        known = KnownValue(
            name=name_value(analysis.graph, variable),
            writers=writers,
            places=tuple(layout.places[k] for k in columns),
            written=max(lives[k].written for k in columns),
            cleared=min(ends[k] for k in columns),
            values=domain.values,
            vectors=np.array([basis.vectors[feature] for feature in features]).T,
            bounds=bounds.columns[list(columns)],
        )
        found.append(known)
    if directions is not None:
        found = [replace(known, directions=directions[list(known.places)]) for known in found]
    return {known.name: known for known in number_names(found)}


def group_columns(layout: Layout) -> Mapping[Variable, Sequence[int]]:
    """The columns of the layout that carry each variable."""
    found: dict[Variable, list[int]] = {}
    for k, content in enumerate(layout.columns):
        if content is not None:
            found.setdefault(content[0], []).append(k)
    return found


def list_endings(plan: Plan, layout: Layout) -> list[int]:
    """For each column the half-layer that clears it, or the one after all layers."""
    ends = [2 * len(plan.layers) + 1] * layout.width
    for erasure in layout.erasures:
        ends[erasure.column] = 2 * erasure.layer + 2
    return ends


def list_embedded(
    layout: Layout, analysis: Analysis, bounds: Bounds, part: Part, ends: Sequence[int]
) -> Iterator[KnownValue]:
    """The token and the index, as far as columns of the embedding depend on them.

    A column may carry a sum of both, and then stands for either only together with the other: all pairs are listed.
    """
    tokens, positions = layout.sizes.tokens, layout.sizes.positions
    of_tokens = np.array([vector[:tokens] for vector in layout.embedding.vectors]).reshape(-1, tokens)
    of_positions = np.array([vector[tokens:-1] for vector in layout.embedding.vectors]).reshape(-1, positions)
    halves = {INPUTS[0]: (of_tokens, of_positions, Tokens()), INPUTS[1]: (of_positions, of_tokens, Indices())}
    for name, (own, other, op) in halves.items():
        columns: list[int] = np.flatnonzero(np.ptp(own, axis=1)).tolist()
        if not columns:
            continue
        others = np.unique(other[columns], axis=1)  # (column, other)
        vectors = (own[columns, :, None] + others[:, None]).reshape(len(columns), -1).T
        values = analysis.domain(analysis.graph.add(op)).values
        yield KnownValue(
            name=name,
            writers=(part,),
            places=tuple(layout.places[k] for k in columns),
            written=0,
            cleared=min(ends[k] for k in columns),
            values=tuple(value for value in values for _ in range(others.shape[1])),
            vectors=vectors,
            bounds=bounds.columns[columns],
        )


def number_names(found: Sequence[KnownValue]) -> Iterator[KnownValue]:
    """The same with each name once."""
    seen: Counter[str] = Counter()
    for known in found:
        seen[known.name] += 1
        again = seen[known.name] > 1
        yield replace(known, name=f"{known.name} ({seen[known.name]})") if again else known
