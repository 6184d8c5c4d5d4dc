"""Give a value to everything that a choice may pass over.

    x / m if m > 0 else 0                              becomes     x /(or 0) m if m > 0 else 0
    aggregate(s, tokens) if lonely else "?"            becomes     aggregate(best(s, indices), tokens) if lonely else "?"

    1 / (length - length) if lonely else tokens        becomes     tokens

where `/(or 0)` is division that gives 0 where there is no quotient (`rasp.graph.primitive_names.make_total_name`). A choice
needs a value only of the branch that it takes; a model computes both, and everything below them, so that all of it has to
be something that analysis knows of and bounds hold for. Afterwards it is: below the branches of `if` and the right sides of
`and` and `or` nothing is without a value on any input on which the program has one, and whether choice is lazy makes no
difference, to the other rules neither. What never has a value gives the choice none to take; a value put in its place could
only be of a kind that the other branch is not.

Sound, because the new primitives have the old one's values where it has any, and a `best` selects the only position
where one is selected; where there was no value, either a choice does not look at it, or the output has none. No choice
passes over what stays an error of the whole input (strings ordered with numbers, or mixed with them where a whole sequence
is needed); a value that is put in must not bring about such an error, and is refused where it could.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import assert_never

import numpy as np

from compiler.analysis.infer import Analysis
from compiler.analysis.kinds import may_be_text, may_make_text
from compiler.limits import TRIED_ARGUMENTS
from compiler.options import CompileError
from compiler.refusal import NeverDefined, make_refusal
from compiler.rewrite.driver import rebuild_outputs
from compiler.selector_facts.selectors import contains_best, selects_at_most_one
from rasp.graph.nodes import (
    Aggregate,
    And,
    Best,
    Constant,
    Indices,
    Map,
    Node,
    SelectorOp,
    Tokens,
    Width,
    list_reachable,
)
from rasp.graph.primitive_names import DEFINED, NAMES, PrimName, make_total_name
from rasp.graph.primitives import WITHOUT_FAILURES
from rasp.interpret.choosing import LAZY
from rasp.interpret.evaluate import apply_map
from rasp.values import Atom, make_const

ON_NUMBERS: frozenset[PrimName] = frozenset(
    {"add", "sub", "mul", "neg", "pos", "round", "lt", "le", "gt", "ge"}
)
"""Primitives that have a value for all numbers (that a model can carry)."""
ANSWERS: frozenset[PrimName] = frozenset(name for name in NAMES if name.endswith(DEFINED))
FLAGS: frozenset[PrimName] = frozenset(
    {"eq", "ne", "lt", "le", "gt", "ge", "and", "or", "not", "in_list", "to_bool", *ANSWERS}
)
"""Primitives that give booleans."""
MIXED_HINT = "give what the choice passes over a value of the same kind as its other values"


def make_total(analysis: Analysis, outputs: Mapping[str, Node]) -> dict[str, Node]:
    """The outputs, with the same values on every input on which they have some."""
    passed_over = {node for node in list_reachable(choices(outputs)) if not isinstance(node.op, Constant)}
    if not passed_over:
        return dict(outputs)
    vocabulary = analysis.options.vocabulary
    sets = Sets()
    has_text, has_flags = (any(isinstance(token, kind) for token in vocabulary) for kind in (str, bool))

    def change(old: Node, new: Node) -> Node:
        if old in passed_over:
            new = with_values(analysis, new, sets)
        if may_be_text(new, sets.text, tokens_are_text=has_text):
            sets.text.add(new)
        if may_be_flag(new, sets.flags, tokens_are_flags=has_flags):
            sets.flags.add(new)
        if any(arg in sets.given for arg in new.args):
            sets.given.add(new)
        return without_empty_branch(new, sets.never)

    return rebuild_outputs(analysis, outputs, change)


@dataclass(frozen=True)
class Sets:
    """What may hold strings, what may hold booleans only, what depends on a value that was put in, and what has no value
    but such ones."""

    text: set[Node] = field(default_factory=set[Node])
    flags: set[Node] = field(default_factory=set[Node])
    given: set[Node] = field(default_factory=set[Node])
    never: set[Node] = field(default_factory=set[Node])


def choices(outputs: Mapping[str, Node]) -> list[Node]:
    """What some choice may not look at."""
    nodes = list_reachable(outputs.values())
    lazy = [node for node in nodes if isinstance(node.op, Map) and node.op.prim in LAZY]
    return [arg for node in lazy for arg in node.args[1:]]


def with_values(analysis: Analysis, node: Node, sets: Sets) -> Node:
    """The node, with a value wherever its arguments have one."""
    if not isinstance(node.op, Map) and any(arg in sets.given and arg in sets.text for arg in node.args):
        check_kinds(analysis, node)
    match node.op:
        case Map(prim, parameters) if may_fail(analysis, node, sets.text):
            default, never = likely_value(analysis, node, sets.text)
            total = analysis.graph.add(
                Map(make_total_name(prim), (make_const(default), *parameters)), *node.args
            )
            sets.given.add(total)
            if never:
                sets.never.add(total)
            return total
        case Aggregate() if node.args[1] in sets.text | sets.flags:
            return picking_one(analysis, node)
        case _:
            return node


def may_fail(analysis: Analysis, node: Node, text: set[Node]) -> bool:
    """Whether a primitive can be without a value where its arguments have one."""
    assert isinstance(node.op, Map)
    prim = node.op.prim
    if prim in WITHOUT_FAILURES:
        return False
    if not any(arg in text for arg in node.args):
        match prim, node.args:
            case _ if prim in ON_NUMBERS:
                return False
            case (("div" | "mod"), (_, Node(Constant(divisor)))) if divisor.value != 0:
                return False
            case _:
                pass
    try:
        return fails_on_some_pair(analysis, node) and bool((analysis.table(node).values < 0).any())
    except CompileError:  # too much to look at, or without any value
        return True


def fails_on_some_pair(analysis: Analysis, node: Node) -> bool:
    """Whether there is no value for some combination of the arguments' values; true if there are too many."""
    domains = [analysis.domain(arg) for arg in node.args]
    sizes = [len(domain) for domain in domains]
    if np.prod([float(size) for size in sizes]) > TRIED_ARGUMENTS.most:
        return True
    codes = np.indices(sizes).reshape(len(sizes), -1)
    columns = [domain.column(code) for domain, code in zip(domains, codes, strict=True)]
    assert isinstance(node.op, Map)
    failed = apply_map(node.op, columns).failed
    return failed is not None and bool(failed.any())


