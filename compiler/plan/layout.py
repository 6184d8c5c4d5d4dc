"""Layout: which residual columns carry what, and every form as weights over them.

The embedding's columns are vectors over (tokens, positions, BOS): a form's token part, position part, constant and
value at BOS together are one such vector, so that `tokens + indices`, or a constant, costs no column of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from compiler.blocks.basis import Basis, Spend, choose_basis, is_wide
from compiler.blocks.block import Blocks
from compiler.blocks.form import TURNING, Form, Variable, Vector
from compiler.numerics.rounding import find_grain
from compiler.plan.layers import Plan
from rasp.graph.nodes import Indices, Tokens

LARGE = 2.0**20
"""Numbers from which on a column is no part of what may be anything at BOS: an anchor's."""


@dataclass(frozen=True)
class EmbeddingSizes:
    """Sizes of an embedding vector: V token entries, N position entries, one entry for BOS."""

    tokens: int
    positions: int

    @property
    def size(self) -> int:
        return self.tokens + self.positions + 1


@dataclass(frozen=True)
class Erasure:
    """Hidden units in the MLP of `layer` that write minus `column` to its place, for `successor` to stand there.

    Each of the `signs` is a unit that adds -sign · relu(sign · x): both together leave exactly 0; one, for a
    column that has only values of that sign, leaves what error made of a 0. `beside`: the same MLP writes
    the successor.
    """

    column: int
    successor: int
    layer: int
    signs: tuple[float, ...]
    beside: bool


@dataclass(frozen=True, eq=False)
class Layout:
    """`columns[k]` is the residual column's variable and feature number; the embedding's come first, as None.

    `open_embedding` is the embedding without its entries at BOS, for forms that may be anything there.

    `balanced`: in a target whose norms take a mean away, one column more keeps that at 0, but for rounding.

    Columns of a place are stored `scales` times smaller, the larger ones more so with more `shrinking`, from 0 to 1: what a
    mean takes away, and rounds, is then less beside the small ones (`compiler/stock/uniform.py`).

    `proxies`: the place that stands in for the column of zeros, or of 1, that a target needs, for each half-layer that
    reads; none: it is one more column (`compiler/plan/proxies.py`).

    A column is one content: `places[k]` is where in the residual stream it stands, which after an erasure may be where
    another one stood before (`compiler/plan/reuse.py`).
    """

    sizes: EmbeddingSizes
    embedding: Basis
    open_embedding: Basis
    columns: tuple[tuple[Variable, int] | None, ...]
    blocks: Blocks
    places: tuple[int, ...]
    erasures: tuple[Erasure, ...] = ()
    balanced: bool = True
    shrinking: float = 0.0
    proxies: tuple[int, ...] = ()
    known: dict[int, tuple[Form, Vector]] = field(
        default_factory=dict[int, tuple[Form, Vector]], repr=False, compare=False
    )
    """What `weigh_form` has worked out, by the form's id; the form is kept with it, lest another gets the same."""

    @property
    def width(self) -> int:
        """Columns, each content counted."""
        return len(self.columns)

    @property
    def d_model(self) -> int:
        """Places in the residual stream."""
        return max(self.places, default=-1) + 1

    @property
    def uniform_width(self) -> int:
        """Columns of a residual that is uniform, with those of zeros and of the balance."""
        return self.d_model - len(self.turning) + (not self.proxies) + self.balanced

    @cached_property
    def turning(self) -> tuple[int, ...]:
        """The columns of cosine and sine, of which a family whose heads turn has none, if there are such."""
        return tuple(k for k, column in enumerate(self.columns) if column and column[0].role in TURNING)

    @cached_property
    def numbers(self) -> Mapping[tuple[Variable, int], int]:
        """The column of each variable's features."""
        return {column: k for k, column in enumerate(self.columns) if column is not None}

    @cached_property
    def scales(self) -> Vector:
        """How many times smaller each column is stored than it is: powers of two."""
        if not self.shrinking:
            return np.ones(self.width)
        largest = np.zeros(self.d_model)
        np.maximum.at(largest, list(self.places), [self.measure(column) for column in range(self.width)])
        sizes = np.where(largest, largest, 1.0)
        return np.exp2(np.ceil(self.shrinking * np.log2(sizes)))[list(self.places)]

    def measure(self, column: int) -> float:
        """The largest number that a column can hold."""
        content = self.columns[column]
        if content is None:
            sizes, tokens = np.abs(self.embedding.vectors[column]), self.sizes.tokens
            return max(float(sizes[:tokens].max() + sizes[tokens:-1].max()), float(sizes[-1]))
        vector = self.blocks.features[content[0]].basis.vectors[content[1]]
        return max(float(np.abs(vector).max()), abs(float(np.nan_to_num(self.at_bos(column)))))

    def grain(self, column: int) -> float:
        """The power of two that all values of a column would be multiples of, if it were exact; 0 if there is none."""
        content = self.columns[column]
        if content is None:
            return find_grain(self.embedding.vectors[column])
        features = self.blocks.features[content[0]]
        at_bos = np.nan_to_num(features.at_bos[content[1]])
        return find_grain(np.append(features.basis.vectors[content[1]], at_bos))

    def is_stored(self, column: int) -> bool:
        """Whether a column's numbers are those of one table of the embedding."""
        if self.columns[column] is not None:
            return False
        vector, tokens = self.embedding.vectors[column], self.sizes.tokens
        return not (vector[:tokens].any() and vector[tokens:-1].any())

    def at_bos(self, column: int) -> float:
        """What a column holds at BOS."""
        content = self.columns[column]
        if content is None:
            return float(self.embedding.vectors[column][-1])
        return self.blocks.features[content[0]].at_bos[content[1]]

    @cached_property
    def erased_for(self) -> Mapping[int, Erasure]:
        """How the place of a column was made free for it."""
        return {erasure.successor: erasure for erasure in self.erasures}


