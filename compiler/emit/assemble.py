"""Plan and layout to weights."""

from collections.abc import Mapping

import numpy as np

from compiler.analysis.infer import Analysis
from compiler.config import Config, HeadShape, LayerShape, Output
from compiler.emit.weights import Array, Weights
from compiler.lower.blocks import Head, Readout, TableBlock
from compiler.lower.form import Variable
from compiler.lower.layout import Layout, weights_of, without_constant
from compiler.lower.plan import Plan

Place = Mapping[tuple[Variable, int], int]


def assemble(plan: Plan, layout: Layout, analysis: Analysis) -> Weights:
    """The arrays of `compiler/emit/weights.py`, shapes as documented there."""
    options = analysis.options
    arrays: dict[str, Array] = embedding(layout, analysis)
    shapes: list[LayerShape] = []
    place = {column: k for k, column in enumerate(layout.columns) if column is not None}
    for number, layer in enumerate(plan.layers):
        for h, head in enumerate(layer.heads):
            arrays |= {f"layers.{number}.heads.{h}.{k}": v for k, v in attention(head, layout, place).items()}
        if layer.tables:
            arrays |= {f"layers.{number}.mlp.{k}": v for k, v in mlp(layer.tables, layout, place).items()}
        hidden = sum(table.stairs.units for table in layer.tables)
        heads = tuple(HeadShape(len(h.scores.queries), len(h.values)) for h in layer.heads)
        shapes.append(LayerShape(heads, hidden))
    outputs: list[Output] = []
    for k, readout in enumerate(plan.readouts):
        arrays[f"outputs.{k}.unembed"], arrays[f"outputs.{k}.bias"] = unembedding(readout, layout)
        shown = analysis.domain(readout.node).shown()
        outputs.append(Output(readout.name, tuple(shown[int(code)] for code in readout.codes)))
    config = Config(
        options.dialect, options.attention, options.vocabulary, options.max_length, layout.width,
        tuple(shapes), tuple(outputs), "position" in arrays,
    )  # fmt: skip
    return Weights(config, arrays)


def embedding(layout: Layout, analysis: Analysis) -> dict[str, Array]:
    """Rows of the token table follow the vocabulary's order (the domain sorts); BOS is the last."""
    frame = layout.frame
    table = np.zeros((frame.tokens + 1, layout.width))
    positions = np.zeros((frame.positions + 1, layout.width))
    if len(layout.embedding):
        vectors = np.stack(layout.embedding.vectors, axis=1)  # (entries, columns)
        domain = analysis.domain(analysis.tokens_node)
        order = [domain.code(token) for token in analysis.options.vocabulary]
        table[:-1, : vectors.shape[1]] = vectors[order]
        table[-1, : vectors.shape[1]] = vectors[-1]
        positions[1:, : vectors.shape[1]] = vectors[frame.tokens : -1]
    return {"embed": table} | ({"position": positions} if positions.any() else {})


def attention(head: Head, layout: Layout, place: Place) -> dict[str, Array]:
    """Query, key, value: one column per form. Output: each value to its feature's residual column, times its gain."""
    output = np.zeros((len(head.values), layout.width))
    for row, (target, gain) in enumerate(zip(head.targets, head.gains, strict=True)):
        output[row, place[target]] = gain
    return {
        "query": np.stack([weights_of(form, layout) for form in head.scores.queries], axis=1),
        "key": np.stack([weights_of(form, layout) for form in head.scores.keys], axis=1),
        "value": np.stack([weights_of(form, layout) for form in head.values], axis=1),
        "output": output,
    }


def mlp(tables: tuple[TableBlock, ...], layout: Layout, place: Place) -> dict[str, Array]:
    """Hidden unit u of a table: relu(slope[u] * form + offset[u]); its heights go to the table's columns."""
    inward: list[Array] = []
    bias: list[Array] = []
    outward: list[Array] = []
    for table in tables:
        stairs = table.stairs
        weights = weights_of(without_constant(table.form), layout)
        inward.append(weights[:, None] * stairs.slopes)
        bias.append(stairs.offsets + stairs.slopes * table.form.constant)
        heights = np.zeros((stairs.units, layout.width))
        for k in range(stairs.heights.shape[1]):
            heights[:, place[table.variable, k]] = stairs.heights[:, k]
        outward.append(heights)
    return {"in": np.hstack(inward), "bias": np.concatenate(bias), "out": np.vstack(outward)}


def unembedding(readout: Readout, layout: Layout) -> tuple[Array, Array]:
    """Nearest center: the logits 2xv - v² are largest for the center v closest to x."""
    if readout.hot:
        columns = [weights_of(without_constant(form), layout) for form in readout.hot]
        return np.stack(columns, axis=1), np.array([form.constant for form in readout.hot])
    weights = weights_of(without_constant(readout.form), layout)
    centers = readout.centers
    return weights[:, None] * (2 * centers), 2 * readout.form.constant * centers - centers**2
