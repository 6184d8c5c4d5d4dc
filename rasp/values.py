"""Run-time values: the atoms a sequence may hold, and what keeps `1`, `1.0`, `True` and `"1"` apart.

An atom is a Python `int`, `float`, `bool` or `str`. Python says `1 == 1.0 == True`, with equal hashes, and
RASP's `==` agrees; but a `Const`, a domain or a set keyed by plain values would merge them, so those use
`Const` and `make_typed_key`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

Atom = int | float | bool | str

Kind = Literal["int", "float", "bool", "string"]
Test = Literal["==", "!=", "<", "<=", ">", ">="]
"""How two values can be compared."""

KINDS: dict[type, Kind] = {int: "int", float: "float", bool: "bool", str: "string"}


class ValueProblem(Exception):
    """An operation has no value for these operands. The message is in the user's words; no place is known
    yet.
    """


def find_kind(value: object) -> Kind:
    """`int`, `float`, `bool` or `string`. Raises `ValueProblem` for anything that is not an atom."""
    try:
        return KINDS[type(value)]
    except KeyError:
        raise ValueProblem(f"{show_value(value)} is not a number, string or boolean") from None


def is_atom(value: object) -> bool:
    return type(value) in KINDS


def is_zero(value: object) -> bool:
    """Whether a value is the number 0."""
    return type(value) in (int, float) and value == 0


def make_typed_key(value: Atom) -> tuple[Kind, str]:
    """A key under which values of different kinds (and 0.0 and -0.0) stay apart."""
    return KINDS[type(value)], repr(value)


@dataclass(frozen=True, slots=True)
class Const:
    """An atom whose identity includes its kind. Make one with `const(value)`."""

    key: tuple[Kind, str]
    value: Atom = field(compare=False)


def make_const(value: Atom) -> Const:
    """`value` as a hashable constant. Raises `ValueProblem` if it is not an atom."""
    find_kind(value)
    return Const(make_typed_key(value), value)


def classify_values(values: Iterable[object]) -> Kind:
    """The class of a sequence: `string`, `bool`, `int` or `float` (any other mix of numbers is `float`).

    Raises `ValueProblem` when strings stand beside non-strings, or an element is no atom at all.
    """
    kinds: set[Kind] = {find_kind(value) for value in values}
    if len(kinds) == 1:
        return next(iter(kinds))
    if "string" in kinds:
        others = " and ".join(sorted(kinds - {"string"}))
        raise ValueProblem(f"a sequence cannot mix strings with {others} values")
    return "int" if kinds <= {"int", "bool"} else "float"


def show_count(count: int, noun: str) -> str:
    """`1 layer`, `2 layers`, `2 classes`."""
    plural = "es" if noun.endswith("s") else "s"
    return f"{count:,} {noun}{'' if count == 1 else plural}"


def show_percent(part: int, whole: int) -> str:
    """A share of a whole, never rounded to none or to all."""
    if part in (0, whole):
        return "100 %" if part else "0 %"
    share = 100 * part / whole
    if share < 0.1:
        return "under 0.1 %"
    return "over 99.9 %" if share > 99.9 else f"{share:.1f} %"


def show_value(value: object) -> str:
    """A value as the user would write it, for messages."""
    return f'"{value}"' if isinstance(value, str) else str(value)
