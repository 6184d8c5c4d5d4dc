"""How far the right answer's logit is above all others, and logits scaled until that is as far as is wished for.

A number x within e of center c has logits 2xv - v² that differ by 2·|c - d|·(|c - d|/2 - e) or more between c and d: with
m half of the smallest distance between centers, by 4m(m - e). A class of its own (`Readout.hot`) is 1 where others are 0,
each within e: 2(m - e) with m = 1/2. Scaling by a power of two moves exponents only, and so no rounding, and no bound.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

from compiler.audit.decisions import Bounds
from compiler.blocks.block import Readout
from compiler.emit.weights import Array, Weights, spread_unembedding


def list_logit_gaps(readouts: Sequence[Readout], bounds: Bounds) -> list[float]:
    """For each output how far its likeliest class is above the second at least, in nats; infinite for one class alone."""
    outputs = [decision for decision in bounds.decisions if decision.kind == "output"]
    assert len(outputs) == len(readouts)
    return [
        (2.0 if readout.hot else 4.0 * found.margin) * (found.margin - found.error)
        for readout, found in zip(readouts, outputs, strict=True)
    ]


def choose_logit_scale(gap: float, wished: float) -> float:
    """The least power of two, from 1 on, that makes a gap as large as is wished for."""
    return 1.0 if gap >= wished else 2.0 ** math.ceil(math.log2(wished / gap))


def scale_logits(weights: Weights, gaps: Sequence[float], wished: float) -> Weights:
    """The same model with all gaps at least as large as wished for. An output that is a number (`Output.nearest`) gets
    logits of its classes, where it has to: a number cannot be scaled."""
    arrays: dict[str, Array] = dict(weights.arrays)
    outputs = list(weights.config.outputs)
    for k, gap in enumerate(gaps):
        scale = choose_logit_scale(gap, wished)
        if scale > 1:
            found = spread_unembedding(weights, k)
            outputs[k] = replace(outputs[k], classes=tuple(outputs[k].classes), nearest=False)
            for part, array in zip(("weight", "bias"), found, strict=True):
                arrays[f"unembeddings.{k}.{part}"] = array * scale
    return Weights(replace(weights.config, outputs=tuple(outputs)), arrays)
