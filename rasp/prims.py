"""TABLE of elementwise primitives: what each means on one position's values.

A row's `function` takes the primitive's fixed parameters (a tuple of atoms, mostly empty) and then one atom
per argument; it returns an atom or raises `ValueProblem`. This is the only definition of what a primitive
means: the vectorised paths of `rasp/evaluate.py` must agree with it, and tests hold them to it.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from rasp.values import KINDS, Atom, ValueProblem, kind_of, show

LONGEST_STRING = 1_000_000
#: A field of a formatting string that is ten thousand characters wide, or more.
WIDE_FIELD = re.compile(r"%[^a-zA-Z%]*[0-9]{5}")
#: Larger integers could not be written in decimal.
MOST_BITS = 14_000


@dataclass(frozen=True, slots=True)
class Prim:
    """One primitive. `symbol` is its spelling in messages and drawings, with `{0}`, `{1}` … for its
    arguments.
    """

    name: str
    arity: int
    symbol: str
    function: Callable[..., Atom]


def _numeric(name: str, *values: Atom) -> None:
    for value in values:
        if isinstance(value, str):
            kinds = " and ".join(kind_of(v) for v in values)
            raise ValueProblem(f"`{name}` does not work on {kinds} values ({', '.join(map(show, values))})")


def _finish(name: str, compute: Callable[[], object]) -> Atom:
    """Run Python arithmetic and put its failures into the user's words."""
    try:
        result = compute()
    except ZeroDivisionError:
        raise ValueProblem("division by zero" if name == "/" else f"`{name}` by zero") from None
    except OverflowError:
        raise ValueProblem(f"the result of `{name}` is too large") from None
    except (TypeError, ValueError):
        raise ValueProblem(f"`{name}` cannot be applied to these values") from None
    if isinstance(result, complex):
        raise ValueProblem("a negative number to a fractional power is not a real number")
    if isinstance(result, int) and result.bit_length() > MOST_BITS:
        raise ValueProblem(f"the result of `{name}` is too large")
    if isinstance(result, str) and len(result) > LONGEST_STRING:
        raise ValueProblem(f"the string that `{name}` makes would be too long")
    if isinstance(result, float) and not math.isfinite(result):
        raise ValueProblem(f"the result of `{name}` is not a finite number")
    assert type(result) in KINDS, result
    return result  # type: ignore[return-value]


def add(_: tuple[Atom, ...], a: Atom, b: Atom) -> Atom:
    if isinstance(a, str) and isinstance(b, str):
        return _finish("+", lambda: a + b)
    _numeric("+", a, b)
    return _finish("+", lambda: a + b)  # type: ignore[operator]


def sub(_: tuple[Atom, ...], a: Atom, b: Atom) -> Atom:
    _numeric("-", a, b)
    return _finish("-", lambda: a - b)  # type: ignore[operator]


def mul(_: tuple[Atom, ...], a: Atom, b: Atom) -> Atom:
    for text, times in ((a, b), (b, a)):
        if isinstance(text, str):
            if isinstance(times, str | float):
                raise ValueProblem(f"`*` does not work on {kind_of(a)} and {kind_of(b)} values")
            if len(text) * max(0, times) > LONGEST_STRING:
                raise ValueProblem("the repeated string would be too long")
            return text * max(0, times) if text else text
    return _finish("*", lambda: a * b)  # type: ignore[operator]


def div(_: tuple[Atom, ...], a: Atom, b: Atom) -> Atom:
    _numeric("/", a, b)
    return _finish("/", lambda: a / b)  # type: ignore[operator]


def mod(_: tuple[Atom, ...], a: Atom, b: Atom) -> Atom:
    if isinstance(a, str):  # Python's formatting operator, as in the reference
        if WIDE_FIELD.search(a):
            raise ValueProblem("the string that `%` makes would be too long")
        try:
            return a % b
        except (TypeError, ValueError, OverflowError):
            raise ValueProblem(f"`%` cannot put {show(b)} into {show(a)}") from None
    _numeric("%", a, b)
    return _finish("%", lambda: a % b)  # type: ignore[operator]


def power(_: tuple[Atom, ...], a: Atom, b: Atom) -> Atom:
    _numeric("^", a, b)
    if (
        isinstance(a, int)
        and isinstance(b, int)
        and b > 0
        and abs(a) > 1
        and (a.bit_length() - 1) * b > MOST_BITS
    ):
        raise ValueProblem("the result of `^` is too large")
    return _finish("^", lambda: a**b)  # type: ignore[operator]


