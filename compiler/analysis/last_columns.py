"""What was worked out last of some rows of leaf values: of a chain of expressions that each name the one before only one
step is new each time."""

from collections.abc import Callable, Hashable

import numpy as np

from compiler.domains.domain import Ints
from rasp.graph.nodes import Node
from rasp.interpret.atom_array import AtomArray

KEPT_CELLS = 10**6
"""Values of all columns beyond which they are not kept: a few megabytes."""
Columns = dict[Node, AtomArray]


class LastColumns:
    """The columns of expressions on the last rows, to be added to."""

    def __init__(self) -> None:
        self._of: Hashable = None
        self._rows = np.zeros((0, 0), np.int64)
        self._columns: Columns = {}

    def find(self, leaves: Hashable, rows: Ints, make: Callable[[], Columns]) -> Columns:
        """Those of the same leaves on the same rows, or else what `make` gives. A constant, which has no leaves, comes in
        between and is not kept."""
        if not rows.shape[1]:
            return make()
        size = len(rows) * len(self._columns)
        if self._of != leaves or size > KEPT_CELLS or not np.array_equal(self._rows, rows):
            self._of, self._rows, self._columns = leaves, rows, make()
        return self._columns
