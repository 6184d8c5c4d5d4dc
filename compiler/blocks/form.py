"""Linear forms: real-valued functions of the residual stream, before it has columns.

A *variable* is something that the residual stream can carry at a position: the token, the index, the result of an
attention head, or a look-up (hidden units of an MLP). A *feature* of a variable is a vector with one number per
value of its domain. A `Form` is a sum of features plus a constant: whatever attention or an MLP reads.

Free variables (token, index, look-up, a transported value) can offer any feature; a mean or a count offers only
multiples of the number that it carries.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rasp.graph.nodes import Node

Vector = NDArray[np.float64]


Role = Literal["leaf", "look-up", "rounded", "square", "tally", "cosine", "sine"]
TURNING: tuple[Role, Role] = ("cosine", "sine")
"""Of the angle that a position is turned by: read by queries and keys that turn, and by nothing else."""


@dataclass(frozen=True)
class Variable:
    """Something that the residual stream carries for a node, by its role: a `leaf` as attention (or the embedding) delivers
    it, the `look-up` of an expression, or the number that attention delivers for a leaf without what float32 did to
    it (`rounded`), or its `square`; or the `tally` of an expression: what attention adds up for a sum of counts. A
    position that heads turn by has a `cosine` and a `sine`."""

    node: Node
    role: Role = "leaf"


@dataclass(frozen=True, eq=False)
class Form:
    """`constant + sum of feature[value of variable]`, and what it has to be at BOS (None: anything).

    `noise` bounds how far float32 may carry it from the exact value.
    """

    parts: Mapping[Variable, Vector] = field(default_factory=dict[Variable, Vector])
    constant: float = 0.0
    bos: float | None = None
    noise: float = 0.0

    def at_bos(self, value: float | None) -> "Form":
        """The same form with its value at BOS prescribed."""
        return Form(self.parts, self.constant, value, self.noise)


def scale_form(form: Form, factor: float, offset: float = 0.0) -> Form:
    """`factor * form + offset`, with nothing prescribed at BOS."""
    if factor == 0:
        return Form({}, offset)
    parts = {variable: factor * vector for variable, vector in form.parts.items()}
    return Form(parts, factor * form.constant + offset, None, abs(factor) * form.noise)


def add_forms(*forms: Form) -> Form:
    """The sum of forms, with nothing prescribed at BOS."""
    parts: dict[Variable, Vector] = {}
    for form in forms:
        for variable, vector in form.parts.items():
            parts[variable] = parts[variable] + vector if variable in parts else vector
    kept = {variable: vector for variable, vector in parts.items() if np.any(vector)}
    return Form(kept, sum(f.constant for f in forms), None, sum(f.noise for f in forms))
