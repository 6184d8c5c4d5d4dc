"""Reading an s-op off the residual stream without an MLP: which functions of it are linear, and how.

`Reader.read` gives a Form for a function of an s-op's value, or None when only a look-up can provide it:
- any function, when the expression depends on one free variable (or one that stands alone behind it);
- an affine function, when the expression is a sum of multiples of variables.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import assert_never

import numpy as np

from compiler.analysis.infer import Analysis
from compiler.blocks.form import Form, Variable, Vector, add_forms, scale_form
from compiler.blocks.waves import BEARABLE
from compiler.domains.distinct_integers import list_distinct
from compiler.domains.domain import Ints
from compiler.numerics.count_precision import ANCHORED_MARGIN, Precision
from compiler.numerics.dtypes import Arithmetic, find_arithmetic
from compiler.numerics.rounding import find_grain
from compiler.reading.building_style import Style
from compiler.reading.counted_positions import count_everything, read_evenly, read_squares
from compiler.reading.digits import WHOLE, list_ways
from compiler.reading.quotients import Quotient, find_quotient
from compiler.targets.target import find_target
from rasp.graph.nodes import Aggregate, Constant, Indices, Map, Node, Tokens, Width
from rasp.graph.primitive_names import PrimName

FEW = 2**12
"""Pairs of codes that are looked at first."""
WHOLLY = Style(split=WHOLE, most_averaged=np.inf)
"""Orders are counted and averaged by one head each."""


class Reader:
    """Answers for one analysis in one style; keeps what it has worked out. With `exact`, carried numbers that lie on a grid
    (counts, and sums of them) are read after an MLP has rounded them. Orders are counted as `split` says, and means over
    those of more than `most_averaged` kinds of rows are quotients. Counted positions may be `squared`."""

    def __init__(self, analysis: Analysis, style: Style = WHOLLY) -> None:
        self.analysis = analysis
        self.raw = Reader(analysis, replace(style, exact=False)) if style.exact else self
        self.split, self.most_averaged, self.squared = style.split, style.most_averaged, style.squared
        # Readers of one way say the same.
        self.way = style.exact, style.split, style.most_averaged, style.squared
        self.arithmetic = find_arithmetic(analysis.options)
        noise = find_target(analysis.options).noise
        self.precision = Precision(analysis.max_length, noise.reading + noise.drift, self.arithmetic)
        self._forms: dict[Node, Form | None] = {}

    def is_free(self, node: Node) -> bool:
        """Whether the variable of a leaf can offer any feature."""
        return not self.analysis.is_scalar(node)

    def variable(self, leaf: Node) -> Variable:
        """The variable that carries a leaf."""
        if isinstance(leaf.op, Map) and not self.analysis.is_sum(leaf):
            return Variable(leaf, "look-up")
        return Variable(leaf, "rounded" if self.rounds(leaf) else "leaf")

    def rounds(self, leaf: Node) -> bool:
        """Whether a leaf is read rounded."""
        if self.raw is self or self.is_free(leaf):
            return False
        grain = self.analysis.once("grain", leaf, lambda leaf: find_grain(self.carried(leaf)))
        return self.raw.noise(leaf) < BEARABLE * grain

    def is_counted(self, variable: Variable) -> bool:
        """Whether it is the position, in a target that does not embed positions."""
        leaf = variable.role == "leaf" and variable.node.op == Indices()
        return leaf and find_target(self.analysis.options).rotary

    def count_positions(self) -> Form:
        """How many positions there are up to one's own, as attention counts it."""
        form = self.raw.form(count_everything(self.analysis.graph))
        assert form is not None, "a count is a number"
        return form

    def summed(self, variable: Variable, vector: Vector) -> Form | None:
        """A feature of a sum as a form over what is summed, or that of a counted position over the count; None for any
        other variable."""
        node = variable.node
        if self.is_counted(variable):
            count = count_everything(self.analysis.graph)
            return read_squares(count, vector) if self.squared else read_evenly(count, vector)
        if variable.role != "leaf" or not self.analysis.is_sum(node):
            return None
        numbers = self.carried(node)
        pivot = int(np.argmax(np.abs(numbers)))
        inner = self.summing(node)._combined(node)
        assert inner is not None, "a sum is a linear form"
        return scale_form(inner, float(vector[pivot] / numbers[pivot]))

    def open_sums(self, form: Form) -> Form:
        """The same form over what sums are of."""
        while opened := {v: inner for v, p in form.parts.items() if (inner := self.summed(v, p)) is not None}:
            kept = Form({v: p for v, p in form.parts.items() if v not in opened}, form.constant)
            whole = add_forms(kept, *opened.values())
            form = Form(whole.parts, whole.constant, form.bos, form.noise)
        return form

    def summing(self, node: Node) -> "Reader":
        """How the parts of a sum are read: rounded each where the whole is off by too much to be rounded."""
        return self.raw if self.rounds(node) else self

    def carried(self, leaf: Node) -> Vector:
        """The number that stands for each value of a leaf."""
        return self.analysis.domain(leaf).numbers()

    def noise(self, leaf: Node) -> float:
        """Bound on the rounding error of a leaf's carried number."""
        if self.rounds(leaf):
            return 0.0
        largest = float(np.abs(self.analysis.domain(leaf).numbers()).max())
        match leaf.sequence_op:
            case Width():
                heads = len(list_ways(self.analysis, leaf.args[0], self.split))
                return self.precision.count_noise(largest, heads)
            case Aggregate():
                if self.quotient(leaf) is not None:
                    return self.precision.quotient_noise(largest)
                return 0.0 if self.is_free(leaf) else self.precision.mean_noise(largest)
            case Map() if self.analysis.is_sum(leaf):
                inner = self.summing(leaf)._combined(leaf)
                return 0.0 if inner is None else inner.noise
            case Map() | Tokens() | Indices() | Constant():
                return 0.0
            case _:
                assert_never(leaf.sequence_op)

    def quotient(self, leaf: Node) -> Quotient | None:
        """How a leaf is divided, where it is a mean that is made so."""
        return find_quotient(self.analysis, leaf, self.most_averaged)

    def total(self, quotient: Quotient) -> Variable:
        """The variable that carries what a quotient divides."""
        return Variable(quotient.total, "rounded")

    def is_nearly_whole(self, node: Node) -> bool:
        """Whether rounding takes the error of every leaf away."""
        if not find_target(self.analysis.options).anchors:
            return False
        scalars = [leaf for leaf in self.analysis.leaves(node) if not self.is_free(leaf)]
        forms = [self.form(leaf) for leaf in scalars]
        return all(form is not None and bool(find_rounding_grain(form, self.arithmetic)) for form in forms)

    def lookup_noise(self, node: Node, vector: Vector) -> float:
        """Bound on the rounding error of a look-up's feature: one rounding per unit that is on."""
        return len(self.analysis.domain(node)) * float(np.abs(vector).max()) * 8 * self.arithmetic.unit

    def form(self, node: Node) -> Form | None:
        """The value of a numeric expression as a linear form, when it is one."""
        if node not in self._forms:
            for part in self.analysis.region(node):
                if part not in self._forms:
                    self._forms[part] = self._form(part)
        return self._forms[node]

    def _form(self, node: Node) -> Form | None:
        if not self.analysis.domain(node).is_numeric:
            return None
        leaves = self.analysis.leaves(node)
        if self.analysis.is_leaf(node):
            return Form({self.variable(node): self.carried(node)}, noise=self.noise(node))
        if len(self.analysis.domain(node)) == 1:
            return Form({}, float(self.analysis.domain(node).numbers()[0]))
        if len(leaves) == 1 and self.is_free(leaves[0]):
            return self.tabulated(node, leaves[0], self.analysis.domain(node).numbers())
        return self._combined(node)

    def _combined(self, node: Node) -> Form | None:
        """Sums, differences and constant multiples of forms."""
        match node.op:
            case Map("add" | "sub" | "neg" | "pos" | "mul" | "div" as prim):
                forms = [self.form(arg) for arg in node.args]
                known = [f for f in forms if f is not None]
                if len(known) < len(forms):
                    return None
                return combine_forms(prim, known)
            case _:
                return None

    def needs_lookup(self, node: Node, vectors: Iterable[Vector]) -> bool:
        """Whether no linear form gives these features of an expression."""
        if node in self.analysis.materialised:
            return self._combined(node) is None
        return any(self.read(node, vector) is None for vector in vectors)

    def tabulated(self, node: Node, leaf: Node, vector: Vector) -> Form:
        """`vector` (by code of `node`) as a feature of the only leaf of `node`; rows without a value get 0."""
        table = self.analysis.table(node)
        feature = np.zeros(len(self.analysis.domain(leaf)))
        ok = table.values >= 0
        column = table.codes[:, table.leaves.index(leaf)]
        feature[column[ok]] = vector[table.values[ok]]
        return Form({self.variable(leaf): feature})

    def read(self, node: Node, vector: Vector) -> Form | None:
        """The feature `vector` (by code of `node`) as a linear form, or None when that takes a look-up."""
        if (vector == vector[0]).all():
            return Form({}, float(vector[0]))
        leaves = self.analysis.leaves(node)
        if self.analysis.is_leaf(node):
            if self.is_free(node):
                return Form({self.variable(node): vector})
        elif len(leaves) == 1 and self.is_free(leaves[0]):
            return self.tabulated(node, leaves[0], vector)
        else:
            single = self.single_leaf(node, vector)
            if single is not None:
                return single
        return self.affine(node, vector)

    def single_leaf(self, node: Node, vector: Vector) -> Form | None:
        """A feature that looks at one free leaf only, though the expression looks at several."""
        table = self.analysis.table(node)
        for column, leaf in enumerate(table.leaves):
            if not self.is_free(leaf):
                continue
            codes, values = list_meetings(self.analysis, node, column)
            self.analysis.effort.spend(self.analysis.graph, node, len(codes), "reading")
            size = len(self.analysis.domain(leaf))
            if assign_numbers(codes[:FEW], vector[values[:FEW]], size) is None:
                continue  # most that contradict themselves do so at once
            feature = assign_numbers(codes, vector[values], size)
            if feature is not None:
                feature = feature[table.stands_for[column]]
                return Form({self.variable(leaf): feature})
        return None

    def affine(self, node: Node, vector: Vector) -> Form | None:
        """`vector` as slope times value plus offset."""
        form = self.form(node)
        if form is None:
            return None
        numbers = self.analysis.domain(node).numbers()
        low, high = int(np.argmin(numbers)), int(np.argmax(numbers))
        if numbers[low] == numbers[high]:  # 1 and True, or whole numbers that float64 merges
            return None
        slope = (vector[high] - vector[low]) / (numbers[high] - numbers[low])
        offset = vector[low] - slope * numbers[low]
        if np.abs(slope * numbers + offset - vector).max() > self.arithmetic.same * max(
            1.0, np.abs(vector).max()
        ):
            return None
        return scale_form(form, float(slope), float(offset))


