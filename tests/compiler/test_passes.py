"""Each rule of the optimiser: the expression before and after, and that both mean the same.

Nodes are hash-consed, so "becomes" is identity: the rewritten graph *is* the graph of the expression on the right.
"""

import inspect
import sys
from itertools import product
from typing import Any

import pytest

from compiler.analysis.infer import Analysis
from compiler.options import CompileError, CompileOptions
from compiler.pipeline import compile_program
from compiler.rewrite import RULES, list_rules
from compiler.rewrite.apply_passes import Passes
from compiler.rewrite.driver import Rule, rewrite_outputs
from compiler.rewrite.order_rules.count_before import count_before
from compiler.rewrite.order_rules.find_last_before import find_last_before
from compiler.rewrite.order_rules.find_middle_two import find_middle_two
from compiler.rewrite.order_rules.find_running_best import find_running_best
from compiler.rewrite.rules.ask_for_any_flag import ask_for_any_flag
from compiler.rewrite.rules.compare_in_head import compare_in_head
from compiler.rewrite.rules.compare_means import compare_means
from compiler.rewrite.rules.count_of_mean import count_of_mean
from compiler.rewrite.rules.drop_constant_mean import drop_constant_mean
from compiler.rewrite.rules.drop_own_position import drop_own_position
from compiler.rewrite.rules.fold_positional import fold_positional
from compiler.rewrite.rules.merge_selectors import merge_selectors
from compiler.rewrite.rules.place_best import place_best
from compiler.rewrite.rules.split_choice import split_choice
from compiler.rewrite.rules.split_default import split_default
from compiler.rewrite.rules.split_or import split_or
from compiler.rewrite.rules.split_width import split_width
from compiler.rewrite.rules.sum_flags import sum_flags
from compiler.rewrite.rules.tell_kinds import tell_kinds
from compiler.rewrite.tried_rules.ask_whether_there import ask_whether_there
from compiler.rewrite.tried_rules.take_choices_apart import take_choices_apart
from rasp.elaborate.program import load_program
from rasp.interpret.evaluate import EvaluationError, evaluate
from rasp.source import Source
from rasp.values import Atom
from tests.kept import check_row
from tests.mutants.changes import Change, every_change

SAME = "select(tokens, tokens, ==)"
BEFORE = "select(indices, indices, <)"
MEAN = f"aggregate({SAME}, indices)"
TOLD = f"({MEAN} + 0.0 if selector_width({SAME}) > 1 else round({MEAN}))"
IS_A = 'select(tokens, "a", ==)'
NUMBER = f"selector_width({IS_A})"
MIXED = f"aggregate({IS_A}, indices if indices < 2 else 0.5, 2.0)"
OF_EITHER = f"(round({MIXED}) if {MIXED} in [0, 1] else {MIXED} + 0.0)"
UP_TO = "select(indices, indices, <=)"
FIRST = "select(indices, 0, ==)"
FLAGS = [
    f'has_focus(select(tokens, "{token}", ==) and select(indices, {k}, >=))'
    for token in "abc"
    for k in range(4)
]
AFTER = "select(indices, indices, >)"
LESS = "selector_width(select(tokens, tokens, <))"
RANK = f"selector_width(select(tokens, tokens, <) or ({SAME} and {BEFORE}))"
#: The lengths 1 … 4 as pairs of `length - 2` and `length`.
LENGTHS = "{-1: 0, 0: 1, 1: 2, 2: 3}[length - 2] + {1: 0, 2: 4, 3: 8, 4: 12}[length]"
BEFORE_A = f'selector_width(select(tokens, "a", ==) and {BEFORE})'
UP_TO_A = f'({BEFORE_A} + indicator(tokens == "a"))'
BEFORE_SAME = f"selector_width({SAME} and {BEFORE})"
AFTER_A = f'selector_width(select(tokens, "a", ==) and {AFTER})'
#: One of 132 numbers at one position, and another at the next.
EARLY = 'aggregate(select(indices, length - 2, ==), indices * 100 + {"a": 0, "b": 1, "c": 2}[tokens])'
LATE = 'aggregate(select(indices, length - 1, ==), indices * 100 + {"a": 0, "b": 1, "c": 2}[tokens])'
FOURTH = 'aggregate(select(indices, length - 4, ==), indices * 100 + {"a": 0, "b": 1, "c": 2}[tokens])'
THIRD = 'aggregate(select(indices, length - 3, ==), indices * 100 + {"a": 0, "b": 1, "c": 2}[tokens])'
SELF = "select(indices, indices, ==)"
FIRST_TOKEN = "aggregate(select(indices, 0, ==), tokens)"
LENGTH = 4
EITHER = f"(selector_width({SAME}) + selector_width({FIRST}) - selector_width({SAME} and {FIRST}))"
SCORE = '{"a": 1, "b": 2, "c": 5}[tokens]'
ONES = f'selector_width(({SAME} or {FIRST}) and select(indicator(tokens == "a"), 1, ==))'


