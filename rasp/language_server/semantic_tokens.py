"""What each name of a text is, for an editor that colours by meaning."""

from collections.abc import Iterator

from lsprotocol import types

from rasp.elaborate.scope import Function
from rasp.graph import Node
from rasp.language_server.describe import value_of
from rasp.language_server.document import Document
from rasp.language_server.names import Definition, resolve
from rasp.language_server.positions import Positions
from rasp.syntax import FunctionDefinition, Name
from rasp.walk import names_in

#: Selectors are shown as properties, constants and whatever else is no s-op as enum members.
TYPES = ("function", "parameter", "variable", "property", "enumMember")
DECLARATION, LIBRARY = 1, 2
LEGEND = types.SemanticTokensLegend(list(TYPES), ["declaration", "defaultLibrary"])


def semantic_tokens(document: Document, positions: Positions) -> types.SemanticTokens:
    """The names in the order of the text, each as five numbers that count from the one before."""
    data: list[int] = []
    line, column = 0, 0
    for name, kind, modifiers in sorted(coloured(document), key=lambda each: each[0].span.start):
        start = positions.position(name.span.start)
        down = start.line - line
        across = start.character - (0 if down else column)
        data += [down, across, positions.units(name.text), TYPES.index(kind), modifiers]
        line, column = start.line, start.character
    return types.SemanticTokens(data)


def coloured(document: Document) -> Iterator[tuple[Name, str, int]]:
    """Name, type and modifiers; nothing for names that mean nothing."""
    for name in names_in(*document.module.statements):
        definition = resolve(document, name)
        if definition is None:
            if document.program.workshop.base.find(name.text) is not None:
                yield name, kind_of(document, name, None), LIBRARY
            continue
        is_declaration = definition.name.span == name.span and definition.source == document.source
        is_library = definition.source.name == "<library>"
        yield name, kind_of(document, name, definition), DECLARATION * is_declaration + LIBRARY * is_library


def kind_of(document: Document, name: Name, definition: Definition | None) -> str:
    if definition is not None and definition.is_parameter:
        return "parameter"
    if definition is not None and isinstance(definition.tree, FunctionDefinition):
        return "function"
    match value_of(document, name.text, definition):
        case Function():
            return "function"
        case Node() as node:
            return "property" if node.is_selector else "variable"
        case None:
            return "variable"
        case _:
            return "enumMember"
