"""Say where an output has no value, by a value that it never has.

    1 / tokens_int                becomes     1 / tokens_int if has_value(1 / tokens_int) else 2
    average(6 / n)                becomes     average(6 / n) if width(has_value(6 / n) == False) == 0 else 7

where `has_value` stands for a primitive like `div_defined` (`rasp.graph.primitive_names.make_defined_name`), and the last
number, the *stand-in*, is none of the output's values; models have a class of its own for it. The condition follows the
interpreter's rules (`rasp/interpret/record.py`) from the inputs up: what is elementwise has a value where all that it looks
at has one; selectors and aggregates need one at every position that is seen, which counting those without one tells,
under causal attention as well; several strings or booleans have no mean.

Sound, because the condition itself has a value everywhere (the right side of an `and` is not looked at where the left is
false), and a choice passes over everything that it excludes. What no choice passes over, strings ordered with numbers
or mixed with them, is refused where it could occur. Applied once.
"""

from collections.abc import Mapping
from math import ceil
from typing import assert_never

import numpy as np

from compiler.analysis.infer import Analysis
from compiler.analysis.kinds import may_be_text
from compiler.limits import TRIED_ARGUMENTS
from compiler.options import CompileError
from compiler.refusal import make_refusal
from compiler.rewrite.make_total import has_means, may_fail, selects_one
from compiler.rewrite.rules.place_best import place_best
from rasp.graph.nodes import (
    Aggregate,
    And,
    Best,
    Constant,
    Indices,
    Map,
    Node,
    Not,
    Or,
    Select,
    Tokens,
    Width,
    list_reachable,
)
from rasp.graph.primitive_names import PrimName, make_defined_name
from rasp.interpret.evaluate import apply_map
from rasp.interpret.record import reads_elements
from rasp.values import Atom

FRESH = "no value"
MIXED = "strings may stand beside numbers here, an error of the whole input that a model cannot say at each position"
MIXED_HINT = "give it values of one kind, or compile without `no_value`"
FLAG_HINT = "write indicator(...) for the booleans, or compile without `no_value`"


def say_no_value(analysis: Analysis, outputs: Mapping[str, Node]) -> tuple[dict[str, Node], dict[str, Atom]]:
    """The outputs with a stand-in wherever they have no value, and the stand-ins of those that can be without one.

    Raises `CompileError` for what cannot be said at each position.
    """
    presence = Presence(analysis)
    said, stand_ins = dict(outputs), dict[str, Atom]()
    for node in list_reachable(outputs.values()):
        presence.add(node)
    for name, node in outputs.items():
        has = presence.of[node]
        presence.check_unmixed(node)
        if has is not None:
            stand_ins[name] = stand_in(analysis, presence.placed[node])
            said[name] = presence.choose(node, has, node, analysis.graph.constant(stand_ins[name]))
    return said, stand_ins


def stand_in(analysis: Analysis, node: Node) -> Atom:
    """A value of the same kind as the node's that is none of them; a number lies apart from all others."""
    domain = analysis.domain(node)
    numbers = [value for value in domain.values if not isinstance(value, str)]
    if numbers:
        return ceil(max(numbers)) + 1
    fresh = FRESH
    while domain.has(fresh):
        fresh += "!"
    return fresh


TELLING_KINDS: frozenset[PrimName] = frozenset({"index_list", "string_slice", "mul", "mod", "pow"})
"""Primitives that may have a value for an int, but not for the float of the same value, or the other way round."""


