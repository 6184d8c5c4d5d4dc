"""Binding names to values: which names may be bound, and how values spread over several names."""

from collections.abc import Sequence

from rasp.elaborate.names import RESERVED
from rasp.elaborate.scope import Static, Surroundings
from rasp.elaborate.static import describe_value
from rasp.source import Span
from rasp.syntax.syntax_tree import Name
from rasp.values import show_count


def check_bindable(around: Surroundings, names: Sequence[Name], protected: bool = False) -> None:
    """Raises `RaspError` for a reserved name; with `protected`, also for a name of the library."""
    for name in names:
        if name.text in RESERVED:
            message = f"`{name.text}` is a reserved name"
            raise around.error(
                name.span, message, "cannot be changed", "choose another name", "reserved-name"
            )
        if protected and name.text in around.workshop.protected:
            message = f"`{name.text}` is a name of the standard library"
            hint = "choose another name (inside a function this one may be used)"
            raise around.error(name.span, message, "cannot be changed here", hint, "reserved-name")


def unpack_element(
    around: Surroundings, names: Sequence[Name], value: Static, span: Span
) -> dict[str, Static]:
    """Loop variables and their values for one element of what is gone through."""
    if len(names) == 1:
        return {names[0].text: value}
    if not isinstance(value, list | str):
        message = f"there are {len(names)} loop variables, but the element is {describe_value(value)}"
        raise around.error(span, message, hint="each element has to be a list of as many values")
    if len(value) != len(names):
        has = show_count(len(value), "value")
        message = f"there are {show_count(len(names), 'loop variable')}, but the element has {has}"
        raise around.error(span, message)
    return {name.text: part for name, part in zip(names, value, strict=True)}


def spread_values(
    around: Surroundings, names: Sequence[Name], values: list[Static], span: Span
) -> list[Static]:
    """The values for the names of an assignment; `span` is the right side."""
    if len(names) == 1:
        return [values[0] if len(values) == 1 else values]
    if len(values) > 1:
        parts: Sequence[Static] = values
    else:
        only = values[0]
        if not isinstance(only, list | str):
            message = f"there are {len(names)} names, but only one value, {describe_value(only)}"
            raise around.error(span, message, hint="give as many values as names, or a list of them")
        parts = only
    if len(parts) != len(names):
        message = f"there are {len(names)} names, but {show_count(len(parts), 'value')}"
        raise around.error(span, message)
    return list(parts)
