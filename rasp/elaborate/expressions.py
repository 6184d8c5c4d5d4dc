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
from rasp.values import Atom, ValueProblem, is_atom


def elaborate_expression(frame: Surroundings, tree: syntax_tree.Expression) -> Static:
    """The value of an expression. Raises `RaspError`."""
    workshop = frame.workshop
    workshop.depth += 1
    if workshop.depth > LEVELS.most:
        raise frame.error(tree.span, "the program goes too deep here", hint=LEVELS.hint)
    spend_steps(frame, tree.span)
    value = evaluated(frame, tree)
    workshop.depth -= 1
    if not (isinstance(tree, syntax_tree.Call) and isinstance(value, Applied)):
        frame.scope.values["out"] = value
    return value


def evaluated(frame: Surroundings, tree: syntax_tree.Expression) -> Static:
    match tree:
        case syntax_tree.Name(text, span):
            return frame.look_up(text, span)
        case syntax_tree.Literal(value):
            return value
        case syntax_tree.Group(inner):
            return elaborate_expression(frame, inner)
        case syntax_tree.Operation():
            return operation(frame, tree)
        case syntax_tree.Call():
            return called(frame, tree)
        case syntax_tree.Index(target, place, span):
            return elaborate_index(frame, given(frame, target), given(frame, place), span)
        case syntax_tree.SelectCall(key, query, test, span):
            return builtins.build_select(frame, given(frame, key), given(frame, query), test, span)
        case syntax_tree.AggregateCall(selector, value, default, span):
            over, values = given(frame, selector), given(frame, value)
            other = given(frame, default) if default is not None else None
            return builtins.build_aggregate(frame, over, values, other, span)
        case syntax_tree.BuiltinCall(name, arguments, span):
            return builtins.FORMS[name](frame, [given(frame, argument) for argument in arguments], span)
        case _:
            return evaluated_rest(frame, tree)


