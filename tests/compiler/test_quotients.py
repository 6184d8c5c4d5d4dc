"""Means as quotients: right on all inputs, however many positions; and which means are none."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch

from compiler.analysis.infer import Analysis
from compiler.emit.join_outputs import find_parts, join_outputs
from compiler.options import CompileOptions
from compiler.pipeline import Compiled, compile_program
from compiler.reading.building_style import Style
from compiler.reading.quotients import MANY_AVERAGED, find_quotient
from compiler.transformer.exact_decoder import ExactDecoder
from compiler.transformer.record_activations import record_activations
from rasp.arguments import ATTENTIONS, Attention
from rasp.elaborate.program import load_program
from rasp.source import Source
from rasp.values import Atom
from tests.lower_in_style import lower_in_style
from tests.proof.measure_columns import measured
from tests.right import assert_right

SO_FAR = "select(indices, indices, <=)"
BEFORE = "select(indices, indices, <)"
ONES = f"aggregate({SO_FAR}, indicator(tokens_int == 1))"


def compiled(text: str, options: CompileOptions) -> Compiled:
    return compile_program(load_program(Source("<test>", "")), {"out": text}, options)


def by_quotients(text: str, options: CompileOptions) -> Compiled:
    """The program with all means as quotients that can be."""
    usual = compiled(text, options)
    model = lower_in_style(usual, Style(most_averaged=-1))
    assert not model.bounds.unsafe
    parts = find_parts(usual.program.graph, usual.meaning, options)
    return replace(model, weights=join_outputs(model.weights, parts))


def count_dividing(model: Compiled) -> int:
    return sum(head.scores.mode == "divide" for layer in model.plan.layers for head in layer.heads)


@pytest.mark.parametrize("attention", ATTENTIONS)
@pytest.mark.parametrize(
    "text, heads",
    {
        ONES: 1,
        f"aggregate({SO_FAR}, tokens_int)": 1,
        f"aggregate({SO_FAR}, tokens_int - 2)": 1,  # some are below 0
        f"aggregate({BEFORE}, indicator(tokens_int == 1))": 1,  # nothing stands before the first
        f"aggregate({SO_FAR} and select(indices, indices - 3, >), tokens_int)": 1,  # a window
        f"aggregate(select(indices % 2, 0, ==) and {SO_FAR}, tokens_int)": 1,
        f"{ONES} > 0.4": 1,
        f"aggregate({SO_FAR}, tokens_int) - {ONES}": 1,  # both share one head
        f"{ONES} + aggregate({SO_FAR} and select(indices, indices - 3, >), tokens_int)": 2,
    }.items(),
)
def test_quotients_are_right_on_all_inputs(text: str, heads: int, attention: Attention) -> None:
    model = by_quotients(text, CompileOptions((0, 1, 3), 5, attention))
    assert count_dividing(model) == heads
    assert_right(model, 400)


def hard_inputs(length: int) -> Sequence[Sequence[Atom]]:
    """All equal, one different at either end, every second one."""
    return ["a" * length, "a" + "b" * (length - 1), "a" * (length - 1) + "b", ("ab" * length)[:length]]


@pytest.mark.parametrize("length, heads, parameters", [(64, 3, 1_500), (256, 4, 5_900), (512, 10, 12_200)])
def test_long_means_stay_small_and_nearer_than_their_bounds(length: int, heads: int, parameters: int) -> None:
    model = compiled(f'aggregate({SO_FAR}, indicator(tokens == "a"))', CompileOptions(("a", "b"), length))
    assert count_dividing(model) == 1 and model.summary["heads"] == heads
    assert model.summary["parameters"] < parameters
    decoder = ExactDecoder(model.weights)

    def run(ids: list[int]) -> np.ndarray:
        return torch.cat(record_activations(decoder, torch.tensor([ids])).residuals).numpy()

    errors, seen = measured(model, hard_inputs(length), run)
    assert seen.any() and (errors <= model.bounds.columns).all()


def test_of_many_positions_the_mask_alone_does_not_make_a_mean() -> None:
    """Adding so many shares up would round too much, though under causal attention no order takes a column."""
    short, long = (
        compiled(f'aggregate({SO_FAR}, indicator(tokens == "a"))', CompileOptions(("a", "b"), n, "causal"))
        for n in (64, 256)
    )
    assert (count_dividing(short), count_dividing(long)) == (0, 1)


@pytest.mark.parametrize("level", [1, 2])
def test_means_over_few_positions_take_no_layer_more(level: int) -> None:
    """By powers of two over some positions more."""
    for kinds, dividing in ((MANY_AVERAGED, 0), (MANY_AVERAGED + 1, level == 1), (MANY_AVERAGED + 20, 1)):
        options = CompileOptions(("a", "b"), kinds, level=level)
        model = compiled(f'aggregate({SO_FAR}, indicator(tokens == "a"))', options)
        assert count_dividing(model) == model.summary["layers"] - 1 == dividing


@pytest.mark.parametrize(
    "text, options",
    [
        ("aggregate(select(tokens, tokens, ==), tokens_int)", {}),  # how many there are depends on the tokens
        ("aggregate(select(indices, indices, >=), tokens_int)", {}),  # and here on the length
        (f"aggregate({BEFORE}, tokens_int, 1)", {}),  # 0 / 0 is no 1
        (f"aggregate({SO_FAR}, tokens_int / 4)", {}),
        (f'aggregate({SO_FAR}, "a")', {}),
        ("aggregate(select(indices, indices, ==), tokens_int)", {}),  # one is no mean
        (f"aggregate(best({SO_FAR}, indices), tokens_int)", {}),
        (ONES, {"dialect": "gpt2", "attention": "causal"}),
        (ONES, {"rotation": 0}),
    ],
)
def test_what_is_no_quotient(text: str, options: dict[str, object]) -> None:
    program = load_program(Source("<test>", ""))
    usual = CompileOptions((0, 1, 3), 6)
    node = program.sop(text)
    assert find_quotient(Analysis(program.graph, replace(usual, **options)), node, -1) is None  # type: ignore[arg-type]
    assert find_quotient(Analysis(program.graph, usual), program.sop(ONES), -1) is not None


@pytest.mark.parametrize(
    ("text", "values", "layers"),
    [
        (f"aggregate({SO_FAR}, tokens_int)", 3, 1),
        (f"aggregate({SO_FAR}, tokens_int)", 10, 1),
        (f"aggregate({SO_FAR} and select(indices, indices - 8, >), tokens_int)", 2, 1),
    ],
    ids=["few values", "many values", "two orders"],
)
def test_what_heads_count_is_not_larger_than_a_mean(text: str, values: int, layers: int) -> None:
    """A head for each value, for each digit of each order, or one with a column for each position."""
    found = compiled(text, CompileOptions(tuple(range(values)), 48)).summary
    assert found["layers"] == layers and found["parameters"] < 12_000
