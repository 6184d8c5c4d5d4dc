"""Ask whether a position is there instead of comparing positions with the length.

    indices == length - 1     becomes     aggregate(select(indices, indices + 1, ==), 1, 0) == 0
    indices < length - 3      becomes     aggregate(select(indices, indices + 3, ==), 1, 0) > 0

and so every question about the position and the length whose answer changes once, from no to yes or from yes to no, as the
input becomes longer. The length is a count, whose parts have to be told apart to be compared; that any position is selected
a head finds by one that wins. Mostly, but not always, that is smaller. Falls: the comparisons that depend on the length.
"""

import numpy as np
from numpy.typing import NDArray

from compiler.analysis.infer import Analysis
from compiler.domains.contexts import Context, list_contexts
from compiler.domains.domain import Ints
from compiler.options import CompileError
from compiler.selector_facts.positional import evaluate_positional
from rasp.graph.nodes import Aggregate, Graph, Indices, Map, Node, Select
from rasp.graph.primitive_names import PrimName
from rasp.values import make_const

Answers = NDArray[np.bool_]
"""(context): what a question about the position and the length comes to, over both."""

CONTEXT_WORK = 6
"""Going through the answer in a context, in cells."""


def ask_whether_there(analysis: Analysis, node: Node) -> Node | None:
    """The rule."""
    try:
        answers = find_answers(analysis, node)
    except CompileError:  # lowering says it with more context
        return None
    if answers is None:
        return None
    graph = analysis.graph
    ways: tuple[tuple[PrimName, Answers], ...] = (("gt", answers), ("eq", ~answers))
    for prim, wanted in ways:
        needed = find_needed(wanted, analysis.max_length)
        if needed is not None:
            there = graph.add(Select("=="), graph.add(Indices()), write_positions(graph, needed))
            flag = graph.add(Aggregate(make_const(0)), there, graph.constant(1))
            return graph.map(prim, flag, graph.constant(0))
    return None


def find_answers(analysis: Analysis, node: Node) -> Answers | None:
    """What a question about the position and the length comes to; None for anything else."""
    if not isinstance(node.op, Map) or analysis.is_leaf(node) or analysis.sees_tokens(node):
        return None
    # A head that was made of such a question is not asked again.
    if any(isinstance(leaf.op, Aggregate) for leaf in analysis.leaves(node)):
        return None
    known = evaluate_positional(analysis, node)
    if known is None or Context.LENGTH not in known.depends or known.column.data.dtype != bool:
        return None
    contexts = analysis.max_length * (analysis.max_length + 1) / 2
    analysis.effort.spend(analysis.graph, node, CONTEXT_WORK * contexts, "rows")
    return known.spread(Context.BOTH, analysis.max_length).data


def find_needed(answers: Answers, max_length: int) -> Ints | None:
    """(position): which position an input has exactly if the answer there is yes, `max_length` if it never is; None if
    there is no such position, or nothing to ask."""
    contexts = list_contexts(Context.BOTH, max_length)
    shortest = np.full(max_length, max_length + 1)
    # Contexts come in the order of their lengths: of several for a position the one that is written last is the shortest.
    shortest[contexts.i[answers][::-1]] = contexts.n[answers][::-1]
    if (answers != (contexts.n >= shortest[contexts.i])).any():
        return None
    needed = shortest - 1
    settled = (needed == np.arange(max_length)) | (needed == max_length)
    return None if settled.all() else needed


def write_positions(graph: Graph, positions: Ints) -> Node:
    """One position for all, if each that has another has it as its own; as a sum, if they are one; or listed."""
    size, first = len(positions), int(positions[0])
    if (np.maximum(np.arange(size), first) == positions).all():
        return graph.constant(first)
    if (np.minimum(np.arange(size) + first, size) == positions).all():
        return graph.map("add", graph.add(Indices()), graph.constant(first))
    return graph.add(Map("index_list", tuple(make_const(int(p)) for p in positions)), graph.add(Indices()))
