"""What is asked of `without` and `patched`, checked and turned into changes of the decoder."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, NoReturn, cast

import numpy as np
import torch

from compiler.config import Config
from compiler.model.answers import compare_key
from compiler.model.inspection import find_head, find_value
from compiler.report.describe import INPUTS
from compiler.report.known_values import KnownValue
from compiler.transformer.interventions import (
    Change,
    drop_head,
    drop_value,
    place_value,
    replace_embedded,
    replace_head,
    replace_value,
)
from compiler.transformer.problem import make_model_error
from compiler.transformer.record_activations import Activations
from rasp.values import Atom, is_atom, make_typed_key, show_value

SHOWN_VALUES = 20


class Opened(NamedTuple):
    """What is needed of a model: `known` are its values by name, `activations` what goes on for an input."""

    config: Config
    known: Callable[[], Mapping[str, KnownValue]]
    activations: Callable[[Any], Activations]


def list_removals(model: Opened, head: object, value: object) -> list[Change]:
    """The changes that take a head or a value away. Raises `ModelError`."""
    check_choice_of_one(head, value, 'write model.without(head=(0, 1)) or model.without(value="length")')
    if head is not None:
        return drop_head(*find_head(count_heads(model), head))
    return drop_value(find_value(model.known(), value))


def list_patches(model: Opened, source: Any, head: object, value: object) -> list[Change]:
    """The changes that put something else in place of a head or of values. Raises `ModelError`."""
    hint = 'write model.patched(value={"length": 3}), or model.patched("abc", head=(0, 1)): as for the input "abc"'
    check_choice_of_one(head, value, hint)
    if isinstance(value, Mapping):
        if source is not None:
            refuse_patch("values are given, and an input to take them from too", hint)
        given = cast(Mapping[object, object], value)
        return [change for name in given for change in put_value(model, name, given[name])]
    if source is None:
        refuse_patch("there is nothing to put in its place", hint)
    if head is not None:
        return replace_head(*find_head(count_heads(model), head), model.activations(source))
    known, seen = find_value(model.known(), value), model.activations(source)
    if known.name in INPUTS:  # by rows of the embedding: a column of it may be of both
        return put_value(model, known.name, list(source if known.name == INPUTS[0] else range(len(source))))
    return replace_value(known, seen)


def put_value(model: Opened, name: object, given: object) -> list[Change]:
    """The changes that write these values: one for all positions, or a list of them."""
    known = find_value(model.known(), name)
    wanted = list_wanted(known, given)
    if not wanted:
        refuse_patch(
            f"{given!r} is no value of {known.name}", "give one value, or a list with one for each position"
        )
    if known.name in INPUTS:
        of_bos = known.name == INPUTS[1]  # row 0 of the positions is BOS's
        table = model.config.vocabulary if known.name == INPUTS[0] else range(model.config.max_length)
        return replace_embedded(known.name, [find_row(known.name, table, item) + of_bos for item in wanted])
    rows = [find_row(known.name, known.values, item) for item in wanted]
    return place_value(known, torch.from_numpy(np.ascontiguousarray(known.vectors[rows])))


def list_wanted(known: KnownValue, given: object) -> list[object]:
    """What is to be written: one value, or a list of them; a text that is no value itself is the list of its characters."""
    match given:
        case str() if given not in known.values:
            return list(given)
        case list() | tuple():
            return list(cast(Sequence[object], given))
        case _:
            return [given] if is_atom(given) else []


def find_row(name: str, values: Sequence[Atom], value: Any) -> int:
    """The number of a value in a list, of the same kind if 1 and 1.0 are both there. Raises `ModelError`."""
    if is_atom(value):
        same = [k for k, other in enumerate(values) if compare_key(other) == compare_key(value)]
        exact = [k for k in same if make_typed_key(values[k]) == make_typed_key(value)]
        if same:
            return (exact or same)[0]
    shown = ", ".join(map(show_value, values[:SHOWN_VALUES]))
    more = f" and {len(values) - SHOWN_VALUES} more" if len(values) > SHOWN_VALUES else ""
    refuse_patch(f"{value!r} is no value that {name} can have", f"it can have {shown}{more}")


def count_heads(model: Opened) -> list[int]:
    """How many heads each layer has."""
    return [len(layer.heads) for layer in model.config.layers]


def check_choice_of_one(head: object, value: object, hint: str) -> None:
    """Raise `ModelError` unless a head or a value is named."""
    if (head is None) == (value is None):
        refuse_patch("name a head or a value, and not both", hint)


def refuse_patch(message: str, hint: str) -> NoReturn:
    raise make_model_error(message, hint, "patch")