def _ordering(symbol: str, holds: Callable[[Atom, Atom], bool]) -> Callable[..., Atom]:
    def compare(_: tuple[Atom, ...], a: Atom, b: Atom) -> Atom:
        if isinstance(a, str) != isinstance(b, str):
            raise ValueProblem(
                f"`{symbol}` cannot order {kind_of(a)} and {kind_of(b)} values ({show(a)}, {show(b)})"
            )
        return holds(a, b)

    return compare


def negate(_: tuple[Atom, ...], a: Atom) -> Atom:
    _numeric("-", a)
    return -a  # type: ignore[operator]


def plus(_: tuple[Atom, ...], a: Atom) -> Atom:
    _numeric("+", a)
    return +a  # type: ignore[operator]


def round_even(_: tuple[Atom, ...], a: Atom) -> Atom:
    _numeric("round", a)
    return _finish("round", lambda: round(a))  # type: ignore[arg-type]


def to_int(_: tuple[Atom, ...], a: Atom) -> Atom:
    try:
        return int(a)
    except (ValueError, OverflowError):
        raise ValueProblem(f"{show(a)} is not an integer") from None


def to_float(_: tuple[Atom, ...], a: Atom) -> Atom:
    try:
        value = float(a)
    except (ValueError, OverflowError):
        raise ValueProblem(f"{show(a)} is not a number") from None
    if not math.isfinite(value):
        raise ValueProblem(f"{show(a)} is not a finite number")
    return value


def index_items(items: tuple[Atom, ...], i: Atom) -> Atom:
    """Element of a list; negatives count from the end, as in Python."""
    if not isinstance(i, int):
        raise ValueProblem(f"an index into a list has to be an integer, got {show(i)}")
    if not -len(items) <= i < len(items):
        raise ValueProblem(f"index {i} is out of range for a list of length {len(items)}")
    return items[i]


def index_dict(flat: tuple[Atom, ...], key: Atom) -> Atom:
    """Value under `key` in a dict given as key, value, key, value …"""
    table: dict[Atom, Atom] = dict(zip(flat[::2], flat[1::2], strict=True))
    if key not in table:
        raise ValueProblem(f"{show(key)} is not a key of the dict")
    return table[key]


_ROWS = (
    Prim("add", 2, "( {0} + {1} )", add),
    Prim("sub", 2, "( {0} - {1} )", sub),
    Prim("mul", 2, "( {0} * {1} )", mul),
    Prim("div", 2, "( {0} / {1} )", div),
    Prim("mod", 2, "( {0} % {1} )", mod),
    Prim("pow", 2, "( {0} ^ {1} )", power),
    Prim("eq", 2, "( {0} == {1} )", lambda _, a, b: a == b),
    Prim("ne", 2, "( {0} != {1} )", lambda _, a, b: a != b),
    Prim("lt", 2, "( {0} < {1} )", _ordering("<", lambda a, b: a < b)),  # type: ignore[operator]
    Prim("le", 2, "( {0} <= {1} )", _ordering("<=", lambda a, b: a <= b)),  # type: ignore[operator]
    Prim("gt", 2, "( {0} > {1} )", _ordering(">", lambda a, b: a > b)),  # type: ignore[operator]
    Prim("ge", 2, "( {0} >= {1} )", _ordering(">=", lambda a, b: a >= b)),  # type: ignore[operator]
    Prim("and", 2, "( {0} and {1} )", lambda _, a, b: bool(a) and bool(b)),
    Prim("or", 2, "( {0} or {1} )", lambda _, a, b: bool(a) or bool(b)),
    Prim("not", 1, "( not {0} )", lambda _, a: not a),
    Prim("neg", 1, "( - {0} )", negate),
    Prim("pos", 1, "( + {0} )", plus),
    Prim("round", 1, "round({0})", round_even),
    Prim("indicator", 1, "I({0})", lambda _, a: 1 if a else 0),
    Prim("if", 3, "( {1} if {0} else {2} )", lambda _, c, a, b: a if c else b),
    Prim("to_str", 1, "str({0})", lambda _, a: str(a)),
    Prim("to_int", 1, "int({0})", to_int),
    Prim("to_float", 1, "float({0})", to_float),
    Prim("to_bool", 1, "bool({0})", lambda _, a: bool(a)),
    Prim("index_list", 1, "l[{0}]", index_items),
    Prim("index_dict", 1, "d[{0}]", index_dict),
    Prim("in_list", 1, "{0} in l", lambda items, a: a in items),
)

PRIMS: dict[str, Prim] = {row.name: row for row in _ROWS}

#: Comparisons by the spelling that `select` uses.
TESTS: dict[str, str] = {"==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}


def apply_prim(name: str, parameters: tuple[Atom, ...], *values: Atom) -> Atom:
    """The value of one primitive on one position. Raises `ValueProblem`."""
    return PRIMS[name].function(parameters, *values)
