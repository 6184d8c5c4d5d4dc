"""The programs that come with the language, as the page may see them: by names out of a list, and no other file."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from rasp.api import find_example_input
from rasp.diagnostics import Diagnostic, RaspError
from rasp.elaborate.program import Program, load_program
from rasp.language_features.document import Buffers, ShownInput
from rasp.library.load import PROGRAMS, SHIPPED, Files
from rasp.source import Source
from rasp.syntax.directives import CompileLine, read_directives

#: No dots and no slashes but these: whatever is asked for, it lies among the programs.
NAME = re.compile(rf"{PROGRAMS}/[a-z_0-9]+/[a-z_0-9]+")


@dataclass(frozen=True)
class ShippedTexts(Buffers):
    """Where a `load` of the page looks: among the shipped programs. What is below `root` is neither read nor listed."""

    def path(self, name: str) -> Path:
        return Path(name)

    def read(self, name: str) -> str | None:
        return self.texts[name] if name in self.texts else read_shipped(name.removesuffix(".rasp"))

    def list_entries(self, folder: Path) -> Sequence[Path]:
        """The folders of programs, and the programs in them."""
        names = [Path(f"{name}.rasp") for name in list_shipped()]
        inside = {entry for name in names for entry in (name, *name.parents) if entry.parent == folder}
        return [found_folder() / entry.relative_to(PROGRAMS) for entry in sorted(inside) if entry != folder]


@dataclass(frozen=True)
class Shipped:
    """One program: `name` is its path without `.rasp`."""

    name: str
    text: str

    @property
    def source(self) -> Source:
        return Source(f"{self.name}.rasp", self.text)

    @property
    def about(self) -> str:
        """Its first sentence."""
        return first_sentence(self.text)

    @property
    def line(self) -> CompileLine:
        """How it is compiled: the first of the lines that say so."""
        return read_directives(self.source).compiles[0]

    @cached_property
    def program(self) -> Program:
        """What it defines."""
        return load_program(self.source, ShippedTexts(Path(), {}))

    def example(self) -> ShownInput:
        """An input that shows what it does."""
        line = self.line
        return ShownInput(find_example_input(self.program, line.expression), line.attention)


def found_folder() -> Path:
    """Where the programs are."""
    return next((folder / PROGRAMS for folder in SHIPPED if (folder / PROGRAMS).is_dir()), Path(PROGRAMS))


def list_shipped() -> list[str]:
    """Their names: folder and file, without the ending."""
    folder = found_folder()
    return sorted(
        f"{PROGRAMS}/{path.relative_to(folder).with_suffix('').as_posix()}" for path in folder.rglob("*.rasp")
    )


def read_shipped(name: str) -> str | None:
    """A program's text; None for what is no name of one, whatever files there are."""
    return Files().read(str(found_folder().parent / f"{name}.rasp")) if NAME.fullmatch(name) else None


def find_shipped(name: str) -> Shipped:
    """A program by its name. Raises `RaspError` where there is none."""
    text = read_shipped(name)
    if text is None:
        raise RaspError(
            Diagnostic(f"there is no program {name}", hint="the gallery lists them", code="no-program")
        )
    return Shipped(name, text)


def first_sentence(text: str) -> str:
    """The first lines of comment, up to an empty one."""
    lines: list[str] = []
    for line in text.splitlines():
        words = line.lstrip("#").strip()
        if not line.startswith("#") or not words:
            break
        lines.append(words)
    return " ".join(lines)
