"""The names that a text defines, as a tree: functions hold the functions and values inside of them."""

from collections.abc import Iterator, Sequence

from lsprotocol import types

from rasp.elaborate.scope import Function
from rasp.graph import Node
from rasp.language_server.describe import detail, value_of
from rasp.language_server.document import Document
from rasp.language_server.names import Definition, bindings
from rasp.language_server.positions import Positions
from rasp.syntax import FunctionDefinition, Statement


def outline(document: Document, positions: Positions) -> list[types.DocumentSymbol]:
    """The symbols of the text, in its order; of a name that is bound several times, the first binding."""
    return list(symbols(document, positions, document.module.statements, None))


def symbols(
    document: Document,
    positions: Positions,
    statements: Sequence[Statement],
    owner: FunctionDefinition | None,
) -> Iterator[types.DocumentSymbol]:
    known: set[str] = set()
    for definition in bindings(document.source, statements, owner):
        name, tree = definition.name, definition.tree
        if name.text in known:
            continue
        known.add(name.text)
        inner = (
            list(symbols(document, positions, tree.body, tree))
            if isinstance(tree, FunctionDefinition)
            else []
        )
        yield types.DocumentSymbol(
            name.text,
            symbol_kind(document, definition),
            positions.range(tree.span),
            positions.range(name.span),
            detail=detail(document, name.text, definition),
            children=inner,
        )


def symbol_kind(document: Document, definition: Definition) -> types.SymbolKind:
    if isinstance(definition.tree, FunctionDefinition):
        return types.SymbolKind.Function
    match value_of(document, definition.name.text, definition):
        case Node() as node:
            return types.SymbolKind.Field if node.is_selector else types.SymbolKind.Variable
        case Function():
            return types.SymbolKind.Function
        case list() | dict():
            return types.SymbolKind.Array
        case None:
            return types.SymbolKind.Variable
        case _:
            return types.SymbolKind.Constant
