"""`--explain`: where each s-op went and what it costs."""

from collections.abc import Iterable
from typing import assert_never

from compiler.analysis.infer import Analysis
from compiler.audit.decisions import Bounds
from compiler.blocks.block import Head, LookupBlock
from compiler.blocks.form import Form, Variable
from compiler.plan.layers import Plan
from compiler.plan.layout import Layout
from compiler.report.describe import describe_node
from compiler.report.parts import Clearing, Embedded, Part, list_parts, show_numbered
from rasp.graph.nodes import Constant, Graph, Indices, Tokens, list_reachable
from rasp.values import show_count


def explain_model(plan: Plan, layout: Layout, analysis: Analysis, bounds: Bounds) -> str:
    """One paragraph a layer, then what is free, then why there are as many layers as there are."""
    graph = analysis.graph
    rows: list[str] = []
    layer = -1
    for part in list_parts(plan, layout):
        if part.layer > layer:
            layer = part.layer
            rows.append(f"layer {layer}")
        rows += explain_part(graph, part, layout.d_model)
        if part.columns:
            error = max(float(bounds.columns[column]) for column in part.columns)
            rows.append(f"    writes residual {show_numbered('column', part.places)}, {error_text(error)}")
    for readout in plan.readouts:
        sources = sources_of(graph, readout.forms)
        classes = len(readout.centers)
        numbers = (layout.d_model + 1) * (1 if readout.nearest else classes)
        how = "a number, to be rounded to " if readout.nearest else ""
        rows += [
            f"output {readout.name}",
            f"    reads {sources}; {how}one of {show_count(classes, 'value')},"
            f" {show_count(numbers, 'parameter')} of the unembedding",
        ]
    rows += ["free (read off the residual stream, or folded into the weights that read it)"]
    rows += [f"  {name}" for name in free(plan, graph)] or ["  nothing has a name of its own"]
    return "\n".join([*rows, depth(plan, graph)])


def explain_part(graph: Graph, part: Part, d_model: int) -> list[str]:
    """What a part computes, from what, and its share of the parameters."""
    cost = show_count(part.count_parameters(d_model), "parameter")
    what = part.computes(graph)
    match part.block:
        case Embedded():
            return [f"embedding: {what}", f"    {cost}"]
        case Head(selector, scores, values):
            sizes = f"d_key {len(scores.queries)}, d_value {len(values)}"
            return [
                f"  head {part.first}: {what}",
                f"    attends by {describe_node(graph, selector)}; {sizes}, {cost}",
            ]
        case LookupBlock(_, form):
            return [
                f"  look-up: {what}",
                f"    from {sources_of(graph, [form])}; hidden {show_numbered('unit', part.units)}, {cost}",
            ]
        case Clearing():
            return [f"  {what}", f"    hidden {show_numbered('unit', part.units)}, {cost}"]
        case _:
            assert_never(part.block)


def sources_of(graph: Graph, forms: Iterable[Form]) -> str:
    """The s-ops that forms read."""
    names = dict.fromkeys(describe_node(graph, variable.node) for form in forms for variable in form.parts)
    return ", ".join(names) or "nothing"


def error_text(error: float) -> str:
    return f"off by at most {error:.1e}" if error else "exact"


def free(plan: Plan, graph: Graph) -> list[str]:
    """Named s-ops that no head and no look-up is for."""
    paid = {variable.node for layer in plan.layers for head in layer.heads for variable, _ in head.targets}
    paid |= {lookup.variable.node for layer in plan.layers for lookup in layer.lookups}
    names: dict[str, None] = {}
    for node in list_reachable(readout.node for readout in plan.readouts):
        plain = isinstance(node.op, Tokens | Indices | Constant)
        if node in graph.names and node not in paid and not node.is_selector and not plain:
            names[graph.names[node]] = None
    return list(names)


def depth(plan: Plan, graph: Graph) -> str:
    """Layers against the lower bound, and where a difference comes from."""
    layers, least = len(plan.layers), plan.least
    text = f"{show_count(layers, 'layer')}; the longest chain of attention in the program has {least.chain}"
    if least.layers > least.chain:
        text += f", {least.layers} with the look-ups that no linear form can stand in for"
    if layers == least.layers:
        return text
    return f"{text}.\nThe rest is for precision: {', and '.join(precautions(plan, graph))}."


def precautions(plan: Plan, graph: Graph) -> list[str]:
    """Why a plan has look-ups, or look-ups of look-ups, that exact numbers would not need."""
    lookups = [lookup for layer in plan.layers for lookup in layer.lookups]
    looked_up = {lookup.variable for lookup in lookups if lookup.variable.role == "look-up"}
    extra = [t.variable for t in lookups if t.variable not in plan.blocks.needed]
    steps = [v for t in lookups for v in t.form.parts if t.variable in plan.blocks.needed and v in looked_up]
    reasons: list[str] = []
    if extra:
        reasons.append(f"look-ups take the noise off {listed(extra, graph)}")
    if steps:
        reasons.append(
            f"{listed(steps, graph)} first, so that no look-up has too many cases for its precision"
        )
    return reasons


def listed(variables: Iterable[Variable], graph: Graph) -> str:
    """S-ops by name, each once."""
    return ", ".join(dict.fromkeys(describe_node(graph, variable.node) for variable in variables))
