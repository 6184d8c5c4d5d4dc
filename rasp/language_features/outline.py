"""The structure of a text: the names that it defines as a tree, and the parts that can be folded away.

In the tree functions hold the functions and values inside of them. What stands on several lines can be folded, and comments
of several lines.
"""

from collections.abc import Iterator, Sequence

from lsprotocol import types

from rasp.language_features.document import Document
from rasp.language_features.hover import describe_kind, find_role
from rasp.language_features.positions import Positions
from rasp.language_features.symbols import list_bindings
from rasp.syntax.syntax_tree import DictDisplay, For, FunctionDefinition, ListDisplay, Statement
from rasp.syntax.walk import walk_trees

#: Role → symbol.
KINDS: dict[str, types.SymbolKind] = {
    "function": types.SymbolKind.Function,
    "selector": types.SymbolKind.Field,
    "s-op": types.SymbolKind.Variable,
    "list": types.SymbolKind.Array,
    "constant": types.SymbolKind.Constant,
    "unknown": types.SymbolKind.Variable,
}
FOLDED = FunctionDefinition | For | ListDisplay | DictDisplay


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


def list_foldings(document: Document) -> list[types.FoldingRange]:
    """Lines count from 0; the last one of a block with a closing bracket stays in view."""
    return sorted(
        [*blocks(document), *comments(document)], key=lambda found: (found.start_line, found.end_line)
    )


def blocks(document: Document) -> Iterator[types.FoldingRange]:
    for tree in walk_trees(*document.module.statements):
        if isinstance(tree, FOLDED):
            first, last = (
                document.source.position(place)[0] - 1 for place in (tree.span.start, tree.span.end)
            )
            if first < last - 1:
                yield types.FoldingRange(first, last - 1)


def comments(document: Document) -> Iterator[types.FoldingRange]:
    """Comments on lines of their own that follow each other."""
    lines = [document.source.position(comment.span.start)[0] for comment in document.module.comments]
    own = [line for line in lines if document.source.line(line).lstrip().startswith("#")]
    start = 0
    for i, line in enumerate(own):
        if i + 1 < len(own) and own[i + 1] == line + 1:
            continue
        if start < i:
            yield types.FoldingRange(own[start] - 1, line - 1, kind=types.FoldingRangeKind.Comment)
        start = i + 1
