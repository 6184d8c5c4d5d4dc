"""When a model's answer counts as the program's value."""

from rasp.values import Atom


def comparable(value: Atom) -> tuple[str, Atom]:
    """A key equal for two atoms exactly when they count as the same answer.

    Python's equality, but booleans equal only booleans and strings only strings. The int 1 and the float 1.0
    are the same answer: a class of a mean (1.0 from two positions, 1 from one) is one number to a model.
    """
    match value:
        case bool():
            return "bool", value
        case str():
            return "string", value
        case _:
            return "number", value


def same_answer(one: Atom, other: Atom) -> bool:
    """Whether two atoms count as the same answer."""
    return comparable(one) == comparable(other)
