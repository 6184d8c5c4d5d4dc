"""How much work and memory one compilation may take: counted, not timed, so that what is refused does not depend on the
machine.

Whoever goes through many numbers says so before: `spend` counts them over all attempts of a compilation, `reserve` refuses
arrays that would not fit beside each other. The search for a hint has a small effort of its own.
"""

from compiler.analysis.refusal import refuse
from rasp.graph import Graph, Node

MOST_CELLS = 1e9
"""From ten seconds to a minute of a present-day core, most compilations needing a hundredth."""
HINT_CELLS = 5e7
"""For finding out what to advise: a second or two."""
MOST_BYTES = 2.0**30
"""Of the arrays that one step of an analysis makes at a time."""
STEPS_HINT = "compute it in smaller steps, or compile for fewer tokens or a shorter length"


class Effort:
    """Numbers that a compilation has looked at, over all of its attempts, of at most `most`."""

    def __init__(self, most: float = MOST_CELLS) -> None:
        self.cells = 0.0
        self.most = most

    def spend(self, graph: Graph, node: Node, cells: float) -> None:
        """Count them. Raises `CompileError` when it becomes too much."""
        self.cells += cells
        if self.cells > self.most:
            message = (
                "this has too many combinations of values, over all the ways to build it that were tried "
                f"(the limit is {self.most:.0e} numbers looked at)"
            )
            raise refuse(graph, node, message, STEPS_HINT)

    def reserve(self, graph: Graph, node: Node, taken: float) -> None:
        """To be called before so many bytes are taken. Raises `CompileError` when that is too much."""
        if taken > MOST_BYTES:
            most = f"{MOST_BYTES / 2**30:.0f} GiB"
            message = f"this would take {taken / 2**30:.1f} GiB of memory at once (the limit is {most})"
            raise refuse(graph, node, message, STEPS_HINT)
