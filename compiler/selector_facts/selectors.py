"""Facts about selectors: how many positions a row can select, and whether it is never empty or never more
than one.
"""

from collections.abc import KeysView, Sequence
from functools import reduce
from math import prod
from typing import Literal, assert_never, get_args

import numpy as np

from compiler.domains.contexts import Context
from compiler.domains.domain import Ints
from compiler.domains.facts import Facts
from compiler.limits import PAIRS
from compiler.options import CompileError
from compiler.selector_facts.first_instances import is_first_instance, looks_at_keys
from compiler.selector_facts.matching import build_matching, count_most_selected, is_impossible
from compiler.selector_facts.orders import has_distinct_values, has_every_index, is_strict_order
from compiler.selector_facts.positional import count_positions
from compiler.selector_facts.selector_formula import (
    Comparison,
    Formula,
    Junction,
    Pick,
    list_comparisons,
    list_conjuncts,
    make_junction,
    normalise_selector,
)
from rasp.graph.nodes import And, Best, Graph, Indices, Node, Select, Width, list_in_order
from rasp.graph.primitives import TESTS

Side = Literal["key", "query"]
SIDES: tuple[Side, ...] = get_args(Side)


def make_full_selector(graph: Graph) -> Node:
    """The selector of every visible position."""
    one = graph.constant(1)
    return graph.add(Select("=="), one, one)


def make_own_selector(graph: Graph) -> Node:
    """The selector of one's own position."""
    indices = graph.add(Indices())
    return graph.add(Select("=="), indices, indices)


def list_operands(arguments: Sequence[Node]) -> list[Node]:
    """The s-ops that attention reads: keys, queries, scores and values, wherever they stand."""
    found: dict[Node, None] = {}
    stack = list(arguments)
    while stack:
        top = stack.pop()
        if top.is_selector:
            stack.extend(top.args)
        else:
            found[top] = None
    return list(found)


def bound_widths(analysis: Facts, selector: Node) -> tuple[Context, Ints, Ints]:
    """Fewest and most positions that a row can select, for each context."""
    parts = [part for part in flatten_and(selector) if not analysis.sees_tokens(part)]
    positional = (
        reduce(lambda a, b: analysis.graph.add(And(), a, b), parts)
        if parts
        else make_full_selector(analysis.graph)
    )
    counted = count_positions(analysis, positional)
    high = counted.numbers
    if len(parts) == len(flatten_and(selector)):
        return counted.depends, high, high
    high = np.minimum(high, bound_width(analysis, selector))
    low = np.minimum(high, 1) if selects_always(analysis, selector) else np.zeros_like(high)
    return counted.depends, low, high


def flatten_and(selector: Node) -> list[Node]:
    """The selectors that `selector` is a conjunction of, each once."""
    parts = list_in_order([selector], lambda part: part.args if isinstance(part.op, And) else ())
    return [part for part in parts if not isinstance(part.op, And)]


def most_counted(analysis: Facts, positional: Sequence[Node]) -> int:
    """How many positions a conjunction that ignores the tokens selects at most; all of them where counting is too much."""
    joined = reduce(lambda a, b: analysis.graph.add(And(), a, b), positional)
    try:
        with analysis.effort.optional():
            return int(count_positions(analysis, joined).numbers.max())
    except CompileError:
        return analysis.max_length


def selects_at_most_one(analysis: Facts, selector: Node) -> bool:
    """Whether no row selects two positions."""
    return bound_width(analysis, selector) <= 1


def bound_width(analysis: Facts, selector: Node) -> int:
    """A bound on how many positions any row selects."""
    return analysis.once("most", selector, lambda s: compute_most(analysis, s))


def compute_most(analysis: Facts, selector: Node) -> int:
    if never(analysis, selector):
        return 0
    parts = list_conjuncts(selector)
    if any(isinstance(part, Pick) or is_place_among(analysis, part, parts) for part in parts):
        return 1
    if any(is_first_instance(analysis, part, make_diagonal) for part in parts):
        return 1
    bound = analysis.max_length
    positional = [part for part in flatten_and(selector) if not analysis.sees_tokens(part)]
    if positional:
        bound = min(bound, most_counted(analysis, positional))
    for key in dict.fromkeys(c.key for part in parts for c in list_comparisons(part)):
        about = tuple(part for part in parts if {c.key for c in list_comparisons(part)} == {key})
        if about and bound > 1 and has_distinct_values(analysis, key):
            bound = min(bound, most_values(analysis, about))
    return bound


def is_place_among(analysis: Facts, part: Formula, parts: tuple[Formula, ...]) -> bool:
    """Whether a part asks for the place (how many come before) among the positions that the other parts leave.

    Of two members the later one counts the earlier one and all that it counts, so places differ: also where they are only
    among those alike.
    """
    match part:
        case Comparison("==", Node(Width(), (counted,)), _):
            members = list_conjuncts(counted)
        case _:
            return False
    orders = [m for m in members if is_strict_order(analysis, m)]
    rest = [m for m in members if m not in orders]
    return len(orders) == 1 and all(m in parts and selects_by_class(m) for m in rest)


def selects_by_class(part: Formula) -> bool:
    """Whether the positions that a part relates fall into classes, each of which selects the same: it asks the same of all
    rows, or for positions that have the same of something."""
    match part:
        case Comparison("==", key, query) if key is query:
            return True
        case Pick():
            return False
        case _:
            return looks_at_keys(part)


