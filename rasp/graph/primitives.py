"""TABLE of elementwise primitives: what each means on one position's values.

A row's `function` takes the primitive's fixed parameters (a tuple of atoms, mostly empty; or what `prepare` makes of them,
once for all values) and an atom per argument; it returns an atom or raises `ValueProblem`. This is the only definition of
what a primitive means: the vectorised paths of `rasp/interpret/evaluate.py` must agree with it, and tests hold them to it.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from rasp.graph.look_up import Parameters, read_entries, take_entry, take_item, take_part
from rasp.graph.primitive_names import DEFINED, NAMES, TOTAL, PrimName, make_defined_name, make_total_name
from rasp.limits import BITS, STRING
from rasp.values import KINDS, Atom, Test, ValueProblem, find_kind, show_value

#: A field of a formatting string, with its width and precision.
FIELD = re.compile(r"%(?:\([^()%]*\))?[^a-zA-Z%]*")


@dataclass(frozen=True, slots=True)
class Prim:
    """One primitive. `symbol` is its spelling in messages and drawings, with `{0}`, `{1}` … for its
    arguments.
    """

    name: PrimName
    arity: int
    symbol: str
    function: Callable[..., Atom]
    prepare: Callable[[Parameters], object] = lambda parameters: parameters


def _numeric(name: str, *values: Atom) -> None:
    for value in values:
        if isinstance(value, str):
            kinds, shown = " and ".join(map(find_kind, values)), ", ".join(map(show_value, values))
            raise ValueProblem(f"`{name}` does not work on {kinds} values ({shown})")


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
    if isinstance(result, int) and result.bit_length() > BITS.most:
        raise ValueProblem(f"the result of `{name}` is too large")
    if isinstance(result, str) and len(result) > STRING.most:
        raise ValueProblem(f"the string that `{name}` makes would be too long")
    if isinstance(result, float) and not math.isfinite(result):
        raise ValueProblem(f"the result of `{name}` is not a finite number")
    assert type(result) in KINDS, result
    return result  # type: ignore[return-value]


def add(_: Parameters, a: Atom, b: Atom) -> Atom:
    if isinstance(a, str) and isinstance(b, str):
        return _finish("+", lambda: a + b)
    _numeric("+", a, b)
    return _finish("+", lambda: a + b)  # type: ignore[operator]


def sub(_: Parameters, a: Atom, b: Atom) -> Atom:
    _numeric("-", a, b)
    return _finish("-", lambda: a - b)  # type: ignore[operator]


def mul(_: Parameters, a: Atom, b: Atom) -> Atom:
    for text, times in ((a, b), (b, a)):
        if isinstance(text, str):
            if isinstance(times, str | float):
                raise ValueProblem(f"`*` does not work on {find_kind(a)} and {find_kind(b)} values")
            if len(text) * max(0, times) > STRING.most:
                raise ValueProblem("the repeated string would be too long")
            return text * max(0, times) if text else text
    return _finish("*", lambda: a * b)  # type: ignore[operator]


def div(_: Parameters, a: Atom, b: Atom) -> Atom:
    _numeric("/", a, b)
    return _finish("/", lambda: a / b)  # type: ignore[operator]


def mod(_: Parameters, a: Atom, b: Atom) -> Atom:
    if isinstance(a, str):  # Python's formatting operator, as in the reference
        check_filled(a, len(str(b)))
        try:
            return a % b
        except (TypeError, ValueError, OverflowError):
            raise ValueProblem(f"`%` cannot put {show_value(b)} into {show_value(a)}") from None
    _numeric("%", a, b)
    return _finish("%", lambda: a % b)  # type: ignore[operator]


def check_filled(text: str, longest: int) -> None:
    """Raises `ValueProblem` where the fields of a formatting string, with values of at most so many characters, could make
    too long a string."""
    fields = FIELD.findall(text)
    widths = [digits for field in fields for digits in re.findall(r"[0-9]+", field.rpartition(")")[2])]
    width = sum(int(digits[:8]) for digits in widths)  # eight digits are too wide already
    if len(text) + len(fields) * longest + width > STRING.most:
        raise ValueProblem("the string that `%` makes would be too long")


def quotient(_: Parameters, a: Atom, b: Atom) -> Atom:
    """How many times b goes into a: an integer, whatever the kinds."""
    _numeric("quotient", a, b)
    return _finish("quotient", lambda: int(a // b))  # type: ignore[operator]


def power(_: Parameters, a: Atom, b: Atom) -> Atom:
    _numeric("^", a, b)
    if (
        isinstance(a, int)
        and isinstance(b, int)
        and b > 0
        and abs(a) > 1
        and (a.bit_length() - 1) * b > BITS.most
    ):
        raise ValueProblem("the result of `^` is too large")
    return _finish("^", lambda: a**b)  # type: ignore[operator]


def _ordering(symbol: str, holds: Callable[[Atom, Atom], bool]) -> Callable[[Parameters, Atom, Atom], Atom]:
    def compare(_: Parameters, a: Atom, b: Atom) -> Atom:
        if isinstance(a, str) != isinstance(b, str):
            kinds = f"{find_kind(a)} and {find_kind(b)}"
            raise ValueProblem(f"`{symbol}` cannot order {kinds} values ({show_value(a)}, {show_value(b)})")
        return holds(a, b)

    return compare


def negate(_: Parameters, a: Atom) -> Atom:
    _numeric("-", a)
    return -a  # type: ignore[operator]


def plus(_: Parameters, a: Atom) -> Atom:
    _numeric("+", a)
    return +a  # type: ignore[operator]


def round_even(_: Parameters, a: Atom) -> Atom:
    _numeric("round", a)
    return _finish("round", lambda: round(a))  # type: ignore[arg-type]


def to_int(_: Parameters, a: Atom) -> Atom:
    try:
        return int(a)
    except (ValueError, OverflowError):
        raise ValueProblem(f"{show_value(a)} is not an integer") from None


def to_float(_: Parameters, a: Atom) -> Atom:
    try:
        value = float(a)
    except (ValueError, OverflowError):
        raise ValueProblem(f"{show_value(a)} is not a number") from None
    if not math.isfinite(value):
        raise ValueProblem(f"{show_value(a)} is not a finite number")
    return value


def _of_text(name: PrimName, function: Callable[[str], Atom]) -> Prim:
    """A primitive for strings alone."""

    def apply(_: Parameters, text: Atom) -> Atom:
        if not isinstance(text, str):
            raise ValueProblem(
                f"`{name}` works on strings, not on {find_kind(text)} values ({show_value(text)})"
            )
        return _finish(name, lambda: function(text))

    return _one(name, f"{name}({{0}})", apply)


def _one(name: PrimName, symbol: str, function: Callable[[Parameters, Atom], Atom]) -> Prim:
    return Prim(name, 1, symbol, function)


def _two(name: PrimName, symbol: str, function: Callable[[Parameters, Atom, Atom], Atom]) -> Prim:
    return Prim(name, 2, symbol, function)


def _three(name: PrimName, symbol: str, function: Callable[[Parameters, Atom, Atom, Atom], Atom]) -> Prim:
    return Prim(name, 3, symbol, function)


_ROWS = (
    _two("add", "( {0} + {1} )", add),
    _two("sub", "( {0} - {1} )", sub),
    _two("mul", "( {0} * {1} )", mul),
    _two("div", "( {0} / {1} )", div),
    _two("mod", "( {0} % {1} )", mod),
    _two("quotient", "quotient({0}, {1})", quotient),
    _two("pow", "( {0} ^ {1} )", power),
    _two("eq", "( {0} == {1} )", lambda _, a, b: a == b),
    _two("ne", "( {0} != {1} )", lambda _, a, b: a != b),
    _two("lt", "( {0} < {1} )", _ordering("<", lambda a, b: a < b)),  # type: ignore[operator]
    _two("le", "( {0} <= {1} )", _ordering("<=", lambda a, b: a <= b)),  # type: ignore[operator]
    _two("gt", "( {0} > {1} )", _ordering(">", lambda a, b: a > b)),  # type: ignore[operator]
    _two("ge", "( {0} >= {1} )", _ordering(">=", lambda a, b: a >= b)),  # type: ignore[operator]
    _two("and", "( {0} and {1} )", lambda _, a, b: bool(a) and bool(b)),
    _two("or", "( {0} or {1} )", lambda _, a, b: bool(a) or bool(b)),
    _one("not", "( not {0} )", lambda _, a: not a),
    _one("neg", "( - {0} )", negate),
    _one("pos", "( + {0} )", plus),
    _one("round", "round({0})", round_even),
    _one("indicator", "I({0})", lambda _, a: 1 if a else 0),
    _three("if", "( {1} if {0} else {2} )", lambda _, c, a, b: a if c else b),
    _one("to_str", "str({0})", lambda _, a: str(a)),
    _one("to_int", "int({0})", to_int),
    _one("to_float", "float({0})", to_float),
    _one("to_bool", "bool({0})", lambda _, a: bool(a)),
    _of_text("string_length", len),
    _of_text("string_reverse", lambda text: text[::-1]),
    _of_text("upper", str.upper),
    _of_text("lower", str.lower),
    _three("string_slice", "string_slice({0}, {1}, {2})", take_part),
    _one("index_list", "l[{0}]", take_item),
    Prim("index_dict", 1, "d[{0}]", take_entry, read_entries),
    _one("in_list", "{0} in l", lambda items, a: a in items),
)

#: What has a value for all arguments.
ALWAYS: frozenset[PrimName] = frozenset(name for name in NAMES if name.endswith((TOTAL, DEFINED)))
WITHOUT_FAILURES: frozenset[PrimName] = frozenset(
    {"eq", "ne", "and", "or", "not", "indicator", "if", "to_str", "to_bool", "in_list", *ALWAYS}
)


def _total(row: Prim) -> Prim:
    def function(prepared: tuple[Atom, object], *values: Atom) -> Atom:
        default, own = prepared
        try:
            return row.function(own, *values)
        except ValueProblem:
            return default

    def prepare(parameters: Parameters) -> tuple[Atom, object]:
        return parameters[0], row.prepare(parameters[1:])

    return Prim(make_total_name(row.name), row.arity, row.symbol, function, prepare)


def _defined(row: Prim) -> Prim:
    def function(prepared: object, *values: Atom) -> Atom:
        try:
            row.function(prepared, *values)
        except ValueProblem:
            return False
        return True

    symbol = f"has_value( {row.symbol} )"
    return replace(row, name=make_defined_name(row.name), symbol=symbol, function=function)


_PARTIAL_ROWS = tuple(row for row in _ROWS if row.name not in WITHOUT_FAILURES)
_TOTAL_ROWS = tuple(map(_total, _PARTIAL_ROWS))
_DEFINED_ROWS = tuple(map(_defined, _PARTIAL_ROWS))

PRIMS: dict[PrimName, Prim] = {row.name: row for row in _ROWS + _TOTAL_ROWS + _DEFINED_ROWS}

#: Comparisons by the spelling that `select` uses.
TESTS: dict[Test, PrimName] = {"==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}


def find_function(name: PrimName, parameters: Parameters) -> Callable[..., Atom]:
    """What gives the value of one primitive on one position, for the atoms there; it raises `ValueProblem`."""
    prim = PRIMS[name]
    return partial(prim.function, prim.prepare(parameters))


def apply_prim(name: PrimName, parameters: Parameters, *values: Atom) -> Atom:
    """The same of one position alone."""
    return find_function(name, parameters)(*values)