class Presence:
    """For each node, the s-op of booleans that says where it has a value; None where it has one everywhere.

    Filled in the order of evaluation. That of a selector is false for all that see a position without a value. What the
    analysis is asked about a node, it is asked about `placed`: it knows of no `best` below other selectors.
    """

    def __init__(self, analysis: Analysis) -> None:
        self.analysis = analysis
        self.graph = analysis.graph
        self.of: dict[Node, Node | None] = {}
        self.placed: dict[Node, Node] = {}
        self.text: set[Node] = set()
        self.tokens_are_text = any(isinstance(token, str) for token in analysis.options.vocabulary)

    def add(self, node: Node) -> None:
        """What `of` says of a node, whose arguments are there."""
        placed = self.graph.add(node.op, *(self.placed[arg] for arg in node.args))
        while (better := place_best(self.analysis, placed)) is not None:
            placed = better
        self.placed[node] = placed
        if may_be_text(placed, self.text, tokens_are_text=self.tokens_are_text):
            self.text.add(placed)
        self.of[node] = self.presence(node)

    def presence(self, node: Node) -> Node | None:
        op = node.op
        match op:
            case Tokens() | Indices() | Constant():
                return None
            case Map():
                return self.elementwise(node, op)
            case Aggregate():
                self.check_whole(node)
                return self.both(node, self.arguments(node), self.one_selected(node))
            case Width() | Select() | Not() | And() | Or() | Best():
                self.check_whole(node)
                return self.arguments(node)
            case _:
                assert_never(op)

    def elementwise(self, node: Node, op: Map) -> Node | None:
        """An elementwise op looks at what its own choice asks for, and may be without a value itself."""
        first, *rest = (self.of[arg] for arg in node.args)
        if not reads_elements(op, node.args[0]):
            self.check_unmixed(node.args[0])
        match op.prim:
            case "if":
                yes, no = (self.everywhere_true() if has is None else has for has in rest)
                chosen = None if yes is no else self.choose(node, node.args[0], yes, no)
                return self.both(node, first, chosen)
            case "and" | "or":
                [right] = rest
                left = node.args[0]
                passed = left if op.prim == "or" else self.place(node, self.graph.map("not", left))
                asked = None if right is None else self.place(node, self.graph.map("or", passed, right))
                return self.both(node, first, asked)
            case prim:
                for arg in node.args[1:]:
                    self.check_unmixed(arg)
                has = first
                for other in rest:
                    has = self.both(node, has, other)
                self.check_twins(node, op)
                if not may_fail(self.analysis, self.placed[node], self.text):
                    return has
                own = self.graph.add(Map(make_defined_name(prim), op.parameters), *node.args)
                return self.both(node, has, self.place(node, own))

    def arguments(self, node: Node) -> Node | None:
        """Whether all arguments have a value at all positions that are seen."""
        found: Node | None = None
        for arg in node.args:
            has = self.of[arg]
            found = self.both(node, found, has if has is None or arg.is_selector else self.seen(node, has))
        return found

    def seen(self, node: Node, has: Node) -> Node:
        """Whether a condition holds at every position that is seen."""
        fails = self.graph.add(Select("=="), has, self.graph.constant(False))
        count = self.graph.add(Width(), self.place(node, fails))
        return self.place(node, self.graph.map("eq", self.place(node, count), self.graph.constant(0)))

    def one_selected(self, node: Node) -> Node | None:
        """Where an aggregate of strings or booleans reads no more than one of them."""
        selector, value = (self.placed[arg] for arg in node.args)
        if selects_one(self.analysis, selector):
            return None
        kinds = {type(atom) for atom in self.analysis.domain(value).values}
        if bool in kinds and kinds != {bool}:
            message = "booleans stand beside numbers here, and whether they are averaged depends on the input"
            raise make_refusal(self.graph, node, message, FLAG_HINT)
        if has_means(self.analysis, value):
            return None
        count = self.place(node, self.graph.add(Width(), node.args[0]))
        return self.place(node, self.graph.map("le", count, self.graph.constant(1)))

    def both(self, node: Node, one: Node | None, other: Node | None) -> Node | None:
        """Both conditions; the other is not looked at where the first is false."""
        if one is None or other is None or one is other:
            return other if one is None else one
        return self.place(node, self.graph.map("and", one, other))

    def choose(self, node: Node, condition: Node, yes: Node, no: Node) -> Node:
        return self.place(node, self.graph.map("if", condition, yes, no))

    def everywhere_true(self) -> Node:
        return self.graph.constant(True)

    def place(self, node: Node, made: Node) -> Node:
        """What is made for a node is placed like it."""
        self.graph.hand_on_place(node, made)
        return made

    def check_whole(self, node: Node) -> None:
        """Raises `CompileError` where a selector or aggregate could be an error of the whole input."""
        for arg in node.args:
            self.check_unmixed(arg)
        match node.op:
            case Select("<" | "<=" | ">" | ">="):
                kinds = {kind for arg in node.args for kind in self.kinds(arg)}
                if len(kinds) > 1:
                    message = "this may order strings and numbers, an error of the whole input that a model cannot say"
                    raise make_refusal(self.graph, node, message, MIXED_HINT)
            case _:
                pass

    def check_twins(self, node: Node, op: Map) -> None:
        """Raises `CompileError` where an op has a value for an int but not for the same number as a float, or the other way
        round: a mean can be both, and a model cannot tell."""
        if op.prim not in TELLING_KINDS:
            return
        try:
            domains = [self.analysis.domain(self.placed[arg]) for arg in node.args]
        except CompileError:  # too much to look at, or without any value
            domains = []
        if domains and not any(domain.floats for domain in domains):
            return
        sizes = [len(domain) for domain in domains]
        alike = False
        if domains and np.prod([float(size) for size in sizes]) <= TRIED_ARGUMENTS.most:
            codes = np.indices(sizes).reshape(len(sizes), -1)
            ints, floats = (
                apply_map(
                    op, [d.column(c, as_floats=kind) for d, c in zip(domains, codes, strict=True)]
                ).failed
                for kind in (False, True)
            )
            missing = np.zeros(codes.shape[1:], bool)
            alike = np.array_equal(missing if ints is None else ints, missing if floats is None else floats)
        if not alike:
            message = "whether this has a value may depend on a number being an int or a float, which a mean can both be"
            raise make_refusal(
                self.graph, node, message, "round the mean first, or compile without `no_value`"
            )

    def check_unmixed(self, node: Node) -> None:
        """Raises `CompileError` where an s-op can hold strings beside other values."""
        if not node.is_selector and len(self.kinds(node)) > 1:
            raise make_refusal(self.graph, node, MIXED, MIXED_HINT)

    def kinds(self, node: Node) -> set[bool]:
        """Whether an s-op has strings, and whether others."""
        placed = self.placed[node]
        if placed not in self.text:
            return {False}
        try:
            return {isinstance(value, str) for value in self.analysis.domain(placed).values}
        except CompileError:  # too much to look at
            return {False, True}
