"""`target[index]` for every kind of target."""

from rasp.elaborate.lift import convert_operands, lift_position, lift_value
from rasp.elaborate.scope import Function, SpannedValue, Static, Surroundings
from rasp.elaborate.static import describe_value, find_element
from rasp.graph.nodes import Map, Node
from rasp.source import Span
from rasp.values import Atom, ValueProblem, is_atom, show_value


def elaborate_index(around: Surroundings, target: SpannedValue, place: SpannedValue, span: Span) -> Static:
    """`target[place]`: an element of a list, string or dict, at each position if `place` is an s-op; of an
    s-op, its
    value at one position, everywhere."""
    value = target.value
    if isinstance(place.value, Node) and place.value.is_selector:
        message = "an index cannot be a selector"
        raise around.error(
            place.span, message, "this is a selector", "aggregate(s, value) reads what s selects", "kind"
        )
    match value:
        case Node() if not value.is_selector:
            return index_s_op(around, value, place, span)
        case list() | str():
            return index_items(around, SpannedValue(value, target.span), place, span)
        case dict():
            return index_dict(around, value, target.span, place, span)
        case _:
            hint = "call it first, as in f(x)[0]" if isinstance(value, Function) else ""
            message = f"{describe_value(value)} has no elements to index"
            raise around.error(target.span, message, f"this is {describe_value(value)}", hint, "kind")


def index_items(around: Surroundings, target: SpannedValue, place: SpannedValue, span: Span) -> Static:
    """Of a list or string."""
    items = target.value
    assert isinstance(items, list | str)
    if isinstance(place.value, Node):
        return index_at_positions(around, target, place.value, span)
    try:
        return find_element(items, place.value)
    except ValueProblem as problem:
        if around.workshop.passed_over and is_atom(place.value):
            return index_at_positions(around, target, lift_value(around, place, "an index"), span)
        raise around.error(place.span, str(problem)) from None


def index_at_positions(around: Surroundings, target: SpannedValue, place: Node, span: Span) -> Node:
    items = target.value
    assert isinstance(items, list | str)
    fixed = convert_operands(around, list(items), target.span, "a list indexed by an s-op")
    return around.add(span, Map("index_list", fixed), place)


def index_dict(
    around: Surroundings, table: dict[Atom, Static], table_span: Span, place: SpannedValue, span: Span
) -> Static:
    key = place.value
    if around.workshop.passed_over and is_atom(key) and key not in table:
        key = lift_value(around, place, "a key")
    if isinstance(key, Node):
        flat = [part for entry in table.items() for part in entry]
        return around.add(
            span,
            Map("index_dict", convert_operands(around, flat, table_span, "a dict indexed by an s-op")),
            key,
        )
    if not is_atom(key):
        message = f"the key of a dict is a number, string or boolean, or an s-op; got {describe_value(key)}"
        raise around.error(place.span, message, f"this is {describe_value(key)}", code="kind")
    if key not in table:
        known = ", ".join([show_value(k) for k in list(table)[:8]]) + (", …" if len(table) > 8 else "")
        hint = f"its keys are {known}" if table else "it is empty"
        raise around.error(place.span, f"{show_value(key)} is not a key of the dict", hint=hint)
    return table[key]  # type: ignore[index]


def index_s_op(around: Surroundings, sequence: Node, place: SpannedValue, span: Span) -> Static:
    position = place.value
    if not isinstance(position, int):
        message = f"an s-op is indexed by an integer, got {describe_value(position)}"
        text = around.source.text
        read = " ".join(text[span.start : place.span.start].rstrip(" \t\r\n[").split())
        where = " ".join(text[place.span.start : place.span.end].split())
        hint = f"to read it at positions that differ, write load_from_location({read}, {where})"
        label = f"this is {describe_value(position)}"
        raise around.error(place.span, message, label, hint if isinstance(position, Node) else "", "kind")
    where = around.constant(place.span, int(position))
    if position < 0:
        length = lift_value(around, SpannedValue(around.look_up("length", span), span), "`length`")
        where = around.add(place.span, Map("add"), length, where)
    return lift_position(around, sequence, where, span)
