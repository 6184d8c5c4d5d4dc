"""Elementwise primitives on columns: what `rasp/graph/primitives.py` says for one position, for all positions at once.

`apply_map` goes through a table of numpy versions; such a version gives up (returns `None`) wherever it
could differ from the scalar definition by as much as a bit (integers near 2**53 or 2**63, odd kinds), and
the scalar function is then called once for each distinct combination of arguments.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from rasp.graph.nodes import Map
from rasp.graph.primitive_names import DEFINED, PrimName, find_plain_name
from rasp.graph.primitives import apply_prim
from rasp.interpret.atom_array import (
    EXACT,
    INT,
    Array,
    AtomArray,
    build_constant,
    build_numbers,
    choose_elements,
    convert_to_floats,
    find_kinds,
    is_integral,
    is_numeric,
    is_text,
    list_objects,
    measure_magnitude,
)
from rasp.interpret.choosing import find_true, inherit_failures
from rasp.interpret.codes import apply_to_distinct, take_entries
from rasp.limits import FIXED_WIDTH
from rasp.values import Atom, ValueProblem

Fast = Callable[..., AtomArray | None]


def apply_map(op: Map, args: Sequence[AtomArray]) -> AtomArray:
    """`op` on each position of broadcast `args`. Never raises: `failed` marks the elements without a value.

    An element that failed in an argument that is looked at there stays failed.
    """
    shape = np.broadcast_shapes(*(arg.shape for arg in args))
    parameters = tuple(parameter.value for parameter in op.parameters)
    with np.errstate(all="ignore"):
        column = _find_fast(op.prim, parameters, args)
    if column is None:
        column = apply_to_distinct(op.prim, parameters, args)
    column = column.broadcast(shape)
    if column.failed is not None and not column.failed.any():
        column = replace(column, failed=None)
    inherited = inherit_failures(op.prim, args)
    if not inherited:
        if column.failed is None:
            return column
        return replace(column, problem=_first_problem(op.prim, parameters, args, column.failed))
    failed: Array = np.zeros(shape, dtype=np.bool_) if column.failed is None else column.failed
    for other, _ in inherited:
        failed = failed | other
    return replace(column, failed=failed, problem=inherited[0][1])


def _find_fast(prim: PrimName, parameters: tuple[Atom, ...], args: Sequence[AtomArray]) -> AtomArray | None:
    """By numpy, where it has the primitive, or the one that this is made of."""
    plain = find_plain_name(prim)
    if plain == "index_dict":
        return take_entries(prim, parameters, *args)
    fast = FAST.get(plain)
    column = fast(*args) if fast is not None else None
    if column is None or plain == prim:
        return column
    ok = np.ones(column.shape, dtype=np.bool_) if column.failed is None else ~column.failed
    if prim.endswith(DEFINED):
        return AtomArray(ok)
    return choose_elements(ok, column, build_constant(parameters[0], column.shape))


def find_problem(prim: PrimName, parameters: tuple[Atom, ...], values: Sequence[Atom]) -> str:
    """Why the primitive has no value for these atoms; "" if it has one."""
    try:
        apply_prim(prim, parameters, *values)
    except ValueProblem as problem:
        return str(problem)
    return ""


def _first_problem(
    prim: PrimName, parameters: tuple[Atom, ...], args: Sequence[AtomArray], failed: Array
) -> str:
    place = int(failed.argmax())
    return find_problem(prim, parameters, [_at(arg, place, failed.shape) for arg in args])


def _at(column: AtomArray, place: int, shape: tuple[int, ...]) -> Atom:
    """The atom at a flat place of the column broadcast to `shape`."""
    whole = replace(column, failed=None).broadcast(shape)
    return list_objects(whole.indexed(lambda array: array.ravel()[place : place + 1]))[0]


def _whole(column: AtomArray) -> Array:
    return column.data.astype(np.int64, copy=False)


def _arithmetic(operation: Any, bound: Callable[[int, int], int]) -> Fast:
    """`+`, `-` or `*`; `bound` limits the result's magnitude by those of the operands."""

    def compute(a: AtomArray, b: AtomArray) -> AtomArray | None:
        if is_integral(a) and is_integral(b):
            fits = bound(measure_magnitude(a.data), measure_magnitude(b.data)) < 2**63
            return AtomArray(operation(_whole(a), _whole(b))) if fits else None
        return _on_floats(operation, a, b, None)

    return compute


def _on_floats(operation: Any, a: AtomArray, b: AtomArray, zero: Array | None) -> AtomArray | None:
    """A float operation on numbers of any kind; integers stay integers. `zero` marks further failures."""
    if not (is_numeric(a) and is_numeric(b)):
        return None
    x, y = convert_to_floats(a), convert_to_floats(b)
    if x is None or y is None:
        return None
    result: Array = operation(x, y)
    kinds: Array = np.maximum(np.maximum(find_kinds(a), find_kinds(b)), np.uint8(INT))
    failed = ~np.isfinite(result)
    if zero is not None:
        failed |= zero
    if failed.any():
        result = np.where(failed, 0.0, result)
    if kinds.ndim and (np.abs(result[np.broadcast_to(kinds, result.shape) == INT]) >= EXACT).any():
        return None
    return replace(build_numbers(result, kinds), failed=failed)


