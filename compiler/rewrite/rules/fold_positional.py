"""Compute at compile time what the position alone decides.

    selector_width(select(indices, indices, <=))                                 becomes     [1, 2, 3, …][indices]
    aggregate(select(tokens, "a", ==) and select(tokens, "b", ==), tokens, "-")  becomes     "-"

for every aggregate and width whose value is known to be the same at position i for all inputs of all lengths. The table is
free: it goes into the position embedding. Falls: the number of attention results.
"""

import numpy as np

from compiler.analysis.infer import Analysis
from compiler.domains.contexts import Context
from compiler.domains.rows import Relation
from compiler.options import CompileError
from compiler.selector_facts.selectors import bound_width
from rasp.graph.nodes import Aggregate, Constant, Indices, Map, Node, Width
from rasp.values import make_const


def fold_positional(analysis: Analysis, node: Node) -> Node | None:
    """The rule."""
    relation = known(analysis, node)
    if relation is None or Context.LENGTH in relation.depends:
        return None
    values = relation.domain.values
    if len(values) == 1:
        return analysis.graph.add(Constant(make_const(values[0])))
    if relation.allowed is None or not relation.depends or (relation.allowed.sum(axis=1) > 1).any():
        return None
    # Where no input has a value, any will do.
    items = tuple(make_const(values[int(code)]) for code in np.argmax(relation.allowed, axis=1))
    return analysis.graph.add(Map("index_list", items), analysis.graph.add(Indices()))


def known(analysis: Analysis, node: Node) -> Relation | None:
    """The values of an attention result by context, where they can be few."""
    if not isinstance(node.op, Aggregate | Width):
        return None
    try:
        with analysis.effort.optional():
            return None if is_open_mean(analysis, node) else analysis.relation(node)
    except CompileError:  # another rule may still replace it
        return None


def is_open_mean(analysis: Analysis, node: Node) -> bool:
    """Whether a node is a mean of what the tokens decide, which has many values."""
    if not isinstance(node.op, Aggregate) or not analysis.sees_tokens(node):
        return False
    return bound_width(analysis, node.args[0]) > 0 and not analysis.transports(node)
