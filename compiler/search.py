"""From a graph to a plan that holds in float32: try the cheap choices first, then sturdier ones.

Each attempt chooses blocks, schedules them, lays them out and has every decision audited (`compiler/audit/bounds.py`).
When one is unsafe the next attempt
1. reads numbers through tables, and tables read whole numbers rounded, others by steps only: no errors pass (`care` 1);
2. scores inexact values one-hot instead of by squares, and tells outputs from their parts (`care` 2);
3. makes the ramps of steps that failed steeper;
4. begins again with counts that an MLP rounds to whole numbers before anything reads them, which may take a layer more;
5. materialises the parts of the expression whose table loses too much: two small look-ups in two layers for a large one.
Parts of expressions whose tables would be too large to look at are materialised from the start.
When nothing is left to try the program is refused, with the decision that fails.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from compiler.analysis.divide import TooLarge
from compiler.analysis.effort import Effort
from compiler.analysis.infer import Analysis
from compiler.analysis.refusal import refuse
from compiler.audit.bounds import audit
from compiler.audit.decisions import Bounds, Decision
from compiler.blocks.form import Form, Variable
from compiler.limits import ATTEMPTS, CARE, MERGED_ROWS
from compiler.lowering.choose import Style, choose
from compiler.lowering.lookup import Unsolved
from compiler.options import CompileError, CompileOptions
from compiler.plan.layers import Plan
from compiler.plan.layout import Frame, Layout, all_forms, allocate
from compiler.plan.reuse import parameters, reuse
from compiler.plan.schedule import schedule
from rasp.graph.nodes import Constant, Graph, Node

COLUMN_WORK = 40
"""Auditing a column of a form, in cells (`compiler/analysis/effort.py`)."""
BASIS_WORK, BASIS_BYTES = 1 / 64, 48
"""Telling whether a form is a combination of others, for each of its numbers and each of the others."""


@dataclass(frozen=True)
class Search:
    """Which improvements are looked for: other styles, and earlier tables for at most `parts` parts of tables that have at
    least `units` hidden units."""

    styles: tuple[Style, ...] = ()
    parts: int = 0
    units: int = 0


SEARCHES = (
    Search(),
    Search(),
    Search((Style(care=1),), parts=8, units=48),
    Search((Style(care=1), Style(care=2), Style(exact=True), Style(care=1, exact=True)), parts=64, units=4),
)
"""By optimisation level."""


@dataclass(frozen=True, eq=False)
class Lowered:
    """A plan whose decisions all hold."""

    analysis: Analysis
    plan: Plan
    layout: Layout
    bounds: Bounds


class Inexact(CompileError):
    """Every way to build the program loses values to rounding. Shorter inputs may not."""


def lower(
    graph: Graph, outputs: Mapping[str, Node], options: CompileOptions, effort: Effort | None = None
) -> Lowered:
    """The first attempt that holds. Raises `Inexact` when none does, `CompileError` for other refusals."""
    materialised: frozenset[Node] = frozenset()
    style = Style()
    problem: Node | None = None
    failures = 0
    effort = effort or Effort()
    while failures < ATTEMPTS.most:
        analysis = Analysis(graph, options, materialised, dividing=True, effort=effort)
        try:
            lowered = attempt(analysis, outputs, style)
        except TooLarge as large:
            materialised |= large.parts
            continue
        except Unsolved as unsolved:
            failures += 1
            problem = unsolved.node
            if not style.exact and not separable(analysis, problem):
                style, materialised = Style(exact=True), frozenset[Node]()
                continue
        else:
            failures += 1
            if not lowered.bounds.unsafe:
                search = SEARCHES[options.level]
                return improve(lowered, outputs, style, search) if search.styles else lowered
            sturdier = more_careful(style, lowered.bounds.unsafe)
            if sturdier != style:
                style = sturdier
                continue
            problem = culprit(lowered, lowered.bounds.unsafe[0])
            early = early_parts(lowered, SEARCHES[2].units)[:1]
            if early:  # a part that is ready anyway costs no layer
                materialised |= set(early)
                continue
        parts = separable(analysis, problem)
        if not parts:
            break
        materialised |= parts
    node = problem if problem is not None else next(iter(outputs.values()))
    message = "float32 cannot tell apart all the values that it compares here"
    error = refuse(graph, node, message, "compute it in smaller steps, or with fewer tokens")
    raise Inexact(*error.diagnostics)


def more_careful(style: Style, unsafe: list[Decision]) -> Style:
    """The next style to try: more care, then steep ramps where steps failed, then all that again with exact counts."""
    if style.care < CARE.most:
        return replace(style, care=style.care + 1)
    failed = {d.node for d in unsafe if d.kind == "step" and math.isfinite(d.margin)}
    if failed <= style.steep and not style.exact:
        return Style(exact=True)
    return replace(style, steep=style.steep | failed)


def improve(lowered: Lowered, outputs: Mapping[str, Node], style: Style, search: Search) -> Lowered:
    """Round what tables read, and look up parts of large ones a layer earlier, where that makes the model smaller and no
    deeper.

    A table is a function of all its leaves at once. A part that is ready before the last of them can have a table of
    its own, and the large one then sees one value where it saw several.
    """
    best = compact(lowered)
    for sturdier in search.styles if table_rows(best) <= MERGED_ROWS.most else ():
        if (sturdier.care, sturdier.exact) <= (style.care, style.exact):
            continue
        sturdier = replace(sturdier, steep=style.steep)
        other = attempt_or_none(best.analysis, outputs, sturdier)
        if other is not None and cost(other) < cost(best):
            best, style = other, sturdier
    tried: set[Node] = set()
    for _ in range(search.parts):
        part = next((p for p in early_parts(best, search.units) if p not in tried), None)
        if part is None:
            break
        tried.add(part)
        materialised = best.analysis.materialised | {part}
        known = best.analysis
        analysis = Analysis(known.graph, known.options, materialised, dividing=True, effort=known.effort)
        other = attempt_or_none(analysis, outputs, style)
        if other is not None and cost(other) < cost(best):
            best = other
    return best


def compact(lowered: Lowered) -> Lowered:
    """Columns in places that were cleared for them, where that makes the model smaller and every decision still holds."""
    for layout in reuse(lowered.plan, lowered.layout):
        bounds = audit(lowered.plan, layout, lowered.analysis.options.max_length)
        if not bounds.unsafe:
            return replace(lowered, layout=layout, bounds=bounds)
    return lowered


def cost(lowered: Lowered) -> tuple[int, int]:
    """Layers, then parameters."""
    plan, layout = lowered.plan, lowered.layout
    return len(plan.layers), parameters(plan, layout, layout.erasures)


def table_rows(lowered: Lowered) -> int:
    """Combinations of values that choosing the tables looked at."""
    variables = [table.variable for layer in lowered.plan.layers for table in layer.tables]
    return sum(len(lowered.analysis.table(variable.node).codes) for variable in variables)


def early_parts(lowered: Lowered, units: int) -> list[Node]:
    """Parts of expressions whose tables have at least so many units, of several leaves, that are ready earlier; the largest
    tables first."""
    analysis, plan = lowered.analysis, lowered.plan
    ready: dict[Node, int] = {}
    for number, layer in enumerate(plan.layers):
        ready |= {variable.node: 2 * number + 1 for head in layer.heads for variable, _ in head.targets}
        ready |= {
            table.variable.node: 2 * number + 2 for table in layer.tables if table.variable.node not in ready
        }
    tables = [table for layer in plan.layers for table in layer.tables if table.stairs.units >= units]
    found: list[Node] = []
    for table in sorted(tables, key=lambda t: -t.stairs.units):
        node = table.variable.node
        latest = max((ready.get(leaf, 0) for leaf in analysis.table(node).leaves), default=0)
        for part in reversed(analysis.region(node)):
            leaves = analysis.leaves(part)
            early = max((ready.get(leaf, 0) for leaf in leaves), default=0) + 1 < latest
            if part is not node and not analysis.is_leaf(part) and len(leaves) > 1 and early:
                found.append(part)
    return found


def attempt(analysis: Analysis, outputs: Mapping[str, Node], style: Style) -> Lowered:
    """One choice of blocks, laid out and audited. Raises `Unsolved` where a table can't be built in one step."""
    options = analysis.options
    plan = schedule(choose(analysis, outputs, style))
    frame = Frame(len(options.vocabulary), options.max_length)
    forms = len(all_forms(plan))
    node = plan.readouts[0].node
    analysis.effort.reserve(analysis.graph, node, BASIS_BYTES * min(forms, frame.size) * frame.size)
    analysis.effort.spend(analysis.graph, node, BASIS_WORK * forms * min(forms, frame.size) * frame.size)
    layout = allocate(plan, frame)
    analysis.effort.spend(analysis.graph, node, COLUMN_WORK * layout.width * forms)
    return Lowered(analysis, plan, layout, audit(plan, layout, options.max_length))


def attempt_or_none(analysis: Analysis, outputs: Mapping[str, Node], style: Style) -> Lowered | None:
    """An attempt made compact, if it holds."""
    try:
        lowered = attempt(analysis, outputs, style)
    except (Unsolved, CompileError):
        return None
    return None if lowered.bounds.unsafe else compact(lowered)


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
        if variable is not None and variable[0].role == "table":
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
    return forms + [
        form
        for r in plan.readouts
        if decision.kind == "output" and r.node is decision.node
        for form in r.forms
    ]
