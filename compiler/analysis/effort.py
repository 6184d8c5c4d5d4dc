"""How much work one compilation may be: counted, not timed, so that what is refused does not depend on the machine."""

from compiler.analysis.refusal import refuse
from rasp.graph import Graph, Node

MOST_CELLS = 1e9
"""From ten seconds to a minute of a present-day core, most compilations needing a hundredth."""


class Effort:
    """Numbers that a compilation has looked at, over all of its attempts."""

    def __init__(self) -> None:
        self.cells = 0.0

    def spend(self, graph: Graph, node: Node, cells: float) -> None:
        """Count them. Raises `CompileError` when it becomes too much."""
        self.cells += cells
        if self.cells > MOST_CELLS:
            raise refuse(
                graph,
                node,
                "this has too many combinations of values, over all the ways to build it that were tried",
                "compute it in smaller steps, or compile for fewer tokens or a shorter length",
            )
