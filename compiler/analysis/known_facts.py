"""What is known about nodes, kept for all attempts of a compilation.

A fact about a node depends on the node, the options, and what is materialised of it and below it; so it holds in every
attempt in which these are the same.
"""

from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import TypeVar

from compiler.effort import Effort
from compiler.options import CompileOptions
from rasp.graph.nodes import Node

T = TypeVar("T")
EVERYWHERE = frozenset({"positional", "counts", "counts by table", "computed"})
"""Facts that do not depend on what is materialised, or on the vocabulary."""


class KnownFacts:
    """What one attempt knows, and adds to. `dividing`: facts where expressions are taken apart are others."""

    def __init__(
        self, effort: Effort, options: CompileOptions, materialised: frozenset[Node], *, dividing: bool
    ) -> None:
        self.effort, self.materialised = effort, materialised
        self._asked = replace(options, prompts=None), dividing
        self._everywhere = effort.facts((options.max_length, options.attention))
        self._below: dict[Node, frozenset[Node]] = {}
        self._memos: dict[Node, dict[Hashable, object]] = {}

    def once(self, name: str, node: Node, compute: Callable[[Node], T]) -> T:
        """`compute(node)`, or what it was when it was asked before. Raises what `compute` raises."""
        memo = self._everywhere if name in EVERYWHERE else self.find(node)
        return self.effort.remember(memo, (name, node), lambda: compute(node))

    def find(self, node: Node) -> dict[Hashable, object]:
        """What is known about nodes in the scope of this one."""
        memo = self._memos.get(node)
        if memo is None:
            memo = self._memos[node] = self.effort.facts(self.scope(node))
        return memo

    def scope(self, node: Node) -> Hashable:
        """What facts about a node depend on besides the node: where it is the same they are."""
        return self._asked, self.list_below(node)

    def list_below(self, node: Node) -> frozenset[Node]:
        """What is materialised of a node and of all below it."""
        known = self._below.get(node)
        if known is None:
            own = frozenset({node}) & self.materialised
            known = self._below[node] = own.union(*map(self.list_below, node.args))
        return known
