"""What heads read of each variable so far, and how many columns of the residual stream more would be new."""

from collections.abc import Sequence

import numpy as np

from compiler.analysis.infer import Analysis
from compiler.blocks.basis import Basis
from compiler.blocks.form import Form, Variable, Vector
from compiler.reading.reader import Reader

BASIS_WORK = 1 / 4
"""Telling whether a number of a feature follows from those of others, for each of these, in cells
(`compiler/effort.py`)."""


class ReadColumns:
    """Features of variables that are there anyway: reading them once more costs nothing."""

    def __init__(self, analysis: Analysis, reader: Reader) -> None:
        self.analysis, self.reader = analysis, reader
        self.read: dict[Variable, dict[bytes, Vector]] = {}
        self.bases: dict[Variable, Basis] = {}

    def take(self, form: Form) -> None:
        """Note that a head reads a form."""
        for variable, vector in form.parts.items():
            ones = np.ones_like(vector)
            self.read.setdefault(variable, {ones.tobytes(): ones}).setdefault(vector.tobytes(), vector)

    def count_new(self, forms: Sequence[Form]) -> int:
        """How many features of single variables no others are combined to that heads read already, or among these."""
        new: dict[Variable, list[Vector]] = {}
        for form in forms:
            if len(form.parts) == 1:
                ((variable, vector),) = form.parts.items()
                if self.reader.is_free(variable.node) and np.ptp(vector):
                    new.setdefault(variable, []).append(vector)
        count = 0
        for variable, vectors in new.items():
            self.spend_on(variable, basis := self.find_basis(variable, len(vectors[0])), vectors)
            count += basis.count_new(vectors)
        return count

    def find_basis(self, variable: Variable, size: int) -> Basis:
        """Of what heads read of a variable, and the constant; made when it is asked for, which for most is never."""
        basis = self.bases.setdefault(variable, Basis([np.ones(size)]))
        more = [*self.read.get(variable, {}).values()][len(basis) :]
        self.spend_on(variable, basis, more)
        for vector in more:
            basis.append(vector)
        return basis

    def spend_on(self, variable: Variable, basis: Basis, vectors: Sequence[Vector]) -> None:
        """Count what it takes to add these to a basis."""
        work = BASIS_WORK * sum((len(basis) + len(vectors)) * len(vector) for vector in vectors)
        self.analysis.effort.spend(self.analysis.graph, variable.node, work, "basis")
