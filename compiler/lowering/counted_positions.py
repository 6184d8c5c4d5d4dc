"""Positions where a target has no table of them: how many there are up to each, and a look-up of that.

BOS counts nothing, so that the first position counts 1; a table makes of the count whatever is read of the position. At BOS
the count is 0, below all others, and no unit of a table is on whose base is the first position.
"""

import numpy as np

from compiler.blocks.basis import Basis
from compiler.blocks.form import Form, scale_form
from compiler.blocks.staircase import Runs, Staircase, Tolerance, build_staircase
from compiler.lowering.reader import Reader
from rasp.graph.nodes import Graph, Node, Select, Width


def count_everything(graph: Graph) -> Node:
    """How many positions there are; under causal attention, up to each."""
    one = graph.constant(1)
    return graph.add(Width(), graph.add(Select("=="), one, one))


def read_position(reader: Reader) -> Form:
    """The position as attention delivers it: one less than the count."""
    form = reader.raw.form(count_everything(reader.analysis.graph))
    assert form is not None, "a count is a number"
    return scale_form(form, 1.0, -1.0)


def build_position_table(form: Form, basis: Basis, care: int) -> Staircase | None:
    """Hidden units that make these features of the position, which are 0 at the first; None where the count is not near
    enough to whole numbers."""
    targets = np.array(basis.vectors).T  # (positions, features)
    places = np.arange(len(targets), dtype=float)
    return build_staircase(
        Runs(places, places, np.arange(len(places))), targets, 0, Tolerance(form.noise, care)
    )
