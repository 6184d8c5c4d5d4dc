"""What the compiler knows of each s-op: its leaves, its domain and its table.

An elementwise expression is a function of its *leaves*: the tokens, the indices and the results of attention
below it (and expressions that were asked to be materialised). `table` enumerates the leaf values that can
occur together and asks the interpreter for the expression's value on each; `domain` is the set of those
values. Rows on which the interpreter has no value count for nothing: such inputs are don't-cares.
"""

from collections.abc import Callable, Hashable
from functools import partial
from itertools import chain
from typing import Any, TypeVar, assert_never

import numpy as np

from compiler.analysis.divide import TooLarge, divide_expression
from compiler.analysis.known_facts import KnownFacts
from compiler.analysis.leaf_values import relate_leaf
from compiler.analysis.row_values import Rows, RowValues
from compiler.domains.alike import find_representatives
from compiler.domains.distinct_elements import factor_distinct
from compiler.domains.distinct_integers import list_distinct
from compiler.domains.domain import Domain, Ints, make_domain_key
from compiler.domains.facts import JointValues
from compiler.domains.means import is_own_average
from compiler.domains.rows import Bools, Relation, TooMany
from compiler.effort import Effort, limit_work
from compiler.limits import COMBINATIONS, FLAG_COMBINATIONS, LARGE_ROWS, ROWS
from compiler.options import CompileError, CompileOptions
from compiler.refusal import NeverDefined, ToldApart, make_refusal
from compiler.selector_facts import selectors
from compiler.selector_facts.orders import has_every_index
from compiler.selector_facts.positional import evaluate_positional
from rasp.graph.nodes import Aggregate, Constant, Graph, Indices, Map, Node, Tokens, Width, list_reachable
from rasp.values import find_kind, show_count

T = TypeVar("T")
ROW_WORK = 6
"""Sorting and evaluating a row of a table, in cells of the relations that it comes from."""


