"""TABLES of the forms that look like calls, and of how tightly operators bind, as in `rasp/syntax/grammar.lark`."""

from typing import get_args

from rasp.values import Test

#: Comparisons, the last argument of `select`.
TESTS: tuple[Test, ...] = get_args(Test)

#: Forms that look like calls: fewest and most arguments, and how they are written. These words are special
#: only where they are called; elsewhere `select` and `len` are ordinary names.
FORMS: dict[str, tuple[int, int, str]] = {
    "select": (3, 3, "select(key, query, ==)"),
    "aggregate": (2, 3, "aggregate(selector, value) or aggregate(selector, value, default)"),
    "range": (1, 3, "range(end), range(start, end) or range(start, end, step)"),
    "zip": (1, 1_000_000, "zip(list, list)"),
    "len": (1, 1, "len(list)"),
    "round": (1, 1, "round(value)"),
    "indicator": (1, 1, "indicator(s_op)"),
}

#: Operators that stand between operands, and how tightly they bind; `in` binds looser than `if` … `else`.
LEVELS: dict[str, int] = {
    **dict.fromkeys(("and", "or"), 1),
    **dict.fromkeys(TESTS, 2),
    **dict.fromkeys(("+", "-"), 3),
    "%": 4,
    **dict.fromkeys(("*", "/"), 5),
    "^": 6,
}
