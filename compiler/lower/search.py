"""From a graph to a plan that holds in float32: try the cheap choices first, then sturdier ones.

Each attempt chooses blocks, schedules them, lays them out and has every decision audited (`compiler/emit/bounds.py`).
When one is unsafe the next attempt
1. builds tables of steps only, which pass no errors on;
2. materialises the parts of the expression whose table loses too much: two small look-ups in two layers for a large one.
When nothing is left to try the program is refused, with the decision that fails and the greatest length that holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from compiler.analysis.infer import Analysis
from compiler.analysis.refusal import refuse
from compiler.emit.bounds import Bounds, Decision, audit
from compiler.lower.choose import Unsolved, choose
from compiler.lower.form import Form, Variable
from compiler.lower.layout import Frame, Layout, allocate
from compiler.lower.plan import Plan, schedule
from compiler.options import CompileError, CompileOptions
from rasp.graph import Constant, Graph, Node

MOST_ATTEMPTS = 12


@dataclass(frozen=True)
class Lowered:
    """A plan whose decisions all hold."""

    analysis: Analysis
    plan: Plan
    layout: Layout
    bounds: Bounds


def lower(graph: Graph, outputs: Mapping[str, Node], options: CompileOptions) -> Lowered:
    """The first attempt that holds. Raises `CompileError` when none does."""
    materialised: frozenset[Node] = frozenset()
    sturdy = False
    problem: Node | None = None
    for _ in range(MOST_ATTEMPTS):
        analysis = Analysis(graph, options, materialised)
        try:
            lowered = attempt(analysis, outputs, sturdy=sturdy)
        except Unsolved as unsolved:
            problem = unsolved.node
        else:
            if not lowered.bounds.unsafe:
                return lowered
            if not sturdy:
                sturdy = True
                continue
            problem = culprit(lowered, lowered.bounds.unsafe[0])
        parts = separable(analysis, problem)
        if not parts:
            break
        materialised |= parts
    raise exhausted(graph, outputs, options, problem)


def attempt(analysis: Analysis, outputs: Mapping[str, Node], *, sturdy: bool) -> Lowered:
    """One choice of blocks, laid out and audited. Raises `Unsolved` where a table can't be built in one step."""
    options = analysis.options
    plan = schedule(choose(analysis, outputs, sturdy=sturdy))
    layout = allocate(plan, Frame(len(options.vocabulary), options.max_length))
    return Lowered(analysis, plan, layout, audit(plan, layout, options.max_length))


def separable(analysis: Analysis, node: Node | None) -> frozenset[Node]:
    """The parts of an expression that could be looked up before it."""
    if node is None:
        return frozenset()
    return frozenset(
        arg for arg in node.args if not analysis.is_leaf(arg) and not isinstance(arg.op, Constant)
    )


def culprit(lowered: Lowered, decision: Decision) -> Node | None:
    """The expression whose table brings the most error into a decision: or the one that the decision itself is."""
    plan, layout = lowered.plan, lowered.layout
    errors: dict[Variable, float] = {}
    for column, variable in enumerate(layout.columns):
        if variable is not None and variable[0].is_table:
            errors[variable[0]] = max(errors.get(variable[0], 0.0), float(lowered.bounds.columns[column]))
    involved = {v for form in forms_of(plan, decision) for v in form.parts if v in errors}
    if involved:
        return max(involved, key=lambda v: errors[v]).node
    return decision.node if decision.kind == "step" else None


def forms_of(plan: Plan, decision: Decision) -> list[Form]:
    """What a decision reads."""
    forms: list[Form] = []
    for layer in plan.layers:
        for head in layer.heads:
            if decision.kind == "selection" and head.selector is decision.node:
                forms += [*head.scores.queries, *head.scores.keys]
        for table in layer.tables:
            if decision.kind == "step" and table.variable.node is decision.node:
                forms.append(table.form)
    return forms + [r.form for r in plan.readouts if decision.kind == "output" and r.node is decision.node]


def exhausted(
    graph: Graph, outputs: Mapping[str, Node], options: CompileOptions, problem: Node | None
) -> CompileError:
    """The refusal, with the greatest length for which the program does compile."""
    node = problem if problem is not None else next(iter(outputs.values()))
    holds = greatest_length(graph, outputs, options)
    hint = f"it holds up to --max-length {holds}" if holds else "it does not hold at any length"
    return refuse(graph, node, "float32 cannot tell apart all the values that it compares here", hint)


def greatest_length(graph: Graph, outputs: Mapping[str, Node], options: CompileOptions) -> int:
    """Largest length below the one asked for at which lowering succeeds, by bisection; 0 for none."""
    holds, fails = 0, options.max_length
    while fails - holds > 1:
        middle = (holds + fails) // 2
        if succeeds(graph, outputs, replace(options, max_length=middle)):
            holds = middle
        else:
            fails = middle
    return holds


def succeeds(graph: Graph, outputs: Mapping[str, Node], options: CompileOptions) -> bool:
    """Whether a plain or a sturdy attempt holds; parts are not materialised here, lest bisection take minutes."""
    for sturdy in (False, True):
        try:
            if not attempt(Analysis(graph, options), outputs, sturdy=sturdy).bounds.unsafe:
                return True
        except (Unsolved, CompileError):
            return False
    return False
