"""TABLES of names: what may not be bound; and what to say about a name that does not exist."""

from collections.abc import Iterable

from rasp.diagnostics import suggest_word
from rasp.syntax.foreign import NAMES, WORDS

FORM_NAMES = ("select", "aggregate", "range", "zip", "len", "round", "indicator")

#: Names that cannot be bound anywhere. The library's are protected only at the top level of a file.
RESERVED = frozenset(
    {"tokens_asis", "tokens_str", "tokens_int", "tokens_bool", "tokens_float", "indices", "True", "False"}
    | {"out", "range", "zip", "len", "get", "round", "indicator"}
)


def find_likely_name(name: str, known: Iterable[str]) -> str:
    """What is meant by a name from elsewhere, or by one that is nearly one of those that are known; empty where neither."""
    return NAMES.get(name) or WORDS.get(name) or suggest_word(name, known)


def find_hint(name: str, known: Iterable[str], called: bool = False) -> str:
    """What to do about a name that is nowhere bound. `known` are those that are; `called` says that arguments follow,
    so that a function is missing.
    """
    if name in FORM_NAMES:
        return f"`{name}` is not a value by itself: call it, as in {name}(…)"
    if likely := find_likely_name(name, known):
        return likely
    if called:
        return (
            f"no such function is above or in the library; it is defined by `def {name}(…) {{ return …; }}`"
        )
    return f'a text stands in quotes: "{name}"'
