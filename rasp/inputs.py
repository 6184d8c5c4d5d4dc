"""Inputs as people write them: the one rule by which a text is a sequence, everywhere.

A text that is a JSON list of strings, finite numbers and booleans, and not empty, is that list. Every other text is its
characters: `[]()` four of them, and `[]` two, since no input is empty. Who means the other reading says so (`InputFormat`).
"""

import json
import math
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never, cast

from rasp.values import Atom, ValueProblem, is_atom, show_count

LONGEST_SHOWN = 40
QUOTED = 'a text of brackets stands in quotes, as in "[]()"'


class InputFormat(StrEnum):
    """How texts are to be read: by the rule, or all in one way."""

    AUTO = "auto"
    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True)
class Input:
    """A sequence and how it was read: `note` says so where something else may have been meant, else it is empty."""

    tokens: tuple[Atom, ...]
    note: str = ""


def read_input(text: str, form: InputFormat = InputFormat.AUTO) -> Input:
    """The sequence that a text stands for. As JSON, a string stands for its characters.

    Raises `ValueProblem` only where JSON is asked for and the text is none, or none of a sequence.
    """
    match form:
        case InputFormat.TEXT:
            return Input(tuple(text))
        case InputFormat.JSON:
            return Input(json_sequence(text))
        case InputFormat.AUTO if not text.lstrip().startswith("["):
            return Input(tuple(text))
        case InputFormat.AUTO:
            try:
                found = json_atoms(text)
            except ValueProblem as problem:
                return Input(
                    tuple(text),
                    f"{cut_text(text)} was read as its {show_count(len(text), 'character')}: {problem}",
                )
            return Input(
                found,
                f"{cut_text(text)} was read as a JSON list, not as its {show_count(len(text), 'character')}",
            )
        case _:
            assert_never(form)


def json_sequence(text: str) -> tuple[Atom, ...]:
    """The elements of a JSON list, or the characters of a JSON string. Raises `ValueProblem`."""
    found = read_json_value(text)
    if not isinstance(found, str):
        return convert_to_atoms(found)
    if not found:
        raise ValueProblem("an empty string is no input")
    return tuple(found)


def json_atoms(text: str) -> tuple[Atom, ...]:
    """The elements of a JSON list that may be a sequence. Raises `ValueProblem` with the reason why there are none."""
    return convert_to_atoms(read_json_value(text))


def read_json_value(text: str) -> object:
    """What a JSON text stands for. Raises `ValueProblem` in the user's words."""
    try:
        return json.loads(text, parse_constant=refuse_constant)
    except json.JSONDecodeError as error:
        if error.pos >= len(text.rstrip()):
            raise ValueProblem("it ends before its JSON does") from None
        raise ValueProblem(
            f"it is not JSON from character {error.pos + 1} on, {cut_text(text[error.pos :])}"
        ) from None
    except RecursionError:
        raise ValueProblem("its lists are nested too deeply") from None
    except ValueError:  # Python reads no whole numbers of more than some thousand digits
        raise ValueProblem("it holds a number with too many digits") from None


def refuse_constant(name: str) -> object:
    """What JSON does not have, Python's reader would accept: NaN and the infinities."""
    raise ValueProblem(f"{name} is no JSON")


def convert_to_atoms(value: object) -> tuple[Atom, ...]:
    """The elements of a list that may be a sequence. Raises `ValueProblem`."""
    if not isinstance(value, list):
        raise ValueProblem("it is no JSON list")
    items = cast("list[object]", value)
    if not items:
        raise ValueProblem("an empty list is no input")
    for item in items:
        if not is_atom(item) or (isinstance(item, float) and not math.isfinite(item)):
            raise ValueProblem(f"{cut_text(json.dumps(item))} is not a string, finite number or boolean")
    return cast("tuple[Atom, ...]", tuple(items))


def cut_text(text: str) -> str:
    """A text as it is shown in a message."""
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