def likely_value(analysis: Analysis, node: Node, text: set[Node]) -> tuple[Atom, bool]:
    """One of the node's values, so that there is none more: the one with the most combinations; where that is not known,
    one of their kind. And whether the node is known to have no value at all.
    """
    try:
        table = analysis.table(node)
    except CompileError as problem:  # too much to look at, or without any value
        return value_of_kind(node, text), isinstance(problem, NeverDefined)
    return table.domain.values[int(np.bincount(table.values[table.values >= 0]).argmax())], False


def value_of_kind(node: Node, text: set[Node]) -> Atom:
    """A value of a kind that an elementwise op may have: an entry of a list or dict; a string, where it makes strings."""
    match node.op:
        case Map("index_list", (entry, *_)) | Map("index_dict", (_, entry, *_)):
            return entry.value
        case Map() as op if may_make_text(op, node.args, text):
            return ""
        case _:
            return 0


def without_empty_branch(node: Node, never: set[Node]) -> Node:
    """A choice, without a branch that never has a value; `never` learns of what needs such a value."""
    match node:
        case Node(Map("if"), (condition, yes, no)) if condition not in never and (yes in never) != (
            no in never
        ):
            return no if yes in never else yes
        case Node(Map("and" | "or"), (left, _)):
            needed = {left}
        case _:
            needed = set(node.args)
    if not needed.isdisjoint(never):
        never.add(node)
    return node


def may_be_flag(node: Node, flags: set[Node], *, tokens_are_flags: bool) -> bool:
    """Whether an s-op may have booleans only, if `flags` are those of its arguments that may."""
    op = node.op
    if isinstance(op, SelectorOp):
        return False
    match op:
        case Indices() | Width():
            return False
        case Tokens():
            return tokens_are_flags
        case Constant(value):
            return isinstance(value.value, bool)
        case Aggregate():
            return node.args[1] in flags
        case Map("if"):
            return node.args[1] in flags and node.args[2] in flags
        case Map(prim, parameters):
            return prim in FLAGS or any(isinstance(parameter.value, bool) for parameter in parameters)
        case _:
            assert_never(op)


def picking_one(analysis: Analysis, node: Node) -> Node:
    """An aggregate of strings or of booleans that reads one position where several are selected, which have no mean."""
    selector, value = node.args
    if selects_one(analysis, selector) or has_means(analysis, value):
        return node
    check_kinds(analysis, node)
    graph = analysis.graph
    return graph.add(node.op, graph.add(Best(), selector, graph.add(Indices())), value)


def has_means(analysis: Analysis, value: Node) -> bool:
    """Whether an s-op holds neither strings nor booleans alone, several of which have no mean."""
    kinds = {type(atom) for atom in analysis.domain(value).values}
    return kinds.isdisjoint({str}) and kinds != {bool}


def selects_one(analysis: Analysis, selector: Node) -> bool:
    """Whether no row selects two positions, as far as is known of selectors with a `best` somewhere in them."""
    if contains_best(selector):
        joined = isinstance(selector.op, And) and any(selects_one(analysis, part) for part in selector.args)
        return joined or isinstance(selector.op, Best)
    return selects_at_most_one(analysis, selector)


def check_kinds(analysis: Analysis, node: Node) -> None:
    """Raises `CompileError` if strings can stand beside other values in an s-op that a selector or aggregate needs."""
    for arg in node.args:
        if not arg.is_selector:
            kinds = {isinstance(value, str) for value in analysis.domain(arg).values}
            if len(kinds) > 1:
                message = "a choice may pass this over, where strings may stand beside numbers"
                raise make_refusal(analysis.graph, node, message, MIXED_HINT)
