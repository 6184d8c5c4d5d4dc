"""What JSON data has to be, strictly: each takes any value, and raises `ValueError` for one that is something else."""

import re
from typing import TypeVar, cast

from rasp.values import Atom, is_atom

Record = dict[str, object]
Name = TypeVar("Name", bound=str)

HASH = re.compile("[0-9a-f]{64}")


def check_text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a string")
    return value


def check_name(names: tuple[Name, ...], value: object) -> Name:
    """One of the names of a kind."""
    for name in names:
        if name == value:
            return name
    raise ValueError(f"{value!r} is none of {', '.join(map(str, names))}")


def hash_text(value: object) -> str:
    """A sha256 in hexadecimal digits."""
    if not HASH.fullmatch(check_text(value)):
        raise ValueError(f"{value!r} is not a sha256")
    return check_text(value)


def check_size(value: object) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r} is not a size")
    return value


def check_number(value: object) -> int | float:
    if type(value) not in (int, float):
        raise ValueError(f"{value!r} is not a number")
    return cast(int | float, value)


def check_items(value: object) -> list[object]:
    if not isinstance(value, list):
        raise ValueError(f"{value!r} is not a list")
    return cast(list[object], value)


def check_mapping(value: object) -> Record:
    if not isinstance(value, dict):
        raise ValueError(f"{value!r} is not an object")
    return cast(Record, value)


def check_atoms(value: object) -> tuple[Atom, ...]:
    found = tuple(check_items(value))
    if not all(map(is_atom, found)):
        raise ValueError(f"{value!r} is not a list of numbers, strings and booleans")
    return cast(tuple[Atom, ...], found)
