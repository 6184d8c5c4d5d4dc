"""Counts by digits: which pairs each digit takes, the error of what several heads count, and how large a sum can be."""

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from compiler.analysis.infer import Analysis
from compiler.audit.counts import Count
from compiler.audit.magnitudes import Magnitudes
from compiler.blocks.form import Vector
from compiler.numerics.count_precision import Precision
from compiler.numerics.dtypes import FLOAT32
from compiler.options import CompileOptions
from compiler.reading.digits import (
    WHOLE,
    Order,
    OrderSplit,
    digit_selectors,
    find_orders,
    list_leaf_operands,
    list_ways,
)
from rasp.elaborate.program import load_program
from rasp.graph.nodes import Node
from rasp.interpret.evaluate import evaluate
from rasp.source import Source
from tests.proof.any_order import orders, product, softmax
from tests.proof.test_exact_scores import compiled, ideal_columns, inputs

LOOSE = 10.0
BEFORE = "select(indices, indices, <)"

# -- digits -----------------------------------------------------------------------------------------------------------


def analysis_of(length: int) -> tuple[Analysis, Callable[[str], Node]]:
    program = load_program(Source("test", ""))
    analysis = Analysis(program.graph, CompileOptions((0, 1, 3), length))
    return analysis, program.sop


def pairs_of(selector: Node, length: int) -> NDArray[np.bool_]:
    """(query, key), by the interpreter."""
    (found,) = evaluate([selector], [[0] * length])[0]
    return np.array(found, dtype=bool)


