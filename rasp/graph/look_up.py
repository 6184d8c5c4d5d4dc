"""What it means to look a value up in a list or a dict, and to take a part of a text."""

from collections.abc import Mapping

from rasp.values import Atom, ValueProblem, find_kind, show_value

Parameters = tuple[Atom, ...]


def take_item(items: Parameters, i: Atom) -> Atom:
    """Element of a list; negatives count from the end, as in Python."""
    if not isinstance(i, int):
        raise ValueProblem(f"an index into a list has to be an integer, got {show_value(i)}")
    if not -len(items) <= i < len(items):
        raise ValueProblem(f"index {i} is out of range for a list of length {len(items)}")
    return items[i]


def read_entries(flat: Parameters) -> dict[Atom, Atom]:
    """The dict given as key, value, key, value …"""
    return dict(zip(flat[::2], flat[1::2], strict=True))


def take_entry(table: Mapping[Atom, Atom], key: Atom) -> Atom:
    """Value under `key` in a dict."""
    if key not in table:
        raise ValueProblem(f"{show_value(key)} is not a key of the dict")
    return table[key]


def take_part(_: Parameters, text: Atom, start: Atom, end: Atom) -> Atom:
    """The characters from `start` to before `end`; negatives count from the end, as in Python."""
    if not isinstance(text, str) or isinstance(start, str | float) or isinstance(end, str | float):
        kinds = ", ".join(map(find_kind, (text, start, end)))
        raise ValueProblem(f"`string_slice` takes a string and two integers, not {kinds}")
    return text[start:end]
