"""Static values → nodes: an atom stands for the constant s-op with that value; nothing else is lifted.

Here also: operators with a node among their operands.
"""

from typing import Literal

from rasp.elaborate.elaboration_effort import spend_steps
from rasp.elaborate.scope import Function, SpannedValue, Static, Surroundings
from rasp.elaborate.static import PREFIX_PRIM, PRIM_OF, describe_value
from rasp.graph.nodes import Aggregate, And, Map, Node, Not, Or, Select
from rasp.source import Span
from rasp.syntax.foreign import LISTED, TABLE
from rasp.syntax.tokens import Operator, PrefixOperator
from rasp.values import Atom, Const, is_atom, make_const

SELECTOR_HINT = "selectors combine with `and`, `or` and `not`; selector_width(s) counts what s selects"

MAKES_SELECTOR = "select(key, query, ==) makes a selector"
SELECTOR_FIRST = "the selector comes first: aggregate(selector, value)"
CONDITION = "the condition of `if`"

#: What may have been meant when a selector stands for an s-op.
SELECTOR_HINTS: dict[str, str] = {
    CONDITION: "has_focus(s) tells for each position whether s selects anything there",
    "the value of `aggregate`": SELECTOR_FIRST,
}


def advise_on(value: Static) -> str:
    """What to do with a value that is no s-op where one is needed, if that is known."""
    match value:
        case list():
            return LISTED
        case dict():
            return TABLE
        case Function():
            return "a function is called, as in `f(x)`"
        case _:
            return ""


def lift_value(around: Surroundings, given: SpannedValue, purpose: str) -> Node:
    """The value as an s-op. `purpose` names its role: "the key of `select`"."""
    value = given.value
    if isinstance(value, Node) and not value.is_selector:
        return value
    if isinstance(value, Node | list | dict | Function):
        message = f"{purpose} has to be an s-op, got {describe_value(value)}"
        hint = SELECTOR_HINTS.get(purpose, SELECTOR_HINT) if isinstance(value, Node) else advise_on(value)
        raise around.error(given.span, message, f"this is {describe_value(value)}", hint, "kind")
    return around.constant(given.span, value)


def check_selector(
    around: Surroundings, given: SpannedValue, purpose: str, hint: str = MAKES_SELECTOR
) -> Node:
    """The value, which has to be a selector. `hint` says what to do when it is none."""
    if isinstance(given.value, Node) and given.value.is_selector:
        return given.value
    message = f"{purpose} has to be a selector, got {describe_value(given.value)}"
    label = f"this is {describe_value(given.value)}"
    raise around.error(given.span, message, label, hint, code="kind")


def convert_operands(
    around: Surroundings, items: list[Static], span: Span, purpose: str
) -> tuple[Const, ...]:
    """The items as fixed operands of a primitive."""
    spend_steps(around, span, len(items))
    for item in items:
        if not is_atom(item):
            message = (
                f"{purpose} has to hold only numbers, strings and booleans; it holds {describe_value(item)}"
            )
            raise around.error(span, message, code="kind")
    return tuple([make_const(item) for item in items])  # type: ignore[arg-type]


def lift_operation(
    around: Surroundings, symbol: Operator, left: SpannedValue, right: SpannedValue, span: Span
) -> Static:
    """An arithmetic operator or comparison with a node among its operands."""
    for given in (left, right):
        if isinstance(given.value, Node) and given.value.is_selector:
            message = f"`{symbol}` does not work on selectors"
            raise around.error(given.span, message, "this is a selector", SELECTOR_HINT, "kind")
    for given in (left, right):
        if not isinstance(given.value, Node) and not is_atom(given.value):
            if symbol in ("==", "!="):
                return around.constant(span, symbol == "!=")  # no element of a sequence is a list
            message = f"`{symbol}` does not work on an s-op and {describe_value(given.value)}"
            label = f"this is {describe_value(given.value)}"
            raise around.error(given.span, message, label, advise_on(given.value), code="kind")
    purpose = f"an operand of `{symbol}`"
    return around.add(
        span, Map(PRIM_OF[symbol]), lift_value(around, left, purpose), lift_value(around, right, purpose)
    )


def lift_logic(
    around: Surroundings, symbol: Literal["and", "or"], left: SpannedValue, right: SpannedValue, span: Span
) -> Node:
    """`and` or `or` with a node among the operands: of selectors, or of truth values at each position."""
    both = (left, right)
    selectors = [isinstance(g.value, Node) and g.value.is_selector for g in both]
    if all(selectors):
        op = And() if symbol == "and" else Or()
        return around.add(span, op, left.value, right.value)  # type: ignore[arg-type]
    if any(selectors):
        other = both[selectors.index(False)]
        message = f"`{symbol}` joins a selector only with another selector"
        hint = "select(s_op, True, ==) makes a selector of the positions where s_op is true"
        raise around.error(other.span, message, f"this is {describe_value(other.value)}", hint, "kind")
    purpose = f"an operand of `{symbol}`"
    return around.add(
        span, Map(symbol), lift_value(around, left, purpose), lift_value(around, right, purpose)
    )


def lift_prefix(around: Surroundings, symbol: PrefixOperator, given: SpannedValue, span: Span) -> Node:
    """`not`, `-` or `+` of a node."""
    value = given.value
    assert isinstance(value, Node)
    if not value.is_selector:
        return around.add(span, Map(PREFIX_PRIM[symbol]), value)
    if symbol != "not":
        message = f"`{symbol}` does not work on selectors"
        raise around.error(given.span, message, "this is a selector", SELECTOR_HINT, "kind")
    return around.add(span, Not(), value)


def lift_choice(
    around: Surroundings, condition: SpannedValue, then: SpannedValue, otherwise: SpannedValue, span: Span
) -> Node:
    """`then if condition else otherwise` with an s-op as condition: chosen at each position."""
    test = lift_value(around, condition, CONDITION)
    yes = lift_value(around, then, "a value chosen at each position")
    no = lift_value(around, otherwise, "a value chosen at each position")
    return around.add(span, Map("if"), test, yes, no)


def lift_membership(around: Surroundings, value: Atom, sequence: Node, span: Span) -> Node:
    """`value in sequence`: true everywhere if it stands anywhere."""
    one = around.constant(span, 1)
    everywhere = around.add(span, Select("=="), one, one)
    equal = around.add(span, Map("eq"), sequence, around.constant(span, value))
    share = around.add(span, Aggregate(), everywhere, around.add(span, Map("indicator"), equal))
    return around.add(span, Map("gt"), share, around.constant(span, 0))


def lift_position(around: Surroundings, sequence: Node, position: Node, span: Span) -> Node:
    """The value of `sequence` at `position`, everywhere; 0 where there is no such position."""
    indices = around.workshop.base.values["indices"]
    assert isinstance(indices, Node)
    return around.add(span, Aggregate(), around.add(span, Select("=="), indices, position), sequence)