class Analysis:
    """Facts about the nodes of one graph under one set of options, computed once and kept.

    They are kept for other attempts, too (`compiler/analysis/known_facts.py`). With `dividing`, an expression that
    has a large table but could have smaller ones in steps raises `TooLarge`.
    """

    def __init__(
        self,
        graph: Graph,
        options: CompileOptions,
        materialised: frozenset[Node] = frozenset(),
        *,
        dividing: bool = False,
        effort: Effort | None = None,
    ) -> None:
        self.effort = effort or Effort(limit_work(options))
        self.graph, self.options = graph, options
        self.materialised, self.dividing = materialised, dividing
        self.known = KnownFacts(self.effort, options, materialised, dividing=dividing)
        self._first: dict[Hashable, Node] = {}
        self._too_large: dict[Node, TooLarge] = {}
        self.rows = RowValues(self)

    def once(self, name: str, node: Node, compute: Callable[[Node], T]) -> T:
        """`compute(node)`, or what it was when it was asked before."""
        return self.known.once(name, node, compute)

    def notes(self, about: str, node: Node) -> dict[Any, Any]:
        """What a later stage found about a node in another attempt, to be added to."""
        return self.once(about, node, lambda _: dict[Any, Any]())

    def first(self, key: Hashable, node: Node) -> Node:
        """The node that was first given under a key."""
        return self._first.setdefault(key, node)

    @property
    def tokens_node(self) -> Node:
        """The raw input."""
        return self.graph.add(Tokens())

    @property
    def max_length(self) -> int:
        return self.options.max_length

    @property
    def causal(self) -> bool:
        return self.options.attention == "causal"

    def is_leaf(self, node: Node) -> bool:
        """Whether expressions above treat the node as given."""
        return not isinstance(node.op, Map | Constant) or node in self.materialised or self.is_sum(node)

    def is_sum(self, node: Node) -> bool:
        """Whether a node is a sum of carried numbers with too many combinations to look at.

        Its value is one number in the residual stream all the same; its values are the sums of its parts' values.
        """
        if not isinstance(node.op, Map) or node.op.prim not in ("add", "sub") or node in self.materialised:
            return False
        return self.once("sum", node, self._is_sum)

    def _is_sum(self, node: Node) -> bool:
        leaves = self._leaves_below(node)
        if len(leaves) < 2 or not all(self.is_multiple(arg) for arg in node.args):
            return False
        most = COMBINATIONS.most if all(map(self.is_scalar, leaves)) else FLAG_COMBINATIONS.most
        return bool(np.prod([float(len(self.domain(leaf))) for leaf in leaves]) > most)

    def is_multiple(self, node: Node) -> bool:
        """Whether a node is a linear form of what is carried: sums and multiples of numbers, functions of one value."""
        return self.once("multiple", node, self._is_multiple)

    def _is_multiple(self, node: Node) -> bool:
        leaves = self.leaves(node)
        if len(leaves) == 1 and not self.is_scalar(leaves[0]):
            return self.domain(node).is_numeric
        if self.is_leaf(node) or isinstance(node.op, Constant):
            return True
        match node.op:
            case Map("add" | "sub" | "neg" | "pos"):
                return all(self.is_multiple(arg) for arg in node.args)
            case Map("mul"):
                return any(isinstance(arg.op, Constant) for arg in node.args) and all(
                    map(self.is_multiple, node.args)
                )
            case _:
                return False

    def is_scalar(self, leaf: Node) -> bool:
        """Whether attention carries a leaf as one number (a count, a mean, or a sum of such)."""
        match leaf.sequence_op:
            case Width():
                return True
            case Aggregate():
                return not self.transports(leaf)
            case Map() | Tokens() | Indices() | Constant():
                return self.is_sum(leaf)
            case _:
                assert_never(leaf.sequence_op)

    def region(self, node: Node) -> list[Node]:
        """The elementwise nodes that make up an expression, leaves included, arguments before users."""
        return self.once("region", node, self._region)

    def _region(self, node: Node) -> list[Node]:
        below = ([arg] if self.is_leaf(arg) else self.region(arg) for arg in node.args)
        return [*dict.fromkeys(chain(*below if isinstance(node.op, Map) else ())), node]

    def leaves(self, node: Node) -> tuple[Node, ...]:
        """What an expression is a function of, in order of first use. A leaf's only leaf is itself."""
        if self.is_leaf(node):
            return (node,)
        return self.once("leaves", node, self._leaves_below)

    def _leaves_below(self, node: Node) -> tuple[Node, ...]:
        return tuple(dict.fromkeys(chain.from_iterable(map(self.leaves, node.args))))

    def sees_tokens(self, node: Node) -> bool:
        """Whether a node's value can depend on the tokens, and not only on position and length."""
        return self.once("tokens", node, lambda n: any(isinstance(m.op, Tokens) for m in list_reachable([n])))

    def domain(self, node: Node) -> Domain:
        """Every value that the node can have."""
        if self.is_leaf(node) and (not isinstance(node.op, Map) or self.is_sum(node)):
            return self.relation(node).domain
        return self.table(node).domain

    def table(self, node: Node) -> JointValues:
        """The node as a function of its leaves (of the leaves below it, for a materialised expression)."""
        if node in self._too_large:  # many ask and do without it: it is not counted for each of them
            raise self._too_large[node].with_traceback(None)
        try:
            return self.once("table", node, self._table)
        except TooLarge as large:
            self._too_large[node] = large
            raise

    def _table(self, node: Node) -> JointValues:
        if not isinstance(node.op, Map | Constant) or self.is_sum(node):
            domain = self.relation(node).domain
            codes = np.arange(len(domain))
            return JointValues((node,), codes[:, None], codes, domain, (codes,))
        leaves = self._leaves_below(node)
        stands_for = find_representatives(self, node, leaves)
        try:
            codes = self.rows.list_combinations(node, leaves, stands_for)
        except TooMany as problem:
            raise self._refuse_rows(node, len(leaves), problem.rows) from None
        if self.dividing and len(codes) > LARGE_ROWS.most and divide_expression(self, node):
            raise self._refuse_rows(node, len(leaves), len(codes))
        self.effort.spend(self.graph, node, ROW_WORK * len(codes) * (len(leaves) + 1), "rows")
        codes = self.possible(node, leaves, codes)
        distinct = self.rows.find_distinct(node, Rows(leaves, codes))
        domain, values = factor_distinct(distinct, partial(self.effort.keep, self.graph, node))
        twins = self._find_twins(leaves, codes)
        if twins.any():
            rows = Rows(leaves, codes[twins], as_floats=True)
            floats = factor_distinct(self.rows.find_distinct(node, rows))
            domain = self._with_twins(node, (domain, values[twins]), floats)
        if not len(domain):
            raise NeverDefined(self.graph, node, distinct.problem)
        return JointValues(leaves, codes, values, domain, stands_for)

    def _refuse_rows(self, node: Node, leaves: int, rows: float) -> CompileError:
        error = make_refusal(
            self.graph,
            node,
            f"this depends on {show_count(leaves, 'value')} at once, in {rows:.2g} combinations",
            ROWS.hint,
        )
        parts = divide_expression(self, node) if self.dividing else frozenset[Node]()
        return TooLarge(error, parts) if parts else error

    def possible(self, node: Node, leaves: tuple[Node, ...], codes: Ints) -> Ints:
        """Without the rows on which the parts of a rank add up to more than a rank can be."""
        for part in self.region(node):
            if isinstance(part.op, Map) and not self.is_leaf(part) and has_every_index(self, part):
                own = [leaves.index(leaf) for leaf in self.leaves(part)]
                rank = self.rows.evaluate(part, Rows(self.leaves(part), codes[:, own]))
                codes = codes[rank.data < self.max_length]
        return codes

    def _find_twins(self, leaves: tuple[Node, ...], codes: Ints) -> Bools:
        """The rows on which a leaf may be an int or a float."""
        found = np.zeros(len(codes), bool)
        for leaf, own in zip(leaves, codes.T, strict=True):
            domain = self.relation(leaf).domain
            if domain.floats:
                may_be_both = np.zeros(len(domain), bool)
                may_be_both[list(domain.floats)] = True
                found |= may_be_both[own]
        return found

    def _with_twins(self, node: Node, ints: tuple[Domain, Ints], floats: tuple[Domain, Ints]) -> Domain:
        """A mean is an int or a float depending on how many positions were selected; the answer must not, but for
        being an int or a float itself. The domain, with such answers marked, by what is answered to either."""
        (domain, codes), (other, other_codes) = ints, floats
        both = (codes >= 0) & (other_codes >= 0)
        pairs: list[int] = list_distinct(codes[both] * len(other) + other_codes[both]).tolist()
        twins = set(domain.floats)
        for a, b in (divmod(pair, len(other)) for pair in pairs):
            if make_domain_key(domain.values[a]) != make_domain_key(other.values[b]):
                refusal = make_refusal(
                    self.graph,
                    node,
                    f"this differs ({domain.values[a]!r}, {other.values[b]!r}) for a whole number "
                    "and the same number as a float, which a mean can both be",
                    "round the mean first",
                )
                raise ToldApart(*refusal.diagnostics)
            if type(domain.values[a]) is int and (b in other.floats or isinstance(other.values[b], float)):
                twins.add(a)
        return Domain(domain.values, frozenset(twins), domain.minus_zero or other.minus_zero)

    def relation(self, leaf: Node) -> Relation:
        """The values a leaf can have, by context."""
        return self.once("relation", leaf, lambda n: relate_leaf(self, n))

    def transports(self, leaf: Node) -> bool:
        """Whether an aggregate moves single values, so that any function of its value can be moved in its place.

        True when it picks one, or all values are alike.
        """
        values = self.domain(leaf.args[1]).values
        return (len(values) == 1 and is_own_average(values, self.max_length)) or self.picks(leaf)

    def picks(self, leaf: Node) -> bool:
        """Whether an aggregate brings the value of one position: no row selects two, or two would be an error."""
        return self.once("picks", leaf, self._picks)

    def _picks(self, leaf: Node) -> bool:
        selector, value = leaf.args
        kinds = {find_kind(v) for v in self.domain(value).values}
        return kinds <= {"string"} or kinds <= {"bool"} or selectors.selects_at_most_one(self, selector)

    def always(self, node: Node) -> bool:
        """Whether a boolean expression is true wherever it has a value; False if that is not known."""
        try:
            known = None if self.sees_tokens(node) else evaluate_positional(self, node)
            if known is not None:
                return bool(known.column.data.astype(bool).all())
            return [bool(v) for v in self.domain(node).values] == [True]
        except CompileError:
            return False
