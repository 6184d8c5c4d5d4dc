"""Finding the text behind `load "path"`.

In: the path as written and the name of the text that loads it. Out: a `Source`, or nothing. Where texts come
from is an argument: the file system, or a dict of texts that were recorded earlier (a checkpoint carries all
it needs). Both are asked for the same names in the same order, so that a recorded program loads the same
texts.
"""

import os
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rasp.source import Source
from rasp.values import ValueProblem

PROGRAMS = "programs"
LIBRARY_NAME = "<library>"
"""What messages call the text of the library, which is nowhere for its users."""
PACKAGE = Path(__file__).resolve().parents[1]
#: The folders in which the programs that come with the language may be: in the package, where it is installed;
#: beside it in a clone.
SHIPPED = (PACKAGE, PACKAGE.parent)


class Loader(Protocol):
    """Where texts come from."""

    def read(self, name: str) -> str | None:
        """The text called `name`, or None. Raises `ValueProblem` if it exists but is not readable text."""
        ...


@dataclass(frozen=True)
class Files:
    """Texts are files; relative names start at the working directory. Names in `programs/` that are not there are
    those of the programs that come with the language.
    """

    def read(self, name: str) -> str | None:
        path = find_file(name)
        try:
            return path.read_text(encoding="utf-8") if path.is_file() else None
        except UnicodeDecodeError:
            raise ValueProblem(f"{name} is not a text file in UTF-8") from None
        except (OSError, ValueError) as error:
            reason = (
                error.strerror if isinstance(error, OSError) and error.strerror else "the name is not valid"
            )
            raise ValueProblem(f"{name} cannot be read: {reason}") from None


def find_file(name: str, root: Path = Path()) -> Path:
    """The file of a text below `root`; if there is none, one of `programs/` that comes with the language, if there is."""
    here = root / name
    if not name.startswith(f"{PROGRAMS}/"):
        return here
    return next(
        (path for path in (here, *(folder / name for folder in SHIPPED)) if os.path.isfile(path)), here
    )


@dataclass(frozen=True)
class Texts:
    """Texts are given by name."""

    texts: Mapping[str, str]

    def read(self, name: str) -> str | None:
        return self.texts.get(name)


def candidates(path: str, loading: str) -> Iterator[str]:
    """The names to try: beside the loading text, in the working directory, in `programs/`."""
    spellings = (f"{path}.rasp", path) if path.endswith(".rasp") else (f"{path}.rasp",)
    for folder in (posixpath.dirname(loading), "", PROGRAMS):
        for spelling in spellings:
            yield posixpath.normpath(posixpath.join(folder, spelling))


def find_text(loader: Loader, path: str, loading: str) -> Source | None:
    """The first text that exists among the candidates."""
    for name in dict.fromkeys(candidates(path, loading)):
        text = loader.read(name)
        if text is not None:
            return Source(name, text)
    return None
