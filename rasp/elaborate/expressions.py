"""Expressions → static values, one case per form of the tree.

Every value, of parts too, becomes the scope's `out`; only an application to an input leaves its input there.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import assert_never

from rasp.diagnostics import RaspError
from rasp.elaborate import builtins, lift, static
from rasp.elaborate.apply import apply_value
from rasp.elaborate.binding import check_bindable, unpack_element
from rasp.elaborate.elaboration_effort import (
    keep_bytes,
    keep_list,
    measure_volume,
    spend_elements,
    spend_steps,
)
from rasp.elaborate.index import elaborate_index
from rasp.elaborate.scope import Applied, Exhausted, Scope, SpannedValue, Static, Surroundings
from rasp.elaborate.slices import take_slice
from rasp.elaborate.static import describe_value
from rasp.graph.nodes import Map, Node
from rasp.limits import LEVELS
from rasp.source import Span
from rasp.syntax import syntax_tree
from rasp.syntax.foreign import EVERYWHERE
from rasp.syntax.tokens import Operator, PrefixOperator
from rasp.values import Atom, ValueProblem, is_atom


def elaborate_expression(around: Surroundings, tree: syntax_tree.Expression) -> Static:
    """The value of an expression. Raises `RaspError`."""
    workshop = around.workshop
    workshop.depth += 1
    if workshop.depth > LEVELS.most:
        raise around.error(tree.span, "the program goes too deep here", hint=LEVELS.hint)
    spend_steps(around, tree.span)
    value = evaluated(around, tree)
    workshop.depth -= 1
    if not (isinstance(tree, syntax_tree.Call) and isinstance(value, Applied)):
        around.scope.values["out"] = value
    return value


def evaluated(around: Surroundings, tree: syntax_tree.Expression) -> Static:
    match tree:
        case syntax_tree.Name(text, span):
            return around.look_up(text, span)
        case syntax_tree.Literal(value):
            return value
        case syntax_tree.Group(inner):
            return elaborate_expression(around, inner)
        case syntax_tree.Operation():
            return operation(around, tree)
        case syntax_tree.Call():
            return called(around, tree)
        case syntax_tree.Index(target, place, span):
            return elaborate_index(around, given(around, target), given(around, place), span)
        case syntax_tree.SelectCall(key, query, test, span):
            return builtins.build_select(around, given(around, key), given(around, query), test, span)
        case syntax_tree.AggregateCall(selector, value, default, span):
            over, values = given(around, selector), given(around, value)
            other = given(around, default) if default is not None else None
            return builtins.build_aggregate(around, over, values, other, span)
        case syntax_tree.BuiltinCall(name, arguments, span):
            return builtins.FORMS[name](around, [given(around, argument) for argument in arguments], span)
        case _:
            return evaluated_rest(around, tree)


def evaluated_rest(
    around: Surroundings,
    tree: syntax_tree.Slice
    | syntax_tree.Prefix
    | syntax_tree.Conditional
    | syntax_tree.ListDisplay
    | syntax_tree.DictDisplay
    | syntax_tree.ListComprehension
    | syntax_tree.DictComprehension,
) -> Static:
    match tree:
        case syntax_tree.Slice(target, start, end, step, span):
            parts = [None if part is None else given(around, part) for part in (start, end, step)]
            return take_slice(around, given(around, target), parts, span)
        case syntax_tree.Prefix(operator, operand, span):
            return prefix(around, operator, given(around, operand), span)
        case syntax_tree.Conditional():
            return conditional(around, tree)
        case syntax_tree.ListDisplay(items):
            return [elaborate_expression(around, item) for item in items]
        case syntax_tree.DictDisplay(entries):
            return {key_of(around, key): elaborate_expression(around, value) for key, value in entries}
        case syntax_tree.ListComprehension(element, names, iterable):
            return [elaborate_expression(inner, element) for inner in iterations(around, names, iterable)]
        case syntax_tree.DictComprehension(key, value, names, iterable):
            inners = iterations(around, names, iterable)
            return {key_of(inner, key): elaborate_expression(inner, value) for inner in inners}
        case _:
            assert_never(tree)


def called(around: Surroundings, tree: syntax_tree.Call) -> Static:
    if isinstance(tree.function, syntax_tree.Name):
        around.check_callee(tree.function.text, tree.function.span)
    callee = given(around, tree.function)
    return apply_value(around, callee, [given(around, argument) for argument in tree.arguments], tree.span)


def given(around: Surroundings, tree: syntax_tree.Expression) -> SpannedValue:
    """The value of an expression, with its place."""
    return SpannedValue(elaborate_expression(around, tree), tree.span)


def key_of(around: Surroundings, tree: syntax_tree.Expression) -> Atom:
    """The value of a dict's key."""
    value = elaborate_expression(around, tree)
    if not is_atom(value):
        message = f"the key of a dict has to be a number, string or boolean, got {describe_value(value)}"
        raise around.error(tree.span, message, f"this is {describe_value(value)}", code="kind")
    return value  # type: ignore[return-value]


