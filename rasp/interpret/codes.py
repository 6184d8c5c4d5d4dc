"""Columns as small integers: which elements are alike, how values rank, and primitives that numpy has not, which are asked
once for each different atom or combination of atoms.

`encode_column` keeps kinds apart; `rank_together` follows
RASP's own `==` and `<` (1, 1.0 and True coincide), for selectors. Small integers and single characters are
their own codes; other values are sorted once.
"""

import struct
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from rasp.graph.look_up import read_entries
from rasp.graph.primitive_names import DEFINED, TOTAL, PrimName
from rasp.graph.primitives import find_function
from rasp.interpret.atom_array import (
    Array,
    AtomArray,
    convert_to_floats,
    is_integral,
    is_numeric,
    is_text,
    list_objects,
    pack_atoms,
)
from rasp.limits import CHARACTERS
from rasp.values import Atom, ValueProblem

SAMPLED = 1_000
"""Of how many elements it is asked first which there are."""


def compact_codes(codes: Array, size: int) -> tuple[Array, Array]:
    """Codes in 0 … size-1 as (the distinct ones ascending, each element's index among them)."""
    if size > 4 * codes.size + 1024:
        values, inverse = np.unique(codes.ravel(), return_inverse=True)
        return values, inverse.reshape(codes.shape)
    present = np.zeros(size, dtype=np.bool_)
    present[codes.ravel()] = True
    values = np.flatnonzero(present)
    if values.size == size:
        return values, codes
    index = np.zeros(size, dtype=np.int64)
    index[values] = np.arange(values.size)
    return values, index[codes]


def small_integers(columns: Sequence[AtomArray]) -> list[Array] | None:
    """Order-preserving machine integers for whole numbers or single characters, if the columns are such."""
    if all(is_integral(column) for column in columns):
        return [column.data.astype(np.int64, copy=False) for column in columns]
    if all(is_text(column) and column.data.dtype.itemsize == 4 for column in columns):
        return [
            np.ascontiguousarray(c.data).view(np.uint32).reshape(c.shape).astype(np.int64) for c in columns
        ]
    return None


def from_zero(arrays: Sequence[Array]) -> tuple[list[Array], int, int] | None:
    """Integers shifted to start at 0, their range, the shift; `None` if the range is too wide for a table."""
    if any(array.size == 0 for array in arrays):
        return None
    low = min(int(array.min()) for array in arrays)
    size = max(int(array.max()) for array in arrays) - low + 1
    if size > 4 * sum(array.size for array in arrays) + 1024:
        return None
    return [array - low for array in arrays], size, low


def encode_column(column: AtomArray) -> tuple[Array, list[Any]]:
    """(each element's code, each code's atom). Kinds and the sign of 0 are told apart."""
    if column.origin is not None:
        codes, table = column.origin
        of_table, atoms = encode_column(table)
        values, codes = compact_codes(of_table[codes], len(atoms))
        return codes, [atoms[value] for value in values]
    whole = small_integers([column])
    shifted = from_zero(whole) if whole is not None else None
    if shifted is not None:
        (codes,), size, low = shifted
        values, codes = compact_codes(codes, size)
        return codes, spelled((values + low).tolist(), column.data.dtype.kind)
    if column.data.dtype.kind in "biU":
        values, codes = np.unique(column.data.ravel(), return_inverse=True)
        return codes.reshape(column.shape), values.tolist()
    if column.data.dtype.kind == "f":
        return _encode_floats(column)
    return _encode_objects(column.data)


def spelled(values: list[int], kind: str) -> list[Any]:
    """Integers as the atoms that they stand for in a column of this dtype kind."""
    if kind == "b":
        return [bool(value) for value in values]
    # numpy pads strings with code point 0, so a character 0 is the empty string
    return [chr(value) if value else "" for value in values] if kind == "U" else values


