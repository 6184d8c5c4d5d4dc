"""How many combinations of values a look-up may have to list."""

from math import prod

from compiler.analysis.infer import Analysis
from rasp.graph.nodes import Node


def count_combinations(analysis: Analysis, *parts: Node) -> int:
    """Of the values of all that some expressions depend on, whether or not they occur together. Raises `CompileError` where
    those values cannot be told."""
    leaves = dict.fromkeys(leaf for part in parts for leaf in analysis.leaves(part))
    return prod(len(analysis.domain(leaf)) for leaf in leaves)