def embedded(form: Form, blocks: Blocks, sizes: EmbeddingSizes) -> Vector:
    """What the embedding has to provide of a form. The entry at BOS is NaN where anything will do."""
    vector = np.zeros(sizes.size)
    vector[: sizes.tokens] = form.constant
    at_bos = 0.0
    for variable, feature in form.parts.items():
        match variable.node.op:
            case Tokens() if variable.role == "leaf":
                vector[: sizes.tokens] += feature
            case Indices() if variable not in blocks.features:
                # A constant is moved from the positions to the tokens, so that equal functions look equal.
                constant = 0.0 if is_wide(feature) else feature[0]
                vector[: sizes.tokens] += constant
                vector[sizes.tokens : -1] += feature - constant
            case _:
                features = blocks.features[variable]
                at_bos += float(express_feature(feature, features.basis) @ np.array(features.at_bos))
    assert form.bos is None or not np.isnan(at_bos), "what is read at BOS is known there"
    vector[-1] = np.nan if form.bos is None else form.bos - at_bos
    return vector


def express_feature(feature: Vector, basis: Basis) -> Vector:
    """A feature in a variable's own columns."""
    found = basis.express(feature)
    if found is None:  # a multiple of a carried number may be a product of several factors
        found = basis.multiple(feature)
    if found is None:  # scores are made sharper after what they read was demanded
        size = 2.0 ** np.ceil(np.log2(np.abs(feature).max()))
        smaller = basis.express(feature / size)
        found = None if smaller is None else size * smaller
    assert found is not None, "a demanded feature is always expressible"
    return found


def list_forms(plan: Plan) -> list[Form]:
    """Every form that attention or an MLP reads, and those of the readouts without their constant."""
    forms: list[Form] = []
    for layer in plan.layers:
        for head in layer.heads:
            forms += head.forms
        for lookup in layer.lookups:
            forms += [drop_constant(lookup.form), *lookup.forms[1:]]
    return forms + [drop_constant(form) for readout in plan.readouts for form in readout.forms]


