"""What several s-ops can be at one position, and which values meet, as one context after another shows it."""

import numpy as np
import pytest

from compiler.analysis.infer import Analysis
from compiler.domains.alike import number_together
from compiler.domains.contexts import Context, count_contexts, is_spread, list_contexts, spread_array
from compiler.domains.distinct_integers import list_different
from compiler.domains.domain import make_domain
from compiler.domains.means import list_means
from compiler.domains.rows import Relation, TooMany, count_rows, join_relations
from compiler.options import CompileOptions
from compiler.selector_facts.matching import visible
from rasp.elaborate.program import load_program
from rasp.source import Source
from rasp.values import Atom

LONGEST = 5
CONTEXTS = Context.NOTHING, Context.INDEX, Context.LENGTH, Context.BOTH


def draw_relation(draw: np.random.Generator, depends: Context, size: int, share: float) -> Relation:
    """Values that are there in a share of all contexts; one in each for 0."""
    contexts = count_contexts(depends, LONGEST)
    allowed = draw.random((contexts, size)) < share
    if not share:
        allowed[np.arange(contexts), draw.integers(0, size, contexts)] = True
    return Relation(make_domain(range(size)), depends, allowed)


@pytest.mark.parametrize("share", [0, 0.3, 0.8])
@pytest.mark.parametrize("second", CONTEXTS)
@pytest.mark.parametrize("first", CONTEXTS)
def test_what_is_joined_occurs_in_one_context(first: Context, second: Context, share: float) -> None:
    draw = np.random.default_rng(int(share * 10))
    relations = [
        draw_relation(draw, first, 3, share),
        draw_relation(draw, second, 2, 0.5),
        Relation(make_domain(["a", "b"])),
        draw_relation(draw, second, 2, share),
    ]
    where = list_contexts(first | second, LONGEST)
    rows: list[tuple[int, ...]] = []
    for context in range(where.size):
        there = [
            range(len(one.domain))
            if one.allowed is None
            else np.flatnonzero(one.allowed[where.rows_of(one.depends)[context]]).tolist()
            for one in relations
        ]
        rows += [(a, b, c, d) for a in there[0] for b in there[1] for c in there[2] for d in there[3]]
    assert join_relations(relations, LONGEST).tolist() == [[*row] for row in sorted(set(rows))]
    assert count_rows(relations, first | second, LONGEST) == len(rows)


def test_of_no_relations_there_is_one_row() -> None:
    assert join_relations([], LONGEST).shape == (1, 0)


def test_too_many_rows_are_not_listed() -> None:
    with pytest.raises(TooMany):
        join_relations([Relation(make_domain(range(10)))] * 3, LONGEST, 999)
    assert len(join_relations([Relation(make_domain(range(10)))] * 3, LONGEST, 1_000)) == 1_000


@pytest.mark.parametrize("keep", [Context.NOTHING, Context.INDEX, Context.LENGTH])
def test_what_is_spread_is_known(keep: Context) -> None:
    narrow = np.arange(count_contexts(keep, LONGEST))
    whole = spread_array(narrow, keep, Context.BOTH, LONGEST)
    assert is_spread(whole, narrow, keep, LONGEST)
    for changed in range(len(whole)):
        other = whole + (np.arange(len(whole)) == changed)
        assert not is_spread(other, narrow, keep, LONGEST)


def test_values_that_meet_under_causal_attention() -> None:
    text = "key = (indices * 3) % 4; query = 1 / ((indices % 5) - 1) if indices < 6 else indices;"
    program = load_program(Source("meet.rasp", text))
    analysis = Analysis(program.graph, CompileOptions(("a",), 9, attention="causal"))
    key, query = program.sop("key"), program.sop("query")
    keys, queries = analysis.table(key), analysis.table(query)
    expected = np.zeros((len(queries.domain), len(keys.domain)), bool)
    for q, asked in zip(queries.codes[:, 0], queries.values, strict=True):
        for k, given in zip(keys.codes[:, 0], keys.values, strict=True):
            if k <= q and asked >= 0 and given >= 0:
                expected[asked, given] = True
    assert (queries.values < 0).any() and not expected.all()
    assert np.array_equal(visible(analysis, key, query), expected)


def test_pairs_are_numbered_in_ascending_order() -> None:
    one, other = np.random.default_rng(3).integers(-2, 5, (2, 200))
    start = number_together((np.arange(200), np.zeros(200, np.int64)), one)
    found = number_together(start, other)
    _, first, which = np.unique(
        np.stack([one, other], axis=1), axis=0, return_index=True, return_inverse=True
    )
    assert np.array_equal(found[0], first) and np.array_equal(found[1], which.reshape(-1))


@pytest.mark.parametrize("count", [0, 1, 2, 50])
def test_different_floats(count: int) -> None:
    numbers = np.random.default_rng(count).integers(0, 9, count) / 7
    assert np.array_equal(list_different(numbers), np.unique(numbers))


@pytest.mark.parametrize("values", [(0, 1), (1, 5, 10), (-3, 0.5, 7), (2.25,), (0, 3, "a")])
def test_means_are_means_of_twice_as_many(values: tuple[Atom, ...]) -> None:
    """So those of half of all there are need not be looked at once more."""
    means = list_means(values, range(1, 21))
    for count in range(1, 11):
        assert np.isin(means[count], means[2 * count]).all()