def _add(a: AtomArray, b: AtomArray) -> AtomArray | None:
    if is_text(a) and is_text(b):
        if (a.data.dtype.itemsize + b.data.dtype.itemsize) // 4 > FIXED_WIDTH.most:
            return None
        return AtomArray(np.char.add(a.data, b.data))
    return _add_numbers(a, b)


_add_numbers = _arithmetic(np.add, lambda a, b: a + b)


def _zero(column: AtomArray) -> Array | None:
    return column.data == 0 if is_numeric(column) else None


def _divide(a: AtomArray, b: AtomArray) -> AtomArray | None:
    zero = _zero(b)
    if zero is None or not is_numeric(a):
        return None
    x, y = convert_to_floats(a), convert_to_floats(b)
    if x is None or y is None:
        return None
    return _on_floats(np.true_divide, AtomArray(x), AtomArray(y), zero)


def _modulo(a: AtomArray, b: AtomArray) -> AtomArray | None:
    zero = _zero(b)
    if zero is None:
        return None
    if is_integral(a) and is_integral(b):
        result: Array = np.mod(_whole(a), np.where(zero, 1, _whole(b)))
        return AtomArray(result, failed=np.broadcast_to(zero, result.shape))
    return _on_floats(np.mod, a, b, zero)


def _comparison(test: Any, unlike: bool | None) -> Fast:
    """`unlike` is the result for a string and a number, `None` if they do not compare."""

    def compute(a: AtomArray, b: AtomArray) -> AtomArray | None:
        if (is_integral(a) and is_integral(b)) or (is_text(a) and is_text(b)):
            return AtomArray(test(a.data, b.data))
        if is_numeric(a) and is_numeric(b):
            x, y = convert_to_floats(a), convert_to_floats(b)
            return AtomArray(test(x, y)) if x is not None and y is not None else None
        if unlike is not None and ((is_text(a) and is_numeric(b)) or (is_numeric(a) and is_text(b))):
            return AtomArray(np.full((1,) * max(a.data.ndim, b.data.ndim), unlike))
        return None

    return compute


def _negate(a: AtomArray) -> AtomArray | None:
    if is_integral(a):
        return AtomArray(-_whole(a)) if measure_magnitude(a.data) < 2**63 else None
    if not is_numeric(a):
        return None
    return build_numbers(-a.data, np.maximum(find_kinds(a), np.uint8(INT)))


def _plus(a: AtomArray) -> AtomArray | None:
    if is_integral(a):
        return AtomArray(_whole(a))
    return build_numbers(a.data, np.maximum(find_kinds(a), np.uint8(INT))) if is_numeric(a) else None


def _to_whole(operation: Any) -> Fast:
    """`round` or `int` of numbers."""

    def compute(a: AtomArray) -> AtomArray | None:
        if is_integral(a):
            return AtomArray(_whole(a))
        if not is_numeric(a) or (np.abs(a.data) >= 2.0**62).any():
            return None
        return AtomArray(operation(a.data).astype(np.int64))

    return compute


def _to_float(a: AtomArray) -> AtomArray | None:
    data = convert_to_floats(a) if is_numeric(a) else None
    return None if data is None else AtomArray(data)


def _to_str(a: AtomArray) -> AtomArray | None:
    return replace(a, failed=None) if is_text(a) else None


def _logical(operation: Callable[..., Array]) -> Fast:
    def compute(*args: AtomArray) -> AtomArray:
        return AtomArray(operation(*(find_true(arg) for arg in args)))

    return compute


def _indicator(a: AtomArray) -> AtomArray:
    return AtomArray(find_true(a).astype(np.int64))


def _if(condition: AtomArray, yes: AtomArray, no: AtomArray) -> AtomArray:
    return choose_elements(find_true(condition), yes, no)


#: Numpy versions of primitives; the rest go value by value.
FAST: dict[PrimName, Fast] = {
    "add": _add,
    "sub": _arithmetic(np.subtract, lambda a, b: a + b),
    "mul": _arithmetic(np.multiply, lambda a, b: a * b),
    "div": _divide,
    "mod": _modulo,
    "eq": _comparison(np.equal, False),
    "ne": _comparison(np.not_equal, True),
    "lt": _comparison(np.less, None),
    "le": _comparison(np.less_equal, None),
    "gt": _comparison(np.greater, None),
    "ge": _comparison(np.greater_equal, None),
    "and": _logical(np.logical_and),
    "or": _logical(np.logical_or),
    "not": _logical(np.logical_not),
    "neg": _negate,
    "pos": _plus,
    "round": _to_whole(np.rint),
    "indicator": _indicator,
    "if": _if,
    "to_str": _to_str,
    "to_int": _to_whole(np.trunc),
    "to_float": _to_float,
    "to_bool": _logical(np.array),
}
