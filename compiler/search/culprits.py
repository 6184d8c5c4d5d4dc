"""Which expression is to blame for a decision that fails."""

from compiler.audit.decisions import Decision
from compiler.blocks.form import Form, Variable
from compiler.plan.layers import Plan
from compiler.search.attempts import Lowered
from rasp.graph.nodes import Node


def find_culprit(lowered: Lowered, decision: Decision) -> Node | None:
    """The expression whose look-up brings the most error into a decision: or the one that the decision itself is."""
    plan, layout = lowered.plan, lowered.layout
    errors: dict[Variable, float] = {}
    for column, variable in enumerate(layout.columns):
        if variable is not None and variable[0].role == "look-up":
            errors[variable[0]] = max(errors.get(variable[0], 0.0), float(lowered.bounds.columns[column]))
    involved = [v for form in forms_of(plan, decision) for v in form.parts if v in errors]
    if involved:
        return max(involved, key=lambda v: errors[v]).node
    return decision.node if decision.kind == "step" else None


def find_source(lowered: Lowered, decision: Decision) -> Node | None:
    """The look-up whose own error is behind the culprit's: what brings at least half of what that reads, and so on."""
    node = find_culprit(lowered, decision)
    lookups = {lookup.variable: lookup for layer in lowered.plan.layers for lookup in layer.lookups}
    read = {d.node: d.error for d in lowered.bounds.decisions if d.kind == "step"}
    inner = [Variable(node, "look-up")] if node is not None else []
    while inner:
        found = max(inner, key=lambda variable: find_error(lowered, variable))
        node = found.node
        inner = [
            variable
            for variable in lookups[found].form.parts
            if variable in lookups and 2 * find_error(lowered, variable) >= read[node]
        ]
    return node


def find_error(lowered: Lowered, variable: Variable) -> float:
    """The largest error of a variable's columns."""
    columns = [k for k, column in enumerate(lowered.layout.columns) if column and column[0] == variable]
    return max(float(lowered.bounds.columns[k]) for k in columns)


def forms_of(plan: Plan, decision: Decision) -> list[Form]:
    """What a decision reads."""
    forms: list[Form] = []
    for layer in plan.layers:
        for head in layer.heads:
            if decision.kind == "selection" and head.selector is decision.node:
                forms += [*head.scores.queries, *head.scores.keys]
        for lookup in layer.lookups:
            if decision.kind == "step" and lookup.variable.node is decision.node:
                forms.append(lookup.form)
    return forms + [
        form
        for r in plan.readouts
        if decision.kind == "output" and r.node is decision.node
        for form in r.forms
    ]