def there(score: int) -> str:
    """Whether there has been so high a score so far."""
    return f"aggregate({UP_TO} and select({SCORE}, {score}, >=), 1, 0)"


def mean_of(token: str, selector: str = UP_TO) -> str:
    return f'aggregate({selector}, indicator(tokens == "{token}"))'


# name: rule, attention, before, after (None: the rule leaves it alone)
CASES: dict[str, tuple[Rule, str, str, str | None]] = {
    "rank is counted in two parts": (
        split_width,
        "full",
        f"selector_width(select(tokens, tokens, <) or ({SAME} and {BEFORE}))",
        f"selector_width(select(tokens, tokens, <)) + selector_width({SAME} and {BEFORE})",
    ),
    "parts that overlap stay together": (split_width, "full", f"selector_width({SAME} or {UP_TO})", None),
    "a prefix is counted by averaging": (
        count_of_mean,
        "full",
        f'round(aggregate({UP_TO}, indicator(tokens == "a")) * (indices + 1))',
        f'selector_width({UP_TO} and select(tokens_asis, "a", ==))',
    ),
    "a sum is a sum of counts": (
        count_of_mean,
        "full",
        'round(length * aggregate(full_s, 2 if tokens == "a" else 0))',
        '2 * selector_width(full_s and select(tokens_asis, "a", ==))',
    ),
    "a number of positions times a mean": (
        count_of_mean,
        "full",
        f'round((indices + 1) * aggregate({UP_TO}, indicator(tokens == "a")))',
        f'selector_width({UP_TO} and select(tokens_asis, "a", ==))',
    ),
    "several values of an expression are looked for as they are": (
        count_of_mean,
        "full",
        'round(length * aggregate(full_s, indicator(tokens_asis in ["a", "b"])))',
        'selector_width(full_s and select(indicator(tokens_asis in ["a", "b"]), 1, ==))',
    ),
    "a difference of means is one of counts": (
        count_of_mean,
        "full",
        f"round((indices + 1) * ({mean_of('a')} - {mean_of('b')}))",
        f'selector_width({UP_TO} and select(tokens_asis, "a", ==))'
        f' - selector_width({UP_TO} and select(tokens_asis, "b", ==))',
    ),
    "a sum of means is one of counts up to so large numbers": (
        count_of_mean,
        "full",
        f'round((indices + 1) * (aggregate({UP_TO}, {2**30} if tokens == "a" else 0) - {mean_of("b")}))',
        f'{2**30} * selector_width({UP_TO} and select(tokens_asis, "a", ==))'
        f' - selector_width({UP_TO} and select(tokens_asis, "b", ==))',
    ),
    "of numbers that are too large it is none": (
        count_of_mean,
        "full",
        f'round((indices + 1) * (aggregate({UP_TO}, {2**30 + 1} if tokens == "a" else 0) - {mean_of("b")}))',
        None,
    ),
    "where one mean is over other positions it is none": (
        count_of_mean,
        "full",
        f"round(length * ({mean_of('a', 'full_s')} - {mean_of('b')}))",
        None,
    ),
    "nothing is counted of zeros": (count_of_mean, "full", "round(length * aggregate(full_s, 0))", "0"),
    "a mean times another number is no count": (
        count_of_mean,
        "full",
        f'round(aggregate({UP_TO}, indicator(tokens == "a")) * (indices + 2))',
        None,
    ),
    "a mean over positions that the tokens choose is none, whatever it is multiplied by": (
        count_of_mean,
        "full",
        f'round(aggregate({SAME}, indicator(tokens == "a")) * (indices + 1))',
        None,
    ),
    "a mean times a number that the tokens choose is no count": (
        count_of_mean,
        "full",
        'round(aggregate(full_s, indicator(tokens == "a")) * (1 if tokens == "a" else length))',
        None,
    ),
    "fractions are not counted": (
        count_of_mean,
        "full",
        "round(aggregate(full_s, indices / 2) * length)",
        None,
    ),
    "a difference of means has the sign of the mean of differences": (
        compare_means,
        "full",
        f'aggregate({UP_TO}, indicator(tokens == "a")) - aggregate({UP_TO}, indicator(tokens == "b")) < 0',
        f'aggregate({UP_TO}, indicator(tokens == "a") - indicator(tokens == "b")) < 0',
    ),
    "0 is compared with a difference": (
        compare_means,
        "full",
        f'0 < aggregate({UP_TO}, indicator(tokens == "a")) - aggregate({UP_TO}, indicator(tokens == "b"))',
        f'aggregate({UP_TO}, indicator(tokens == "b") - indicator(tokens == "a")) < 0',
    ),
    "where nothing is selected, defaults are compared": (
        compare_means,
        "full",
        f'aggregate({BEFORE}, indicator(tokens == "a"), 3) != aggregate({BEFORE}, indicator(tokens == "b"), 1)',
        f'aggregate({BEFORE}, indicator(tokens == "a") - indicator(tokens == "b"), 2) != 0',
    ),
    "means of fractions round": (
        compare_means,
        "full",
        f'aggregate({UP_TO}, indices / 3) == aggregate({UP_TO}, indicator(tokens == "b"))',
        None,
    ),
    "means over two selectors are two": (
        compare_means,
        "full",
        f'aggregate({UP_TO}, indicator(tokens == "a")) == aggregate({BEFORE}, indicator(tokens == "a"))',
        None,
    ),
    "a difference of means is rounded": (
        compare_means,
        "full",
        f'aggregate({UP_TO}, indicator(tokens == "a")) - aggregate({UP_TO}, indicator(tokens == "b"))',
        None,
    ),
    "the position decides a causal length": (
        fold_positional,
        "causal",
        "length",
        "[1, 2, 3, 4][indices]",
    ),
    "length is not decided by the position": (fold_positional, "full", "length", None),
    "a shifted index is known": (
        fold_positional,
        "full",
        "aggregate(select(indices, indices - 1, ==), indices, 7)",
        "[7, 0, 1, 2][indices]",
    ),
    "two values at a position are not known": (
        fold_positional,
        "causal",
        'selector_width(select(tokens, "a", ==) and select(indices, 1, ==))',
        None,
    ),
    "one value is known": (fold_positional, "full", f"aggregate({SAME}, 1, 0)", "1"),
    "nothing is both": (
        fold_positional,
        "full",
        'aggregate(select(tokens, "a", ==) and select(tokens, "b", ==), tokens, "-")',
        '"-"',
    ),
    "nothing precedes and follows": (
        fold_positional,
        "full",
        f"selector_width({BEFORE} and select(indices, length, >) and {SAME})",
        "0",
    ),
    "nothing follows under the mask": (
        fold_positional,
        "causal",
        f"selector_width(select(indices, indices, >) and {SAME})",
        "0",
    ),
    "what follows is not known": (
        fold_positional,
        "full",
        f"selector_width(select(indices, indices, >) and {SAME})",
        None,
    ),
    "a token's function, averaged over that token": (
        drop_own_position,
        "full",
        f'aggregate({SAME}, 3 if tokens == "a" else 0.5)',
        '3 if tokens == "a" else 0.5',
    ),
    "the same among the earlier ones and itself": (
        drop_own_position,
        "causal",
        f'aggregate(select(tokens, tokens, <=) and select(tokens, tokens, >=) and {UP_TO}, tokens == "b")',
        'tokens == "b"',
    ),
    "a function of two things compared": (
        drop_own_position,
        "full",
        f"aggregate({SAME} and select(indices % 2, indices % 2, ==), (indices % 2) * indicator(tokens == tokens))",
        "(indices % 2) * indicator(tokens == tokens)",
    ),
    "a function of more than what is compared": (
        drop_own_position,
        "full",
        f"aggregate({SAME}, indices * indicator(tokens == tokens))",
        None,
    ),
    "only earlier ones": (drop_own_position, "full", f'aggregate({SAME} and {BEFORE}, tokens, "-")', None),
    "sums of 0.1 are rounded": (
        drop_own_position,
        "full",
        f'aggregate({SAME}, 0.1 if tokens == "a" else 0.5)',
        None,
    ),
    "equal is not alike": (
        drop_own_position,
        "full",
        'aggregate(full_s, True if tokens == "a" else 1)',
        None,
    ),
    "nobody but oneself": (
        drop_own_position,
        "full",
        f'aggregate({SELF} and select(tokens, "a", ==), selector_width({SAME}), 7)',
        f'selector_width({SAME}) if tokens == "a" else 7',
    ),
    "counting only oneself": (
        drop_own_position,
        "full",
        f'selector_width({SELF} and select(tokens, "a", ==))',
        'indicator(tokens == "a")',
    ),
    "oneself, by both sides": (
        drop_own_position,
        "full",
        f"aggregate(select(indices, indices, <=) and not {BEFORE}, selector_width({SAME}), 7)",
        f"selector_width({SAME})",
    ),
    "oneself, as the last under the mask": (
        drop_own_position,
        "causal",
        "aggregate(select(indices, indices, >=), tokens)",
        "tokens",
    ),
    "others too without the mask": (
        drop_own_position,
        "full",
        "aggregate(select(indices, indices, >=), tokens)",
        None,
    ),
    "the order of `and`": (
        merge_selectors,
        "full",
        f"aggregate({SAME} and {BEFORE}, indices) + aggregate({BEFORE} and {SAME}, 2 * indices)",
        f"aggregate({SAME} and {BEFORE}, indices) + aggregate({SAME} and {BEFORE}, 2 * indices)",
    ),
    "`not` of the opposite": (
        merge_selectors,
        "full",
        f"aggregate(select(tokens, tokens, !=), indices) + aggregate(not {SAME}, 2 * indices)",
        "aggregate(select(tokens, tokens, !=), indices) + aggregate(select(tokens, tokens, !=), 2 * indices)",
    ),
    "grouping and repetition": (
        merge_selectors,
        "full",
        f"aggregate({SAME} or {BEFORE} or {FIRST}, indices)"
        f" + aggregate({FIRST} or ({BEFORE} or {SAME}) or {FIRST}, 2 * indices)",
        f"aggregate({SAME} or {BEFORE} or {FIRST}, indices)"
        f" + aggregate({SAME} or {BEFORE} or {FIRST}, 2 * indices)",
    ),
    "what the mask does anyway": (
        merge_selectors,
        "causal",
        f"aggregate({SAME} and {UP_TO} and full_s, indices)",
        f"aggregate({SAME}, indices)",
    ),
    "a comparison turned round has other keys": (
        merge_selectors,
        "full",
        "aggregate(select(indices, 2, <), indices) + aggregate(select(2, indices, >), 2 * indices)",
        None,
    ),
    "text of a mean of ints": (
        tell_kinds,
        "full",
        f'"%s" % (aggregate({SAME}, indices) * 2)',
        f'"%s" % (({TOLD} if selector_width({SAME}) > 0 else 0) * 2)',
    ),
    "text of a mean of ints and floats, or of a default": (
        tell_kinds,
        "full",
        f'"%s" % {MIXED}',
        f'"%s" % (({MIXED} + 0.0 if {NUMBER} > 1 else {OF_EITHER}) if {NUMBER} > 0 else 2.0)',
    ),
    "text of a single position's value": (tell_kinds, "full", '"%s" % shift(indices, 1, 0)', None),
    "text of a mean of floats": (tell_kinds, "full", f'"%s" % aggregate({SAME}, indices / 2, 0.5)', None),
    "text of a mean of what may be both": (
        tell_kinds,
        "full",
        f'"%s" % aggregate({SAME}, aggregate({SAME}, indices))',
        None,
    ),
    "a number made of a mean": (tell_kinds, "full", f"aggregate({SAME}, indices) * 2", None),
    "True is no mean": (
        split_default,
        "full",
        'aggregate(select(tokens, "a", ==), indices, True)',
        'aggregate(select(tokens, "a", ==), indices, 0) if aggregate(select(tokens, "a", ==), 1, 0) > 0 else True',
    ),
    "a number far from all means": (
        split_default,
        "full",
        'aggregate(select(tokens, "a", ==), indices, 10 ^ 400)',
        'aggregate(select(tokens, "a", ==), indices, 0) if aggregate(select(tokens, "a", ==), 1, 0) > 0 else 10 ^ 400',
    ),
    "a disjunction of one part": (
        merge_selectors,
        "full",
        f"selector_width({SAME} or {SAME})",
        f"selector_width({SAME})",
    ),
    "many flags, any": (
        sum_flags,
        "full",
        " or ".join(FLAGS),
        " + ".join(f"indicator({flag})" for flag in FLAGS) + " > 0",
    ),
    "many flags, all": (
        sum_flags,
        "causal",
        " and ".join(FLAGS),
        " + ".join(f"indicator({flag})" for flag in FLAGS) + " == 12",
    ),
    "a remainder of 0 is a flag like any": (
        sum_flags,
        "full",
        " and ".join([*FLAGS, "indices % 2 == 0"]),
        " + ".join(f"indicator({flag})" for flag in [*FLAGS, "indices % 2 == 0"]) + " == 13",
    ),
    "a sum of flags that is to be less is no chain": (
        sum_flags,
        "full",
        f'({" + ".join(f"indicator({flag})" for flag in FLAGS)} == 11) and tokens == "a" and indices == 0',
        None,
    ),
    "few flags are looked up": (sum_flags, "full", " or ".join(FLAGS[:5]), None),
    "what is no flag is not counted": (sum_flags, "full", " or ".join(["indices", *FLAGS]), None),
    "a default among the means": (
        split_default,
        "full",
        'aggregate(select(tokens, "a", ==), indices, -1)',
        None,
    ),
    "a single value keeps its default": (
        split_default,
        "full",
        "aggregate(select(indices, indices - 1, ==), indices, True)",
        None,
    ),
    "0.1 + 0.1 + 0.1 is not 0.3": (
        drop_constant_mean,
        "full",
        'aggregate(select(tokens, "a", ==), 0.1, 2)',
        '[2, 0.1, 0.1, 0.10000000000000002, 0.1][selector_width(select(tokens, "a", ==))]',
    ),
    "a half adds up exactly": (drop_constant_mean, "full", "aggregate(full_s, 0.5)", None),
    "a flag anywhere": (
        ask_for_any_flag,
        "full",
        f'aggregate({BEFORE}, indicator(tokens == "a")) > 0',
        f'aggregate({BEFORE} and select(indicator(tokens == "a"), 1, ==), 1) > 0',
    ),
    "no flag anywhere": (
        ask_for_any_flag,
        "full",
        f'0 == aggregate({BEFORE}, indicator(tokens == "a"))',
        f'0 == aggregate({BEFORE} and select(indicator(tokens == "a"), 1, ==), 1)',
    ),
    "half of the flags": (
        ask_for_any_flag,
        "full",
        f'aggregate({BEFORE}, indicator(tokens == "a")) > 0.5',
        None,
    ),
    "another default than 0": (
        ask_for_any_flag,
        "full",
        f'aggregate({BEFORE}, indicator(tokens == "a"), 1) > 0',
        None,
    ),
    "a flag among all": (ask_for_any_flag, "full", 'aggregate(full_s, indicator(tokens == "a")) > 0', None),
    "what is no flag": (ask_for_any_flag, "full", f"aggregate({BEFORE}, indices) > 0", None),
    "best below not": (
        place_best,
        "full",
        f"selector_width(not best({SAME}, indices))",
        f"selector_width(not select(indices, aggregate(best({SAME}, indices), indices, -1), ==))",
    ),
    "best below or": (
        place_best,
        "full",
        f"selector_width({SAME} or best({SAME}, indices))",
        f"selector_width({SAME} or select(indices, aggregate(best({SAME}, indices), indices, -1), ==))",
    ),
    "best below and": (
        place_best,
        "causal",
        f"selector_width(best({SAME}, indices) and {BEFORE})",
        f"selector_width(select(indices, aggregate(best({SAME}, indices), indices, -1), ==) and {BEFORE})",
    ),
    "best of best": (
        place_best,
        "full",
        f"aggregate(best(best({SAME}, indices), -indices), indices)",
        f"aggregate(best({SAME}, indices), indices)",
    ),
    "the width of a best": (
        place_best,
        "full",
        f"selector_width(best({SAME} and {BEFORE}, indices))",
        f"indicator(aggregate({SAME} and {BEFORE}, 1, 0))",
    ),
    "inclusion and exclusion": (
        split_or,
        "full",
        f"selector_width({SAME} or {FIRST})",
        f"selector_width({SAME}) + selector_width({FIRST}) - selector_width({SAME} and {FIRST})",
    ),
    "one variable needs no taking apart": (
        split_or,
        "full",
        f'selector_width({SAME} or select(tokens, "a", ==))',
        None,
    ),
    "any of either": (
        split_or,
        "full",
        f"aggregate({SAME} or {FIRST}, 1, 0)",
        f"1 if selector_width({SAME}) > 0 or selector_width({FIRST}) > 0 else 0",
    ),
    "the mean of zeros and ones over either": (
        split_or,
        "full",
        f'aggregate({SAME} or {FIRST}, indicator(tokens == "a"), 2)',
        f"2 if {EITHER} == 0 else ({ONES} if {EITHER} == 1 else {ONES} / (1 if {EITHER} == 0 else {EITHER}))",
    ),
    "the mean of other numbers over either": (
        split_or,
        "full",
        f"aggregate({SAME} or {FIRST}, indices)",
        None,
    ),
    "absorption by the other side": (
        split_or,
        "full",
        f"selector_width({FIRST} and ({SAME} or {FIRST}))",
        f"selector_width({FIRST})",
    ),
    "absorption": (
        split_or,
        "full",
        f"selector_width(({SAME} or {FIRST}) and {FIRST})",
        f"selector_width({FIRST})",
    ),
    "earlier under the causal mask": (
        count_before,
        "causal",
        f"selector_width({SAME} and {BEFORE})",
        f"selector_width({SAME}) - 1",
    ),
    "earlier, where oneself need not be counted": (
        count_before,
        "causal",
        f'selector_width(select(tokens, "a", ==) and {BEFORE})',
        'selector_width(select(tokens, "a", ==)) - indicator(tokens == "a")',
    ),
    "whether there is any earlier": (
        count_before,
        "causal",
        f"aggregate({SAME} and {BEFORE}, 5, 2)",
        f"5 if selector_width({SAME}) - 1 > 0 else 2",
    ),
    "a mean of the earlier ones is none of all": (
        count_before,
        "causal",
        f"aggregate({SAME} and {BEFORE}, indices)",
        None,
    ),
    "earlier without the mask": (count_before, "full", f"selector_width({SAME} and {BEFORE})", None),
    "the best so far, of many positions": (
        find_running_best,
        "full",
        f"aggregate(best({UP_TO}, {SCORE}), {SCORE})",
        f"1 + {there(2)} + 3 * {there(5)}",
    ),
    "the best so far, of few positions": (
        find_running_best,
        "full",
        f"aggregate(best({UP_TO}, {SCORE}), {SCORE})",
        None,
    ),
    "the best so far under the mask": (
        find_running_best,
        "causal",
        f"aggregate(best({UP_TO}, {SCORE}), {SCORE})",
        None,
    ),
    "where the best so far is": (
        find_running_best,
        "full",
        f"aggregate(best({UP_TO}, {SCORE}), indices)",
        None,
    ),
    "the best of fractions so far": (
        find_running_best,
        "full",
        f"aggregate(best({UP_TO}, {SCORE} / 2), {SCORE} / 2)",
        None,
    ),
    "the last up to mine": (
        find_last_before,
        "full",
        f'aggregate(best(select(tokens, "a", ==) and {UP_TO}, indices), indices, 7)',
        f'aggregate(select(tokens, "a", ==) and select({BEFORE_A}, {UP_TO_A} - 1, ==), indices, 7)',
    ),
    "the last before mine that is alike": (
        find_last_before,
        "full",
        f"aggregate(best({SAME} and {BEFORE}, indices), indices, 7)",
        f"aggregate({SAME} and select({BEFORE_SAME}, {BEFORE_SAME} - 1, ==), indices, 7)",
    ),
    "the first after mine": (
        find_last_before,
        "full",
        f'aggregate(best(select(tokens, "a", ==) and {AFTER}, -indices), tokens, "-")',
        f'aggregate(select(tokens, "a", ==) and select({AFTER_A}, {AFTER_A} - 1, ==), tokens, "-")',
    ),
    "the last up to mine under the mask": (
        find_last_before,
        "causal",
        f'aggregate(best(select(tokens, "a", ==) and {UP_TO}, indices), indices, 7)',
        None,
    ),
    "a choice of many combinations": (
        split_choice,
        "full",
        f'{EARLY} if tokens == "c" else {LATE}',
        f'({EARLY} if tokens == "c" else 0) + ({LATE} if not (tokens == "c") else 0)',
    ),
    "a choice of few combinations": (
        split_choice,
        "full",
        "aggregate(select(indices, 0, ==), indices) if indices == 2 else length",
        None,
    ),
    "a choice between fractions": (split_choice, "full", f'{EARLY} / 2 if tokens == "c" else {LATE}', None),
    "a choice that depends on as much as both branches": (
        split_choice,
        "full",
        f"{EARLY} if {EARLY} > {LATE} else {LATE}",
        None,
    ),
    "a choice that may be apart": (
        take_choices_apart,
        "full",
        f'{EARLY} if tokens == "c" else {LATE}',
        f'({EARLY} if tokens == "c" else 0) + ({LATE} if not (tokens == "c") else 0)',
    ),
    "a choice between three": (
        take_choices_apart,
        "full",
        f'{EARLY} if indices == 0 else ({LATE} if tokens == "c" else {THIRD})',
        f"({EARLY} if indices == 0 else 0)"
        f' + ({LATE} if not (indices == 0) and tokens == "c" else 0)'
        f' + ({THIRD} if not (indices == 0) and not (tokens == "c") else 0)',
    ),
    "a choice between four of many": (
        take_choices_apart,
        "full",
        f'{EARLY} if indices == 0 else ({LATE} if tokens == "c" else ({THIRD} if tokens == "b" else {FOURTH}))',
        f"({EARLY} if indices == 0 else 0)"
        f' + ({LATE} if not (indices == 0) and tokens == "c" else 0)'
        f' + ({THIRD} if not (indices == 0) and (not (tokens == "c") and tokens == "b") else 0)'
        f' + ({FOURTH} if not (indices == 0) and (not (tokens == "c") and not (tokens == "b")) else 0)',
    ),
    "a choice of three in the other branch": (
        take_choices_apart,
        "full",
        f'({LATE} if tokens == "c" else {THIRD}) if indices == 0 else {EARLY}',
        f'(({LATE} if indices == 0 and tokens == "c" else 0)'
        f' + ({THIRD} if indices == 0 and not (tokens == "c") else 0))'
        f" + ({EARLY} if not (indices == 0) else 0)",
    ),
    "a number, or else 0": (take_choices_apart, "full", f"{EARLY} if indices == 0 else 0", None),
    "a choice between numbers that may be halves": (
        take_choices_apart,
        "full",
        f'{EARLY} / 2 if tokens == "c" else {LATE}',
        None,
    ),
    "the last position": (
        ask_whether_there,
        "full",
        "indices == length - 1",
        "aggregate(select(indices, indices + 1, ==), 1, 0) == 0",
    ),
    "some way from the end": (
        ask_whether_there,
        "full",
        "indices < length - 2",
        "aggregate(select(indices, indices + 2, ==), 1, 0) > 0",
    ),
    "the first half": (
        ask_whether_there,
        "full",
        "length > 2 * indices",
        "aggregate(select(indices, [0, 2, 4, 4][indices], ==), 1, 0) > 0",
    ),
    "how long it is": (
        ask_whether_there,
        "full",
        "length >= 3",
        "aggregate(select(indices, 2, ==), 1, 0) > 0",
    ),
    "the last position but the first": (
        ask_whether_there,
        "full",
        "(indices == length - 1) and (indices > 0)",
        "(aggregate(select(indices, indices + 1, ==), 1, 0) == 0) and (indices > 0)",
    ),
    "the very middle": (ask_whether_there, "full", "length == 2 * indices + 1", None),
    "the end under the mask": (ask_whether_there, "causal", "indices == length - 1", None),
    "as many as there are": (ask_whether_there, "full", f"selector_width({SAME}) == length", None),
    "how far it is to the end": (ask_whether_there, "full", "length - indices", None),
    "many pairs of tokens": (
        compare_in_head,
        "full",
        f"{FIRST_TOKEN} == tokens",
        f"selector_width({SELF} and select({FIRST_TOKEN}, tokens, ==)) > 0",
    ),
    "an order of many pairs of tokens": (
        compare_in_head,
        "causal",
        f"{FIRST_TOKEN} < tokens",
        f"selector_width({SELF} and select({FIRST_TOKEN}, tokens, <)) > 0",
    ),
    "few pairs of tokens": (compare_in_head, "full", f"{FIRST_TOKEN} == tokens", None),
    "many pairs that differ": (
        compare_in_head,
        "full",
        f"{FIRST_TOKEN} != tokens",
        f"selector_width({SELF} and select({FIRST_TOKEN}, tokens, ==)) == 0",
    ),
    "an order of many strings and a number": (
        compare_in_head,
        "full",
        "aggregate(select(indices, 2, ==), tokens, 1) < tokens",
        None,
    ),
    "many pairs at one's own position": (
        drop_own_position,
        "full",
        f"selector_width({SELF} and select({FIRST_TOKEN}, tokens, ==))",
        None,
    ),
    "the mean of the middle": (
        find_middle_two,
        "full",
        f"aggregate(select(2 * {RANK}, length - 2, >=) and select(2 * {RANK}, length, <=), indices)",
        f"(aggregate(select({RANK}, {{0: 0, 5: 0, 10: 1, 15: 1}}[{LENGTHS}], ==), indices)"
        f" + aggregate(select({RANK}, {{0: 0, 5: 1, 10: 1, 15: 2}}[{LENGTHS}], ==), indices)) / 2",
    ),
    "the mean of a wider middle": (
        find_middle_two,
        "full",
        f"aggregate(select(2 * {RANK}, length - 3, >=) and select(2 * {RANK}, length + 1, <=), indices)",
        None,
    ),
    "the mean of two places, which there may not be": (
        find_middle_two,
        "full",
        f"aggregate(select({RANK}, 1, >=) and select({RANK}, 2, <=), indices)",
        None,
    ),
    "the mean of two counts, which may be the same": (
        find_middle_two,
        "full",
        f"aggregate(select({LESS}, length - 2, >=) and select({LESS}, length - 1, <=), indices)",
        None,
    ),
    "the last of the smaller ones": (
        find_last_before,
        "full",
        f"aggregate(best(select(tokens, tokens, <) and {UP_TO}, indices), indices, 7)",
        None,
    ),
    "the first up to mine": (
        find_last_before,
        "full",
        f'aggregate(best(select(tokens, "a", ==) and {UP_TO}, -indices), indices, 7)',
        None,
    ),
    "the best of the earlier ones": (
        find_running_best,
        "full",
        f"aggregate(best({BEFORE}, {SCORE}), {SCORE}, 7)",
        None,
    ),
}
#: Cases for longer inputs than `LENGTH`.
LONG = 44
LONG_CASES = {
    "the best so far, of many positions",
    "the best so far under the mask",
    "where the best so far is",
    "the best of fractions so far",
    "the best of the earlier ones",
    "the last up to mine",
    "the last before mine that is alike",
    "the first after mine",
    "the last up to mine under the mask",
    "the last of the smaller ones",
    "the first up to mine",
    "a choice of many combinations",
    "a choice of few combinations",
    "a choice between four of many",
    "a choice between fractions",
    "a choice that depends on as much as both branches",
}

