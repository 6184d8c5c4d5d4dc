"""The types between stages: what holds arrays is the same only as itself, since `==` of arrays is no answer."""

import dataclasses
import importlib
from collections.abc import Iterator
from typing import Any, get_args, get_origin, get_type_hints

import networkx
import numpy as np
import pytest
import torch

from compiler.blocks.block import Head
from compiler.blocks.form import Form, Variable
from compiler.emit.weights import Weights
from compiler.options import CompileOptions
from compiler.plan.layout import Layout
from compiler.report.parts import Part
from rasp.graph.nodes import Node
from tests.project.test_architecture import FILES


def find_dataclasses() -> Iterator[type]:
    """Every dataclass of both packages, where it is defined."""
    for name in FILES:
        if not name.endswith("__main__"):
            for found in vars(importlib.import_module(name)).values():
                if isinstance(found, type) and found.__module__ == name and dataclasses.is_dataclass(found):
                    yield found


def inside(hint: Any) -> Iterator[Any]:
    """The types that a type is made of: those of `dict[str, tuple[Form, ...]]` are dict, str, tuple and Form."""
    yield get_origin(hint) or hint
    for part in get_args(hint):
        yield from inside(part)


CLASSES = {f"{found.__module__}.{found.__qualname__}": found for found in find_dataclasses()}
#: From each dataclass to the types of its fields.
MADE_OF = networkx.DiGraph(
    (found, part)
    for found in CLASSES.values()
    for hint in get_type_hints(found).values()
    for part in inside(hint)
    if isinstance(part, type)
)
HOLD_ARRAYS = {
    holder
    for array in MADE_OF
    if issubclass(array, np.ndarray | torch.Tensor)
    for holder in networkx.ancestors(MADE_OF, array)
}


@pytest.mark.parametrize("name", [name for name, found in CLASSES.items() if found in HOLD_ARRAYS])
def test_what_holds_arrays_compares_by_identity(name: str) -> None:
    found = CLASSES[name]
    assert found.__eq__ is object.__eq__ and found.__hash__ is object.__hash__, "make it `eq=False`"


def test_the_walk_finds_what_there_is() -> None:
    """Also through mappings, tuples and unions; and not too much."""
    assert {Form, Head, Part, Layout, Weights} <= HOLD_ARRAYS
    assert not {Node, Variable, CompileOptions} & HOLD_ARRAYS


def test_equal_forms_are_two() -> None:
    one, other = (Form({}, 1.0) for _ in range(2))
    assert one == one and one != other and len({one, other}) == 2
