"""The parts of a text that can be folded away: what stands on several lines, and comments of several lines."""

from collections.abc import Iterator

from lsprotocol import types

from rasp.language_features.document import Document
from rasp.syntax.syntax_tree import DictDisplay, For, FunctionDefinition, ListDisplay
from rasp.syntax.walk import walk_trees

FOLDED = FunctionDefinition | For | ListDisplay | DictDisplay


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
