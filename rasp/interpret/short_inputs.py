"""Evaluating one short input with Python's own lists and integers, where arrays would cost more than what is in them.

In: an evaluation prepared once (`prepare_short`: for each node what to call, and on which earlier results) and an input.
Out: the outcomes that `rasp/interpret/evaluate.py` defines, or `None` wherever something fails or might differ from them by
as much as a bit: then the general way decides, which also says why. Elementwise ops are in
`rasp/interpret/short_elementwise.py`, selectors in `rasp/interpret/bit_rows.py`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, assert_never

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
    SelectorOp,
    SequenceOp,
    Tokens,
    Width,
)
from rasp.interpret.bit_rows import (
    NoShortWay,
    Rows,
    add_in_order,
    add_whole,
    average_rows,
    find_best_rows,
    find_rows,
)
from rasp.interpret.short_elementwise import (
    BOOLS,
    INTS,
    WHOLE,
    Values,
    build_values,
    check_mixture,
    choose_elementwise,
)
from rasp.values import Atom, Test, ValueProblem

#: Elements of an input, or of several together, up to which this is the faster way.
SHORT = 200
#: For how many lengths a plan keeps what depends on them alone.
KEPT = 16


@dataclass(slots=True, eq=False)
class Input:
    """`everything` has a bit for each position; `seen` are the positions that each query sees, `None` for all."""

    tokens: Values
    everything: int
    seen: Rows | None


Result = Values | Rows
Step = tuple[Callable[..., Result], tuple[int, ...]]


@dataclass(frozen=True, eq=False)
class ShortPlan:
    """What to call for each node, with the numbers of those that are its arguments. The `positional` ones come first, and
    depend on positions alone: `kept` has their results by length and reading."""

    positional: tuple[Step, ...]
    others: tuple[Step, ...]
    outputs: tuple[int, ...]
    kept: dict[tuple[int, bool], list[Result]]


def prepare_short(order: Sequence[Node], outputs: Sequence[Node]) -> ShortPlan:
    """The plan for nodes in the order of their evaluation."""
    positional: dict[Node, None] = {}
    for node in order:
        if not isinstance(node.op, Tokens) and all(arg in positional for arg in node.args):
            positional[node] = None
    number = {node: place for place, node in enumerate(dict.fromkeys([*positional, *order]))}
    steps = tuple((choose_step(node), tuple(number[arg] for arg in node.args)) for node in number)
    first = len(positional)
    return ShortPlan(steps[:first], steps[first:], tuple(number[output] for output in outputs), {})


def evaluate_short(plan: ShortPlan, tokens: Sequence[Atom], causal: bool) -> list[list[Any]] | None:
    """For each output its values, or a selector's rows; `None` if only the general way can tell."""
    length = len(tokens)
    seen = [(2 << query) - 1 for query in range(length)] if causal else None
    given = Input(Values(list(tokens), frozenset(map(type, tokens))), (1 << length) - 1, seen)
    try:
        check_mixture(given.tokens)
        known = list(plan.kept.get((length, causal), ()))
        if not known:
            take_steps(plan.positional, given, known)
            if len(plan.kept) < KEPT:
                plan.kept[length, causal] = known.copy()
        take_steps(plan.others, given, known)
    except (NoShortWay, ValueProblem, ArithmeticError):
        return None
    return [list_outcome(given, known[place]) for place in plan.outputs]


def take_steps(steps: Sequence[Step], given: Input, known: list[Result]) -> None:
    """Work out some nodes' results, and append them to those that are known."""
    for call, places in steps:
        known.append(call(given, *[known[place] for place in places]))


def list_outcome(given: Input, result: Result) -> list[Any]:
    """A result as it is given to people."""
    if isinstance(result, Values):
        return result.items.copy()
    positions = range(len(given.tokens.items))
    return [[bool(row >> key & 1) for key in positions] for row in show_seen(given, result)]


def show_seen(given: Input, rows: Rows) -> Rows:
    """What is visible of a selector."""
    return rows if given.seen is None else list(map(int.__and__, rows, given.seen))


def choose_step(node: Node) -> Callable[..., Result]:
    """What gives a node's result for an input and the results of its arguments."""
    return choose_selecting(node.op) if isinstance(node.op, SelectorOp) else choose_sequence(node.sequence_op)


def choose_sequence(op: SequenceOp) -> Callable[..., Values]:
    match op:
        case Tokens():
            return give_tokens
        case Indices():
            return give_indices
        case Constant(const):
            return partial(repeat, const.value)
        case Map(prim, parameters):
            return choose_elementwise(prim, tuple(parameter.value for parameter in parameters))
        case Width():
            return count_rows
        case Aggregate(default):
            return partial(average, default.value)
        case _:
            assert_never(op)


def choose_selecting(op: SelectorOp) -> Callable[..., Rows]:
    match op:
        case Select(test):
            return partial(select, test)
        case Not():
            return complement
        case And():
            return partial(join, int.__and__)
        case Or():
            return partial(join, int.__or__)
        case Best():
            return choose_best
        case _:
            assert_never(op)


def give_tokens(given: Input) -> Values:
    return given.tokens


def give_indices(given: Input) -> Values:
    return Values(list(range(len(given.tokens.items))), INTS)


def repeat(atom: Atom, given: Input) -> Values:
    return Values([atom] * len(given.tokens.items), frozenset({type(atom)}))


def count_rows(given: Input, rows: Rows) -> Values:
    return Values(list(map(int.bit_count, show_seen(given, rows))), INTS)


def complement(given: Input, rows: Rows) -> Rows:
    return [row ^ given.everything for row in rows]


def join(operator: Callable[[int, int], int], _: Input, one: Rows, other: Rows) -> Rows:
    return list(map(operator, one, other))


def choose_best(given: Input, rows: Rows, scores: Values) -> Rows:
    return find_best_rows(show_seen(given, rows), scores.items)


def select(test: Test, _: Input, keys: Values, queries: Values) -> Rows:
    if test not in ("==", "!=") and (str in keys.kinds) != (str in queries.kinds):
        raise NoShortWay
    return find_rows(test, keys.items, queries.items)


def average(default: Atom, given: Input, rows: Rows, values: Values) -> Values:
    def choose_sum() -> Any:
        alone = str in values.kinds or (bool in values.kinds and given.seen is not None)
        if alone or values.kinds == BOOLS:  # strings and booleans have no mean among themselves
            raise NoShortWay
        return (add_whole if values.kinds <= WHOLE else add_in_order)(values.items)

    return build_values(average_rows(show_seen(given, rows), values.items, choose_sum, default))
