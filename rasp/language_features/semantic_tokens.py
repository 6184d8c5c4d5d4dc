"""What each name of a text is, for an editor that colours by meaning."""

from collections.abc import Iterator

from lsprotocol import types

from rasp.language_features.document import Document
from rasp.language_features.hover import find_role
from rasp.language_features.positions import Positions
from rasp.language_features.symbols import resolve_name
from rasp.library.load import LIBRARY_NAME
from rasp.syntax.syntax_tree import Name
from rasp.syntax.walk import list_names_in

#: Role → type of token.
ROLES: dict[str, str] = {
    "function": "function",
    "parameter": "parameter",
    "selector": "property",
    "s-op": "variable",
    "list": "enumMember",
    "constant": "enumMember",
    "unknown": "variable",
}
TYPES = tuple(dict.fromkeys(ROLES.values()))
DECLARATION, LIBRARY = 1, 2
LEGEND = types.SemanticTokensLegend(list(TYPES), ["declaration", "defaultLibrary"])


def list_semantic_tokens(document: Document, positions: Positions) -> types.SemanticTokens:
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
    for name in list_names_in(*document.module.statements):
        definition = resolve_name(document, name)
        if definition is None:
            if document.program.workshop.base.find(name.text) is not None:
                yield name, ROLES[find_role(document, name.text, None)], LIBRARY
            continue
        is_declaration = definition.name.span == name.span and definition.source == document.source
        is_library = definition.source.name == LIBRARY_NAME
        yield (
            name,
            ROLES[find_role(document, name.text, definition)],
            DECLARATION * is_declaration + LIBRARY * is_library,
        )