def numbered(length: int) -> dict[str, tuple[Vector, Vector]]:
    """Numbers of keys and of queries at positions."""
    rng, counted = np.random.default_rng(length), np.arange(length) * 1.0
    return {
        "the same": (counted, counted),
        "a query further": (counted, counted + 1),
        "keys beyond all queries": (counted + 3, counted),
        "few kinds": (counted // 3, counted // 2),
        "none is less": (counted + length, counted),
        "at random": (rng.integers(0, 2 * length, length) * 1.0, rng.integers(0, 2 * length, length) * 1.0),
    }


@pytest.mark.parametrize("length", [2, 3, 4, 5, 8, 9, 17])
@pytest.mark.parametrize("name", numbered(2))
@pytest.mark.parametrize("base", [2, 3, 5])
def test_each_pair_of_an_order_is_taken_by_one_digit(name: str, length: int, base: int) -> None:
    analysis, sop = analysis_of(length)
    key, query = numbered(length)[name]
    indices = sop("indices")
    order = Order(indices, (indices, key), (indices, query))
    assert order.kinds == len(set(query.tolist()))
    ways = digit_selectors(analysis, order, base)
    most = max(*key, *query)
    assert base ** len(ways) > most and (not ways or base ** (len(ways) - 1) <= most)
    taken = sum(pairs_of(way, length).astype(int) for way in ways)
    assert (taken == (key[None, :] < query[:, None])).all()


# selector, the kinds of its orders, and the number of ways where those of more than 2, 3 and 8 kinds are split
SELECTORS = {
    BEFORE: ([9], [4, 4, 4]),
    f"{BEFORE} and select(tokens, tokens, ==)": ([9], [4, 4, 4]),
    f"{BEFORE} and select(indices, indices * 2 - 9, >)": ([5, 9], [12, 12, 4]),
    "select(tokens_int, tokens_int, <=)": ([3], [2, 1, 1]),
    # every query selects some key
    "select(indices, indices + 1, <)": ([9], [4, 4, 4]),
    "select(indices, indices * 2, <=)": ([5], [3, 3, 1]),
    "select(tokens, tokens, ==)": ([], [1, 1, 1]),
    f"best({BEFORE}, indices)": ([], [1, 1, 1]),
    "select(tokens_int, 1, <) or select(tokens_int, 1, >)": ([1], [1, 1, 1]),
}


@pytest.mark.parametrize("text", SELECTORS)
def test_orders_are_split_by_their_kinds(text: str) -> None:
    kinds, counts = SELECTORS[text]
    analysis, sop = analysis_of(9)
    selector = sop(f"selector_width({text})").args[0]
    assert sorted(order.kinds for order in find_orders(analysis, selector)) == kinds
    for most, count in zip((2, 3, 8), counts, strict=True):
        ways = list_ways(analysis, selector, OrderSplit(most))
        assert len(ways) == count
        taken = sum(pairs_of(way, 9).astype(int) for way in ways)
        assert (taken == pairs_of(selector, 9)).all()


def test_heads_of_a_leaf_read_what_its_ways_compare() -> None:
    analysis, sop = analysis_of(9)
    count, mean = sop(f"selector_width({BEFORE})"), sop(f"aggregate({BEFORE}, tokens_int)")
    digits = list_leaf_operands(analysis, count, OrderSplit(2))
    assert (
        sop("indices") not in digits and len(digits) == 6
    )  # 4 digits, the highest of them above the third, and what is above the others
    assert list_leaf_operands(analysis, count, WHOLE) == [sop("indices")]
    assert set(list_leaf_operands(analysis, mean, OrderSplit(2))) == {sop("indices"), sop("tokens_int")}


# -- the error of a count ---------------------------------------------------------------------------------------------

POSITIONS = 24


def counted(parts: list[int], level: float, gap: float, order: Callable[..., NDArray[np.float32]]) -> float:
    """What heads that select so many positions each add up to, in float32: scores of the selected are off by `level`, up
    in all heads, and others are `gap` below."""
    precision = Precision(POSITIONS)
    total = np.float32(0)
    for count in parts:
        logits = np.array(
            [precision.count_logit, *[level] * count, *[-gap] * (POSITIONS - count)], np.float32
        )
        weights = softmax(logits[None], order)
        value = product(weights, np.array([0.0] + [1.0] * POSITIONS)[:, None], order)
        total = total + product(value, np.array([[1 / precision.count_unit]]), order)[0, 0]
    return float(total)


def bound_of(parts: list[int], level: float, gap: float, left: float = 0.0) -> float:
    precision = Precision(POSITIONS)
    count, size = Count(left=left), float(sum(parts))
    apart = level + (FLOAT32.unit * precision.count_logit if level else 0.0)
    for _ in parts:
        count = count.with_head(size * np.expm1(apart), POSITIONS * np.exp(level - gap))
    return count.error(size, precision)


PARTS = ([24], [12, 12], [1, 2, 4, 8, 9], [5, 0, 0, 0], [6] * 4)


@pytest.mark.parametrize("level, gap", [(0.0, 60.0), (0.0, 5.0), (1e-3, 60.0), (1e-3, 5.0)])
@pytest.mark.parametrize("parts", PARTS)
def test_several_heads_count_as_well_as_they_say(parts: list[int], level: float, gap: float) -> None:
    worst = 0.0
    for order in orders(2):
        for sign in (-1, 1) if level else (1,):
            found = Fraction(counted(parts, sign * level, gap, order))
            worst = max(worst, float(abs(found - sum(parts))))
    bound = bound_of(parts, level, gap)
    assert worst <= bound and (not level or bound <= LOOSE * worst)


def test_what_heads_leak_adds_up_and_unequal_weights_do_not() -> None:
    """No position is selected twice; every head leaks of all."""
    precision = Precision(POSITIONS)
    count = Count(left=0.5).with_head(3.0, 0.125).with_head(7.0, 0.25).with_head(2.0, 0.0)
    assert count == Count(3, 7.0, 0.375, 0.5)
    assert count.error(0.0, precision) == 7.875
    more = [precision.count_noise(24.0, heads) for heads in (1, 2, 5)]
    assert more[1] - more[0] == 2 * 24 * FLOAT32.unit and more[2] - more[0] == 8 * 24 * FLOAT32.unit


# -- magnitudes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["equality counted", "an order by digits", "counts among indices", "equality of means"]
)
def test_no_sum_is_larger_than_said(name: str) -> None:
    """Sums of |weight · column| over all inputs: of all columns, of some, and of each alone."""
    model = compiled(name)
    bound_sum, width = Magnitudes(model.layout).bound_sum, model.layout.width
    rng = np.random.default_rng(0)
    held = np.abs(np.concatenate([ideal_columns(model, tokens) for tokens in inputs(model)]).astype(float))
    some = rng.uniform(0, 1, (8, width)) * (rng.random((8, width)) < 0.5)
    for weights in [*some, np.ones(width), *np.eye(width)]:
        largest = float((held @ weights).max())
        assert largest <= bound_sum(weights) * (1 + 1e-12)
        assert bound_sum(weights) <= LOOSE * largest or not largest
    assert bound_sum(np.zeros(width)) == 0