def most_values(analysis: Facts, parts: tuple[Formula, ...]) -> int:
    """How many values of their common key any query can select; one position each, if the key is distinct."""
    try:
        with analysis.effort.optional():
            match = build_matching(analysis, make_junction(True, parts))
    except CompileError:  # too large to enumerate
        return analysis.max_length
    return count_most_selected(match)


def never(analysis: Facts, selector: Node) -> bool:
    """Whether no row of any input selects anything; False if that is not known."""
    return analysis.once("never", selector, lambda s: compute_never(analysis, s))


def compute_never(analysis: Facts, selector: Node) -> bool:
    if isinstance(selector.op, Best):
        return never(analysis, selector.args[0])
    positional = [p for p in flatten_and(selector) if not analysis.sees_tokens(p) and not contains_best(p)]
    if positional and most_counted(analysis, positional) == 0:
        return True
    return impossible(analysis, normalise_selector(selector))


def impossible(analysis: Facts, part: Formula) -> bool:
    """Whether no pair of values that can meet satisfies a formula: conjuncts on the same s-ops contradict each other."""
    match part:
        case Pick():
            return False
        case Comparison():
            return nothing_matches(analysis, (part,))
        case Junction(every, parts):
            if not every:
                return all(impossible(analysis, p) for p in parts)
            branches = [p for p in parts if isinstance(p, Junction)]
            groups = related(analysis, [p for p in parts if not isinstance(p, Pick)])
            return any(impossible(analysis, p) for p in branches) or any(
                nothing_matches(analysis, group) for group in groups
            )
        case _:
            assert_never(part)


def related(analysis: Facts, parts: Sequence[Formula]) -> list[tuple[Formula, ...]]:
    """For each part, all those that compare functions of its leaves."""
    leaves = [variables(analysis, part, "key") | variables(analysis, part, "query") for part in parts]
    groups = [tuple(p for p, its in zip(parts, leaves, strict=True) if its <= whole) for whole in leaves]
    return list(dict.fromkeys(groups))


def variables(analysis: Facts, part: Formula, side: Side) -> KeysView[Node]:
    """The leaves of a formula's keys or queries, in order: where work runs out, it is always at the same of them."""
    nodes = [c.key if side == "key" else c.query for c in list_comparisons(part)]
    return dict.fromkeys(leaf for node in nodes for leaf in analysis.leaves(node)).keys()


def nothing_matches(analysis: Facts, parts: tuple[Formula, ...]) -> bool:
    """Whether no pair of values satisfies all the parts; False where there are too many to look."""
    try:
        with analysis.effort.optional():
            whole = make_junction(True, parts)
            sides = [variables(analysis, whole, side) for side in SIDES]
            cells = prod(len(analysis.domain(leaf)) for leaves in sides for leaf in leaves)
            if cells > PAIRS.most:
                return False
            return is_impossible(build_matching(analysis, whole))
    except CompileError:
        return False


def selects_equal_values(analysis: Facts, selector: Node, value: Node) -> bool:
    """Whether every row selects only positions at which an s-op has the value that it has at the row itself."""
    return never(
        analysis, analysis.graph.add(And(), selector, analysis.graph.add(Select("!="), value, value))
    )


def selects_only_itself(analysis: Facts, selector: Node) -> bool:
    """Whether every row selects at most its own position."""
    keys = [c.key for part in list_conjuncts(selector) for c in list_comparisons(part)]
    candidates = dict.fromkeys([analysis.graph.add(Indices()), *keys])
    return any(
        has_distinct_values(analysis, k) and selects_equal_values(analysis, selector, k) for k in candidates
    )


def selects_always(analysis: Facts, selector: Node) -> bool:
    """Whether every row of every input selects at least one position."""
    return analysis.once("certain", selector, lambda s: compute_certain(analysis, s))


def compute_certain(analysis: Facts, selector: Node) -> bool:
    if isinstance(selector.op, Best):
        return selects_always(analysis, selector.args[0])
    if not analysis.sees_tokens(selector) and not contains_best(selector):
        return bool(count_positions(analysis, selector).numbers.min() >= 1)
    if not contains_best(selector) and analysis.always(make_diagonal(analysis, normalise_selector(selector))):
        return True
    match list_conjuncts(selector):
        case (Comparison("==", key, query),):
            return has_every_index(analysis, key) and is_visible_index(analysis, query)
        case _:
            return False


def contains_best(selector: Node) -> bool:
    parts = list_in_order([selector], lambda part: [arg for arg in part.args if arg.is_selector])
    return any(isinstance(part.op, Best) for part in parts)


def make_diagonal(analysis: Facts, part: Formula) -> Node:
    """The s-op that says whether each position selects itself."""
    match part:
        case Comparison(test, key, query):
            return analysis.graph.map(TESTS[test], key, query)
        case Junction(every, parts):
            nodes = [make_diagonal(analysis, p) for p in parts]
            return reduce(lambda a, b: analysis.graph.map("and" if every else "or", a, b), nodes)
        case Pick():
            raise AssertionError("a best has no diagonal")
        case _:
            assert_never(part)


def is_visible_index(analysis: Facts, query: Node) -> bool:
    """Whether the query is always the index of a visible position."""
    graph = analysis.graph
    below = graph.map("lt", query, graph.add(Width(), make_full_selector(analysis.graph)))
    try:
        numbers = analysis.domain(query).values
    except CompileError:
        return False
    whole = all(not isinstance(v, str) and v % 1 == 0 and v >= 0 for v in numbers)
    return (
        whole and analysis.always(below) and (not analysis.causal or analysis.always(behind(analysis, query)))
    )


def behind(analysis: Facts, query: Node) -> Node:
    return analysis.graph.map("le", query, analysis.graph.add(Indices()))
