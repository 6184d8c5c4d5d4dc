"""Places that stand in for the column of zeros, or of 1, that a family's residual needs, where it has none of its own.

A norm that takes a mean away makes every reader need a 0: the weight of that is minus the sum of all others
(`compiler/stock/identity_norms.py`). A place to which nothing has been written yet holds one, until it is. When answers are
read, all are written; but there a bias makes good for any number that is the same at all positions, and what is read at BOS
is no answer. Without biases it is a 1 that is needed, all the time. What is 0 at BOS and the same everywhere else will do:
look-ups bring 0 to BOS anyway.
"""

from collections.abc import Collection, Sequence

import numpy as np

from compiler.blocks.form import Form, Vector
from compiler.numerics.rounding import is_binary
from compiler.plan.layout import Layout, drop_constant, weigh_form


def find_empty_places(
    layout: Layout, written: Sequence[int], reading: Collection[int], halves: int
) -> tuple[int, ...]:
    """For each half-layer, and the unembedding, which is the last, a place that holds 0 then, or a known number; nothing
    where one has none. `written`: the half-layer that writes each column; `reading`: those that read."""
    first = [halves + 1] * layout.d_model
    for place, half in zip(layout.places, written, strict=True):
        first[place] = min(first[place], half)
    constant = next((p for p in range(layout.d_model) if find_constant(layout, p) is not None), None)
    found: list[int] = []
    for half in range(1, halves + 1):
        empty = next((place for place in range(layout.d_model) if first[place] >= half), None)
        if empty is None and (half == halves or half not in reading):
            empty = constant
        if empty is None:
            return ()
        found.append(empty)
    return tuple(found)


def find_ones(layout: Layout, halves: int) -> tuple[int, ...]:
    """A place that holds a power of two at all positions but BOS, and 0 there, for each half-layer; nothing where there is
    none, or where hidden units have to clear something at BOS."""
    if any(layout.at_bos(erasure.column) for erasure in layout.erasures):
        return ()
    for place in range(layout.d_model):
        number = find_constant(layout, place)
        if number and is_binary(np.array([number])) and not layout.at_bos(layout.places.index(place)):
            return (place,) * halves
    return ()


def find_constant(layout: Layout, place: int) -> float | None:
    """What the embedding alone writes to a place, where it is the same at all positions but BOS."""
    columns = [column for column, other in enumerate(layout.places) if other == place]
    if len(columns) > 1 or layout.columns[columns[0]] is not None:
        return None
    vector, tokens = layout.embedding.vectors[columns[0]], layout.sizes.tokens
    return None if np.ptp(vector[:tokens]) or vector[tokens:-1].any() else float(vector[0])


def weigh_answer(form: Form, layout: Layout, *, shifts: bool) -> Vector:
    """Sizes of the weights that an output's form is read by, one for each column. Where a norm `shifts` all numbers, with
    that of what stands in for a 0, and its part of the bias."""
    weights = weigh_form(drop_constant(form), layout)
    found = np.abs(weights)
    if layout.proxies and shifts:
        column = layout.places.index(layout.proxies[-1])
        found[column] += 2 * abs(float(weights @ layout.scales)) / layout.scales[column]
    return found
