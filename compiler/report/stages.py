"""Each stage of a compilation as text, for `--emit` and for golden tests."""

from collections.abc import Iterable, Mapping

import numpy as np

from compiler.analysis.infer import Analysis
from compiler.audit.decisions import Bounds
from compiler.blocks.form import Form, Variable
from compiler.emit.weights import Weights
from compiler.options import CompileError, CompileOptions
from compiler.plan.layers import Plan
from compiler.plan.layout import Layout
from compiler.report.columns import list_column_rows
from compiler.report.describe import describe_node
from compiler.report.graph_text import print_outputs
from compiler.rewrite.apply_passes import Rewriting
from rasp.format.format_text import format_source
from rasp.graph.nodes import Graph, Node, list_reachable
from rasp.source import Source
from rasp.syntax.lexer import tokenize_text
from rasp.values import show_count


def write_text_stage(stage: str, source: Source) -> str:
    """A stage of a program's text. Raises `RaspError` for the tree of one that has none."""
    if stage == "tree":
        return format_source(source).rstrip()
    tokens, _ = tokenize_text(source)
    rows = [(*source.position(token.start), token) for token in tokens]
    return "\n".join(
        f"{line}:{column:<3} {token.kind:8}{token.text}".rstrip() for line, column, token in rows
    )


def show_graph(stage: str, rewriting: Rewriting, graph: Graph, options: CompileOptions) -> str:
    """A stage of a graph, one node a line."""
    outputs = {"graph": rewriting.meant, "total": rewriting.total, "rewritten": rewriting.rewritten}[stage]
    return print_outputs(graph, outputs, options).rstrip("\n")


def show_domains(outputs: Mapping[str, Node], analysis: Analysis) -> str:
    """Values that attention results and outputs can have."""
    graph = analysis.graph
    rows: list[str] = []
    for node in list_reachable(outputs.values()):
        if node.is_selector or not (analysis.is_leaf(node) or node in outputs.values()):
            continue
        depends = ", ".join(describe_node(graph, leaf) for leaf in analysis.leaves(node) if leaf is not node)
        rows.append(
            f"{describe_node(graph, node)}: {values(analysis, node)}"
            + (f"   of {depends}" if depends else "")
        )
    return "\n".join(rows)


def values(analysis: Analysis, node: Node) -> str:
    """The domain; what position and length decide can be compiled though a part of it has none."""
    try:
        return str(analysis.domain(node))
    except CompileError as refused:
        return f"not known ({refused.diagnostics[0].message})"


def show_plan(plan: Plan, graph: Graph) -> str:
    """Layer by layer: heads with what they read and write, then look-ups with their hidden units."""
    rows: list[str] = []
    for number, layer in enumerate(plan.layers):
        rows.append(f"layer {number}")
        for h, head in enumerate(layer.heads):
            scores = head.scores
            writes = ", ".join(dict.fromkeys(describe_node(graph, v.node) for v, _ in head.targets))
            size = f"d_key {len(scores.queries)}, d_value {len(head.values)}, bos {scores.mode}"
            rows.append(f"  head {h}: {describe_node(graph, head.selector)}   ({size})")
            rows.append(f"    query reads {reads(graph, scores.queries)}")
            rows.append(f"    key   reads {reads(graph, scores.keys)}")
            rows.append(f"    value reads {reads(graph, head.values)}")
            rows.append(f"    writes {writes}")
        for lookup in layer.lookups:
            what = describe_node(graph, lookup.variable.node)
            rows.append(f"  look-up: {what}   ({show_count(lookup.stairs.units, 'hidden unit')})")
            rows.append(f"    reads {reads(graph, [lookup.form])}")
    for readout in plan.readouts:
        rows.append(
            f"output {readout.name}: {show_count(len(readout.centers), 'class')}, reads {reads(graph, readout.forms)}"
        )
    return "\n".join(rows)


def reads(graph: Graph, forms: Iterable[Form]) -> str:
    """The variables that forms read, by name."""
    found = dict.fromkeys(label(graph, v) for form in forms for v in form.parts)
    return ", ".join(found) or "a constant"


def label(graph: Graph, variable: Variable) -> str:
    how = "look-up " if variable.role == "look-up" else ""
    return how + describe_node(graph, variable.node)


def show_at_bos(number: float | None) -> str:
    return "anything" if number is None else f"{number:.6g}"


def show_layout(plan: Plan, layout: Layout, analysis: Analysis, bounds: Bounds) -> str:
    """Residual columns: what each carries, and what it holds for each value x of that.

    A column that is cleared stands here once for each thing that it carries, in the order of time.
    """
    rows = [
        f"{row['column']:4}  {row['carries']}: {row['holds']}; at BOS {show_at_bos(row['at_bos'])}; "
        f"written by {row['written_by']}, last read by {row['last_read_by']}"
        for row in list_column_rows(plan, layout, analysis, bounds)
    ]
    return "\n".join(rows)


def show_weights(weights: Weights) -> str:
    """Every array: name, shape, how many entries are not zero, and the largest."""
    rows = [
        f"{name:36} {'×'.join(map(str, array.shape)):>12}  {np.count_nonzero(array):6} nonzero, "
        f"largest {np.abs(array).max(initial=0.0):.6g}"
        for name, array in weights.arrays.items()
    ]
    return "\n".join(rows)
