"""Residual columns in words: what each carries, from when to when, and what it holds for each value of that."""

from math import isnan

from compiler.analysis.infer import Analysis
from compiler.audit.decisions import Bounds
from compiler.blocks.form import Vector
from compiler.json_forms.model_forms import ColumnRecord
from compiler.plan.layers import Plan
from compiler.plan.layout import Layout
from compiler.plan.reuse import find_lives
from compiler.report.describe import describe_feature, describe_node
from compiler.report.parts import list_parts
from rasp.graph.nodes import Indices, Tokens


def list_column_rows(plan: Plan, layout: Layout, analysis: Analysis, bounds: Bounds) -> list[ColumnRecord]:
    """Each content of each column as plain data, in the order of writing: a cleared column has several."""
    writers = {column: part.where for part in list_parts(plan, layout) for column in part.columns}
    rows: list[ColumnRecord] = []
    for k, life in enumerate(find_lives(plan, layout)):
        carries, holds, at_bos = content(k, layout, analysis)
        rows.append(
            {
                "column": layout.places[k],
                "carries": carries,
                "holds": holds,
                "at_bos": at_bos,
                "written_by": writers[k],
                "last_read_by": reader(life.read, plan),
                "error_bound": float(bounds.columns[k]),
            }
        )
    return rows


def reader(half: int, plan: Plan) -> str:
    """A half-layer in words."""
    if half > 2 * len(plan.layers):
        return "unembedding"
    return f"layer {(half - 1) // 2} {'heads' if half % 2 else 'units'}" if half else "nothing"


def content(number: int, layout: Layout, analysis: Analysis) -> tuple[str, str, float | None]:
    """What a column carries, what it holds for its values, and what at BOS; None where nothing reads it there."""
    column = layout.columns[number]
    if column is None:
        vector = layout.embedding.vectors[number]
        return *embedded(vector, layout, analysis), float(vector[-1])
    variable, feature = column
    features = layout.blocks.features[variable]
    holds = describe_feature(analysis.domain(variable.node), features.basis.vectors[feature])
    at_bos = float(features.at_bos[feature])
    return describe_node(analysis.graph, variable.node), holds, None if isnan(at_bos) else at_bos


def embedded(vector: Vector, layout: Layout, analysis: Analysis) -> tuple[str, str]:
    """What a column of the embedding is of, and what it holds."""
    graph, tokens = analysis.graph, layout.sizes.tokens
    halves = {graph.add(Tokens()): vector[:tokens], graph.add(Indices()): vector[tokens:-1]}
    used = {node: half for node, half in halves.items() if half.any()}
    carries = " + ".join(describe_node(graph, node) for node in used)
    holds = " + ".join(describe_feature(analysis.domain(node), half) for node, half in used.items())
    return carries or "BOS", holds or "0"
