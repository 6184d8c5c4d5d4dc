"""Count the parts of a disjunction apart.

    selector_width(a or b)     becomes     selector_width(a) + selector_width(b)     when a and b exclude each other

Counts come out of attention as linear numbers (`compiler/numerics/count_precision.py`), so the sum is free, while one
head for both needs a column for every combination of their keys: a lexicographic order on m tokens and n positions
takes m + n columns in two heads and m·n in one. Falls: the number of `or` below widths.

Two parts exclude each other when one requires a comparison whose opposite the other requires, as `k < k` and
`k == k`, or when no pair of values satisfies both.
"""

import numpy as np

from compiler.analysis.infer import Analysis
from compiler.limits import PAIRS
from compiler.selector_facts.matching import Combined, judge_pairs
from compiler.selector_facts.selector_formula import Comparison, Formula, list_conjuncts
from rasp.graph.nodes import Node, Or, Width


def split_width(analysis: Analysis, node: Node) -> Node | None:
    """The rule."""
    match node.op, node.args:
        case Width(), (Node(Or(), (a, b)),) if excludes_each_other(analysis, a, b):
            graph = analysis.graph
            return graph.map("add", graph.add(Width(), a), graph.add(Width(), b))
        case _:
            return None


def excludes_each_other(analysis: Analysis, a: Node, b: Node) -> bool:
    """Whether no pair of positions is selected by both."""
    return any(clash(analysis, x, y) for x in list_conjuncts(a) for y in list_conjuncts(b))


def clash(analysis: Analysis, x: Formula, y: Formula) -> bool:
    """Whether two comparisons of the same key and query are never both true."""
    match x, y:
        case Comparison(_, key, query), Comparison(_, other_key, other_query):
            if (key, query) != (other_key, other_query):
                return False
            keys, queries = analysis.domain(key), analysis.domain(query)
            if len(keys) * len(queries) > PAIRS.most:
                return False
            k = Combined(key, (key,), np.arange(len(keys))[:, None])
            q = Combined(query, (query,), np.arange(len(queries))[:, None])
            return not (judge_pairs(analysis, x, k, q) & judge_pairs(analysis, y, k, q)).any()
        case _:
            return False
