"""Counting what elaboration costs, in steps and bytes (`rasp/limits.py`), on the workshop that all its texts share.

Every expression and every round of a loop is a step; what goes through whole lists, makes strings, reads files or evaluates
counts for as much as it takes. The count starts anew with every statement of the prompt.
"""

from collections.abc import Iterator

from rasp.diagnostics import RaspError
from rasp.elaborate.scope import Exhausted, Static, Surroundings
from rasp.limits import CODE, ELEMENT_BYTES, ELEMENTS, HANDLED, MEBIBYTES, NESTING, STEPS, Limit
from rasp.source import Span
from rasp.values import ValueProblem


def spend_steps(around: Surroundings, span: Span, steps: int = 1) -> None:
    """Count steps. Raises `Exhausted` when they become too many."""
    workshop = around.workshop
    workshop.steps += steps
    if workshop.steps > STEPS.most:
        raise exhausted(around, span, f"this program takes more than {STEPS} to work out", STEPS)


def exhausted(around: Surroundings, span: Span, message: str, limit: Limit) -> RaspError:
    """The error to raise when nothing more may be worked out."""
    found = around.error(span, message, "here it ran out", limit.hint, CODE)
    return Exhausted(*found.diagnostics)


def spend_elements(around: Surroundings, span: Span, elements: int) -> None:
    """Count so many elements that are copied, compared or searched."""
    spend_steps(around, span, elements // HANDLED)


def keep_bytes(around: Surroundings, span: Span, taken: int) -> None:
    """Count bytes that a new value takes."""
    around.workshop.bytes += taken
    if around.workshop.bytes > MEBIBYTES.most * 2**20:
        message = f"the lists and strings of this program take more than {MEBIBYTES}"
        raise exhausted(around, span, message, MEBIBYTES)


def keep_list(around: Surroundings, span: Span, elements: int) -> None:
    """Count a list that is made at once. To be called before it is made."""
    spend_elements(around, span, elements)
    keep_bytes(around, span, elements * ELEMENT_BYTES)


def measure_volume(value: Static) -> int:
    """How many elements a list or dict has, with those of what is inside it and the characters of its strings.

    What is shared counts as often as it is met. Raises `ValueProblem` for too many, or lists too deep inside each other.
    """
    count = 0
    pending: list[Iterator[Static]] = [iter((value,))]
    while pending:
        if len(pending) > NESTING.most + 1:
            raise ValueProblem(f"there are more than {NESTING}")
        item = next(pending[-1], None)
        if item is None:
            pending.pop()
            continue
        count += len(item) if isinstance(item, str) else 1
        if count > ELEMENTS.most:
            raise ValueProblem(f"the list has more than {ELEMENTS}, with those inside them")
        if isinstance(item, dict):
            pending.append(iter([*item, *item.values()]))
        elif isinstance(item, list):
            pending.append(iter(item))
    return count
