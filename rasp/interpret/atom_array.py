"""Columns: many atoms in one array, kinds kept exactly.

`from_atoms` takes atoms in (nested lists for more axes), `atoms` gives the same atoms back: `1`, `1.0`,
`True` and `"1"` stay apart. The dtype says the kind: int64, float64, bool or `<U` for one kind throughout;
numbers of several kinds are float64 with a kind per element in `kinds` (integers there are at most 2**53,
hence exact); everything else (integers beyond int64, strings beside numbers, strings that numpy cannot hold)
is an object array of atoms.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rasp.limits import FIXED_WIDTH
from rasp.values import Atom

Array = NDArray[Any]

BOOL, INT, FLOAT, STRING = range(4)
KIND_CODES: dict[type, int] = {bool: BOOL, int: INT, float: FLOAT, str: STRING}
DTYPE_KINDS: dict[str, int] = {"b": BOOL, "i": INT, "f": FLOAT, "U": STRING}

#: Integers up to here, in magnitude, are exact as float64.
EXACT = 2**53


@dataclass(frozen=True, eq=False)
class AtomArray:
    """An array of atoms of any shape.

    `failed` marks the elements without a value (their data are arbitrary), `problem` is the message of the
    first of them; `kinds` (uint8, `BOOL` … `FLOAT`) is given only with float64 data that hold numbers of
    several kinds. `origin`: the elements of a shorter column that these are, where that is known, and that column: texts
    are told apart faster by it.
    """

    data: Array
    failed: Array | None = None
    problem: str = ""
    kinds: Array | None = None
    origin: "tuple[Array, AtomArray] | None" = None

    @staticmethod
    def from_atoms(values: Any) -> "AtomArray":
        """An atom, a list of atoms, or equally long nested lists of them, as a column of that shape."""
        shape: tuple[int, ...] = ()
        flat: list[Any] = [values]
        while flat and isinstance(flat[0], list | tuple):
            count = len(flat)
            flat = list(chain.from_iterable(flat))
            shape += (len(flat) // count,)
        return pack_atoms(flat, shape)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.data.shape

    def atoms(self) -> Any:
        """Plain Python atoms, in lists nested as the shape; `None` where there is no value."""
        if self.kinds is None and self.failed is None:
            return self.data.tolist()
        data = list_objects(self)
        if self.failed is not None:
            data = np.where(self.failed, np.array(None, dtype=object), data)
        return data.tolist()

    def broadcast(self, shape: tuple[int, ...]) -> "AtomArray":
        """The same column repeated to a larger shape, as numpy broadcasts."""
        if shape == self.shape:
            return self
        return self.indexed(lambda array: np.broadcast_to(array, shape))

    def indexed(self, pick: Callable[[Array], Array]) -> "AtomArray":
        """`pick` (an indexing of arrays) applied to the data and all that goes with them."""
        return AtomArray(
            pick(self.data),
            None if self.failed is None else pick(np.broadcast_to(self.failed, self.shape)),
            self.problem,
            None if self.kinds is None else pick(self.kinds),
            None if self.origin is None else (pick(self.origin[0]), self.origin[1]),
        )

    def take(self, codes: Array) -> "AtomArray":
        """The elements of a flat column under these codes."""
        taken = self.indexed(lambda array: array[codes])
        return replace(taken, origin=(codes, self)) if self.data.dtype.kind in "UO" else taken


def pack_atoms(flat: Sequence[Any], shape: tuple[int, ...]) -> AtomArray:
    """Atoms in row-major order as a column of this shape, in the tightest form that holds them exactly."""
    types = set(map(type, flat))
    dtype = single_dtype(types, flat)
    if dtype is not None:
        return AtomArray(np.array(flat, dtype=dtype).reshape(shape))
    if (
        len(types) > 1
        and str not in types
        and all(abs(value) <= EXACT for value in flat if type(value) is int)
    ):
        data = np.array(flat, dtype=np.float64).reshape(shape)
        kinds = np.array([KIND_CODES[type(value)] for value in flat], dtype=np.uint8)
        return AtomArray(data, kinds=kinds.reshape(shape))
    data = np.empty(len(flat), dtype=object)
    data[:] = flat
    return AtomArray(data.reshape(shape))


def single_dtype(types: set[type], flat: Sequence[Any]) -> Any:
    """The dtype for atoms that are all of one type (or none at all), `None` if they have to be objects."""
    if types == {str}:
        longest = max(map(len, flat))
        # numpy drops NUL characters at the end of its strings
        fits = longest <= FIXED_WIDTH.most and not any("\0" in text for text in flat)
        return f"<U{max(1, longest)}" if fits else None
    if types == {int}:
        return np.int64 if min(flat) >= -(2**63) and max(flat) < 2**63 else None
    if types == {bool}:
        return np.bool_
    return np.float64 if types <= {float} else None


def build_constant(value: Atom, shape: tuple[int, ...]) -> AtomArray:
    """One atom everywhere."""
    return pack_atoms([value], (1,) * len(shape)).broadcast(shape)


def list_objects(column: AtomArray) -> Array:
    """The values as an object array of plain Python atoms."""
    if column.data.dtype == object:
        return column.data
    data = column.data.astype(object)
    if column.kinds is None:
        return data
    # float → int and bool is exact: integers here are at most 2**53.
    for code, convert in ((INT, int), (BOOL, bool)):
        where = column.kinds == code
        if where.any():
            data[where] = [convert(value) for value in data[where]]
    return data


_code_of = np.frompyfunc(lambda value: KIND_CODES[type(value)], 1, 1)


def find_kinds(column: AtomArray) -> Array:
    """The kind of each element; a 0-d array when the dtype tells it for all."""
    if column.kinds is not None:
        return column.kinds
    if column.data.dtype == object:
        return np.asarray(_code_of(column.data), dtype=np.uint8)
    return np.array(DTYPE_KINDS[column.data.dtype.kind], dtype=np.uint8)


def is_integral(column: AtomArray) -> bool:
    """All int or all bool, in machine integers."""
    return column.data.dtype.kind in "bi"


def is_numeric(column: AtomArray) -> bool:
    """All numbers, in machine numbers."""
    return column.data.dtype.kind in "bif"


def is_text(column: AtomArray) -> bool:
    return column.data.dtype.kind == "U"


def find_text_rows(column: AtomArray) -> Array:
    """Which inputs hold strings here: (1 or batch,)."""
    if column.data.dtype == object:
        return (find_kinds(column) == STRING).any(axis=1)
    return np.full(1, is_text(column))


def measure_magnitude(data: Array) -> int:
    """The largest absolute value of machine integers (0 if there are none), as an unbounded integer."""
    if data.size == 0:
        return 0
    return max(abs(int(data.min())), abs(int(data.max())))


def convert_to_floats(column: AtomArray) -> Array | None:
    """Machine numbers as float64 without loss; `None` if some integer is too large."""
    if column.data.dtype.kind == "f":
        return column.data
    if column.data.dtype.kind == "i" and measure_magnitude(column.data) > EXACT:
        return None
    return column.data.astype(np.float64)


def build_numbers(data: Array, kinds: Array) -> AtomArray:
    """Float64 values with a kind each (broadcast to fit), as a column in its tightest form.

    Integers and booleans must be exact. A kind that is the same everywhere becomes the dtype.
    """
    first = kinds.flat[0] if kinds.size else FLOAT
    if kinds.ndim == 0 or (kinds == first).all():
        dtype = {BOOL: np.bool_, INT: np.int64, FLOAT: np.float64}[int(first)]
        return AtomArray(data.astype(dtype, copy=False))
    kinds = np.broadcast_to(kinds, data.shape)
    return AtomArray(np.where(kinds == FLOAT, data, data + 0.0), kinds=kinds)  # an integer has no -0.0


def join_columns(columns: Sequence[AtomArray]) -> AtomArray:
    """Flat columns whose elements all have a value, one after another, in the tightest form that holds them exactly."""
    some = [column for column in columns if column.data.size] or columns[:1]
    kinds = {column.data.dtype.kind for column in some}
    if len(kinds) == 1 and kinds <= set("bifU") and all(column.kinds is None for column in some):
        return AtomArray(np.concatenate([column.data for column in some]))
    floats = [convert_to_floats(column) for column in some] if kinds <= set("bif") else [None]
    numbers = [array for array in floats if array is not None]
    if len(numbers) == len(floats):
        spread = [np.broadcast_to(find_kinds(column), column.shape) for column in some]
        return build_numbers(np.concatenate(numbers), np.concatenate(spread))
    atoms = [atom for column in some for atom in list_objects(column).tolist()]
    return pack_atoms(atoms, (len(atoms),))


def choose_elements(mask: Array, yes: AtomArray, no: AtomArray) -> AtomArray:
    """Elementwise `yes` where `mask` holds, else `no`; shapes broadcast; failures are not looked at."""
    shape = np.broadcast_shapes(mask.shape, yes.shape, no.shape)
    if mask.all():
        return replace(yes, failed=None, problem="").broadcast(shape)
    if not mask.any():
        return replace(no, failed=None, problem="").broadcast(shape)
    if yes.kinds is None and no.kinds is None and yes.data.dtype.kind == no.data.dtype.kind:
        return AtomArray(np.where(mask, yes.data, no.data))
    if is_numeric(yes) and is_numeric(no):
        a, b = convert_to_floats(yes), convert_to_floats(no)
        if a is not None and b is not None:
            return build_numbers(np.where(mask, a, b), np.where(mask, find_kinds(yes), find_kinds(no)))
    merged = np.where(mask, list_objects(yes), list_objects(no))
    return pack_atoms(merged.ravel().tolist(), shape)
