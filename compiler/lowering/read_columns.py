"""What heads read of each variable so far, and how many columns of the residual stream more would be new."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from compiler.analysis.infer import Analysis
from compiler.blocks.basis import Basis
from compiler.blocks.form import Form, Variable, Vector
from compiler.reading.reader import Reader

BASIS_WORK = 1 / 2
"""Telling whether a number of a feature follows from those of others, for each of these, in cells
(`compiler/effort.py`)."""


@dataclass(frozen=True, eq=False)
class ReadFeatures:
    """Some of one variable, and the mark that tells them from others."""

    variable: Variable
    vectors: tuple[Vector, ...]
    mark: bytes


class ReadColumns:
    """Features of variables that are there anyway: reading them once more costs nothing.

    How many of some are new is told from the features alone, so it is found out once for all attempts: most read in the
    same way until the one that failed.
    """

    def __init__(self, analysis: Analysis, reader: Reader) -> None:
        self.analysis, self.reader = analysis, reader
        self.read: dict[Variable, dict[bytes, Vector]] = {}
        self.marks: dict[Variable, bytes] = {}  # of what was read so far, in order
        self.bases: dict[Variable, Basis] = {}
        self.known = analysis.effort.facts("new columns")

    def take(self, form: Form) -> None:
        """Note that a head reads a form."""
        for variable, vector in form.parts.items():
            if variable not in self.read:
                ones = np.ones_like(vector)
                self.read[variable] = {ones.tobytes(): ones}
            read = self.read[variable]
            key = vector.tobytes()
            if key not in read:
                read[key] = vector
                self.marks[variable] = mark_vectors([vector], self.marks.get(variable, b""))

    def group_features(self, forms: Sequence[Form]) -> tuple[ReadFeatures, ...]:
        """The features of single variables in forms."""
        found: dict[Variable, list[Vector]] = {}
        for form in forms:
            if len(form.parts) == 1:
                ((variable, vector),) = form.parts.items()
                if self.reader.is_free(variable.node) and (vector != vector[0]).any():
                    found.setdefault(variable, []).append(vector)
        return tuple(ReadFeatures(v, tuple(vectors), mark_vectors(vectors)) for v, vectors in found.items())

    def count_new(self, features: Iterable[ReadFeatures]) -> int:
        """How many features no others are combined to that heads read already, or among these."""
        return sum(map(self.count_of, features))

    def count_of(self, features: ReadFeatures) -> int:
        """The same of one variable."""
        variable, vectors = features.variable, features.vectors

        def count() -> int:
            basis = self.find_basis(variable, len(vectors[0]))
            self.spend_on(variable, basis, vectors)
            return basis.count_new(vectors)

        key = len(vectors[0]), self.marks.get(variable, b""), features.mark
        return self.analysis.effort.remember(self.known, key, count)

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


def mark_vectors(vectors: Iterable[Vector], before: bytes = b"") -> bytes:
    """What tells vectors of one length in their order from others, behind those of a mark."""
    marked = blake2b(before, digest_size=16)
    for vector in vectors:
        marked.update(vector.tobytes())
    return marked.digest()
