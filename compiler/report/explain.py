"""`--explain`: where each s-op went and what it costs; and every value's error bound beside the tightest margin."""

from collections.abc import Iterable
from typing import Any

from compiler.analysis.infer import Analysis
from compiler.emit.decisions import Bounds
from compiler.lower.blocks import Head, TableBlock
from compiler.lower.form import Variable
from compiler.lower.layout import Layout
from compiler.lower.plan import Plan
from compiler.report.describe import describe
from rasp.graph import Constant, Graph, Indices, Tokens, reachable


def explain(plan: Plan, layout: Layout, analysis: Analysis) -> str:
    """One paragraph a layer, then what is free, then why there are as many layers as there are."""
    graph = analysis.graph
    rows: list[str] = []
    for number, layer in enumerate(plan.layers):
        rows.append(f"layer {number}")
        rows += [explain_head(graph, h, head, layout.d_model) for h, head in enumerate(layer.heads)]
        rows += [explain_table(graph, table, layout.d_model) for table in layer.tables]
        rows += explain_clearing(layout, number)
    rows += ["free (read off the residual stream, or folded into the weights that read it)"]
    rows += [f"  {name}" for name in free(plan, graph)] or ["  nothing has a name of its own"]
    return "\n".join([*rows, depth(plan)])


def explain_head(graph: Graph, number: int, head: Head, width: int) -> str:
    """What a head computes, and its share of the parameters."""
    key, value = len(head.scores.queries), len(head.values)
    results = ", ".join(dict.fromkeys(describe(graph, variable.node) for variable, _ in head.targets))
    sizes = f"{key} query/key and {value} value columns, {2 * width * (key + value):,} parameters"
    return f"  head {number}: {results}\n    attends by {describe(graph, head.selector)}; {sizes}"


def explain_table(graph: Graph, table: TableBlock, width: int) -> str:
    """What a look-up table computes, from what, and its share of the parameters."""
    units = table.stairs.units
    sources = ", ".join(dict.fromkeys(describe(graph, variable.node) for variable in table.form.parts))
    sizes = f"{units} hidden units, {units * (2 * width + 1):,} parameters"
    return f"  look-up: {describe(graph, table.variable.node)}\n    from {sources or 'nothing'}; {sizes}"


def explain_clearing(layout: Layout, number: int) -> list[str]:
    """How many columns a layer clears for later values, and what that costs."""
    signs = [erasure.signs for erasure in layout.erasures if erasure.layer == number]
    units = sum(map(len, signs))
    if not units:
        return []
    cost = units * (2 * layout.d_model + 1)
    return [f"  clears {len(signs)} columns for later values\n    {units} hidden units, {cost:,} parameters"]


def free(plan: Plan, graph: Graph) -> list[str]:
    """Named s-ops that no head and no table is for."""
    paid = {variable.node for layer in plan.layers for head in layer.heads for variable, _ in head.targets}
    paid |= {table.variable.node for layer in plan.layers for table in layer.tables}
    names: dict[str, None] = {}
    for node in reachable(readout.node for readout in plan.readouts):
        plain = isinstance(node.op, Tokens | Indices | Constant)
        if node in graph.names and node not in paid and not node.is_selector and not plain:
            names[graph.names[node]] = None
    return list(names)


def depth(plan: Plan) -> str:
    """Layers against the lower bound, and where a difference comes from."""
    layers, bound = len(plan.layers), plan.lower_bound
    text = f"{layers} layers; the longest chain of attention in the program has {bound}"
    if layers <= bound:
        return text
    without = [k for k, layer in enumerate(plan.layers) if not layer.heads]
    places = ", ".join(f"layer {k}" for k in without) or "none"
    return (
        f"{text}.\nLayers without attention ({places}) hold look-ups of values that cannot be read linearly: "
        "what attention compares has to be in the residual stream before it."
    )


def bounds_record(bounds: Bounds, layout: Layout, graph: Graph) -> dict[str, Any]:
    """Error bounds of all values and the tightest decision, as plain data."""
    values: dict[str, float] = {}
    for column, error in zip(layout.columns, bounds.columns.tolist(), strict=True):
        if column is not None:
            name = value_name(graph, column[0])
            values[name] = max(values.get(name, 0.0), error)
    tightest = bounds.tightest
    record: dict[str, Any] = {"values": [{"value": n, "bound": e} for n, e in values.items()]}
    if tightest is not None:
        record["tightest"] = {
            "decision": tightest.kind,
            "of": describe(graph, tightest.node),
            "margin": tightest.margin,
            "error_bound": tightest.error,
        }
    return record


def value_name(graph: Graph, variable: Variable) -> str:
    """A variable's name in the list of bounds."""
    return describe(graph, variable.node) + (" (look-up)" if variable.is_table else "")


def bounds_lines(record: dict[str, Any]) -> list[str]:
    """The record as lines to read."""
    lines = [f"  error bound {row['bound']:.1e} of {row['value']}" for row in rows_of(record)]
    if "tightest" in record:
        row = record["tightest"]
        lines.append(
            f"  tightest    {row['decision']} of {row['of']}: margin {row['margin']:.2g}, error at most "
            f"{row['error_bound']:.2g}"
        )
    return lines


def rows_of(record: dict[str, Any]) -> Iterable[dict[str, Any]]:
    return record["values"]