def operation(around: Surroundings, tree: syntax_tree.Operation) -> Static:
    """A chain of operators of one level, from the left."""
    first, *rest = tree.operands
    result = given(around, first)
    for symbol, operand in zip(tree.operators, rest, strict=True):
        span = Span(tree.span.start, operand.span.end)
        value = binary(around, symbol, result, right_side(around, symbol, result, operand), span)
        around.scope.values["out"] = value
        result = SpannedValue(value, span)
    return result.value


def right_side(
    around: Surroundings, symbol: Operator, left: SpannedValue, tree: syntax_tree.Expression
) -> SpannedValue:
    """The right operand. If the left side of `and` or `or` decides, it need not have a value: then it is the left one."""
    if symbol not in ("and", "or"):
        return given(around, tree)
    if isinstance(left.value, Node):
        return passed_over(around, tree)
    depth = around.workshop.depth
    try:
        return given(around, tree)
    except Exhausted:
        raise
    except RaspError:
        if static.is_true(left.value) == (symbol == "and"):
            raise
        around.workshop.depth = depth
        return left


def passed_over(around: Surroundings, tree: syntax_tree.Expression) -> SpannedValue:
    """The value of an expression that a choice may pass over at some positions, or at all: what has none is an s-op without
    a value.
    """
    around.workshop.passed_over += 1
    try:
        return given(around, tree)
    finally:
        around.workshop.passed_over -= 1


def binary(
    around: Surroundings, symbol: Operator, left: SpannedValue, right: SpannedValue, span: Span
) -> Static:
    """`left symbol right`"""
    if symbol == "in":
        return membership(around, left, right, span)
    with_node = isinstance(left.value, Node) or isinstance(right.value, Node)
    if symbol in ("and", "or"):
        if with_node:
            return lift.lift_logic(around, symbol, left, right, span)
        return right.value if static.is_true(left.value) == (symbol == "and") else left.value
    if with_node:
        return lift.lift_operation(around, symbol, left, right, span)
    try:
        return operate(around, symbol, left.value, right.value, span)
    except ValueProblem as problem:
        if around.workshop.passed_over and is_atom(left.value) and is_atom(right.value):
            return lift.lift_operation(around, symbol, left, right, span)
        hint = static.advise_operands(left.value, right.value)
        raise around.error(span, str(problem), hint=hint) from None


def operate(around: Surroundings, symbol: Operator, left: Static, right: Static, span: Span) -> Static:
    """The same of values without a node, counted. Raises `ValueProblem`."""
    lists = [value for value in (left, right) if isinstance(value, list | dict)]
    if lists and symbol not in ("+", "*"):
        spend_elements(around, span, sum(map(measure_volume, lists)))
    value = static.operate_static(symbol, left, right)
    if isinstance(value, list):
        keep_list(around, span, len(value))
    elif isinstance(value, str):
        keep_bytes(around, span, len(value))
    return value