def drop_constant(form: Form) -> Form:
    """For readers with a bias: the constant is theirs."""
    bos = None if form.bos is None else form.bos - form.constant
    return Form(form.parts, 0.0, bos, form.noise)


def find_marks(vectors: Sequence[Vector], tokens: int) -> list[Vector]:
    """Those that are 0 at BOS and one number everywhere else, or 0 everywhere else."""
    return [
        v for v in vectors if not np.ptp(v[:tokens]) and not v[tokens:-1].any() and bool(v[0]) != bool(v[-1])
    ]


def allocate_columns(
    plan: Plan, sizes: EmbeddingSizes, *, marked: bool = False, spend: Spend | None = None
) -> Layout:
    """Columns for the embedding and for every feature of every variable, in the order in which they are written.

    `marked`: what tells BOS from all others has a column of its own, so that the sums that count see nothing else there.
    `spend` is told what the bases take.
    """
    blocks = plan.blocks
    vectors = [embedded(form, blocks, sizes) for form in list_forms(plan)]
    closed = [v for v in vectors if not np.isnan(v[-1])]
    first = find_marks(closed, sizes.tokens) if marked else []
    read = [drop_constant(lookup.form) for lookup in blocks.lookups] if blocks.carried else []
    first += [np.append(embedded(form, blocks, sizes)[:-1], 0.0) for form in read]
    basis = choose_basis(closed, first=first, spend=spend)
    open_basis = Basis(map(leave_open, basis.vectors), spend=spend)
    for vector in open_basis.prepare(v[:-1] for v in vectors if np.isnan(v[-1])):
        if open_basis.express(vector) is None:
            basis.append(np.append(vector, 0.0))
            open_basis.append(vector)
    basis.spend = open_basis.spend = None  # they are complete: what is asked of them takes little
    columns: list[tuple[Variable, int] | None] = [None] * len(basis)
    columns += [(variable, 0) for variable in blocks.features if variable.role in TURNING]
    for layer in plan.layers:
        columns += dict.fromkeys(target for head in layer.heads for target in head.targets)
        for lookup in layer.lookups:
            columns += [(lookup.variable, k) for k in range(len(blocks.features[lookup.variable].basis))]
    return Layout(sizes, basis, open_basis, tuple(columns), blocks, tuple(range(len(columns))))


def leave_open(vector: Vector) -> Vector:
    """A column of the embedding without its entry at BOS; nothing where it is so large that what is read as a small part of
    it would round what it stands beside."""
    large = float(np.abs(vector).max()) >= LARGE and not is_wide(vector)
    return np.zeros(len(vector) - 1) if large else vector[:-1]


def weigh_form(form: Form, layout: Layout) -> Vector:
    """A form as one weight per column, shape (width,). Not to be changed."""
    if id(form) not in layout.known:
        layout.known[id(form)] = form, work_out_weights(form, layout)
    return layout.known[id(form)][1]


def work_out_weights(form: Form, layout: Layout) -> Vector:
    """The same, worked out anew."""
    vector = embedded(form, layout.blocks, layout.sizes)
    if np.isnan(vector[-1]):
        found = layout.open_embedding.express(vector[:-1])
    else:
        found = layout.embedding.express(vector)
    assert found is not None, "the embedding was chosen to provide this"
    weights = np.zeros(layout.width)
    weights[: len(layout.embedding)] = found
    for variable, feature in form.parts.items():
        if variable in layout.blocks.features:
            for k, weight in enumerate(express_feature(feature, layout.blocks.features[variable].basis)):
                weights[layout.numbers[variable, k]] += weight
    return weights


def place_weights(weights: Vector, layout: Layout) -> Vector:
    """Weights per column as weights per place in the residual stream, shape (d_model,).

    Whatever reads a column reads its place between the column's writing and its erasure, so no two of them meet.
    """
    found = np.zeros(layout.d_model)
    np.add.at(found, np.array(layout.places, int), weights)
    return found
