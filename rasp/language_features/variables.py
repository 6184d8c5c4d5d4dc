"""The occurrences of each variable: in a text, and in the texts below the open folder that load it.

A variable is a name in a scope: that of a text's top level, of a function or of a comprehension. It may be bound
several times. The names in `# compile:` and `# example:` lines are occurrences too.
"""

import os
import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rasp.language_features.document import Document, read_document
from rasp.language_features.symbols import Definition, find_name_at, resolve_at_end, resolve_name
from rasp.source import Source, Span
from rasp.syntax.parser import parse_expression
from rasp.syntax.syntax_tree import Name
from rasp.syntax.walk import list_names_in
from rasp.values import ValueProblem

#: Of a larger folder only the texts that are open are searched.
MOST_ENTRIES = 20_000
SKIPPED = ("node_modules", "__pycache__")


@dataclass(frozen=True)
class Variable:
    """A name, the path of the text that binds it, and the offset of the scope in it; None at top level."""

    name: str
    path: str
    scope: int | None


@dataclass(frozen=True)
class Occurrence:
    """Where a text has a name, and the definition that it belongs to."""

    span: Span
    definition: Definition
    variable: Variable

    @property
    def is_binding(self) -> bool:
        return self.definition.name.span == self.span


def normalise_path(document: Document, source: Source) -> str:
    """One path for a text, however it was found."""
    return posixpath.normpath(str(document.buffers.path(source.name)))


def find_variable(document: Document, definition: Definition) -> Variable:
    scope = definition.scope
    path = normalise_path(document, definition.source)
    return Variable(definition.name.text, path, None if scope is None else scope.span.start)


def list_occurrences(document: Document) -> Iterator[Occurrence]:
    """All names of a text that are defined somewhere, in the order of the text, those of directives last."""
    for name in list_names_in(*document.module.statements):
        yield from occurrence(document, name, resolve_name(document, name))
    for name in directive_names(document):
        yield from occurrence(document, name, resolve_at_end(document, name))


def occurrence(document: Document, name: Name, definition: Definition | None) -> Iterator[Occurrence]:
    if definition is not None:
        yield Occurrence(name.span, definition, find_variable(document, definition))


def directive_names(document: Document) -> Iterator[Name]:
    """The names in the expressions of `# compile:` and `# example:` lines, at their places in the text."""
    for line in (*document.directives.compiles, *document.directives.examples):
        start = line.span.start
        for name in list_names_in(parse_expression(Source("<directive>", line.expression))):
            yield Name(name.text, Span(start + name.span.start, start + name.span.end))


def find_definition_at(document: Document, place: int) -> tuple[Span, Definition] | None:
    """The name at an offset and its definition, if it has one."""
    name = find_name_at(document.module, place)
    if name is not None:
        definition = resolve_name(document, name)
    else:
        near = [each for each in directive_names(document) if each.span.start <= place <= each.span.end]
        name = near[0] if near else None
        definition = resolve_at_end(document, name) if name else None
    return (name.span, definition) if name and definition else None


def list_undefined_uses(document: Document, place: int) -> list[Span]:
    """Where a text has the name at an offset that no text defines, as those of the language itself: `indices`, `tokens`."""
    named = [(name, resolve_name(document, name)) for name in list_names_in(*document.module.statements)]
    named += [(name, resolve_at_end(document, name)) for name in directive_names(document)]
    undefined = [name for name, definition in named if definition is None]
    here = {name.text for name in undefined if name.span.start <= place <= name.span.end}
    return [name.span for name in undefined if name.text in here]


def list_texts_with(document: Document, word: str) -> Iterator[Document]:
    """The document, and every other text that is open or lies below the folder, if the word is in it."""
    yield document
    known = {normalise_path(document, document.source)}
    for path in dict.fromkeys((*document.buffers.texts, *files_below(document.buffers.root))):
        if posixpath.normpath(path) in known:
            continue
        known.add(posixpath.normpath(path))
        try:
            text = document.buffers.read(path)
        except ValueProblem:
            continue
        if text and word in text:
            yield read_document(Source(path, text), document.buffers)


def files_below(root: Path) -> list[str]:
    """The programs below a folder; none if that is too large to be a folder of programs."""
    found: list[str] = []
    entries = 0
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(each for each in folders if not each.startswith(".") and each not in SKIPPED)
        entries += len(folders) + len(files)
        if entries > MOST_ENTRIES:
            return []
        found += [f"{folder}/{name}" for name in sorted(files) if name.endswith(".rasp")]
    return found


def list_occurrences_by_text(
    document: Document, variable: Variable
) -> dict[str, tuple[Document, list[Occurrence]]]:
    """Path → text and occurrences, of the texts that have the variable."""
    texts: Iterable[Document] = (
        list_texts_with(document, variable.name) if variable.scope is None else [document]
    )
    found = {
        normalise_path(text, text.source): (
            text,
            [each for each in list_occurrences(text) if each.variable == variable],
        )
        for text in texts
    }
    return {path: (text, places) for path, (text, places) in found.items() if places}