def prefix(around: Surroundings, symbol: PrefixOperator, operand: SpannedValue, span: Span) -> Static:
    if isinstance(operand.value, Node):
        return lift.lift_prefix(around, symbol, operand, span)
    try:
        return static.operate_prefix(symbol, operand.value)
    except ValueProblem as problem:
        if around.workshop.passed_over and is_atom(operand.value):
            return lift.lift_prefix(
                around, symbol, replace(operand, value=lift.lift_value(around, operand, "")), span
            )
        raise around.error(span, str(problem), hint=static.advise_operands(operand.value)) from None


def conditional(around: Surroundings, tree: syntax_tree.Conditional) -> Static:
    """A choice at each position, or, if the condition is no s-op, at definition time: then one branch is
    left alone.
    """
    condition = given(around, tree.condition)
    if isinstance(condition.value, Node):
        then, otherwise = passed_over(around, tree.then), passed_over(around, tree.otherwise)
        return lift.lift_choice(around, condition, then, otherwise, tree.span)
    return elaborate_expression(around, tree.then if static.is_true(condition.value) else tree.otherwise)


def membership(around: Surroundings, left: SpannedValue, right: SpannedValue, span: Span) -> Static:
    """`left in right`"""
    value, container = left.value, right.value
    is_sop = isinstance(value, Node) and not value.is_selector
    if not is_sop and not is_atom(value):
        message = (
            f"the left side of `in` has to be an s-op, number, string or boolean, got {describe_value(value)}"
        )
        raise around.error(left.span, message, f"this is {describe_value(value)}", code="kind")
    if isinstance(value, Node):
        if not isinstance(container, list):
            message = f"`in` searches an s-op's values in a list, got {describe_value(container)}"
            label = f"this is {describe_value(container)}"
            raise around.error(right.span, message, label, list_hint(container), "kind")
        items = lift.convert_operands(
            around, container, right.span, "a list in which an s-op's values are searched"
        )
        return around.add(span, Map("in_list", items), value)
    if isinstance(container, Node) and not container.is_selector:
        return lift.lift_membership(around, value, container, span)  # type: ignore[arg-type]
    if not isinstance(container, list):
        message = f"`in` searches a list or an s-op, got {describe_value(container)}"
        raise around.error(right.span, message, f"this is {describe_value(container)}", code="kind")
    try:
        spend_elements(around, span, measure_volume(container))
        return static.contains_value(container, value)  # type: ignore[arg-type]
    except ValueProblem as problem:
        raise around.error(right.span, str(problem)) from None


def iterations(
    around: Surroundings, names: tuple[syntax_tree.Name, ...], iterable: syntax_tree.Expression
) -> Iterator[Surroundings]:
    """Surroundings for each element that a comprehension goes through, with a scope of its own."""
    items = list_elements(around, iterable, "a comprehension")
    check_bindable(around, names)
    for item in items:
        inner = around.inside(Scope({}, around.scope))
        inner.scope.values.update(unpack_element(around, names, item, iterable.span))
        yield inner


def list_elements(around: Surroundings, iterable: syntax_tree.Expression, purpose: str) -> list[Static]:
    """What a loop goes through: the elements of a list, or the keys of a dict."""
    value = elaborate_expression(around, iterable)
    if isinstance(value, list | dict):
        spend_elements(around, iterable.span, len(value))
        return list(value)
    message = f"{purpose} goes through a list or a dict, got {describe_value(value)}"
    raise around.error(iterable.span, message, f"this is {describe_value(value)}", loop_hint(value), "kind")


def loop_hint(value: Static) -> str:
    """What to write instead of a loop through something that is no list."""
    match value:
        case Node(is_selector=False):
            return EVERYWHERE
        case int():
            return f"the integers below a number are `range({value})`"
        case _:
            return list_hint(value)


def list_hint(value: Static) -> str:
    """What to write instead of a string where a list has to be."""
    if not isinstance(value, str):
        return ""
    items = ", ".join(f'"{character}"' for character in value[:3])
    return f"write its characters as a list: [{items}{', …' if len(value) > 3 else ''}]"
