"""Elementwise primitives on the values of one short input: the scalar definitions, or an operator of Python's that is the
same for some kinds of values.

In: values with their kinds. Out: what `rasp/graph/primitives.py` says; `NoShortWay` or `ValueProblem` where there is no
value, a number is of extraordinary size, or strings stand beside numbers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from operator import add, eq, ge, gt, le, lt, mod, mul, ne, neg, not_, sub
from typing import Any

from rasp.graph.primitive_names import PrimName
from rasp.graph.primitives import Parameters, find_function
from rasp.interpret.bit_rows import MOST, NoShortWay

Kinds = frozenset[type]
WHOLE: Kinds = frozenset({int, bool})
NUMBERS: Kinds = frozenset({int, float, bool})
TEXT: Kinds = frozenset({str})
ANY: Kinds = NUMBERS | TEXT
INTS: Kinds = frozenset({int})
FLOATS: Kinds = frozenset({float})
BOOLS: Kinds = frozenset({bool})


@dataclass(slots=True, eq=False)
class Values:
    """An s-op's values on the input, and of which kinds they are: strings, or numbers."""

    items: list[Any]
    kinds: Kinds


def check_mixture(values: Values) -> Values:
    if str in values.kinds and len(values.kinds) > 1:
        raise NoShortWay
    return values


def build_values(items: list[Any]) -> Values:
    """Values of which the kinds are to be found."""
    return check_mixture(Values(items, frozenset(map(type, items))))


@dataclass(frozen=True, eq=False)
class Operator:
    """What a primitive comes to where its arguments are of `kinds`: an operator of Python's, `None` for the argument.
    It gives `result`, which is to be looked at if `None`."""

    apply: Callable[..., Any] | None
    kinds: Kinds
    result: Kinds | None = None


def _arithmetic(operator: Callable[..., Any]) -> tuple[Operator, ...]:
    return Operator(operator, WHOLE, INTS), Operator(operator, NUMBERS)


def _divide(a: Any, b: Any) -> Any:
    return a / b


def _ordering(operator: Callable[..., Any]) -> tuple[Operator, ...]:
    return Operator(operator, NUMBERS, BOOLS), Operator(operator, TEXT, BOOLS)


OPERATORS: dict[PrimName, tuple[Operator, ...]] = {
    "add": _arithmetic(add),
    "sub": _arithmetic(sub),
    "mul": _arithmetic(mul),
    "div": (Operator(_divide, NUMBERS, FLOATS),),
    "mod": _arithmetic(mod),
    "eq": (Operator(eq, ANY, BOOLS),),
    "ne": (Operator(ne, ANY, BOOLS),),
    "lt": _ordering(lt),
    "le": _ordering(le),
    "gt": _ordering(gt),
    "ge": _ordering(ge),
    "and": (Operator(bool.__and__, BOOLS, BOOLS),),
    "or": (Operator(bool.__or__, BOOLS, BOOLS),),
    "not": (Operator(not_, ANY, BOOLS),),
    "neg": _arithmetic(neg),
    "round": (Operator(round, NUMBERS, INTS),),
    "indicator": (Operator(int, BOOLS, INTS),),
    "to_str": (Operator(None, TEXT), Operator(str, ANY, TEXT)),
    "to_bool": (Operator(bool, ANY, BOOLS),),
}


def choose_elementwise(prim: PrimName, parameters: Parameters) -> Callable[..., Values]:
    """A primitive for all positions: by an operator where the kinds allow, else by its definition."""
    operators = OPERATORS.get(prim, ())
    function = find_function(prim, parameters)

    def compute(_: object, *args: Values) -> Values:
        kinds = args[0].kinds
        for arg in args[1:]:
            kinds |= arg.kinds
        columns = [arg.items for arg in args]
        for operator in operators:
            if kinds <= operator.kinds:
                if operator.apply is None:
                    return args[0]
                return check_size(list(map(operator.apply, *columns)), operator.result)
        return build_values(list(map(function, *columns)))

    return choose_branches if prim == "if" else compute


def choose_branches(_: object, condition: Values, yes: Values, no: Values) -> Values:
    triples = zip(condition.items, yes.items, no.items, strict=True)
    items = [one if chosen else other for chosen, one, other in triples]
    return Values(items, yes.kinds) if yes.kinds == no.kinds and len(yes.kinds) == 1 else build_values(items)


def check_size(items: list[Any], kinds: Kinds | None) -> Values:
    """Values of these kinds. Numbers that may have grown beyond what is ordinary are for the general way."""
    found = build_values(items) if kinds is None else Values(items, kinds)
    if kinds is INTS and not (max(items) < MOST and min(items) > -MOST):
        raise NoShortWay
    if float in found.kinds and not all(map(isfinite, items)):
        raise NoShortWay
    return found
