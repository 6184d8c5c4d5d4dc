"""The ids of a vocabulary, by which inputs are looked up."""

from compiler.config import Config
from rasp.values import Atom


def list_token_ids(config: Config) -> dict[type, dict[Atom, int]]:
    """The ids of the vocabulary, by kind; floats by how they are written."""
    ids: dict[type, dict[Atom, int]] = {}
    for i, token in enumerate(config.vocabulary):
        ids.setdefault(type(token), {})[repr(token) if type(token) is float else token] = i
    return ids
