"""The names that a text defines, as a tree: functions hold the functions and values inside of them."""

from collections.abc import Iterator, Sequence

from lsprotocol import types

from rasp.language_features.document import Document
from rasp.language_features.hover import describe_kind, find_role
from rasp.language_features.positions import Positions
from rasp.language_features.symbols import list_bindings
from rasp.syntax.syntax_tree import FunctionDefinition, Statement

#: Role → symbol.
KINDS: dict[str, types.SymbolKind] = {
    "function": types.SymbolKind.Function,
    "selector": types.SymbolKind.Field,
    "s-op": types.SymbolKind.Variable,
    "list": types.SymbolKind.Array,
    "constant": types.SymbolKind.Constant,
    "unknown": types.SymbolKind.Variable,
}


def list_outline(document: Document, positions: Positions) -> list[types.DocumentSymbol]:
    """The symbols of the text, in its order; of a name that is bound several times, the first binding."""
    return list(symbols(document, positions, document.module.statements, None))


def symbols(
    document: Document,
    positions: Positions,
    statements: Sequence[Statement],
    owner: FunctionDefinition | None,
) -> Iterator[types.DocumentSymbol]:
    known: set[str] = set()
    for definition in list_bindings(document.source, statements, owner):
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
            KINDS[find_role(document, name.text, definition)],
            positions.range(tree.span),
            positions.range(name.span),
            detail=describe_kind(document, name.text, definition),
            children=inner,
        )