def _encode_floats(column: AtomArray) -> tuple[Array, list[Any]]:
    bits, codes = np.unique(np.ascontiguousarray(column.data).view(np.int64).ravel(), return_inverse=True)
    codes = codes.reshape(column.shape)
    floats = AtomArray(bits.view(np.float64))
    if column.kinds is None:
        return codes, floats.atoms()
    pairs, codes = compact_codes(codes * 4 + column.kinds, 4 * bits.size)
    table = AtomArray(floats.data[pairs // 4], kinds=(pairs % 4).astype(np.uint8))
    return codes, table.atoms()


def _encode_objects(data: Array) -> tuple[Array, list[Any]]:
    """Codes in the order of first occurrence. Most columns hold few objects, each many times: these are looked at once."""
    flat: list[Any] = data.ravel().tolist()
    first, which = _rank_few(np.fromiter(map(id, flat), np.int64, len(flat)))
    seen: dict[tuple[str, Any], int] = {}
    atoms: list[Any] = []
    codes = np.empty(first.size, dtype=np.int64)
    for number in np.argsort(first):
        value = flat[first[number]]
        # 0.0 == -0.0, so floats are told apart by their bits.
        mark = struct.pack("d", value) if isinstance(value, float) else value
        code = codes[number] = seen.setdefault((type(value).__name__, mark), len(seen))
        if code == len(atoms):
            atoms.append(value)
    return codes[which].reshape(data.shape), atoms


def _rank_few(numbers: Array) -> tuple[Array, Array]:
    """Indices of the first of the different numbers, and which of them each is. Those that are met among some of them are
    mostly all, and then nothing is sorted."""
    few = np.unique(numbers[:: max(1, numbers.size // SAMPLED)])
    which = np.minimum(np.searchsorted(few, numbers), max(few.size - 1, 0))
    if not np.array_equal(few[which], numbers):
        return np.unique(numbers, return_index=True, return_inverse=True)[1:]
    first = np.zeros(few.size, np.int64)
    first[which[::-1]] = np.arange(numbers.size)[::-1]  # of several the last one stays
    return first, which


def rank_together(*columns: AtomArray) -> tuple[list[Array], int]:
    """(codes in 0 … size-1 that compare as the values do, with strings above all numbers; the size)."""
    whole = small_integers(columns)
    shifted = from_zero(whole) if whole is not None else None
    if shifted is not None:
        return shifted[0], shifted[1]
    arrays: list[Array] | None = None
    if all(is_text(column) for column in columns):
        arrays = [column.data for column in columns]
    elif whole is not None:
        arrays = whole
    elif all(is_numeric(column) for column in columns):
        floats = [convert_to_floats(column) for column in columns]
        arrays = [array for array in floats if array is not None]
        arrays = arrays if len(arrays) == len(columns) else None
    if arrays is None:
        return _rank_objects(columns)
    values, codes = np.unique(np.concatenate([array.ravel() for array in arrays]), return_inverse=True)
    return _split(codes, columns), values.size


def _rank_objects(columns: Sequence[AtomArray]) -> tuple[list[Array], int]:
    flat = [value for column in columns for value in list_objects(column).ravel().tolist()]
    distinct = set(flat)
    texts = sorted(value for value in distinct if isinstance(value, str))
    ordered = sorted(value for value in distinct if not isinstance(value, str)) + texts
    index = {value: code for code, value in enumerate(ordered)}
    codes = np.array([index[value] for value in flat], dtype=np.int64)
    return _split(codes, columns), len(ordered)


def _split(codes: Array, columns: Sequence[AtomArray]) -> list[Array]:
    ends = np.cumsum([column.data.size for column in columns])[:-1]
    parts = np.split(codes, ends)
    return [part.reshape(column.shape) for part, column in zip(parts, columns, strict=True)]


def apply_to_distinct(prim: PrimName, parameters: tuple[Atom, ...], args: Sequence[AtomArray]) -> AtomArray:
    """The scalar function, once per distinct combination of argument values."""
    combined, atoms = encode_column(args[0])
    rows: list[tuple[Any, ...]] = [(atom,) for atom in atoms]
    for arg in args[1:]:
        codes, atoms = encode_column(arg)
        # `rows` lists the combinations met so far, so that codes stay small however many arguments there are.
        used, combined = compact_codes(combined * len(atoms) + codes, len(rows) * len(atoms))
        rows = [(*rows[code // len(atoms)], atoms[code % len(atoms)]) for code in used.tolist()]
    results: list[Any] = []
    failed = np.zeros(len(rows), dtype=np.bool_)
    characters = 0
    function = find_function(prim, parameters)
    for number, row in enumerate(rows):
        try:
            value = function(*row)
            results.append(value)
            characters += len(value) if isinstance(value, str) else 0
            if characters > CHARACTERS.most:
                raise CHARACTERS.refusal(f"one operation makes strings of more than {CHARACTERS}")
        except ValueProblem:
            results.append(None)
            failed[number] = True
    # Elements without a value hold some other element's, so that they do not widen the dtype.
    filler = next((value for value in results if value is not None), 0)
    table = pack_atoms([filler if value is None else value for value in results], (len(rows),))
    taken = table.take(combined)
    return replace(taken, failed=failed[combined] if failed.any() else None)


def take_entries(prim: PrimName, parameters: tuple[Atom, ...], keys: AtomArray) -> AtomArray:
    """What is in a dict under each different key; or whether there is something."""
    total = prim.endswith(TOTAL)
    entries = read_entries(parameters[total:])
    codes, atoms = encode_column(keys)
    there = [atom in entries for atom in atoms]
    if prim.endswith(DEFINED):
        return AtomArray(np.array(there, np.bool_)[codes])
    default = parameters[0] if total else next((entries[atom] for atom in atoms if atom in entries), 0)
    table = pack_atoms([entries.get(atom, default) for atom in atoms], (len(atoms),))
    return replace(table.take(codes), failed=None if total else ~np.array(there, np.bool_)[codes])
