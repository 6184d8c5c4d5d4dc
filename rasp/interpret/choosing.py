"""What an elementwise primitive looks at: a choice only at the branch that it takes.

In: a primitive and its arguments as columns. Out: for each argument the positions at which its value matters, and the
failures that matter with it.
"""

from collections.abc import Sequence

import numpy as np

from rasp.graph.primitive_names import PrimName
from rasp.interpret.atom_array import Array, AtomArray, is_text

#: Primitives that do not look at all of their arguments everywhere, but at their first.
LAZY: frozenset[PrimName] = frozenset({"if", "and", "or"})


def find_true(column: AtomArray) -> Array:
    """Which elements count as true."""
    if column.data.dtype == object:
        return np.asarray(np.frompyfunc(bool, 1, 1)(column.data), dtype=np.bool_)
    return column.data.astype(np.bool_) if not is_text(column) else column.data != ""


def find_looked_at(prim: PrimName, args: Sequence[AtomArray]) -> list[Array | None]:
    """At which positions a primitive looks at each of its arguments; `None` for everywhere.

    A choice looks at the branch that is chosen, and at its condition; `and` and `or` look at the right side where the left
    one does not decide.
    """
    match prim:
        case "if":
            chosen = find_true(args[0])
            return [None, chosen, ~chosen]
        case "and":
            return [None, find_true(args[0])]
        case "or":
            return [None, ~find_true(args[0])]
        case _:
            return [None] * len(args)


def inherit_failures(prim: PrimName, args: Sequence[AtomArray]) -> list[tuple[Array, str]]:
    """The failures of arguments where they are looked at, with their messages."""
    if all(arg.failed is None for arg in args):
        return []
    found: list[tuple[Array, str]] = []
    for look, arg in zip(find_looked_at(prim, args), args, strict=True):
        if arg.failed is not None:
            failed = arg.failed if look is None else arg.failed & look
            found += [(failed, arg.problem)] if failed.any() else []
    return found
