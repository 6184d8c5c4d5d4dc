"""How many heads and layers a program takes: what shares a head, what needs none, what is one comparison or two."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from compiler.config import Dialect
from compiler.effort import Effort
from compiler.limits import CARE
from compiler.model.runner import Model
from compiler.options import CompileOptions
from compiler.pipeline import Compiled, compile_program
from compiler.reading.building_style import Style
from compiler.search.attempts import Lowered
from compiler.search.culprits import forms_of
from compiler.search.lower import LoweringSearch
from compiler.search.trials import Journal
from compiler.targets.target import TARGETS
from compiler.verify.differential import Check
from compiler.verify.mismatch import Mismatch
from rasp.arguments import ATTENTIONS
from rasp.elaborate.program import load_program
from rasp.source import Source
from rasp.syntax.directives import read_directives
from tests.places import PROGRAMS
from tests.right import assert_right

VOCABULARY, LENGTH = "abc", 4
SAME = "select(tokens, tokens, ==)"
ODD = 'select((tokens == "a") == (indices % 2 == 0), True, ==)'
BEFORE = "select(indices, indices, <)"
PREVIOUS = "select(indices, indices - 1, ==)"
EARLIER_IN_ORDER = f"select(tokens, tokens, <) or ({SAME} and {BEFORE})"


def compiled(text: str, attention: str = "full", level: int = 2, length: int = LENGTH) -> Compiled:
    options = CompileOptions(tuple(VOCABULARY), length, attention, level=level)
    return compile_program(load_program(Source("<test>", "")), {"out": text}, options)


def mismatches(result: Compiled) -> list[Mismatch]:
    """On all inputs."""
    length = result.options.max_length
    words = [word for n in range(1, length + 1) for word in product(VOCABULARY, repeat=n)]
    found = Check(Model(result.weights), result.meaning).compare(words)
    return [item for item in found if isinstance(item, Mismatch)]


# name: expression, then (layers, heads) under full and under causal attention
SIZES: dict[str, tuple[str, tuple[int, int], tuple[int, int]]] = {
    "two values by one selector": (
        f"aggregate({SAME}, indices, -1) + 100 * aggregate({SAME}, indices % 2)",
        (1, 1),
        (1, 1),
    ),
    "`and` in another order": (
        f"aggregate({SAME} and {BEFORE}, indices, -1) + 100 * aggregate({BEFORE} and {SAME}, indices % 2)",
        (1, 1),
        (1, 1),
    ),
    "`not` and the opposite": (
        'aggregate(not select(tokens, "a", ==), indices) + 100 * aggregate(select(tokens, "a", !=), indices % 2)',
        (1, 1),
        (1, 1),
    ),
    "turned round, with another key": (
        'selector_width(select(tokens, "b", <)) + 10 * selector_width(select("b", tokens, >))',
        (1, 2),
        (1, 2),
    ),
    "a head that waits for one that scores alike": (
        f'indicator(aggregate({PREVIOUS}, tokens, "-") == "a") + 2 * aggregate({PREVIOUS}, selector_width({SAME}))',
        (2, 2),
        (2, 2),
    ),
    "a head that cannot wait": (
        f'aggregate({PREVIOUS}, aggregate({PREVIOUS}, tokens, "-"), "-") + aggregate({PREVIOUS}, tokens, "-")',
        (2, 2),
        (2, 2),
    ),
    "two defaults": (
        f'aggregate({PREVIOUS}, tokens, "-") + aggregate({PREVIOUS}, tokens, "a")',
        (1, 1),
        (1, 1),
    ),
    "a lexicographic order, counted in two parts": (f"selector_width({EARLIER_IN_ORDER})", (1, 2), (1, 2)),
    "a lexicographic order, averaged over in one": (
        f"aggregate({EARLIER_IN_ORDER}, indicator(indices == 1) * 2, -1)",
        (2, 1),
        (2, 1),
    ),
    "whether anything is in an `or`": (f"aggregate({EARLIER_IN_ORDER}, 1, 0)", (1, 2), (1, 2)),
    "the own position's value": (f'aggregate({SAME}, tokens == "a")', (0, 0), (0, 0)),
    "nothing": (f"selector_width({BEFORE} and select(indices, indices, >) and {SAME})", (0, 0), (0, 0)),
    "the last position, which under the mask is the own": (
        "aggregate(select(indices, length - 1, ==), tokens)",
        (2, 2),
        (0, 0),
    ),
    "a function of two inputs that is no sum, told by the unembedding": (
        '(tokens == "a") == (indices % 2 == 0)',
        (0, 0),
        (0, 0),
    ),
    "a function of two inputs that attention reads": (f"has_focus({ODD})", (2, 1), (2, 1)),
    "a function of two inputs that is a sum": ('indicator(tokens == "a") - indices', (0, 0), (0, 0)),
}


@pytest.mark.parametrize("name", SIZES)
@pytest.mark.parametrize("attention", ATTENTIONS)
def test_sizes(name: str, attention: str) -> None:
    text, *sizes = SIZES[name]
    result = compiled(text, attention)
    summary = result.summary
    assert (summary["layers"], summary["heads"]) == sizes[ATTENTIONS.index(attention)]
    assert summary["lower_bound_layers"] == summary["layers"]
    assert mismatches(result) == []


#: Expressions that the optimiser makes smaller: (heads, parameters) fall.
SMALLER = {
    "equal selectors": f"aggregate({SAME} and {BEFORE}, indices, -1) + 9 * aggregate({BEFORE} and {SAME}, indices % 2)",
    "exclusive parts": f"selector_width({EARLIER_IN_ORDER})",
    "the own value": f'aggregate({SAME}, indicator(tokens == "a")) + selector_width({BEFORE} and {SAME})',
}


@pytest.mark.parametrize("text", SMALLER.values(), ids=SMALLER)
def test_optimising_makes_smaller(text: str) -> None:
    plain, optimised = compiled(text, level=0), compiled(text)
    assert optimised.summary["parameters"] < plain.summary["parameters"]
    assert mismatches(plain) == mismatches(optimised) == []


@pytest.mark.parametrize(
    ("path", "smaller"),
    [
        ("sorting/distinct_by_frequency", (1, 2)),
        ("formal/a_n_b_n_c_n", (2,)),
        ("formal/permutations_of_three", (2, 3)),
    ],
)
def test_each_level_makes_smaller(path: str, smaller: tuple[int, ...]) -> None:
    """`smaller`: the levels that make this program smaller than the one before; none makes it larger."""
    file = PROGRAMS / f"{path}.rasp"
    program = load_program(Source(file.name, file.read_text(encoding="utf-8")))
    line = read_directives(program.source).compiles[0]
    assert line.vocabulary is not None
    sizes: list[int] = []
    for level in range(4):
        options = CompileOptions(tuple(line.vocabulary), 8, line.attention, level=level)
        model = compile_program(program, {"out": line.expression}, options)
        assert_right(model, 500, seed=level)
        sizes.append(model.summary["parameters"])
    assert sizes == sorted(sizes, reverse=True), sizes
    assert all(sizes[level] < sizes[level - 1] for level in smaller), sizes


def test_equality_takes_columns_by_its_rank_not_by_its_values() -> None:
    """Low rank: -(k - q)² needs three query/key columns, whatever the values; an order one a value, if scores are equal."""
    for length in (4, 8):
        (layer,) = compiled(
            'aggregate(select(indices, 2 * indices, ==), tokens, "-")', length=length
        ).plan.layers
        assert len(layer.heads[0].scores.queries) <= 3
        (layer,) = compiled(f"selector_width({BEFORE} and {SAME})", length=length, level=1).plan.layers
        assert len(layer.heads[0].scores.queries) > length


def test_a_long_order_is_counted_by_digits() -> None:
    """A head for each binary digit, which compares the digits above it and itself."""
    for length, digits in ((32, 5), (64, 6), (65, 7)):
        model = compiled(f"selector_width({BEFORE} and {SAME})", length=length, level=1)
        assert_right(model, 100)
        (layer,) = model.plan.layers
        assert len(layer.heads) == digits
        assert max(len(head.scores.queries) for head in layer.heads) <= digits + 5
        (variable,) = {variable for head in layer.heads for variable, _ in head.targets}
        assert variable.role == "leaf"


def test_an_order_is_told_by_powers_of_two() -> None:
    """Heads of few columns."""
    for length, most in ((8, 5), (32, 5), (64, 8)):
        model = compiled(f"selector_width({BEFORE} and {SAME})", length=length)
        assert_right(model, 100)
        (layer,) = model.plan.layers
        assert max(len(head.scores.queries) for head in layer.heads) <= most
    for n in (8, 32):
        assert len(compiled(f"selector_width({BEFORE} and {SAME})", length=n).plan.layers[0].heads) == 1


@pytest.mark.parametrize(
    "dialect, rotation, most", [("plain", 1, 4), ("bert", None, max(TARGETS["bert"].rooms))]
)
def test_powers_of_two_are_mixed_with_others_as_far_as_there_is_room(
    dialect: Dialect, rotation: int | None, most: int
) -> None:
    """By a rotation, or a norm: so many powers of two are between the largest and the smallest number of a column."""
    options = CompileOptions(tuple(VOCABULARY), 8, dialect=dialect, rotation=rotation)
    text = f"selector_width({BEFORE} and {SAME})"
    model = compile_program(load_program(Source("<test>", "")), {"out": text}, options)
    for vector in model.layout.embedding.vectors:
        sizes = np.abs(vector[vector != 0])
        assert not len(sizes) or sizes.max() <= 2.0**most * sizes.min()


def test_bos_needs_no_column() -> None:
    """Where nothing reads at BOS what a head writes, and where BOS stands in the squares of an equality."""
    alone = compiled(f"selector_width({SAME})")
    again = compiled(f"selector_width(select(selector_width({SAME}), selector_width({SAME}), ==))")
    for model, columns in ((compiled("length"), 1), (alone, 3)):
        assert len(model.layout.embedding) == columns
        assert not any(np.isfinite(at_bos) for at_bos in list_at_bos(model))
    assert [head.scores.queries[0].bos for layer in again.plan.layers for head in layer.heads] == [0.0, None]
    assert list_at_bos(again)[0] == 0 and len(again.layout.embedding) <= 4
    assert_right(again, 200)


def list_at_bos(model: Compiled) -> list[float]:
    """What columns that heads write hold at BOS."""
    targets = [target for layer in model.plan.layers for head in layer.heads for target in head.targets]
    return [model.layout.at_bos(model.layout.numbers[target]) for target in targets]


def test_large_equalities_are_scored_by_digits() -> None:
    """-(k - q)² leaves what float32 holds exactly from 363 values on; two digits do not."""
    program = load_program(Source("<test>", ""))
    for tokens in (362, 363, 364, 1000):
        options = CompileOptions(tuple(range(tokens)), 3)
        model = compile_program(program, {"out": f"selector_width({SAME})"}, options)
        assert len(model.plan.layers[0].heads[0].scores.queries) <= 4
        assert_right(model, 300)


#: Expressions whose table for all they depend on at once would have too many rows.
LARGE = " and ".join(
    f"{balance} == 0 and not contains({balance} < 0, True)"
    for balance in (
        f'(selector_width(select(tokens, "{t}", ==) and select(indices, indices, <=))'
        f' - selector_width(select(tokens, "{u}", ==) and select(indices, indices, <=)))'
        for t, u in ("ab", "cd")
    )
)


def test_expressions_too_large_for_one_table_are_taken_apart() -> None:
    options = CompileOptions(tuple("abcd"), 32, "causal")
    result = compile_program(load_program(Source("<test>", "")), {"out": LARGE}, options)
    assert result.lowered.analysis.materialised
    words = ["abcd" * 8, "ba", "abba", "cadb" * 3, "acbd", "ccdd" * 8, "cddc", "a" * 16 + "b" * 16, "a" * 32]
    found = Check(Model(result.weights), result.meaning).compare([tuple(word) for word in words])
    assert not any(isinstance(item, Mismatch) for item in found)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "selector_width(select(tokens, tokens, ==))",
            "1 layer; the longest chain of attention in the program has 1",
        ),
        (
            f"has_focus({ODD})",
            "2 layers; the longest chain of attention in the program has 1, 2 with the look-ups that no linear form can",
        ),
    ],
)
def test_explain_says_what_layers_are_for(text: str, shown: str) -> None:
    assert shown in compiled(text).emit("explain")


def test_what_a_decision_reads() -> None:
    """Where a decision fails, the search looks for the look-up that brings most error into it."""
    model = compiled(f"[3, 1, 2][selector_width({SAME}) % 3] + aggregate({SAME} and {BEFORE}, indices, -1)")
    for decision in model.bounds.decisions:
        forms = forms_of(model.plan, decision)
        match decision.kind:
            case "selection":
                heads = [h for layer in model.plan.layers for h in layer.heads if h.selector is decision.node]
                assert forms == [f for head in heads for f in (*head.scores.queries, *head.scores.keys)]
            case "step":
                tables = [t for layer in model.plan.layers for t in layer.lookups]
                assert forms == [t.form for t in tables if t.variable.node is decision.node]
            case _:
                assert forms == [f for r in model.plan.readouts for f in r.forms]
    assert {decision.kind for decision in model.bounds.decisions} == {"selection", "step", "output"}


def test_what_rounds_nothing_is_taken_apart_where_nothing_failed_before() -> None:
    """Exact counts, tried because a look-up could not be built, change nothing about a model without any."""
    model = compiled(f"aggregate({PREVIOUS}, indices, -1)")
    failed = replace(model.bounds.decisions[0], error=np.inf)
    lowered = Lowered(model.analysis, model.plan, model.layout, replace(model.bounds, decisions=(failed,)))
    graph = model.analysis.graph
    search = LoweringSearch(graph, model.meaning, model.options, Effort(1e6), Journal())
    search.style = Style(exact=True)
    assert not search.react_to_unsafe(lowered)
    assert search.style.care == CARE.most and search.careful is None
