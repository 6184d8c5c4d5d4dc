"""Give selectors that select the same one form, so that they share one head.

    aggregate(a and b, v) + aggregate(b and a, w)        becomes     aggregate(a and b, v) + aggregate(a and b, w)
    aggregate(not select(k, q, ==), v)                   becomes     aggregate(select(k, q, !=), v)     where that is
    aggregate(s and select(indices, indices, <=), v)     becomes     aggregate(s, v)             under the causal mask

Sound because the order, the grouping and repetitions of what is joined by `and` or `or` do not matter, nor does a
comparison that holds for all values that can meet. Falls: the number of different selectors, or of comparisons in them.
"""

from functools import reduce
from typing import assert_never

from compiler.analysis.infer import Analysis
from compiler.options import CompileError
from compiler.selector_facts.matching import build_matching, is_trivial
from compiler.selector_facts.selector_formula import (
    Comparison,
    Formula,
    Junction,
    Pick,
    list_conjuncts,
    make_junction,
    normalise_selector,
)
from compiler.selector_facts.selectors import contains_best, make_full_selector
from rasp.graph.nodes import Aggregate, And, Best, Graph, Node, Or, Select, Width, count_written

Key = Comparison | Pick | tuple[bool, frozenset["Key"]]


def merge_selectors(analysis: Analysis, node: Node) -> Node | None:
    """The rule."""
    if not isinstance(node.op, Width | Aggregate | Best) or contains_best(node.args[0]):
        return None
    selector = analysis.once("one selector", node.args[0], lambda s: first_like(analysis, s))
    return None if selector is node.args[0] else analysis.graph.add(node.op, selector, *node.args[1:])


def first_like(analysis: Analysis, selector: Node) -> Node:
    """The selector that stands for all that select the same."""
    kept = tuple(part for part in list_conjuncts(selector) if not trivial(analysis, part))
    if not kept:
        selector = make_full_selector(analysis.graph)
    elif length(make_junction(True, kept)) < written(selector):
        selector = rebuilt(analysis.graph, make_junction(True, kept))
    return analysis.first(unordered(normalise_selector(selector)), selector)


def length(part: Formula) -> int:
    """Comparisons in a formula, repeated ones counted again."""
    return sum(map(length, part.parts)) if isinstance(part, Junction) else 1


def written(selector: Node) -> int:
    """The same for a selector."""
    return count_written(selector, lambda part: [arg for arg in part.args if arg.is_selector])


def trivial(analysis: Analysis, part: Formula) -> bool:
    """Whether a part holds for all pairs of values that can meet."""
    try:
        with analysis.effort.optional():
            return is_trivial(build_matching(analysis, part))
    except CompileError:  # too many to look at
        return False


def unordered(part: Formula) -> Key:
    """Equal for formulas that differ in order and grouping only."""
    if isinstance(part, Junction):
        return part.every, frozenset(unordered(p) for p in part.parts)
    return part


def rebuilt(graph: Graph, part: Formula) -> Node:
    """A formula as a selector."""
    match part:
        case Comparison(test, key, query):
            return graph.add(Select(test), key, query)
        case Junction(every, parts):
            nodes = [rebuilt(graph, p) for p in parts]
            return reduce(lambda a, b: graph.add(And() if every else Or(), a, b), nodes)
        case Pick():
            raise AssertionError("a selector with a best in it is left as it is")
        case _:
            assert_never(part)
