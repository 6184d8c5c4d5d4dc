"""Sizes of a compiled model, and its symbol map: what each head, hidden unit and residual column is. Plain data."""

from typing import Any

from compiler.analysis.infer import Analysis
from compiler.emit.weights import Weights
from compiler.lower.form import Variable
from compiler.lower.layout import Layout
from compiler.lower.plan import Plan
from compiler.report.describe import describe
from rasp.graph import Graph, Node


def summary(weights: Weights, plan: Plan) -> dict[str, Any]:
    """The numbers that `rasp compile` and `rasp info` show."""
    config = weights.config
    heads = [head for layer in config.layers for head in layer.heads]
    return {
        "layers": len(config.layers),
        "lower_bound_layers": plan.lower_bound,
        "heads": len(heads),
        "heads_per_layer": [len(layer.heads) for layer in config.layers],
        "d_model": config.d_model,
        "d_head": max((max(head.d_key, head.d_value) for head in heads), default=0),
        "d_mlp": max((layer.d_mlp for layer in config.layers), default=0),
        "d_mlp_per_layer": [layer.d_mlp for layer in config.layers],
        "parameters": weights.parameters(),
        "nonzero": weights.nonzero(),
        "parameters_with_unembedding": weights.parameters(unembedding=True),
        "classes": {output.name: len(output.classes) for output in config.outputs},
    }


def symbols(plan: Plan, layout: Layout, analysis: Analysis) -> dict[str, Any]:
    """What every part of the model stands for, with the places in the program's texts."""
    graph = analysis.graph
    heads: list[dict[str, Any]] = []
    tables: list[dict[str, Any]] = []
    for number, layer in enumerate(plan.layers):
        for h, head in enumerate(layer.heads):
            heads.append(
                {
                    "layer": number,
                    "head": h,
                    "selector": describe(graph, head.selector),
                    "bos": head.scores.mode,
                    "writes": [name_of(graph, variable) for variable, _ in head.targets],
                }
                | place_of(graph, head.selector)
            )
        first = 0
        for table in layer.tables:
            node, units = table.variable.node, table.stairs.units
            text = describe(graph, node)
            tables.append(
                {"layer": number, "units": [first, first + units], "computes": text} | place_of(graph, node)
            )
            first += units
    columns = [
        {"column": k, "carries": "embedding" if column is None else name_of(graph, column[0])}
        for k, column in enumerate(layout.columns)
    ]
    return {"heads": heads, "hidden_units": tables, "columns": columns}


def name_of(graph: Graph, variable: Variable) -> str:
    """A variable in words."""
    return describe(graph, variable.node)


def place_of(graph: Graph, node: Node) -> dict[str, Any]:
    """File, line and column where a node was written, when that is known."""
    if node not in graph.origins:
        return {}
    source, span = graph.origins[node]
    line, column = source.position(span.start)
    return {"place": {"file": source.name, "line": line, "column": column}}
