"""Comparisons in ranks say what the matrix of all pairs says, which the interpreter fills in."""

from collections.abc import Iterator

import numpy as np
import pytest

from compiler.domains.domain import make_domain
from compiler.domains.ranked import rank_comparison
from compiler.factorings.relations import factor_by_threshold, list_factorings
from compiler.factorings.value_codes import (
    Codes,
    find_equality_codes,
    find_order_codes,
    number_compactly,
    number_order,
)
from compiler.selector_facts.matching import (
    Matching,
    Pairs,
    count_most_selected,
    is_impossible,
    is_trivial,
)
from rasp.graph.nodes import Graph, Map, Tokens
from rasp.graph.primitives import TESTS
from rasp.interpret.evaluate import apply_map
from rasp.values import Atom

NODE = Graph().add(Tokens())
SIDES: dict[str, tuple[Atom, ...]] = {
    "counted": tuple(range(5)),
    "two": (1, 3),
    "one": (2,),
    "spaced": (-7, 0, 1, 5, 9),
    "above": (20, 21),
    "fractions": (0.0, 0.5, 0.75, 1.0, 3.25),
    "huge": (2**53, 2**53 + 1, 2**53 + 2),
    "flags": (False, True),
    "letters": ("a", "b", "c"),
    "words": ("b", "ba", "c", "z"),
    "mixed": (1, 2, "b"),
}


def pairs() -> Iterator[tuple[str, Matching, Matching, Codes]]:
    """Named: a comparison in ranks, the same as a matrix, and the numbers of query and key."""
    for test, prim in TESTS.items():
        for key in SIDES:
            for query in SIDES:
                domains = make_domain(SIDES[key]), make_domain(SIDES[query])
                ranked = rank_comparison(test, *domains)
                columns = [
                    domains[0].column(np.arange(len(domains[0]))).indexed(lambda array: array[None, :]),
                    domains[1].column(np.arange(len(domains[1]))).indexed(lambda array: array[:, None]),
                ]
                answer = apply_map(Map(prim), columns)
                if ranked is None:
                    continue
                assert answer.failed is None or not answer.failed.any()
                selects = np.broadcast_to(answer.data.astype(bool), ranked.shape)
                whole = Matching(NODE, NODE, Pairs(selects, np.ones_like(selects)))
                numbers = domains[1].numbers(), domains[0].numbers()
                yield f"{key} {test} {query}", Matching(NODE, NODE, ranked), whole, numbers


CASES = {name: rest for name, *rest in pairs()}


def test_most_kinds_of_values_have_ranks() -> None:
    assert len(CASES) > len(TESTS) * len(SIDES) * len(SIDES) / 2
    assert rank_comparison("<", make_domain(SIDES["mixed"]), make_domain(SIDES["letters"])) is None
    assert rank_comparison("<", make_domain([1]), make_domain(["a"])) is None
    assert rank_comparison("==", make_domain([True, 2]), make_domain([1, 2])) is None
    assert rank_comparison("==", make_domain([False, True]), make_domain([True])) is not None


@pytest.mark.parametrize("name", CASES)
def test_ranks_say_what_the_matrix_says(name: str) -> None:
    ranked, whole, numbers = CASES[name]
    assert (ranked.selects == whole.selects).all()
    assert ranked.shape == whole.shape
    assert is_trivial(ranked) == is_trivial(whole)
    assert is_impossible(ranked) == is_impossible(whole)
    assert count_most_selected(ranked) == count_most_selected(whole)
    assert_same(find_equality_codes(ranked, numbers), find_equality_codes(whole, numbers))
    assert_same(find_order_codes(ranked, numbers), find_order_codes(whole, numbers))
    assert_same(number_order(ranked), number_order(whole))
    if "==" in name:
        assert_same(number_compactly(ranked), number_compactly(whole))
    threshold, wanted = (factor_by_threshold(match, numbers) for match in (ranked, whole))
    assert (threshold and threshold.top) == (wanted and wanted.top)
    for factorings in zip(
        *(list_factorings(match, numbers, with_bos=True) for match in (ranked, whole)), strict=True
    ):
        for factors in zip(*(factoring.factors for factoring in factorings), strict=True):
            assert_same(*((factor.query, factor.key) for factor in factors))


def assert_same(codes: Codes | None, others: Codes | None) -> None:
    assert (codes is None) == (others is None)
    if codes is not None and others is not None:
        for code, other in zip(codes, others, strict=True):
            np.testing.assert_array_equal(code, other)