#: Cases for many tokens, which are listed by pairs nowhere.
MANY = (*"abc", *(chr(0x100 + k) for k in range(1_800)))
VOCABULARIES: dict[str, tuple[Atom, ...]] = {
    "many pairs of tokens": MANY,
    "an order of many pairs of tokens": MANY,
    "many pairs that differ": MANY,
    "an order of many strings and a number": MANY,
    "many pairs at one's own position": MANY,
}


#: Cases in which a rule of a level that makes models smaller saves nothing.
SAVES_NOTHING = {
    "the last position": "so few lengths are told apart as they are",
    "some way from the end": "likewise",
    "the first half": "likewise",
    "a choice between four of many": "split_choice does it",
    "rank is counted in two parts": "split_or does it too",
    "nothing is counted of zeros": "fold_positional knows",
    "one value is known": "an expression of one value costs nothing",
    "nothing is both": "likewise",
    "nothing precedes and follows": "likewise",
    "nothing follows under the mask": "likewise",
    "what the mask does anyway": "a comparison that always holds takes no column",
    "a disjunction of one part": "it does where there is another selector to share a head with",
    "any of either": "an expression of one value costs nothing",
    "the mean of zeros and ones over either": "it takes a layer less where the parts have many values",
}


def cost(text: str, options: CompileOptions, without: Rule | None = None) -> tuple[int, int, int] | None:
    """Layers, heads and parameters of an expression compiled with all rules, or all but one; None where it cannot be."""
    passes = Passes([entry for entry in RULES if entry.rule is not without])
    try:
        found = compile_program(load_program(Source("<test>", "")), {"out": text}, options, passes).summary
    except (CompileError, AssertionError):  # a best in the middle of a selector is put away by a rule
        return None
    return found["layers"], found["heads"], found["parameters"]


