"""How large what a form adds up can be: its products' sizes, for the values that occur together."""

import math

import numpy as np
from numpy.typing import NDArray

from compiler.blocks.form import Vector
from compiler.plan.layout import Layout

FEW = 4
"""Where only one of so many columns is read, they are picked first."""


class Magnitudes:
    """Sizes of all columns of a layout, by the values of what they carry."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        vectors = layout.embedding.vectors
        self.embedded = np.abs(np.stack(vectors)) if vectors else np.zeros((0, layout.sizes.size))
        self.shapes = {
            variable: np.abs(
                np.column_stack([np.stack(features.basis.vectors), np.nan_to_num(features.at_bos)])
            )
            for variable, features in layout.blocks.features.items()
            if len(features.basis)
        }
        self.variables = list(self.shapes)
        self.own = {
            variable: [
                layout.numbers[variable, k] for k in range(len(layout.blocks.features[variable].basis))
            ]
            for variable in self.shapes
        }
        #: Of a column the variables that it carries, by their number.
        self.holders: dict[int, list[int]] = {}
        for number, own in enumerate(self.own.values()):
            for column in own:
                self.holders.setdefault(column, []).append(number)

    def bound_sum(self, weights: Vector) -> float:
        """Largest sum of |weight · column|, for weights from 0 on, shape (columns,): columns of one variable are summed for
        one value of it at a time."""
        count = len(self.layout.embedding)
        tokens = self.layout.sizes.tokens
        total = 0.0
        if count:
            used = np.flatnonzero(weights[:count])
            few = used if len(used) * FEW < count else slice(count)
            entries = weights[few] @ self.embedded[few]  # (tokens + positions + BOS)
            total = max(float(entries[:tokens].max() + entries[tokens:-1].max()), float(entries[-1]))
        carried: set[int] = set()
        carried.update(*(self.holders.get(column, ()) for column in np.flatnonzero(weights).tolist()))
        for number in sorted(carried):  # sums of floats depend on the order
            variable = self.variables[number]
            total += float((weights[self.own[variable]] @ self.shapes[variable]).max())
        return total

    def bound_lengths(self, fixed: NDArray[np.bool_]) -> tuple[float, float]:
        """The largest Euclidean lengths of the residual over the `fixed` columns, which are the embedding's, and over all
        others."""
        count = len(self.layout.embedding)
        variables = (float((shape**2).sum(axis=0).max()) for shape in self.shapes.values())
        others = self.bound_embedded(~fixed[:count]) ** 2 + sum(variables)
        return self.bound_embedded(fixed[:count]), math.sqrt(others)

    def bound_embedded(self, columns: NDArray[np.bool_]) -> float:
        """The largest length of the embedding over some of its columns."""
        tokens = self.layout.sizes.tokens
        lengths = np.sqrt((self.embedded[columns] ** 2).sum(axis=0))
        return max(float(lengths[:tokens].max() + lengths[tokens:-1].max()), float(lengths[-1]))
