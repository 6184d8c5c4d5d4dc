"""What the compiler takes for granted of elementwise primitives holds of what the interpreter gives: of each, on atoms of
all kinds."""

from itertools import product

import numpy as np
import pytest

from compiler.analysis.kinds import ARITHMETIC, SHOWING, may_make_text
from compiler.rewrite import make_total
from compiler.rewrite.rules import sum_flags
from rasp.graph.nodes import Graph, Map, Node, Tokens
from rasp.graph.primitive_names import DEFINED, NAMES, TOTAL, PrimName, make_total_name
from rasp.graph.primitives import PRIMS, WITHOUT_FAILURES, apply_prim
from rasp.interpret.atom_array import AtomArray
from rasp.interpret.choosing import LAZY, find_looked_at
from rasp.values import Atom, ValueProblem, make_const

ATOMS: tuple[Atom, ...] = ("a", "", "12", "%s", True, False, 0, 1, -2, 3, 0.0, -0.0, 1.0, 0.5, -2.0)
#: Fixed operands, of those primitives that have some.
FIXED: dict[str, tuple[Atom, ...]] = {
    "index_list": (1, 2, "x"),
    "index_dict": (1, "a", "a", 2),
    "in_list": (1, "a", 0.5),
}
PLAIN = [name for name in NAMES if not name.endswith((TOTAL, DEFINED))]


def fixed_of(prim: PrimName) -> tuple[Atom, ...]:
    fixed = FIXED.get(prim.removesuffix(TOTAL).removesuffix(DEFINED), ())
    return (7, *fixed) if prim.endswith(TOTAL) else fixed


def value_of(prim: PrimName, atoms: tuple[Atom, ...]) -> Atom | None:
    try:
        return apply_prim(prim, fixed_of(prim), *atoms)
    except ValueProblem:
        return None


def rows_of(prim: PrimName) -> list[tuple[Atom, ...]]:
    return list(product(ATOMS, repeat=PRIMS[prim].arity))


@pytest.mark.parametrize("prim", NAMES)
def test_what_has_no_failures_has_none(prim: PrimName) -> None:
    for atoms in rows_of(prim):
        numbers = not any(isinstance(atom, str) for atom in atoms)
        if prim in WITHOUT_FAILURES or (prim in make_total.ON_NUMBERS and numbers):
            assert value_of(prim, atoms) is not None, atoms


@pytest.mark.parametrize("prim", NAMES)
def test_what_gives_flags_gives_only_flags(prim: PrimName) -> None:
    """And what gives nothing else is among them."""
    kinds = {type(value) for atoms in rows_of(prim) if (value := value_of(prim, atoms)) is not None}
    assert (prim in make_total.FLAGS) == (kinds == {bool})
    assert prim not in sum_flags.FLAGS or kinds == {bool}


@pytest.mark.parametrize("prim", NAMES)
def test_what_makes_no_text_makes_none(prim: PrimName) -> None:
    graph = Graph()
    op = Map(prim, tuple(map(make_const, fixed_of(prim))))
    args = tuple(
        graph.add(Map("to_str", (make_const(k),)), graph.add(Tokens())) for k in range(PRIMS[prim].arity)
    )
    for atoms in rows_of(prim):
        text: set[Node] = {arg for arg, atom in zip(args, atoms, strict=True) if isinstance(atom, str)}
        if isinstance(value_of(prim, atoms), str):
            assert may_make_text(op, args, text), atoms


@pytest.mark.parametrize("prim", PLAIN)
def test_an_int_and_its_float_differ_only_where_the_lists_say(prim: PrimName) -> None:
    """In the text that they make, and in whether what comes out is an int."""
    total = make_total_name(prim) if prim not in WITHOUT_FAILURES else prim
    assert (prim in SHOWING) == (total in SHOWING)
    assert (prim in ARITHMETIC) == (total in ARITHMETIC)
    for atoms in rows_of(prim):
        for place, atom in enumerate(atoms):
            if type(atom) is int:
                pair = [value_of(prim, (*atoms[:place], x, *atoms[place + 1 :])) for x in (atom, float(atom))]
                if None in pair or (pair[0] == pair[1] and type(pair[0]) is type(pair[1])):
                    continue
                assert prim in (SHOWING if isinstance(pair[0], str) else ARITHMETIC), atoms


@pytest.mark.parametrize("prim", NAMES)
def test_only_lazy_primitives_pass_over_an_argument(prim: PrimName) -> None:
    columns = [AtomArray(np.array([True, False])) for _ in range(PRIMS[prim].arity)]
    assert (prim in LAZY) == any(look is not None for look in find_looked_at(prim, columns))
