"""Take a choice between numbers apart where all that it depends on has too many combinations.

    a if c else b      becomes      (a if c else 0) + (b if not (c) else 0)        for whole numbers a and b

as `take_choices_apart` does, which is tried for the others. Of very many combinations a look-up would be too much work,
or there is none. Falls: the combinations of all choices.
"""

from compiler.analysis.combinations import count_combinations
from compiler.analysis.infer import Analysis
from compiler.options import CompileError
from compiler.rewrite.tried_rules.take_choices_apart import take_choices_apart
from rasp.graph.nodes import Map, Node

MANY_COMBINATIONS = 52_000
"""Combinations up to which a choice is looked up whole, if taking it apart is not smaller."""


def split_choice(analysis: Analysis, node: Node) -> Node | None:
    """The rule."""
    many = node.op == Map("if") and has_many_combinations(analysis, *node.args)
    return take_choices_apart(analysis, node) if many else None


def has_many_combinations(analysis: Analysis, *parts: Node) -> bool:
    """Whether a look-up would be of too many combinations, or cannot be told of how many."""
    try:
        return count_combinations(analysis, *parts) > MANY_COMBINATIONS
    except CompileError:
        return True