def assign_numbers(codes: Ints, numbers: Vector, size: int) -> Vector | None:
    """The number that each of `size` codes has, 0 for those that have none; None where one has several."""
    assigned = np.zeros(size)
    assigned[codes] = numbers
    return assigned if np.array_equal(assigned[codes], numbers) else None


def list_meetings(analysis: Analysis, node: Node, column: int) -> tuple[Ints, Ints]:
    """The codes of a leaf of the node's table, and those of the node's values that it meets: each pair once."""

    def find_meetings(node: Node) -> tuple[Ints, Ints]:
        table = analysis.table(node)
        analysis.effort.spend(analysis.graph, node, len(table.values), "reading")
        ok = table.values >= 0
        size = len(table.domain)
        codes, values = np.divmod(list_distinct(table.codes[ok, column] * size + table.values[ok]), size)
        return codes, values

    return analysis.once(f"meetings of leaf {column}", node, find_meetings)


def combine_forms(prim: PrimName, forms: list[Form]) -> Form | None:
    """The form of a primitive of forms; products and quotients only with a constant."""
    match prim, forms:
        case "add", [a, b]:
            return add_forms(a, b)
        case "sub", [a, b]:
            return add_forms(a, scale_form(b, -1.0))
        case "neg", [a]:
            return scale_form(a, -1.0)
        case "pos", [a]:
            return a
        case "mul", [a, b] if not b.parts:
            return scale_form(a, b.constant)
        case "mul", [a, b] if not a.parts:
            return scale_form(b, a.constant)
        case "div", [a, b] if not b.parts and b.constant:
            return scale_form(a, 1 / b.constant)
        case _:
            return None


def find_rounding_grain(form: Form, arithmetic: Arithmetic) -> float:
    """The power of two that all exact values of a form are multiples of; 0 when rounding to that would not find them."""
    grain = min((find_grain(vector) for vector in form.parts.values()), default=0.0)
    reach = sum(float(np.abs(vector).max()) for vector in form.parts.values())
    near = form.noise < ANCHORED_MARGIN * grain and 2 * reach < arithmetic.anchored_reach * grain
    return grain if near else 0.0
