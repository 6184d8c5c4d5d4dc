"""Compute at compile time what the position alone decides.

    selector_width(select(indices, indices, <=))     becomes     [1, 2, 3, …][indices]

for every aggregate and width whose value is the same at position i for all inputs of all lengths; the interpreter
says what it is. The table is free: it goes into the position embedding. Falls: the number of attention results.
"""

import numpy as np

from compiler.analysis.infer import Analysis
from rasp.graph import Aggregate, Constant, Indices, Map, Node, Width
from rasp.values import const


def fold_positional(analysis: Analysis, node: Node) -> Node | None:
    """The rule."""
    if not isinstance(node.op, Aggregate | Width) or analysis.sees_tokens(node):
        return None
    relation = analysis.relation(node)
    if "n" in relation.depends or (not relation.depends and len(relation.domain) > 1):
        return None
    values = relation.domain.values
    if len(values) == 1:
        return analysis.graph.add(Constant(const(values[0])))
    assert relation.allowed is not None
    # Where no input has a value, any will do.
    items = tuple(const(values[int(code)]) for code in np.argmax(relation.allowed, axis=1))
    return analysis.graph.add(Map("index_list", items), analysis.graph.add(Indices()))
