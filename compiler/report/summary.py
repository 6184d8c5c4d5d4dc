"""Sizes of a compiled model, and its symbol map: what each head, hidden unit and residual column is. Plain data."""

from typing import Any

from compiler.analysis.infer import Analysis
from compiler.emit.weights import Weights
from compiler.lower.form import Variable
from compiler.lower.layout import Layout
from compiler.lower.plan import Plan
from compiler.lower.reuse import lives
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
        clearing = sum(len(erasure.signs) for erasure in layout.erasures if erasure.layer == number)
        if clearing:
            what = "clears columns for later values"
            tables.append({"layer": number, "units": [first, first + clearing], "computes": what})
    return {"heads": heads, "hidden_units": tables, "columns": columns(plan, layout, graph)}


def columns(plan: Plan, layout: Layout, graph: Graph) -> list[dict[str, Any]]:
    """What the residual stream's columns carry, from which half-layer on and until which it is read."""
    return [
        {
            "column": place,
            "carries": "embedding" if content is None else name_of(graph, content[0]),
            "written_by": half_layer(life.written, plan),
            "last_read_by": half_layer(life.read, plan),
        }
        for place, content, life in zip(layout.places, layout.columns, lives(plan, layout), strict=True)
    ]


def half_layer(number: int, plan: Plan) -> str:
    """A half-layer in words."""
    if number == 0:
        return "embedding"
    if number > 2 * len(plan.layers):
        return "unembedding"
    return f"layer {(number - 1) // 2} {'attention' if number % 2 else 'mlp'}"


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
