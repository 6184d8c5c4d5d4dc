"""Forms that an anchor rounds (`compiler/numerics/count_precision.py`): is what comes out exact, whatever the order of
addition?

The anchor is one product among those that make up the sum. Partial sums without it are as near to a multiple of the grain
g as their terms are. Those with it lie where there are no finer numbers than g/2: rounding takes all error below g/4
away, as often as another term is added. The bias, which takes the anchor away, is added last.
"""

from collections.abc import Callable

import numpy as np

from compiler.blocks.block import LookupBlock
from compiler.blocks.form import Form, Vector
from compiler.numerics.dtypes import Arithmetic
from compiler.numerics.rounding import Reading, count_roundings, find_grain, is_binary
from compiler.plan.layout import EmbeddingSizes, Layout, drop_constant, express_feature, weigh_form


def bound_anchored_reading(
    block: LookupBlock,
    layout: Layout,
    errors: Vector,
    size_of: Callable[[Vector], float],
    arithmetic: Arithmetic,
) -> tuple[float, Reading]:
    """How far a look-up's form is off before it is rounded (infinite if rounding won't help), and what it is afterwards.

    `errors` are those of the residual columns, and `size_of` the largest sum that absolute weights of columns can give.
    """
    grain = block.grain
    weights = weigh_form(drop_constant(block.form), layout)
    vectors = layout.embedding.vectors
    largest = int(np.argmax([abs(weights[k]) * np.abs(v).max(initial=0.0) for k, v in enumerate(vectors)]))
    low, high = span(weights[largest] * vectors[largest], layout.sizes)
    rest = weights.copy()
    rest[largest] = 0.0
    size = size_of(np.abs(rest))
    anchor = arithmetic.anchor * grain
    reach = max(anchor - low, high - anchor) + size
    used = np.flatnonzero(rest)
    error = (
        float(np.abs(rest[used]) @ errors[used])
        + max(count_roundings(rest[used]), 0) * arithmetic.unit * size
    )
    holds = (
        errors[largest] == 0.0
        and reach < arithmetic.anchored_reach * grain
        and is_whole(block.form, grain, weights, layout, arithmetic)
        and is_taken_away(block, arithmetic)
    )
    return error if holds else np.inf, Reading(0.0, size + reach, grain)


def span(entries: Vector, sizes: EmbeddingSizes) -> tuple[float, float]:
    """Least and greatest value that an embedded column has: of a token and a position together, or at BOS."""
    token, position, bos = entries[: sizes.tokens], entries[sizes.tokens : -1], float(entries[-1])
    low, high = (float(f(token) + f(position)) for f in (np.min, np.max))
    return min(low, bos), max(high, bos)


def is_taken_away(block: LookupBlock, arithmetic: Arithmetic) -> bool:
    """Whether the biases are what they should be when they are stored, as fine as the grain is there, and no product with a
    slope rounds."""
    slopes = block.stairs.slopes
    bias, lost = add_exactly(block.stairs.offsets, slopes * block.form.constant)
    stored = bias.astype(arithmetic.name).astype(np.float64)
    wrong = (np.abs(bias - stored) + np.abs(lost)) / np.abs(slopes)
    return is_binary(slopes) and bool((wrong <= arithmetic.negligible * block.grain).all())


def add_exactly(a: Vector, b: Vector) -> tuple[Vector, Vector]:
    """Sums in float64, and what they lost: together exactly a + b (Knuth's TwoSum)."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def is_whole(form: Form, grain: float, weights: Vector, layout: Layout, arithmetic: Arithmetic) -> bool:
    """Whether every term, in every column, is a multiple of the grain and has few enough digits to be exact."""
    terms = [weights[k] * vector for k, vector in enumerate(layout.embedding.vectors)]
    for variable, feature in form.parts.items():
        features = layout.blocks.features.get(variable)
        if features is not None:
            basis = features.basis
            terms += [w * v for w, v in zip(express_feature(feature, basis), basis.vectors, strict=True)]
            terms.append(np.array(features.at_bos) * express_feature(feature, basis))
    used = np.concatenate(terms)
    return find_grain(used) >= grain and float(np.abs(used).max()) < arithmetic.finest * grain
