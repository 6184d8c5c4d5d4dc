"""Plan and layout to weights."""

from collections.abc import Mapping

import numpy as np

from compiler.analysis.infer import Analysis
from compiler.blocks.block import Head, LookupBlock, Readout
from compiler.blocks.form import Form, Vector
from compiler.config import Config, HeadShape, LayerShape, Output
from compiler.domains.fraction_domain import FractionDomain
from compiler.emit.weights import Array, Weights
from compiler.plan.layers import Plan
from compiler.plan.layout import Erasure, Layout, drop_constant, place_weights, weigh_form
from rasp.values import Atom


def assemble_weights(
    plan: Plan, layout: Layout, analysis: Analysis, stand_ins: Mapping[str, Atom]
) -> Weights:
    """The arrays of `compiler/emit/weights.py`, shapes as documented there. A class of an output's value that stands for no
    value is None.
    """
    options = analysis.options
    arrays: dict[str, Array] = embedding(layout, analysis)
    shapes: list[LayerShape] = []
    for number, layer in enumerate(plan.layers):
        for h, head in enumerate(layer.heads):
            prefix = f"layers.{number}.attention.heads.{h}"
            arrays |= {f"{prefix}.{k}": v for k, v in attention(head, layout).items()}
        parts = mlp(layer.lookups, [e for e in layout.erasures if e.layer == number], layout)
        hidden = len(parts["bias"])
        if hidden:
            arrays |= {f"layers.{number}.mlp.{k}": v for k, v in parts.items()}
        heads = tuple(HeadShape(len(h.scores.queries), len(h.values)) for h in layer.heads)
        shapes.append(LayerShape(heads, hidden))
    outputs: list[Output] = []
    for k, readout in enumerate(plan.readouts):
        arrays[f"unembeddings.{k}.weight"], arrays[f"unembeddings.{k}.bias"] = unembedding(readout, layout)
        domain = analysis.domain(readout.node)
        if isinstance(domain, FractionDomain) and readout.described:
            outputs.append(Output(readout.name, domain.values.as_floats(), nearest=True))
            continue
        shown: list[Atom | None] = [*domain.shown()]
        stand_in = stand_ins.get(readout.name)
        if stand_in is not None and domain.has(stand_in):  # rewriting may have found that it is never needed
            shown[domain.code(stand_in)] = None
        classes = tuple(shown[int(code)] for code in readout.codes)
        outputs.append(Output(readout.name, classes, readout.nearest))
    config = Config(
        options.dialect, options.attention, options.vocabulary, options.max_length, layout.d_model,
        tuple(shapes), tuple(outputs), "embedding.positions" in arrays, options.dtype,
        options.prompts.end if options.prompts else None,
    )  # fmt: skip
    return Weights(config, arrays)


def embedding(layout: Layout, analysis: Analysis) -> dict[str, Array]:
    """Rows of the token table follow the vocabulary's order (the domain sorts); BOS is the last."""
    sizes = layout.sizes
    table = np.zeros((sizes.tokens + 1, layout.d_model))
    positions = np.zeros((sizes.positions + 1, layout.d_model))
    if len(layout.embedding):
        vectors = np.stack(layout.embedding.vectors, axis=1)  # (entries, columns)
        domain = analysis.domain(analysis.tokens_node)
        order = [domain.code(token) for token in analysis.options.vocabulary]
        table[:-1, : vectors.shape[1]] = vectors[order]
        table[-1, : vectors.shape[1]] = vectors[-1]
        positions[1:, : vectors.shape[1]] = vectors[sizes.tokens : -1]
    for column in layout.turning:
        content = layout.columns[column]
        assert content is not None, "it is a variable's"
        [vector] = layout.blocks.features[content[0]].basis.vectors
        positions[1:, layout.places[column]] = vector
    return {"embedding.tokens": table} | ({"embedding.positions": positions} if positions.any() else {})


def attention(head: Head, layout: Layout) -> dict[str, Array]:
    """Query, key, value: one column per form. Output: each value to its feature's place, times its gain."""
    output = np.zeros((len(head.values), layout.d_model))
    for row, (target, gain) in enumerate(zip(head.targets, head.gains, strict=True)):
        output[row, layout.places[layout.numbers[target]]] = gain
    return {
        "query": np.stack([reading(form, layout) for form in head.scores.queries], axis=1),
        "key": np.stack([reading(form, layout) for form in head.scores.keys], axis=1),
        "value": np.stack([reading(form, layout) for form in head.values], axis=1),
        "output": output,
    }


def mlp(lookups: tuple[LookupBlock, ...], erasures: list[Erasure], layout: Layout) -> dict[str, Array]:
    """Hidden unit u of a look-up: relu(slope[u] * form + offset[u]); its heights go to the look-up's columns.

    After them the units that clear places.
    """
    units = sum(lookup.stairs.units for lookup in lookups) + sum(len(erasure.signs) for erasure in erasures)
    inward, bias = np.zeros((layout.d_model, units)), np.zeros(units)
    outward = np.zeros((units, layout.d_model))
    first = 0
    for lookup in lookups:
        stairs = lookup.stairs
        own = slice(first, first + stairs.units)
        inward[:, own] = reading(drop_constant(lookup.form), layout)[:, None] * stairs.slopes
        bias[own] = stairs.offsets + stairs.slopes * lookup.form.constant
        if stairs.shifts is not None and lookup.one is not None:
            inward[:, own] += reading(lookup.one, layout)[:, None] * stairs.shifts
        for k in range(stairs.heights.shape[1]):
            outward[own, layout.places[layout.numbers[lookup.variable, k]]] = stairs.heights[:, k]
        first += stairs.units
    for erasure in erasures:
        for sign in erasure.signs:
            inward[layout.places[erasure.column], first] = sign
            outward[first, layout.places[erasure.column]] = -sign
            first += 1
    return {"up": inward, "bias": bias, "down": outward}


def unembedding(readout: Readout, layout: Layout) -> tuple[Array, Array]:
    """Nearest center: the logits 2xv - v² are largest for the center v closest to x; or x alone."""
    if readout.hot:
        columns = [reading(drop_constant(form), layout) for form in readout.hot]
        return np.stack(columns, axis=1), np.array([form.constant for form in readout.hot])
    weights = reading(drop_constant(readout.form), layout)
    if readout.nearest:
        return weights[:, None], np.array([readout.form.constant])
    centers = readout.centers
    return weights[:, None] * (2 * centers), 2 * readout.form.constant * centers - centers**2


def reading(form: Form, layout: Layout) -> Vector:
    """A form as weights over the residual stream, shape (d_model,)."""
    return place_weights(weigh_form(form, layout), layout)
