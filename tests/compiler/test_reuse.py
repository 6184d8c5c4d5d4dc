"""Residual columns as registers: what is cleared, what takes its place, and that nothing else changes."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
import torch

from compiler.analysis.infer import Analysis
from compiler.audit.bounds import audit_plan
from compiler.blocks.staircase import evaluate_staircase
from compiler.export.stock_files import assemble_uniform
from compiler.numerics.count_precision import Precision
from compiler.numerics.rounding import is_binary
from compiler.options import CompileOptions, Dialect
from compiler.pipeline import Compiled, compile_program
from compiler.plan.reuse import count_parameters, find_lives
from compiler.reading.building_style import Style
from compiler.search.attempts import attempt_lowering
from compiler.search.improve import counts_more_than_once, counts_positions
from compiler.targets.target import FAMILY_TARGETS, TARGETS
from compiler.transformer.exact_decoder import ExactDecoder
from compiler.transformer.record_activations import record_activations
from rasp.elaborate.program import load_program
from rasp.source import Source
from rasp.values import Atom
from tests.right import assert_right

PALINDROME = """
opposite = aggregate(select(indices, length - 1 - indices, ==), tokens);
palindrome = not has_focus(select(tokens == opposite, False, ==));
"""
SIGNED = """
scaled = (indices - 2) * tokens_int;
answer = aggregate(select(scaled, scaled, <), scaled % 3, 7);
"""
CASES = {
    "palindrome": (PALINDROME, "palindrome", tuple("abcd"), "full"),
    "causal": (PALINDROME, "palindrome", tuple("abcd"), "causal"),
    "both signs": (SIGNED, "answer", (-1, 0, 2), "full"),
    "ranked": ("", "sort(tokens, selector_width(select(tokens, tokens, ==)))", tuple("abc"), "full"),
}
#: Where nothing is cleared: no position is embedded, or the last one alone.
FLAT = {
    "no position": ("", "tokens", tuple("ab"), "full"),
    "the last position": ("", "1 if indices == 5 else 0", tuple("ab"), "full"),
}


def compiled(name: str, level: int) -> Compiled:
    text, expression, vocabulary, attention = (CASES | FLAT)[name]
    options = CompileOptions(vocabulary, 6, attention, level=level)
    return compile_program(load_program(Source("test", text)), {"out": expression}, options)


@pytest.mark.parametrize("name", CASES)
def test_fewer_columns_and_the_same_answers(name: str) -> None:
    before, after = compiled(name, 1), compiled(name, 2)
    assert after.weights.config.d_model < min(after.layout.width, before.weights.config.d_model)
    assert after.weights.parameters() < before.weights.parameters()
    assert_right(after, 1500)


@pytest.mark.parametrize("name", [*CASES, *FLAT])
def test_the_count_of_parameters_is_exact(name: str) -> None:
    for model in (compiled(name, 1), compiled(name, 2)):
        count = count_parameters(model.plan, model.layout, model.layout.erasures, TARGETS["plain"])
        assert count == model.weights.parameters()


COUNT = "selector_width(select(tokens, tokens, ==))"
LEAN = "aggregate(full_s, 1 if tokens_int == 3 else -1)"
MEAN_OF_THE_LESS = "aggregate(select(tokens_int, tokens_int, <), indices, -1)"


def compiled_for(target: Dialect, text: str, vocabulary: tuple[Atom, ...], level: int) -> Compiled:
    options = CompileOptions(vocabulary, 6, TARGETS[target].attentions[0], target, level=level)
    return compile_program(load_program(Source("test", "")), {"out": text}, options)


@pytest.mark.parametrize("target", FAMILY_TARGETS)
def test_a_balance_is_left_out_where_bounds_hold(target: Dialect) -> None:
    """The layout without one holds, makes a smaller residual, and has a place for the 1 of the head."""
    before, after = (compiled_for(target, COUNT, ("a", "b"), level) for level in (1, 2))
    assert before.layout.balanced and after.layout.balanced == (not TARGETS[target].centred)
    assert not after.bounds.unsafe
    large, small = assemble_uniform(before), assemble_uniform(after)
    assert (large.shape.balance is None) == (not TARGETS[target].centred) and small.shape.balance is None
    assert small.shape.hidden <= large.shape.hidden - TARGETS[target].centred
    if target in ("gpt2", "opt"):
        [one] = np.flatnonzero(small.arrays["last_bias"])
        assert not small.arrays["last_gain"][one] and one >= small.shape.first


@pytest.mark.parametrize("target", FAMILY_TARGETS)
def test_a_place_stands_in_for_zeros_or_ones(target: Dialect) -> None:
    """There is no column for them; what stands in is unwritten when it is read, or known; and a 1 is 1 but for BOS."""
    model = compiled_for(target, LEAN, (3, 5), 2)
    layout, uniform = model.layout, assemble_uniform(model)
    halves = 2 * len(model.plan.layers) + 1
    assert len(layout.proxies) == len(uniform.zeros) == halves and not uniform.shape.first
    tokens = uniform.arrays["tokens"][:3].astype(float)
    if not TARGETS[target].centred:
        [one] = set(uniform.zeros)
        assert tokens[0, one] == tokens[1, one] != 0 == tokens[2, one]
        return
    lives = find_lives(model.plan, layout)
    for half, place in enumerate(layout.proxies[:-1], 1):
        written = [life.written for life, own in zip(lives, layout.places, strict=True) if own == place]
        assert min(written) >= half or half == halves - 1  # that reads nothing
    assert tokens[0, layout.proxies[-1]] == tokens[1, layout.proxies[-1]]
    assert layout.uniform_width <= uniform.shape.hidden
    made = [] if TARGETS[target].labels else [int(np.flatnonzero(uniform.arrays["last_bias"])[0])]
    for name, ones in (("0.query", []), ("head", made)):
        read = np.delete(uniform.arrays[name].astype(float), ones, axis=0)
        assert read.any() and np.abs(read.sum(axis=0)).max() <= 2.0**-20 * np.abs(read).max()


@pytest.mark.parametrize("target", ["gpt2", "llama"])
def test_counts_of_tokens_are_one_head_in_families(target: Dialect) -> None:
    """A sum of counts is added up by values, which BOS has none of: one head, where the plain model has three."""
    counts = [f'selector_width(select(tokens, "{token}", ==))' for token in "abc"]
    more = f"{counts[0]} - {counts[1]} - {counts[2]}"
    text = f"selector_width(select({more}, {more}, ==))"
    for dialect, heads in ((target, [(1, 1)]), ("plain", [(1, 1)] * 3)):
        options = CompileOptions(("a", "b", "c"), 5, "causal", dialect)
        model = compile_program(load_program(Source("test", "")), {"out": text}, options)
        assert [(head.d_key, head.d_value) for head in model.weights.config.layers[0].heads] == heads


def test_other_ways_are_tried_where_there_is_something_to_gain() -> None:
    """Where several heads count; and where positions are counted that heads of a family could turn by."""
    program = load_program(Source("test", ""))
    counts = [f'selector_width(select(tokens, "{token}", ==))' for token in "ab"]
    for text, dialect, several, turning in (
        (counts[0], "gpt2", False, False),
        (f"{counts[0]} - {counts[1]}", "gpt2", True, False),
        ("selector_width(full_s)", "gpt2", False, False),
        ("selector_width(full_s)", "llama", False, True),
        (counts[0], "llama", False, False),
    ):
        options = CompileOptions(("a", "b"), 5, "causal", dialect)
        lowered = attempt_lowering(Analysis(program.graph, options), {"out": program.sop(text)}, Style())
        assert (counts_more_than_once(lowered), counts_positions(lowered)) == (several, turning), text


def test_llama_squares_positions_by_one_hidden_unit() -> None:
    """Which the plain weights, that anything else is made of, have one for each position for."""
    text = 'aggregate(select(indices, 10 - indices, ==), tokens, "a")'
    options = CompileOptions(("a", "b"), 12, "causal", "llama")
    model = compile_program(load_program(Source("test", "")), {"out": text}, options)
    [square] = [one for layer in model.plan.layers for one in layer.lookups if one.squares]
    numbers = np.arange(13.0)
    assert (evaluate_staircase(square.stairs, numbers)[:, 0] == numbers**2).all()
    uniform = assemble_uniform(model)
    assert uniform.shape.units == 1 < model.weights.config.layers[0].d_mlp
    [read] = uniform.arrays["0.up"].T
    assert (uniform.arrays["0.factor"][:, 0] * 2.0**20 == read).all() and read.any()


@pytest.mark.parametrize("target", ["gpt2", "opt"])
def test_bos_has_no_column_of_its_own_where_all_others_have_one(target: Dialect) -> None:
    """What all others but BOS are 1 in is read by its score, and by nothing that would need another."""
    model = compiled_for(target, LEAN, (3, 5), 2)
    embedding = model.layout.embedding.vectors
    assert len(embedding) == 2 and not any(vector[-1] for vector in embedding)
    assert not model.bounds.unsafe and not model.plan.layers[0].heads[0].scores.is_closed


def test_a_balance_stays_where_a_mean_would_round_too_much() -> None:
    model = compiled_for("gpt2", MEAN_OF_THE_LESS, tuple(range(0, 400, 40)), 2)
    bare = replace(model.layout, balanced=False)
    assert model.layout.balanced
    assert audit_plan(model.plan, bare, Precision(6), TARGETS["gpt2"].noise).unsafe


def test_large_columns_are_stored_smaller_where_a_mean_is_borne_only_so() -> None:
    """By powers of two, and no column is then larger than the square root of what it was."""
    options = CompileOptions(tuple("abcdefghij"), 20, "causal", "gpt2")
    model = compile_program(load_program(Source("test", "")), {"out": COUNT}, options)
    layout, noise = model.layout, TARGETS["gpt2"].noise
    assert not layout.balanced and layout.shrinking
    assert audit_plan(model.plan, replace(layout, shrinking=0.0), Precision(20), noise).unsafe
    sizes = np.array([layout.measure(column) for column in range(layout.width)])
    assert is_binary(layout.scales) and (sizes / layout.scales <= np.sqrt(sizes)).all()
    uniform = assemble_uniform(model)
    first = uniform.shape.first
    stored = uniform.arrays["tokens"][:, first : first + layout.d_model].astype(float)
    ratios = model.weights.arrays["embedding.tokens"][:10] / np.where(stored[:10], stored[:10], 1)
    found = ratios.max(axis=0) / ratios.max(axis=0)[layout.scales == 1][0]
    assert (found[found > 0] == layout.scales[found > 0]).all()


@pytest.mark.parametrize("name", CASES)
def test_lives_of_one_place_do_not_meet(name: str) -> None:
    model = compiled(name, 2)
    spans = find_lives(model.plan, model.layout)
    assert model.layout.erasures
    for one, other in combinations(range(model.layout.width), 2):
        if model.layout.places[one] == model.layout.places[other]:
            first, second = sorted((spans[one], spans[other]), key=lambda life: life.written)
            assert first.read <= second.written
    for erasure in model.layout.erasures:
        half = 2 * erasure.layer + 2
        assert max(spans[erasure.column].read, spans[erasure.column].written + 1) <= half
        assert spans[erasure.successor].written >= half


@pytest.mark.parametrize("name", CASES)
def test_a_cleared_place_holds_nothing(name: str) -> None:
    model = compiled(name, 2)
    layout, spans, vocabulary = (
        model.layout,
        find_lives(model.plan, model.layout),
        len(model.options.vocabulary),
    )
    ids = torch.randint(vocabulary, (64, 7), generator=torch.Generator().manual_seed(0))
    ids[:, 0] = vocabulary
    halves = record_activations(ExactDecoder(model.weights), ids).residuals
    for erasure in layout.erasures:
        cleared, written = 2 * erasure.layer + 2, spans[erasure.successor].written
        for half in range(cleared, written):
            left = halves[half][..., layout.places[erasure.column]].abs().max()
            assert left <= model.bounds.columns[erasure.column]


def test_a_column_that_is_read_to_the_end_stays() -> None:
    model = compile_program(
        load_program(Source("test", "")), {"out": "tokens"}, CompileOptions(("a", "b"), 4)
    )
    assert not model.layout.erasures
    assert np.array_equal(model.layout.places, range(model.layout.width))
