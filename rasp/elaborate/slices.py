"""`target[start:end:step]` of what is known before any input: a string or a list.

An s-op has none, since it keeps its length.
"""

from collections.abc import Sequence

from rasp.elaborate.elaboration_effort import keep_bytes, keep_list
from rasp.elaborate.scope import SpannedValue, Static, Surroundings
from rasp.elaborate.static import describe_value
from rasp.graph.nodes import Node
from rasp.source import Span
from rasp.syntax.foreign import KEPT_LENGTH, NAMES

OF_TEXTS = "a part of the text at each position is `string_slice(tokens, 0, 2)`"
PARTS = ("start", "end", "step")


def take_slice(
    around: Surroundings, target: SpannedValue, parts: Sequence[SpannedValue | None], span: Span
) -> Static:
    """A part of a string or list, as in Python. `parts`: start, end and step; None where left out. Raises `RaspError`."""
    value = target.value
    if not isinstance(value, str | list):
        is_s_op = isinstance(value, Node) and not value.is_selector
        message = f"{describe_value(value)} has no slices"
        hint = hint_for_s_op(parts) if is_s_op else ""
        raise around.error(span, message, f"this is {describe_value(value)}", hint, "kind")
    numbers = [bound(around, name, part) for name, part in zip(PARTS, parts, strict=True)]
    places = range(len(value))[slice(*numbers)]
    if isinstance(value, str):
        keep_bytes(around, span, len(places))
    else:
        keep_list(around, span, len(places))
    return value[slice(*numbers)]


def hint_for_s_op(parts: Sequence[SpannedValue | None]) -> str:
    """What to write instead of a slice of an s-op."""
    step = parts[-1]
    if step is not None and step.value == -1:
        return f"backwards: {NAMES['reversed']}"
    return f'{KEPT_LENGTH} and moved with `shift(tokens, -1, "")`; {OF_TEXTS}'


def bound(around: Surroundings, name: str, part: SpannedValue | None) -> int | None:
    """Start, end or step of a slice."""
    if part is None:
        return None
    if not isinstance(part.value, int):
        message = f"the {name} of a slice is an integer, got {describe_value(part.value)}"
        label = f"this is {describe_value(part.value)}"
        hint = (
            '`string_slice("abc", 0, indices)` takes a part of a text that differs from position to position'
        )
        raise around.error(part.span, message, label, hint if isinstance(part.value, Node) else "", "kind")
    if name == "step" and part.value == 0:
        raise around.error(part.span, "the step of a slice cannot be 0", hint="`[::-1]` goes backwards")
    return int(part.value)
