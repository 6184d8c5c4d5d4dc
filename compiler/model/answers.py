"""What a model answers at a position, and when that counts as the program's value.

`None` is an answer, too: that the program has no value there. Only a model that was compiled to say so gives it.
"""

from enum import Enum

from rasp.values import Atom, show_value


class Undecided(Enum):
    """What stands for an answer where logits decide nothing."""

    UNDECIDED = "nothing"


UNDECIDED = Undecided.UNDECIDED
Label = Atom | None
NO_VALUE = "no value"


def compare_key(value: Label) -> tuple[str, Atom]:
    """A key equal for two answers exactly when they count as the same.

    Python's equality, but booleans equal only booleans and strings only strings. The int 1 and the float 1.0
    are the same answer: a class of a mean (1.0 from two positions, 1 from one) is one number to a model.
    """
    match value:
        case None:
            return NO_VALUE, ""
        case bool():
            return "bool", value
        case str():
            return "string", value
        case _:
            return "number", value


def same_answer(one: Label, other: Label) -> bool:
    """Whether two answers count as the same."""
    return compare_key(one) == compare_key(other)


def show_label(answer: Label | Undecided) -> str:
    """An answer for messages."""
    match answer:
        case None:
            return NO_VALUE
        case Undecided():
            return answer.value
        case _:
            return show_value(answer)
