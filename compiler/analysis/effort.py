"""How much work and memory one compilation may take: counted, not timed, so that what is refused does not depend on the
machine.

Whoever goes through many numbers says so before: `spend` counts them over all attempts of a compilation, `reserve` refuses
arrays that would not fit beside each other. The search for a hint has a small effort of its own.
"""

from collections.abc import Generator
from contextlib import contextmanager

from compiler.analysis.refusal import make_refusal
from compiler.limits import BYTES, CELLS
from rasp.graph.nodes import Graph, Node

VALUE_WORK, VALUE_BYTES = 500, 800
"""A value of a domain, an object that is looked up, sorted and turned into a number, in cells and bytes."""
INPUT_WORK, POSITION_WORK, CONTEXT_BYTES = 20_000, 20, 160
"""Evaluating one expression on one input: in cells, for itself and for each position; bytes of a position."""
OPTIONAL_SHARE = 1 / 4


class Effort:
    """Numbers that a compilation has looked at, over all of its attempts, of at most `most`."""

    def __init__(self, most: float = CELLS.most) -> None:
        self.cells = 0.0
        self.most = most

    def spend(self, graph: Graph, node: Node, cells: float) -> None:
        """Count them. Raises `CompileError` when it becomes too much."""
        if self.cells + cells > self.most:
            message = (
                "this has too many combinations of values, over all the ways to build it that were tried "
                f"(the limit is {self.most:.0e} numbers looked at)"
            )
            raise make_refusal(graph, node, message, CELLS.hint)
        self.cells += cells

    def evaluate(self, graph: Graph, node: Node, longest: int) -> None:
        """To be called before an expression is evaluated on one input of each length. Raises `CompileError` when that is
        too much."""
        positions = longest * (longest + 1) / 2
        self.reserve(graph, node, CONTEXT_BYTES * positions)
        self.spend(graph, node, INPUT_WORK * longest + POSITION_WORK * positions)

    def keep(self, graph: Graph, node: Node, values: int) -> None:
        """To be called before so many different values become a domain, which is kept. Raises `CompileError` when that is
        too much."""
        self.reserve(graph, node, VALUE_BYTES * values)
        self.spend(graph, node, VALUE_WORK * values)

    @contextmanager
    def optional(self) -> Generator[None]:
        """For what only might make a program better: a part of what is left, so that enough stays for what it needs."""
        most = self.most
        self.most = self.cells + (most - self.cells) * OPTIONAL_SHARE
        try:
            yield
        finally:
            self.most = most

    def reserve(self, graph: Graph, node: Node, taken: float) -> None:
        """To be called before so many bytes are taken. Raises `CompileError` when that is too much."""
        if taken > BYTES.most:
            most = f"{BYTES.most / 2**30:.0f} GiB"
            message = f"this would take {taken / 2**30:.1f} GiB of memory at once (the limit is {most})"
            raise make_refusal(graph, node, message, BYTES.hint)
