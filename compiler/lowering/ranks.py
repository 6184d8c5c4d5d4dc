"""In which order variables are worked out: whatever reads one comes before it, so that its demands are complete."""

from typing import assert_never

from compiler.analysis.infer import Analysis
from compiler.blocks.form import Variable
from compiler.reading.counted_positions import count_everything
from compiler.reading.digits import list_leaf_operands
from compiler.reading.reader import Reader
from rasp.graph.nodes import Aggregate, Best, Indices, Node


class Ranks:
    """Ranks of one analysis; keeps what it has worked out."""

    def __init__(self, analysis: Analysis, reader: Reader) -> None:
        self.analysis = analysis
        self.reader = reader
        self._ranks: dict[Node, int] = {}

    def rank(self, variable: Variable) -> int:
        """Higher than the rank of anything that the variable can read."""
        node = variable.node
        match variable.role:
            case "rounded" | "square":
                return 1 + self.rank(self.reader.raw.variable(node))
            case "tally":
                return max(self.rank_of_leaf(leaf) for leaf in self.analysis.leaves(node))
            case "look-up":
                leaves = self.analysis.table(node).leaves
                return 1 + max((self.rank(self.reader.variable(leaf)) for leaf in leaves), default=0)
            case "cosine" | "sine":
                return 0
            case "leaf":
                return self.rank_of_leaf(node)
            case _:
                assert_never(variable.role)

    def rank_of_leaf(self, node: Node) -> int:
        """The same for what no look-up delivers."""
        if self.analysis.is_sum(node):
            return max(
                self.rank(self.reader.summing(node).variable(leaf))
                for arg in node.args
                for leaf in self.analysis.leaves(arg)
            )
        if self.reader.is_counted(Variable(node)):
            return 1 + self.rank(Variable(count_everything(self.analysis.graph)))
        quotient = self.reader.quotient(node)
        if quotient is not None:
            below = self.reader.total(quotient), Variable(self.analysis.graph.add(Indices()))
            return 1 + max(map(self.rank, below))
        if node not in self._ranks:
            below = [Variable(arg, "look-up") for arg in self.list_operands(node)]
            self._ranks[node] = 1 + max(map(self.rank, below), default=-1)
        return self._ranks[node]

    def list_operands(self, node: Node) -> list[Node]:
        """What the heads of a leaf read; of positions that are counted, those that break ties too."""
        operands = list_leaf_operands(self.analysis, node, self.reader.split)
        indices = self.analysis.graph.add(Indices())
        tied = isinstance(node.op, Aggregate) and isinstance(node.args[0].op, Best)
        return [*operands, indices] if tied and self.reader.is_counted(Variable(indices)) else operands
