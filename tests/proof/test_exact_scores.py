"""Scores of heads against exact fractions of the same forms: how far rounding carries a logit, and what is left of a gap.

For each way to score a selector. Logits are taken from residuals with all the errors that the model has made before, with
every sum in an order of its own, and compared with what the forms give for what the columns stand for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from itertools import product as cartesian
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from compiler.audit.bounds import Auditor
from compiler.audit.score_errors import bound_leak, bound_met, bound_score_errors, find_gap, has_bos_column
from compiler.blocks.block import Head, Scores
from compiler.blocks.form import Form
from compiler.limits import PAIRS
from compiler.lowering.bos_scores import BosScorer
from compiler.lowering.score_products import ComparisonScore
from compiler.numerics.count_precision import Precision
from compiler.numerics.dtypes import find_arithmetic
from compiler.numerics.largest_product import bound_products
from compiler.numerics.rounding import Reading
from compiler.options import DTYPES, CompileOptions, Dtype
from compiler.pipeline import Compiled, compile_program
from compiler.plan.layout import weigh_form
from compiler.reading.building_style import Style
from compiler.targets.rounding_in_transformers import PLAIN
from rasp.elaborate.program import load_program
from rasp.interpret.evaluate import evaluate
from rasp.source import Source
from rasp.values import Atom
from tests.kept import check_row
from tests.lower_in_style import lower_in_style
from tests.proof.any_order import orders, product, residuals
from tests.proof.measure_columns import ids_of

SAME = "select(tokens, tokens, ==)"
COUNT = f"selector_width({SAME})"
SINCE_FIRST = f"indices - aggregate(best({SAME}, -indices), indices)"
LOOSE = 10.0
Exact = NDArray[np.object_]
Numbers = NDArray[np.float64]

# name: expression, vocabulary, length, attention
CASES: dict[str, tuple[str, tuple[Atom, ...], int, str]] = {
    "equality by squares": ('aggregate(select(indices, 2 * indices, ==), tokens, "-")', ("a", "b"), 12, "full"),
    "equality counted": (f"selector_width({SAME})", tuple("abcdef"), 6, "full"),
    "equality by digits": (COUNT, tuple(range(400)), 6, "full"),
    "an order by digits": (f"selector_width({SAME} and select(indices, indices, <))", ("a", "b"), 30, "full"),
    "an order by rows": ("selector_width(select(tokens_int, tokens_int, <))", (1, 2, 5), 6, "causal"),
    "a mean of the less": ("aggregate(select(tokens_int, tokens_int, <), indices, -1)", (1, 2, 5), 6, "full"),
    "an order by threshold": (f"has_focus({SAME} and select(indices, indices, <))", ("a", "b"), 12, "full"),
    "the best by rank": ("aggregate(best(full_s, tokens_int), indices)", (1, 2, 5), 6, "full"),
    "the best of some": (f"aggregate(best({SAME}, indices), indices)", (1, 2, 5), 6, "causal"),
    "equality of counts": (f"selector_width(select({COUNT}, {COUNT}, ==))", ("a", "b", "c"), 9, "full"),
    "counts among indices": (f"aggregate(select({COUNT}, indices, ==), indices, 7)", (1, 2, 5), 9, "full"),
    "an order of counts": (f"aggregate(select({COUNT}, {COUNT}, <), indices, -1)", ("a", "b", "c"), 9, "full"),
    "equality of means": (
        "selector_width(select(aggregate(full_s, tokens_int), tokens_int, ==))", (0, 1, 2), 6, "full",
    ),
    "an order by powers": ("selector_width(select(tokens, tokens, <))", tuple("abcdefghijkl"), 9, "full"),
    "an order by powers, and equality": (
        f"selector_width({SAME} and select(indices, indices, <))", tuple("abcde"), 40, "full",
    ),
    "a mean by powers": ("aggregate(select(indices, indices, <=), indicator(tokens_int == 1))", (0, 1), 24, "full"),
    "sums by their bits": (f'aggregate(select(indices, {SINCE_FIRST}, ==), tokens, "-")', ("a", "b"), 12, "causal"),
    "counts with a default": (f"aggregate(select({COUNT}, 2, ==), tokens_int, 9)", (0, 1, 2), 9, "full"),
}  # fmt: skip


@dataclass(frozen=True)
class Scored:
    """A head, the layer that it is in, what the audit says of its logits, and the error bounds of columns by then."""

    head: Head
    layer: int
    level: float
    loss: float
    errors: NDArray[np.float64]


def compiled(name: str, dtype: Dtype = "float32") -> Compiled:
    text, vocabulary, length, attention = CASES[name]
    # Powers of two are tried where models are made smaller.
    level = 1 if name == "an order by digits" else 2
    options = CompileOptions(vocabulary, length, attention, level=level, dtype=dtype)
    model = compile_program(load_program(Source("test", "")), {"out": text}, options)
    return lower_in_style(model, Style(carried=True)) if name == "sums by their bits" else model


def by_powers(name: str) -> bool:
    return "by powers" in name


def precision_of(model: Compiled) -> Precision:
    return Precision(model.options.max_length, arithmetic=find_arithmetic(model.options))


def scored_heads(model: Compiled) -> list[Scored]:
    auditor = Auditor(model.plan, model.layout, precision_of(model), PLAIN)
    scored: list[tuple[float, float, NDArray[np.float64]]] = []

    def watch(*given: Any) -> tuple[float, float]:
        found = bound_score_errors(*given)
        scored.append((*found, auditor.errors.copy()))
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("compiler.audit.bounds.bound_score_errors", watch)
        auditor.run()
    heads = [(head, number) for number, layer in enumerate(model.plan.layers) for head in layer.heads]
    return [Scored(head, number, *found) for (head, number), found in zip(heads, scored, strict=True)]


def inputs(model: Compiled) -> list[list[Atom]]:
    """All of one token, and some of every length."""
    vocabulary, longest = model.options.vocabulary, model.options.max_length
    rng = np.random.default_rng(0)
    mixed = [
        [vocabulary[k] for k in rng.integers(0, len(vocabulary), n)] for n in (1, 2, longest // 2, longest)
    ]
    return [[vocabulary[-1]] * longest, *mixed]


def ideal_columns(model: Compiled, tokens: Sequence[Atom]) -> Exact:
    """What every column stands for, (position, column), BOS first."""
    layout, analysis = model.layout, model.analysis
    codes = [analysis.domain(analysis.tokens_node).code(token) for token in tokens]
    places = layout.sizes.tokens + np.arange(len(tokens))
    exact: list[list[Fraction]] = []
    for vector in layout.embedding.vectors:
        entries = [Fraction(float(number)) for number in vector]
        exact.append(
            [entries[-1], *(entries[c] + entries[p] for c, p in zip(codes, places.tolist(), strict=True))]
        )
    for content in layout.columns[len(layout.embedding) :]:
        assert content is not None
        variable, feature = content
        (value,) = evaluate([variable.node], [list(tokens)], model.options.attention)[0]
        features = layout.blocks.features[variable]
        numbers = features.basis.vectors[feature][[analysis.domain(variable.node).code(v) for v in value]]
        # What nothing reads at BOS is not known there.
        at_bos = np.nan_to_num(features.at_bos[feature])
        exact.append([Fraction(float(n)) for n in (at_bos, *numbers)])
    return np.array(exact, dtype=object).T


def forms_read(forms: Sequence[Form], model: Compiled) -> Exact:
    """(column, form)."""
    weights = np.stack([weigh_form(form, model.layout) for form in forms], axis=1)
    return np.array([[Fraction(float(w)) for w in row] for row in weights], dtype=object)


def exact_logits(scores: Scores, model: Compiled, columns: Exact) -> Exact:
    """(query, key), as the forms have them."""
    queries, keys = (columns.dot(forms_read(forms, model)) for forms in (scores.queries, scores.keys))
    return queries.dot(keys.T)


def float_logits(model: Compiled, one: Scored, tokens: Sequence[Atom]) -> Iterator[NDArray[np.float64]]:
    """The same as the model computes them, in several orders of addition."""
    place = model.plan.layers[one.layer].heads.index(one.head)
    query, key = (
        model.weights.arrays[f"layers.{one.layer}.attention.heads.{place}.{part}"]
        for part in ("query", "key")
    )
    for order in orders(1):
        x = residuals(model.weights, order, ids_of(model, tokens))[2 * one.layer]
        times = partial(product, dtype=model.options.dtype)
        yield times(times(x, query, order), times(x, key, order).T, order).astype(float)


def selected(model: Compiled, head: Head, tokens: Sequence[Atom]) -> NDArray[np.bool_]:
    """Which keys a query selects, (query, key), without BOS."""
    (chosen,) = evaluate([head.selector], [list(tokens)], model.options.attention)[0]
    found = np.array(chosen, dtype=bool)
    return found & np.tri(len(tokens), dtype=bool) if model.options.attention == "causal" else found


def visible(model: Compiled, count: int) -> NDArray[np.bool_]:
    return np.tri(count, dtype=bool) if model.options.attention == "causal" else np.ones((count, count), bool)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_logits_stay_within_their_bounds(name: str, dtype: Dtype) -> None:
    model = compiled(name, dtype)
    for one in scored_heads(model):
        for tokens in inputs(model):
            columns = ideal_columns(model, tokens)
            ideal = exact_logits(one.head.scores, model, columns)
            chosen, seen = selected(model, one.head, tokens), visible(model, len(tokens))
            for logits in float_logits(model, one, tokens):
                off = np.array([[Fraction(x) for x in row] for row in logits], dtype=object) - ideal
                assert (np.abs(off[1:, 1:])[chosen] <= one.level).all()
                check_gaps(one, logits[1:], chosen, seen, precision_of(model))


def check_gaps(
    one: Scored,
    logits: NDArray[np.float64],
    chosen: NDArray[np.bool_],
    seen: NDArray[np.bool_],
    precision: Precision,
) -> None:
    """Selected above the others by as much as the softmax needs, BOS where its mode says, whatever was rounded."""
    scores = one.head.scores
    gap = find_gap(scores, precision.arithmetic)[0] - one.loss
    uneven = sum(group.spread + group.edge for group in scores.groups)
    for row, (is_chosen, is_seen) in enumerate(zip(chosen, seen, strict=True)):
        bos, keys = logits[row, 0], logits[row, 1:]
        low, high = keys[is_chosen].min(initial=np.inf), keys[is_chosen].max(initial=-np.inf)
        others = keys[is_seen & ~is_chosen].max(initial=-np.inf)
        assert not is_chosen.any() or (low if scores.mode == "count" else high) - others >= gap
        if scores.mode in ("default", "excluded") and scores.sharing == 1:
            weights = np.exp(np.array([bos, *keys[is_seen]]) - max(bos, keys[is_seen].max()))
            assert weights.sum() - 1 <= bound_leak(scores, gap, precision.max_length)
        match scores.mode:
            case "count":
                assert (np.abs(bos - keys[is_chosen] - precision.count_logit) <= one.level + uneven).all()
            case "default":
                assert high - bos >= gap or not is_chosen.any()
                assert bos - others >= gap
            case _:
                assert high - bos >= gap


def injected(one: Scored, model: Compiled, columns: NDArray[np.float64]) -> tuple[Numbers, Numbers]:
    """How far logits (query, key) move, and how much nearer two come to each other (query, key, key), if every column is
    off by its bound in the worst direction."""
    queries, keys = (
        np.stack([weigh_form(form, model.layout) for form in forms], axis=1)
        for forms in (one.head.scores.queries, one.head.scores.keys)
    )
    met = columns @ keys @ queries.T  # (key, column): what errors of a query column meet there
    by_key = np.abs(columns @ queries @ keys.T) @ one.errors  # (query,)
    nearer = np.abs(met[:, None] - met) @ one.errors
    return by_key[:, None] + np.abs(met) @ one.errors, 2 * by_key[:, None, None] + nearer


def largest_moves(one: Scored, model: Compiled) -> tuple[float, float]:
    """How far the logit of a selected position moves, and how much one that is not can make up of the gap that is meant to
    be between them, over all inputs."""
    worst = closest = 0.0
    scores = one.head.scores
    gap, _ = find_gap(scores, find_arithmetic(model.options))
    for tokens in inputs(model):
        columns = ideal_columns(model, tokens)
        moved, nearer = (moves[1:] for moves in injected(one, model, columns.astype(float)))
        logits = exact_logits(scores, model, columns)[1:].astype(float)
        chosen, seen = (
            np.pad(rows, ((0, 0), (1, 0)))
            for rows in (selected(model, one.head, tokens), visible(model, len(tokens)))
        )
        worst = max(worst, float(moved[chosen].max(initial=0.0)))
        high = np.where(chosen, logits, -np.inf).max(axis=1, keepdims=True)
        apart = (chosen & (logits == high))[:, :, None] & (seen & ~chosen)[:, None]
        if scores.mode != "count":
            # BOS is below what is selected, and above the others where it stands for them.
            apart[:, :, 0] = chosen & (logits == high)
            apart[:, 0, :] = (seen & ~chosen) & (scores.mode == "default")
        spare = logits[:, :, None] - logits[:, None] - gap
        closest = max(closest, float((nearer - spare)[apart].max(initial=0.0)))
    return worst, closest


@pytest.mark.parametrize("name", CASES)
def test_no_allowance_is_much_more_than_errors_can_make(name: str) -> None:
    """Injected errors of columns at their bounds move logits by no more than the audit allows, and by a good part of it."""
    model = compiled(name)
    for one in scored_heads(model):
        worst, closest = largest_moves(one, model)
        assert worst <= one.level
        assert one.level <= LOOSE * worst or by_powers(
            name
        )  # in which no error is but roundings, and what is meant
        assert closest <= one.loss
    allowed = [f"{one.head.scores.mode} {one.level:.3g} {one.loss:.3g}" for one in scored_heads(model)]
    check_row("scores", name, ", ".join(allowed))


def is_constant(vector: Numbers, model: Compiled) -> bool:
    """Whether an embedded column holds the same everywhere but at BOS."""
    tokens = model.layout.sizes.tokens
    return not np.ptp(vector[:tokens]) and not vector[tokens:-1].any()


def test_powers_are_tried() -> None:
    for name in CASES:
        kinds = {group.kind for one in scored_heads(compiled(name)) for group in one.head.scores.groups}
        assert ("powers" in kinds) == by_powers(name), name


# Powers of two stand in the embedding alone, where nothing is off.
@pytest.mark.parametrize("name", [name for name in CASES if not by_powers(name)])
def test_errors_of_columns_cost_no_more_of_a_gap_than_allowed(name: str) -> None:
    """The same for errors that these programs do not have: as large in every column that is no constant."""
    model = compiled(name)
    auditor = Auditor(model.plan, model.layout, precision_of(model), PLAIN)
    auditor.run()
    constant = [is_constant(vector, model) for vector in model.layout.embedding.vectors]
    auditor.errors = np.full(model.layout.width, 2.0**-12)
    auditor.errors[np.flatnonzero(constant)] = 0
    auditor.profiles = {}
    for one in scored_heads(model):
        scores = one.head.scores
        sides = tuple([auditor.read(form) for form in forms] for forms in (scores.queries, scores.keys))
        level, loss = bound_score_errors(scores, sides, auditor.joint_error, PLAIN.scores, auditor.arithmetic)
        shaken = replace(one, level=level, loss=loss, errors=auditor.errors)
        moved, nearer = largest_moves(shaken, model)
        assert moved <= level <= LOOSE * moved and nearer <= loss


def list_features(forms: Sequence[Form], values: int) -> Numbers:
    """What forms of one variable, of so many values, are for each of these, shape (forms, values)."""
    parts = [sum(form.parts.values(), np.zeros(values)) for form in forms]
    return np.abs(np.stack(parts) + np.array([[form.constant] for form in forms]))


# The best of all has no comparison.
@pytest.mark.parametrize("name", [name for name in CASES if name != "the best by rank"])
def test_features_are_as_large_together_as_said(name: str) -> None:
    """Those of one value, in all columns of a comparison: what an error of the other side is multiplied by."""
    seen = 0
    for one in scored_heads(compiled(name)):
        scores = one.head.scores
        for group in scores.groups:
            for forms, said in ((scores.queries, group.query), (scores.keys, group.key)):
                own = [forms[c] for c in group.columns]
                variables = {variable: len(v) for form in own for variable, v in form.parts.items()}
                if group.kind != "bos" and len(variables) == 1:
                    largest = list_features(own, *variables.values()).sum(axis=0).max()
                    assert largest <= said <= LOOSE * largest
                    seen += 1
    assert seen


@pytest.mark.parametrize("name", CASES)
def test_no_feature_is_larger_than_what_errors_are_multiplied_by(name: str) -> None:
    """Nor much smaller, where one variable alone makes it."""
    model = compiled(name)
    auditor = Auditor(model.plan, model.layout, precision_of(model), PLAIN)
    auditor.run()
    for one in scored_heads(model):
        for form in (*one.head.scores.queries, *one.head.scores.keys):
            met = bound_met(form, auditor.read(form))
            found = [ideal_columns(model, tokens).dot(forms_read([form], model)) for tokens in inputs(model)]
            assert max(np.abs(column[1:]).max() for column in found) <= met
            if len(form.parts) == 1:
                (vector,) = form.parts.values()
                assert met <= float(np.abs(vector + form.constant).max()) + abs(form.bos or 0) + 2.0**-12


def test_keys_lie_in_the_range_that_bos_is_kept_out_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """And fill it, in each column of a comparison but those by powers of two, which nothing is kept out of."""
    found: list[ComparisonScore] = []
    assemble = BosScorer.assemble

    def watch(scorer: BosScorer, compared: list[ComparisonScore], *others: Any) -> Scores:
        found.extend(compared)
        return assemble(scorer, compared, *others)

    monkeypatch.setattr(BosScorer, "assemble", watch)
    for name in ("equality by squares", "an order by rows", "equality of counts", "counts with a default"):
        compiled(name)
    products = [p for score in found if score.kind in ("plain", "quadratic") for p in score.products]
    keys = [(p.key_range, p.key) for p in products if len(p.key.parts) == 1]
    for said, key in keys:
        values = next(iter(key.parts.values())) + key.constant
        assert said == (values.min(), values.max())
    assert any(low < high for (low, high), _ in keys)


@pytest.mark.parametrize("name", CASES)
def test_only_a_column_of_zeros_is_left_out_of_scores(name: str) -> None:
    """That of BOS, which all other keys are 0 in."""
    model = compiled(name)
    columns = ideal_columns(model, inputs(model)[-1])
    for one in scored_heads(model):
        last = columns.dot(forms_read(one.head.scores.keys[-1:], model))[1:]
        assert has_bos_column(one.head.scores) == (not last.any())


@pytest.mark.parametrize("size", [3, 4_200])
def test_no_product_is_larger_than_the_largest(size: int) -> None:
    """Of so many that not all are looked at, too."""
    rng = np.random.default_rng(size)
    queries, keys = rng.uniform(0, 1, (size, 2)), rng.uniform(0, 1, (2, size))
    assert size < PAIRS.most < 4_200**2
    largest = max(float((queries @ keys[:, first : first + 100]).max()) for first in range(0, size, 100))
    assert largest <= bound_products(queries, keys) <= 2 * largest


def test_reading_rounds_by_no_more_than_said() -> None:
    """A form's sum in float32, in any order, against the exact one of the same columns, as large as they can be."""
    text = f"aggregate(full_s, tokens_int) + {COUNT} / 3 + selector_width(select(tokens, tokens, <)) / 7"
    options = CompileOptions((0, 1, 3), 6, "full", margin=1.0)  # else each term is told by itself
    model = compile_program(load_program(Source("test", "")), {"out": text}, options)
    form = model.plan.readouts[0].form
    auditor = Auditor(model.plan, model.layout, precision_of(model), PLAIN)
    auditor.run()
    reading = auditor.read(form)
    assert reading.terms >= 3
    weights, worst = forms_read([form], model), 0.0
    rng = np.random.default_rng(0)
    for order, _ in cartesian(orders(1), range(8)):
        held = (rng.uniform(-1, 1, (6, model.layout.width)) * auditor.sizes).astype(np.float32)
        exact = np.array([[Fraction(float(x)) for x in row] for row in held], dtype=object).dot(weights)
        worst = max(
            worst, float(np.abs(product(held, weights.astype(float), order).astype(float) - exact).max())
        )
    assert 0 < worst <= reading.rounding <= LOOSE * worst


@pytest.mark.parametrize(
    "grain, largest, exact",
    [(1.0, 2.0**24, True), (1.0, 2.0**25, False), (0.5, 2.0**22, True), (0.5, 2.0**23, False)],
)
def test_scores_are_called_exact_only_when_they_are(grain: float, largest: float, *, exact: bool) -> None:
    """Products of multiples of a half are multiples of a quarter."""
    model = compiled("equality by squares")
    (head,) = (head for layer in model.plan.layers for head in layer.heads)
    first, *rest = head.scores.groups
    groups = (replace(first, pair=largest), *(replace(group, pair=0.0) for group in rest))
    readings = [Reading(0.0, 1.0, grain) for _ in head.scores.queries]
    auditor = Auditor(model.plan, model.layout, precision_of(model), PLAIN)
    scores = replace(head.scores, groups=groups)
    level, loss = bound_score_errors(
        scores, (readings, readings), auditor.joint_error, PLAIN.scores, auditor.arithmetic
    )
    assert (level == 0) == (loss == 0) == exact
