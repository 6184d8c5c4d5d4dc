"""Renaming a variable everywhere, or refusing to: afterwards every name has to belong to the definition that it belonged
to, and the programs have to mean what they meant.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rasp.diagnostics import Diagnostic, RaspError
from rasp.elaborate.names import RESERVED
from rasp.graph.nodes import Node
from rasp.graph.text import print_graph
from rasp.language_features.document import Document, read_document
from rasp.language_features.symbols import Definition
from rasp.language_features.variables import (
    Occurrence,
    find_definition_at,
    find_variable,
    list_occurrences,
    list_occurrences_by_text,
    list_texts_with,
    normalise_path,
)
from rasp.library.load import LIBRARY_NAME
from rasp.source import Source, Span
from rasp.syntax.lexer import tokenize_text


def refusal(message: str) -> RaspError:
    """Why a name cannot become another one."""
    return RaspError(Diagnostic(message, code="rename"))


@dataclass(frozen=True)
class Renaming:
    """Path → text, and what is to be replaced there by `name`."""

    texts: Mapping[str, tuple[Source, Sequence[Span]]]
    name: str

    @property
    def places(self) -> Sequence[tuple[Source, Sequence[Span]]]:
        return list(self.texts.values())

    def spans(self, path: str) -> Sequence[Span]:
        return self.texts[path][1] if path in self.texts else ()

    def moved(self, path: str, offset: int) -> int:
        """Where an offset of a text is afterwards."""
        before = [span for span in self.spans(path) if span.end <= offset]
        return offset + sum(len(self.name) - (span.end - span.start) for span in before)

    def renamed(self, path: str, text: str) -> str:
        for span in sorted(self.spans(path), key=lambda span: -span.start):
            text = text[: span.start] + self.name + text[span.end :]
        return text


def find_renamable(document: Document, place: int) -> tuple[Span, Definition]:
    """The name at an offset and what it belongs to. Raises `RaspError`."""
    found = find_definition_at(document, place)
    if found is None:
        raise refusal("here is no name that this program defines")
    if found[1].source.name == LIBRARY_NAME:
        raise refusal("this is a name of the standard library")
    return found


def rename_variable(document: Document, place: int, name: str) -> Renaming:
    """What to replace so that the variable at an offset is called `name`. Raises `RaspError`."""
    _, definition = find_renamable(document, place)
    check_name(document, definition, name)
    variable = find_variable(document, definition)
    places = list_occurrences_by_text(document, variable)
    for text, _ in places.values():
        if text.module.problems:
            raise refusal(f"first mend what cannot be read in {text.source.name}")
    spans = {path: (text.source, [each.span for each in found]) for path, (text, found) in places.items()}
    renaming = Renaming(spans, name)
    if variable.scope is None:  # others may have the new name from two texts then
        near = {normalise_path(document, text.source): text for text in list_texts_with(document, name)}
        check_meaning(
            document, [*{**near, **{path: text for path, (text, _) in places.items()}}.values()], renaming
        )
    else:
        check_meaning(document, [document], renaming)
    return renaming


def check_name(document: Document, definition: Definition, name: str) -> None:
    """Raises `RaspError` for what cannot be bound there."""
    tokens = tokenize_text(Source("<name>", name))[0]
    if [token.kind for token in tokens] != ["name", "end"] or tokens[0].text != name:
        raise refusal(f"`{name}` is not a name: names are made of letters, digits and `_`")
    if name in RESERVED:
        raise refusal(f"`{name}` is a reserved name")
    if definition.scope is None and name in document.program.workshop.protected:
        raise refusal(f"`{name}` is a name of the standard library")


def check_meaning(document: Document, texts: Sequence[Document], renaming: Renaming) -> None:
    """Raises `RaspError` unless all names belong to what they belonged to, and all values are the same."""
    named = {normalise_path(document, text.source): text for text in texts}
    changed = {path: renaming.renamed(path, text.source.text) for path, text in named.items()}
    buffers = replace(document.buffers, texts={**document.buffers.texts, **changed})
    for path, text in named.items():
        after = read_document(Source(text.source.name, changed[path]), buffers)
        expected = {moved(text, each, renaming) for each in list_occurrences(text)}
        found = {(each.span.start, *home(after, each)) for each in list_occurrences(after)}
        if expected != found or meaning(text) != meaning(after):
            raise refusal(f"`{renaming.name}` already means something in {text.source.name}")


def home(document: Document, each: Occurrence) -> tuple[str, int]:
    """The text and offset of an occurrence's definition."""
    return normalise_path(document, each.definition.source), each.definition.name.span.start


def moved(document: Document, each: Occurrence, renaming: Renaming) -> tuple[int, str, int]:
    """Where an occurrence and its definition are afterwards."""
    path, start = home(document, each)
    here = normalise_path(document, document.source)
    return renaming.moved(here, each.span.start), path, renaming.moved(path, start)


def meaning(document: Document) -> tuple[str, list[str]]:
    """The graph of all that a text makes, and the kinds of its complaints."""
    values = [result.value for result in document.program.results]
    nodes = {f"v{i}": value for i, value in enumerate(values) if isinstance(value, Node)}
    return print_graph(nodes), [diagnostic.code for diagnostic in document.program.diagnostics]
