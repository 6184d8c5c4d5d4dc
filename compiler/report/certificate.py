"""The certificate: every value's error bound, every decision's margin, and what they were derived for. Plain data."""

from compiler.audit.decisions import Bounds, Decision
from compiler.blocks.form import Role, Variable
from compiler.json_forms.model_forms import Certificate, DecisionRecord
from compiler.options import CompileOptions
from compiler.plan.layout import Layout
from compiler.report.describe import describe_node
from rasp.graph.nodes import Graph

#: What a variable's role adds to its name.
ROLES: dict[Role, str] = {
    "leaf": "",
    "look-up": " (look-up)",
    "rounded": " (rounded)",
    "square": " (square)",
    "tally": "",
    "cosine": " (cosine of its angle)",
    "sine": " (sine of its angle)",
}
ENDLESS = 1e300
"""Stands for a margin that no error reaches: JSON has no infinity."""


def build_certificate(bounds: Bounds, layout: Layout, graph: Graph, options: CompileOptions) -> Certificate:
    """What the compiler has proved of a model: for every decision, that its error bound is below its margin."""
    values: dict[str, float] = {}
    for column, error in zip(layout.columns, bounds.columns.tolist(), strict=True):
        if column is not None:
            name = name_value(graph, column[0])
            values[name] = max(values.get(name, 0.0), error)
    record: Certificate = {
        "dtype": options.dtype,
        "max_length": options.max_length,
        "values": [{"value": name, "bound": error} for name, error in values.items()],
        "decisions": [record_decision(decision, graph) for decision in bounds.decisions],
    }
    tightest = bounds.tightest
    if tightest is not None:
        record["tightest"] = record_decision(tightest, graph)
    return record


def record_decision(decision: Decision, graph: Graph) -> DecisionRecord:
    """A decision, with margin and error bound in its own unit."""
    return {
        "decision": decision.kind,
        "of": describe_node(graph, decision.node),
        "margin": min(decision.margin, ENDLESS),
        "error_bound": decision.error,
    }


def name_value(graph: Graph, variable: Variable) -> str:
    """A variable's name in the list of bounds."""
    return describe_node(graph, variable.node) + ROLES[variable.role]


def describe_certificate(record: Certificate) -> list[str]:
    """The record as lines to read."""
    lines = [f"  error bound {row['bound']:.1e} of {row['value']}" for row in record["values"]]
    return [*lines, *describe_tightest(record), *describe_gap(record)]


def describe_tightest(record: Certificate) -> list[str]:
    """The decision that errors come closest to turning, as a line; none where there are no decisions."""
    if "tightest" not in record:
        return []
    row = record["tightest"]
    margin, error = row["margin"], row["error_bound"]
    return [f"  tightest    {row['decision']} of {row['of']}: margin {margin:.2g}, error at most {error:.2g}"]


def describe_gap(record: Certificate) -> list[str]:
    """How far apart the first two answers are, as a line; none where that was not asked for."""
    if "logit_gap" not in record:
        return []
    return [f"  margin      the likeliest answer is {record['logit_gap']:.4g} nats above the second, or more"]
