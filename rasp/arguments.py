"""What a Python caller gives to a public function: checked where the package is entered, in the caller's words."""

import math
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Literal, cast, get_args

from rasp.diagnostics import Diagnostic, RaspError
from rasp.source import Source
from rasp.values import KINDS, Atom, is_atom, show_value

Attention = Literal["full", "causal"]
ATTENTIONS: tuple[Attention, ...] = get_args(Attention)
#: Python's types by the names that messages have for them.
NAMES: dict[str, str] = {
    "str": "a string",
    "int": "an integer",
    "float": "a float",
    "bool": "a boolean",
    "NoneType": "None",
    "list": "a list",
    "tuple": "a tuple",
    "dict": "a dict",
    "set": "a set",
    "bytes": "bytes",
    "function": "a Python function",
}


def name_value(value: object) -> str:
    """What a Python value is, for a message; of short atoms and None also which."""
    kind = type(value).__name__
    name = NAMES.get(kind, f"a value of the type {kind}")
    return f"{name} {show_value(value)}" if is_atom(value) and len(str(value)) <= 40 else name


def report_wrong_kind(what: str, wanted: str, value: object, hint: str = "") -> Diagnostic:
    """`what` has to be `wanted`, and `value` is not."""
    return Diagnostic(f"{what} has to be {wanted}, got {name_value(value)}", hint=hint, code="argument")


def check_attention(attention: object) -> Diagnostic | None:
    """What is wrong with the name of an attention, if anything."""
    if attention in ATTENTIONS:
        return None
    shown = repr(attention) if isinstance(attention, str) else name_value(attention)
    return Diagnostic(f"there is no attention called {shown}", hint="use full or causal", code="argument")


def check_evaluation(outputs: object, node: type, inputs: object, attention: object) -> None:
    """Raises `RaspError` unless there is a collection of nodes, one of inputs (a string is one input, not several), and
    an attention of that name.
    """
    problem = check_attention(attention)
    told: object = outputs
    if not isinstance(outputs, Collection) or not all(
        isinstance(part, node) for part in cast("Collection[object]", outputs)
    ):
        problem = report_wrong_kind(
            "`outputs`", "a list of nodes", told, "a program gives them: `program.sop(EXPR)`"
        )
    elif not isinstance(inputs, Collection) or isinstance(inputs, str | bytes):
        problem = report_wrong_kind("`inputs`", "a list of inputs", inputs, 'one input is the list ["abc"]')
    if problem:
        raise RaspError(problem)


def convert_atoms(values: Sequence[object]) -> tuple[Atom, ...] | None:
    """The values, numpy's numbers and strings as Python's; None if one is no atom."""
    if set(map(type, values)) <= KINDS.keys():
        return tuple(values)  # pyright: ignore[reportReturnType]
    found = [value if is_atom(value) else plain(value) for value in values]
    return tuple(found) if all(map(is_atom, found)) else None  # pyright: ignore[reportReturnType]


def plain(value: object) -> object:
    """What a scalar of numpy's or torch's holds; anything else as it is."""
    item = getattr(value, "item", None)
    return item() if callable(item) and getattr(value, "ndim", 1) == 0 else value


def convert_path(given: object, what: str = "`folder`") -> Path:
    """A path. Raises `RaspError` for anything else."""
    if not isinstance(given, str | Path):
        raise RaspError(report_wrong_kind(what, "a path", given, "a string, or a `Path` of `pathlib`"))
    return Path(given)


def convert_source(given: object) -> Source | None:
    """A source, or a text as one; None for anything else."""
    match given:
        case Source():
            return given
        case str():
            return Source("<text>", given)
        case _:
            return None


def find_input_problem(sequence: Sequence[Atom], types: frozenset[type]) -> str:
    """What is wrong with an input whose elements have these types, in the user's words; "" if nothing is."""
    if len(sequence) == 0:
        return "the input is empty; a sequence has at least one element"
    if not types <= {int, float, bool, str}:
        wrong = next(value for value in sequence if not is_atom(value))
        return f"the input holds {show_value(wrong)}, which is not a number, string or boolean"
    if float in types:
        for value in sequence:
            if isinstance(value, float) and not math.isfinite(value):
                return f"the input holds {value}, which is not a finite number"
    return ""
