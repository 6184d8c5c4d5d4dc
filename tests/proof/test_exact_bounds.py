"""Each construction's error bound against the arithmetic itself, in any order of addition, at its worst inputs.

Never is an error above its bound; and the bound is within `LOOSE` of the largest error found, but where a row says why not.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product

import numpy as np
import pytest
import torch

from compiler.options import DTYPES, CompileOptions, Dtype
from compiler.pipeline import Compiled, compile_program
from compiler.transformer.exact_decoder import ExactDecoder
from compiler.transformer.record_activations import record_activations
from rasp.elaborate.program import load_program
from rasp.graph.nodes import Aggregate, Map, Node, Width
from rasp.source import Source
from rasp.values import Atom
from tests.kept import check_row
from tests.proof.any_order import orders, residuals
from tests.proof.measure_columns import measured

LOOSE = 10.0
SAME = "select(tokens, tokens, ==)"
BEFORE = "select(indices, indices, <)"
UP_TO = "select(indices, indices, <=)"
Inputs = Sequence[Sequence[Atom]]


@dataclass(frozen=True)
class Case:
    """`text` over a vocabulary, compiled for `length`; `kind`: the op of the s-ops whose columns are looked at (and whether
    they are look-ups); `inputs` at which errors are greatest. `loose`: how far the bound is above them."""

    text: str
    vocabulary: tuple[Atom, ...]
    length: int
    kind: type
    inputs: Inputs
    attention: str = "full"
    loose: float = LOOSE


def lengths(token: Atom, most: int, step: int = 1) -> Inputs:
    return [[token] * n for n in range(1, most + 1, step)]


def every(vocabulary: Sequence[Atom], most: int) -> Inputs:
    return [word for n in range(1, most + 1) for word in product(vocabulary, repeat=n)]


def ramps(count: int, one: Atom = "a", other: Atom = "b") -> Inputs:
    """As many of one as not, more, and fewer."""
    return [[one] * k + [other] * (count - k) for k in range(count + 1)]


CASES = {
    "a count": Case(f"selector_width({SAME})", ("a", "b"), 60, Width, lengths("a", 60)),
    "a count under the mask": Case(f"selector_width({SAME})", ("a", "b"), 60, Width, lengths("a", 60), "causal"),
    "a count by a count": Case(
        f"selector_width(select(selector_width({SAME}), selector_width({SAME}), ==))", ("a", "b"), 24, Width, ramps(24)
    ),
    "a count by several heads": Case(
        f"selector_width({SAME} and {BEFORE})", ("a", "b"), 40, Width, ramps(40)
    ),
    "a mean": Case("aggregate(full_s, tokens_int)", (0, 7), 60, Aggregate, lengths(7, 60)),
    "a mean of the selected": Case(
        "aggregate(select(tokens_int, 0, >), tokens_int, 1)", (0, 7), 40, Aggregate, ramps(40, 7, 0)
    ),
    "equal values of several": Case(
        'aggregate(select(tokens, "a", ==), 1, 0) * (indices + 1)', ("a", "b"), 42, Aggregate, ramps(42)[30:], loose=20
    ),  # partial sums of shares round up as often as down
    "equal values, of which one is nearest": Case(
        f"(aggregate({SAME} and {BEFORE}, 5, 1) + indices / 3) * 2", ("a", "b"), 24, Aggregate, ramps(24), loose=49
    ),  # one other is so near, and the bound counts all 24, twice as far apart as both values are
    "one value, beside all others": Case(
        "aggregate(select(indices, 0, ==), tokens_int, 9) + indices", (0, 9), 40, Aggregate, ramps(40, 0, 9)
    ),
    "one value, or the default": Case(
        "aggregate(select(indices, indices - 1, ==), tokens_int, 9) + indices", (0, 9), 40, Aggregate, ramps(40, 0, 9),
        loose=81,
    ),  # only BOS is so near, and the bound counts all 40 positions, twice as far apart as both values are
    "a value that is no fraction of two": Case(
        "aggregate(select(indices, 0, ==), tokens_int / 10) + indices / 3", (0, 3), 6, Aggregate, [[3]]
    ),
    "the best": Case(
        "aggregate(best(full_s, tokens_int), indices) + indices / 3", (0, 1, 2), 5, Aggregate, every((0, 1, 2), 3),
        loose=np.inf,
    ),  # ranks keep all others far below
    "the best of so many that equals are not told apart": Case(
        "aggregate(best(full_s, abs(indices - 200) * tokens_int), abs(indices - 200) * tokens_int)", (0, 1, 3), 400,
        Aggregate, [[3] + [1] * 399, [0] * 9 + [1] * 11, [0] * 30], loose=np.inf,
    ),  # at most 30 are equal here, and the bound counts all 400
    "a look-up of fractions": Case(
        "aggregate(select(indices, 0, ==), [0.1, 3.7, 0.9, 77.7, 0.4][(tokens_int + indices) % 5])", (0, 1, 2, 3), 6, Map,
        [[k] * 6 for k in range(4)],
    ),
    "a look-up of counts": Case(
        f"aggregate(select(indices, 0, ==), [0.3, 9.1, 0.7][selector_width({SAME}) % 3])", ("a", "b"), 24, Map, ramps(24),
        loose=30,
    ),  # z adds up two columns in every unit, of which one is 0 but at BOS
    "a rounded count": Case(
        f"aggregate(select(indices, 0, ==), selector_width({SAME}) % 2)", ("a", "b"), 24, Map, ramps(24), loose=30
    ),  # likewise
    "an anchored look-up": Case(
        f"selector_width({SAME}) / length", ("a", "b", "c"), 24, Width, ramps(24) + ramps(14, "c", "b")
    ),  # exact, and so is its bound
}  # fmt: skip
OF_PLAIN = {
    "a mean by a quotient": Case(
        f"aggregate({UP_TO}, tokens_int)", (0, 7), 100, Aggregate, ramps(100, 7, 0)[::25]
    ),
    "a count by powers": Case(
        "selector_width(select(tokens, tokens, <))", tuple("abcdefghijkl"), 40, Width, ramps(40, "a", "b")
    ),
    "a count by powers of positions": Case(
        f"selector_width({SAME} and {BEFORE})", ("a", "b"), 60, Width, ramps(60)
    ),
    "a mean by powers": Case(
        f"aggregate({UP_TO}, tokens_int)", (0, 7), 24, Aggregate, [*ramps(24, 7, 0), *ramps(24, 0, 7)]
    ),
}
"""What other targets have no construction for."""
ALL = CASES | OF_PLAIN


def compiled(case: Case, dtype: Dtype = "float32") -> Compiled:
    options = CompileOptions(case.vocabulary, case.length, case.attention, dtype=dtype)
    return compile_program(load_program(Source("test", "")), {"out": case.text}, options)


def columns_of(model: Compiled, kind: type) -> list[int]:
    """The columns of s-ops of one op."""

    def has(node: Node) -> bool:
        return isinstance(node.op, kind)

    return [k for k, column in enumerate(model.layout.columns) if column is not None and has(column[0].node)]


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("dtype", DTYPES)
def test_errors_stay_below_their_bounds(name: str, dtype: Dtype) -> None:
    case = ALL[name]
    model = compiled(case, dtype)
    columns = columns_of(model, case.kind)
    assert columns or dtype == "float64"  # what float32 has to look up may be a sum there
    worst = np.zeros(model.layout.width)
    for order in orders(4):
        errors, seen = measured(model, case.inputs, partial(residuals, model.weights, order))
        assert seen[columns].all()
        worst = np.maximum(worst, errors)
    bounds = model.bounds.columns
    below = [(k, worst[k], bounds[k]) for k in np.flatnonzero(worst > bounds)]
    assert not below
    if dtype == "float64":  # described as coarser than it is
        return
    check_row("bounds", name, " ".join(f"{bounds[k]:.3g}" for k in columns))
    tightest = min(bounds[k] / max(worst[k], 1e-300) for k in columns)
    assert tightest <= case.loose


@pytest.mark.parametrize("name", ALL)
def test_reading_token_by_token_keeps_the_bounds(name: str) -> None:
    """A step adds in other orders than a whole input does: fewer rows at a time go to other kernels."""
    model = compiled(replace(ALL[name], attention="causal"))
    decoder = ExactDecoder(model.weights)

    def run(ids: list[int]) -> np.ndarray:
        cache, steps = decoder.new_cache(), list[torch.Tensor]()
        for token in ids:
            steps.append(
                torch.cat(record_activations(decoder, torch.tensor([[token]]), cache=cache).residuals)
            )
        return torch.cat(steps, dim=1).numpy()

    errors, seen = measured(model, ALL[name].inputs[-3:], run)
    assert seen.any()
    assert (errors <= model.bounds.columns).all()