def evaluated_rest(
    frame: Surroundings,
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
            parts = [None if part is None else given(frame, part) for part in (start, end, step)]
            return take_slice(frame, given(frame, target), parts, span)
        case syntax_tree.Prefix(operator, operand, span):
            return prefix(frame, operator, given(frame, operand), span)
        case syntax_tree.Conditional():
            return conditional(frame, tree)
        case syntax_tree.ListDisplay(items):
            return [elaborate_expression(frame, item) for item in items]
        case syntax_tree.DictDisplay(entries):
            return {key_of(frame, key): elaborate_expression(frame, value) for key, value in entries}
        case syntax_tree.ListComprehension(element, names, iterable):
            return [elaborate_expression(inner, element) for inner in iterations(frame, names, iterable)]
        case syntax_tree.DictComprehension(key, value, names, iterable):
            inners = iterations(frame, names, iterable)
            return {key_of(inner, key): elaborate_expression(inner, value) for inner in inners}
        case _:
            assert_never(tree)


def called(frame: Surroundings, tree: syntax_tree.Call) -> Static:
    if isinstance(tree.function, syntax_tree.Name):
        frame.check_callee(tree.function.text, tree.function.span)
    callee = given(frame, tree.function)
    return apply_value(frame, callee, [given(frame, argument) for argument in tree.arguments], tree.span)


def given(frame: Surroundings, tree: syntax_tree.Expression) -> SpannedValue:
    """The value of an expression, with its place."""
    return SpannedValue(elaborate_expression(frame, tree), tree.span)


def key_of(frame: Surroundings, tree: syntax_tree.Expression) -> Atom:
    """The value of a dict's key."""
    value = elaborate_expression(frame, tree)
    if not is_atom(value):
        message = f"the key of a dict has to be a number, string or boolean, got {describe_value(value)}"
        raise frame.error(tree.span, message, f"this is {describe_value(value)}", code="kind")
    return value  # type: ignore[return-value]


def operation(frame: Surroundings, tree: syntax_tree.Operation) -> Static:
    """A chain of operators of one level, from the left."""
    first, *rest = tree.operands
    result = given(frame, first)
    for symbol, operand in zip(tree.operators, rest, strict=True):
        span = Span(tree.span.start, operand.span.end)
        value = binary(frame, symbol, result, right_side(frame, symbol, result, operand), span)
        frame.scope.values["out"] = value
        result = SpannedValue(value, span)
    return result.value


def right_side(
    frame: Surroundings, symbol: str, left: SpannedValue, tree: syntax_tree.Expression
) -> SpannedValue:
    """The right operand. If the left side of `and` or `or` decides, it need not have a value: then it is the left one."""
    if symbol not in ("and", "or"):
        return given(frame, tree)
    if isinstance(left.value, Node):
        return passed_over(frame, tree)
    depth = frame.workshop.depth
    try:
        return given(frame, tree)
    except Exhausted:
        raise
    except RaspError:
        if static.is_true(left.value) == (symbol == "and"):
            raise
        frame.workshop.depth = depth
        return left


def passed_over(frame: Surroundings, tree: syntax_tree.Expression) -> SpannedValue:
    """The value of an expression that a choice may pass over at some positions, or at all: what has none is an s-op without
    a value.
    """
    frame.workshop.passed_over += 1
    try:
        return given(frame, tree)
    finally:
        frame.workshop.passed_over -= 1


def binary(frame: Surroundings, symbol: str, left: SpannedValue, right: SpannedValue, span: Span) -> Static:
    """`left symbol right`"""
    if symbol == "in":
        return membership(frame, left, right, span)
    with_node = isinstance(left.value, Node) or isinstance(right.value, Node)
    if symbol in ("and", "or"):
        if with_node:
            return lift.lift_logic(frame, symbol, left, right, span)
        return right.value if static.is_true(left.value) == (symbol == "and") else left.value
    if with_node:
        return lift.lift_operation(frame, symbol, left, right, span)
    try:
        return operate(frame, symbol, left.value, right.value, span)
    except ValueProblem as problem:
        if frame.workshop.passed_over and is_atom(left.value) and is_atom(right.value):
            return lift.lift_operation(frame, symbol, left, right, span)
        raise frame.error(span, str(problem)) from None


def operate(frame: Surroundings, symbol: str, left: Static, right: Static, span: Span) -> Static:
    """The same of values without a node, counted. Raises `ValueProblem`."""
    lists = [value for value in (left, right) if isinstance(value, list | dict)]
    if lists and symbol not in ("+", "*"):
        spend_elements(frame, span, sum(map(measure_volume, lists)))
    value = static.operate_static(symbol, left, right)
    if isinstance(value, list):
        keep_list(frame, span, len(value))
    elif isinstance(value, str):
        keep_bytes(frame, span, len(value))
    return value


def prefix(frame: Surroundings, symbol: str, operand: SpannedValue, span: Span) -> Static:
    if isinstance(operand.value, Node):
        return lift.lift_prefix(frame, symbol, operand, span)
    try:
        return static.operate_prefix(symbol, operand.value)
    except ValueProblem as problem:
        if frame.workshop.passed_over and is_atom(operand.value):
            return lift.lift_prefix(
                frame, symbol, replace(operand, value=lift.lift_value(frame, operand, "")), span
            )
        raise frame.error(span, str(problem)) from None


def conditional(frame: Surroundings, tree: syntax_tree.Conditional) -> Static:
    """A choice at each position, or, if the condition is no s-op, at definition time: then one branch is
    left alone.
    """
    condition = given(frame, tree.condition)
    if isinstance(condition.value, Node):
        then, otherwise = passed_over(frame, tree.then), passed_over(frame, tree.otherwise)
        return lift.lift_choice(frame, condition, then, otherwise, tree.span)
    return elaborate_expression(frame, tree.then if static.is_true(condition.value) else tree.otherwise)


def membership(frame: Surroundings, left: SpannedValue, right: SpannedValue, span: Span) -> Static:
    """`left in right`"""
    value, container = left.value, right.value
    is_sop = isinstance(value, Node) and not value.is_selector
    if not is_sop and not is_atom(value):
        message = (
            f"the left side of `in` has to be an s-op, number, string or boolean, got {describe_value(value)}"
        )
        raise frame.error(left.span, message, f"this is {describe_value(value)}", code="kind")
    if isinstance(value, Node):
        if not isinstance(container, list):
            message = f"`in` searches an s-op's values in a list, got {describe_value(container)}"
            label = f"this is {describe_value(container)}"
            raise frame.error(right.span, message, label, list_hint(container), "kind")
        items = lift.convert_operands(
            frame, container, right.span, "a list in which an s-op's values are searched"
        )
        return frame.add(span, Map("in_list", items), value)
    if isinstance(container, Node) and not container.is_selector:
        return lift.lift_membership(frame, value, container, span)  # type: ignore[arg-type]
    if not isinstance(container, list):
        message = f"`in` searches a list or an s-op, got {describe_value(container)}"
        raise frame.error(right.span, message, f"this is {describe_value(container)}", code="kind")
    try:
        spend_elements(frame, span, measure_volume(container))
        return static.contains_value(container, value)  # type: ignore[arg-type]
    except ValueProblem as problem:
        raise frame.error(right.span, str(problem)) from None


def iterations(
    frame: Surroundings, names: tuple[syntax_tree.Name, ...], iterable: syntax_tree.Expression
) -> Iterator[Surroundings]:
    """One frame for each element that a comprehension goes through, with a scope of its own."""
    items = list_elements(frame, iterable, "a comprehension")
    check_bindable(frame, names)
    for item in items:
        inner = frame.inside(Scope({}, frame.scope))
        inner.scope.values.update(unpack_element(frame, names, item, iterable.span))
        yield inner


def list_elements(frame: Surroundings, iterable: syntax_tree.Expression, purpose: str) -> list[Static]:
    """What a loop goes through: the elements of a list, or the keys of a dict."""
    value = elaborate_expression(frame, iterable)
    if isinstance(value, list | dict):
        spend_elements(frame, iterable.span, len(value))
        return list(value)
    message = f"{purpose} goes through a list or a dict, got {describe_value(value)}"
    raise frame.error(iterable.span, message, f"this is {describe_value(value)}", loop_hint(value), "kind")


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
