"""Positions where a target does not embed them: how many there are up to each, and look-ups of that.

BOS counts nothing, so that the first position counts 1. What grows evenly with the position is read off the count, rounded
to whole numbers; a look-up makes of the count whatever else is read of the position. At BOS the count is 0, below all
others, and no unit of a look-up is on whose base is the first position. A gate can square the count, by one unit.
"""

import numpy as np

from compiler.blocks.basis import Basis
from compiler.blocks.form import Form, Variable, Vector
from compiler.blocks.staircase import Runs, Staircase, Tolerance, build_staircase
from compiler.selector_facts.selectors import make_full_selector
from rasp.graph.nodes import Graph, Node, Width


def count_everything(graph: Graph) -> Node:
    """How many positions there are; under causal attention, up to each."""
    return graph.add(Width(), make_full_selector(graph))


def read_evenly(count: Node, vector: Vector) -> Form | None:
    """A feature of the position as a multiple of the count; None where it does not grow evenly."""
    rises = np.diff(vector)
    if not rises.any() or np.ptp(rises):
        return None
    numbers = np.arange(1.0, len(vector) + 1)
    return Form({Variable(count, "rounded"): rises[0] * numbers}, float(vector[0] - rises[0]))


def read_squares(count: Node, vector: Vector) -> Form | None:
    """A feature of the position as multiples of the count, unrounded, and of its square; None where it is no such sum."""
    rises = np.diff(vector)
    if not rises.any() or len(set(np.diff(rises).tolist())) > 1:
        return None
    numbers = np.arange(1.0, len(vector) + 1)
    bend = float(rises[1] - rises[0]) / 2 if len(rises) > 1 else 0.0
    rise = float(rises[0]) - 3 * bend
    parts = {Variable(count): rise * numbers, Variable(count, "square"): bend * numbers**2}
    used = {variable: part for variable, part in parts.items() if part.any()}
    return Form(used, float(vector[0]) - rise - bend)


def build_square(numbers: Vector) -> Staircase:
    """Hidden units that make squares of whole numbers from 0 on. The first makes the number itself: times that, in a gate,
    it does so alone."""
    points = np.unique(np.append(numbers, 0.0))
    stairs = build_staircase(
        Runs(points, points, np.arange(len(points))), points[:, None] ** 2, 0, Tolerance()
    )
    assert stairs is not None, "without noise there always are steps"
    assert (stairs.slopes[0], stairs.offsets[0], stairs.heights[0, 0]) == (1, 0, 1), "it begins at 0"
    return stairs


def build_position_lookup(form: Form, basis: Basis, care: int) -> Staircase | None:
    """Hidden units that make these features of the position, which are 0 at the first; None where the count is not near
    enough to whole numbers."""
    targets = np.array(basis.vectors).T  # (positions, features)
    indices = np.arange(len(targets), dtype=float)
    return build_staircase(
        Runs(indices, indices, np.arange(len(indices))), targets, 0, Tolerance(form.noise, care)
    )
