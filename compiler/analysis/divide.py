"""Taking apart an expression of too many variables: which of its parts could have tables of their own.

A table has a row for every combination of leaf values; a part that looks at some of the leaves only has fewer, and the
expression then sees one value, of few, where it saw several. Parts that are ready before the last leaf come first: their
tables find room in earlier layers.
"""

from compiler.domains.facts import Facts
from compiler.options import CompileError
from rasp.graph.nodes import AttentionOp, Constant, Map, Node, list_in_order, list_reachable


class TooLarge(CompileError):
    """An expression has too many combinations of leaf values; with tables for `parts` it has fewer."""

    def __init__(self, error: CompileError, parts: frozenset[Node]) -> None:
        super().__init__(*error.diagnostics)
        self.parts = parts


LONG = 3
"""Terms of a sum from which on it is not looked into, but its terms are."""


def divide_expression(analysis: Facts, node: Node) -> frozenset[Node]:
    """The terms of long sums that are not linear, so that the sums become so; otherwise the topmost parts of the expression
    that look at several of its leaves, but not at all; only early ones if any is. What is materialised already is taken
    apart as if it were not."""
    region = analysis.region(node)
    everything = sum(part is not node and analysis.is_leaf(part) for part in region)
    for part in reversed(region):
        parts = terms(analysis, part) if part is not node else inner_terms(analysis, part)
        curved = frozenset(
            t
            for t in parts
            if not analysis.is_leaf(t)
            and not analysis.is_multiple(t)
            and len(analysis.leaves(t)) < everything
        )
        if len(parts) >= LONG and curved:
            return curved
    depth: dict[Node, int] = {}
    for below in list_reachable([node]):
        depth[below] = max((depth[arg] for arg in below.args), default=0)
        depth[below] += isinstance(below.op, AttentionOp)
    parts = {part for part in region if part is not node and 1 < len(analysis.leaves(part)) < everything}
    early = {part for part in parts if depth[part] < depth[node]}
    return topmost(analysis, node, early) or topmost(analysis, node, parts)


def terms(analysis: Facts, node: Node) -> list[Node]:
    """What is added up."""
    return [node] if analysis.is_leaf(node) else inner_terms(analysis, node)


def inner_terms(analysis: Facts, node: Node) -> list[Node]:
    """The same of an expression that may be materialised; nothing where it is, and no sum."""
    if isinstance(node.op, Map) and node.op.prim in ("add", "sub"):
        return [term for arg in node.args for term in terms(analysis, arg)]
    return [] if analysis.is_leaf(node) else [node]


def topmost(analysis: Facts, node: Node, parts: set[Node]) -> frozenset[Node]:
    """Those of the parts that are met first from above, without what follows from others of them: as leaves of their own
    `depth` and `depth + 1` would be listed in all combinations."""
    met = list_in_order(
        [node], lambda part: () if part in parts else [arg for arg in part.args if not analysis.is_leaf(arg)]
    )
    first = frozenset(parts.intersection(met))
    return frozenset(part for part in first if not follows(analysis, part, first - {part}))


def follows(analysis: Facts, part: Node, others: frozenset[Node]) -> bool:
    """Whether an expression looks at nothing but others, and constants."""
    below = list_in_order([part], lambda node: () if node in others or analysis.is_leaf(node) else node.args)
    return not any(
        analysis.is_leaf(node) and node not in others and not isinstance(node.op, Constant) for node in below
    )
