"""Sizes of a compiled model, and its symbol map: what each head, hidden unit and residual column is."""

from typing import assert_never, cast

from compiler.analysis.infer import Analysis
from compiler.audit.decisions import Bounds
from compiler.blocks.block import Head, LookupBlock
from compiler.config import count_values
from compiler.emit.weights import Array, Weights
from compiler.json_forms.model_forms import (
    Certificate,
    HeadRecord,
    PartRecord,
    Sizes,
    SourcePosition,
    Summary,
    SymbolMap,
    UnitsRecord,
)
from compiler.plan.layers import Plan
from compiler.plan.layout import Layout
from compiler.report.columns import list_column_rows
from compiler.report.describe import describe_node
from compiler.report.parts import Clearing, Embedded, Part, list_parts
from rasp.graph.nodes import Graph, Node


def build_summary(weights: Weights, plan: Plan, certificate: Certificate) -> Summary:
    """The numbers that `rasp compile` and `rasp info` show."""
    found = count_sizes(weights)
    first = {"layers": found["layers"], "lower_bound_layers": plan.least.layers}
    return cast(Summary, first | found | {"certificate": certificate})


def count_sizes(weights: Weights) -> Sizes:
    """Those of them that the weights alone decide."""
    config = weights.config
    heads = [head for layer in config.layers for head in layer.heads]
    return {
        "layers": len(config.layers),
        "heads": len(heads),
        "heads_per_layer": [len(layer.heads) for layer in config.layers],
        "d_model": config.d_model,
        "d_head": max((max(head.d_key, head.d_value) for head in heads), default=0),
        "d_mlp": max((layer.d_mlp for layer in config.layers), default=0),
        "d_mlp_per_layer": [layer.d_mlp for layer in config.layers],
        "parameters": weights.parameters(),
        "nonzero": weights.nonzero(),
        "parameters_with_unembedding": weights.parameters(unembedding=True),
        "classes": {output.name: count_values(output.classes) for output in config.outputs},
    }


def build_symbol_map(
    plan: Plan, layout: Layout, analysis: Analysis, bounds: Bounds, directions: Array | None = None
) -> SymbolMap:
    """What every part of the model stands for, with the places in the program's texts; plain data.

    `parts` are in the order in which they write, `columns` what the residual stream carries, along the `directions` where
    its basis is rotated.
    """
    d_model = layout.d_model if directions is None else directions.shape[1]
    found: SymbolMap = {
        "parts": [part_record(analysis.graph, part, bounds, d_model) for part in list_parts(plan, layout)],
        "columns": list_column_rows(plan, layout, analysis, bounds),
    }
    return found if directions is None else {**found, "directions": directions.tolist()}


def part_record(
    graph: Graph, part: Part, bounds: Bounds, d_model: int
) -> HeadRecord | UnitsRecord | PartRecord:
    """One part: where it is, what it computes, from what, which columns it writes and how exactly, its cost."""
    record: dict[str, object] = {"where": part.where, "computes": part.computes(graph)}
    units = {"layer": part.layer, "units": [part.units.start, part.units.stop]}
    match part.block:
        case Head(selector, scores):
            record |= {"layer": part.layer, "head": part.first, "selector": describe_node(graph, selector)}
            record |= {"bos": scores.mode} | place_of(graph, selector)
        case LookupBlock(variable):
            record |= units | place_of(graph, variable.node)
        case Clearing():
            record |= units
        case Embedded():
            pass
        case _:
            assert_never(part.block)
    error = max((float(bounds.columns[column]) for column in part.columns), default=0.0)
    record |= {"columns": list(part.places), "error_bound": error}
    record["parameters"] = part.count_parameters(d_model)
    return cast(HeadRecord | UnitsRecord | PartRecord, record)


def place_of(graph: Graph, node: Node) -> dict[str, SourcePosition]:
    """File, line and column where a node was written, when that is known."""
    if node not in graph.origins:
        return {}
    source, span = graph.origins[node]
    line, column = source.position(span.start)
    return {"place": {"file": source.name, "line": line, "column": column}}