def options_of(name: str, attention: str) -> CompileOptions:
    vocabulary = VOCABULARIES.get(name, tuple("abc"))
    return CompileOptions(vocabulary, LONG if name in LONG_CASES else LENGTH, attention)


def rewritten(rules: list[Rule], options: CompileOptions, text: str, after: str | None) -> None:
    program = load_program(Source("<test>", ""))
    old = program.sop(text)
    new = rewrite_outputs(Analysis(program.graph, options), {"out": old}, rules)["out"]
    if after is not None:
        assert new is program.sop(after)
    inputs = [list(word) for n in range(1, 5) for word in product("abc", repeat=n)]
    for before, now in zip(*evaluate([old, new], inputs, options.attention), strict=True):
        if not isinstance(before, EvaluationError):
            assert before == now


@pytest.mark.parametrize("name", CASES)
def test_rule(name: str) -> None:
    rule, attention, before, after = CASES[name]
    rewritten([rule], options_of(name, attention), before, before if after is None else after)


@pytest.mark.parametrize("level", range(4))
@pytest.mark.parametrize("attention", ["full", "causal"])
def test_levels_keep_meaning(level: int, attention: str) -> None:
    for name, (_, _, before, _) in CASES.items():
        rewritten(list_rules(level), options_of(name, attention), before, None)


def test_every_rule_has_a_case() -> None:
    assert {entry.rule for entry in RULES} == {rule for rule, *_ in CASES.values()}


def forms_of_rules() -> list[Change]:
    """Each `case` of each rule, as the change that takes it away."""
    modules = {
        entry.rule.__module__: inspect.getsource(sys.modules[entry.rule.__module__]) for entry in RULES
    }
    taken = [c for c in every_change(modules) if c.after.endswith("if False") or c.after == "False"]
    return [change for change in taken if change.before != "True"]


@pytest.mark.parametrize("form", forms_of_rules(), ids=lambda form: f"{form.module}: {form.before}")
def test_every_form_of_every_rule_has_a_case(form: Change) -> None:
    """Without it, what is to become of some expression does not."""
    module = sys.modules[form.module]
    changed: dict[str, Any] = {"__name__": module.__name__}
    exec(compile(form.apply(inspect.getsource(module)), str(module.__file__), "exec"), changed)
    for name, (rule, attention, before, after) in CASES.items():
        if rule.__module__ == form.module and after is not None:
            program = load_program(Source("<test>", ""))
            analysis = Analysis(program.graph, options_of(name, attention))
            try:
                left = rewrite_outputs(analysis, {"out": program.sop(before)}, [changed[rule.__name__]])[
                    "out"
                ]
            except (AssertionError, AttributeError):  # nothing is returned where a node should be
                return
            if left is not program.sop(after):
                return
    raise AssertionError(f"no case needs {form.name}")


@pytest.mark.parametrize("name", [name for name, (*_, after) in CASES.items() if after is not None])
def test_what_a_rule_saves(name: str) -> None:
    """Something, but for rules without which there would be no model."""
    rule, attention, before, _ = CASES[name]
    options = options_of(name, attention)
    without, with_it = cost(before, options, without=rule), cost(before, options)
    check_row("rules", f"{rule.__name__}: {name}", f"{without} -> {with_it}")
    (entry,) = (entry for entry in RULES if entry.rule is rule)
    assert with_it and (not entry.level or entry.tried or without)
    if entry.level and without:
        assert (with_it[-1] < without[-1]) != (name in SAVES_NOTHING)
