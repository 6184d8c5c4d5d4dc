"""From a graph to a plan that holds in the arithmetic asked for: try the cheap choices first, then sturdier ones.

Each attempt chooses blocks, schedules them, lays them out and has every decision audited (`compiler/audit/bounds.py`).
When one is unsafe the next attempt
1. reads numbers through look-ups, and look-ups read whole numbers rounded, others by steps only: no errors pass (`care` 1);
2. scores inexact values one-hot instead of by squares, and tells outputs from their parts (`care` 2);
3. makes the ramps of steps that failed steeper;
4. begins again with counts that an MLP rounds to whole numbers before anything reads them, which may take a layer more;
5. materialises parts of the expression whose look-up loses too much, those first that look at few of its leaves: two
   small look-ups in two layers for a large one;
6. begins again with all means as quotients that can be (`compiler/lowering/quotients.py`);
7. begins again with one head for each order that is counted, instead of one for each of its digits.
Parts of expressions whose tables would be too large are materialised from the start; those of one whose look-up
is too much work once, with as much work again.
When nothing is left to try the program is refused, with the decision that fails.
"""

import math
from collections.abc import Mapping
from dataclasses import replace

from compiler.analysis.divide import TooLarge, divide_expression
from compiler.analysis.infer import Analysis
from compiler.audit.decisions import Decision
from compiler.blocks.form import Form, Variable
from compiler.effort import Effort, TooMuchWork, limit_work
from compiler.limits import ATTEMPTS, CARE
from compiler.lowering.building_style import Style
from compiler.lowering.lookup import Unsolved
from compiler.lowering.quotients import has_quotients
from compiler.lowering.reader import open_reader
from compiler.options import CompileError, CompileOptions
from compiler.plan.layers import Plan
from compiler.refusal import make_refusal
from compiler.search.attempts import Lowered, attempt_and_note
from compiler.search.improve import SEARCHES, list_early_parts, shrink_lowered
from compiler.search.trials import Journal, Reason
from rasp.graph.nodes import Aggregate, Constant, Graph, Map, Node, Width


class Inexact(CompileError):
    """Every way to build the program loses values to rounding. Shorter inputs may not."""


def lower_graph(
    graph: Graph,
    outputs: Mapping[str, Node],
    options: CompileOptions,
    effort: Effort | None = None,
    journal: Journal | None = None,
) -> Lowered:
    """The first attempt that holds, made smaller as far as the level looks for that; the journal gets all of them.

    Raises `Inexact` when none holds, `CompileError` for other refusals.
    """
    materialised: frozenset[Node] = frozenset()
    style, reason = Style(), Reason.FIRST
    problem: Node | None = None
    failures = 0
    effort, journal = effort or Effort(limit_work(options)), journal or Journal()
    while failures < ATTEMPTS.most:
        analysis = Analysis(graph, options, materialised, dividing=True, effort=effort)
        try:
            lowered = attempt_or_divide(analysis, outputs, style, reason, journal)
        except TooLarge as large:
            materialised |= large.parts
            reason = Reason.DIVIDED
            continue
        except Unsolved as unsolved:
            failures += 1
            problem = unsolved.node
            exactly = begin_exactly(style)
            if not (
                style.exact or separable(analysis, problem) or is_vain(analysis, problem, style, exactly)
            ):
                style, materialised, reason = exactly, frozenset[Node](), Reason.EXACT
                continue
        else:
            failures += 1
            if not lowered.bounds.unsafe:
                journal.choose(len(journal.trials) - 1)
                search = SEARCHES[options.level]
                return shrink_lowered(lowered, outputs, style, search, journal) if search.styles else lowered
            sturdier = more_careful(style, lowered.bounds.unsafe)
            if sturdier != style:
                style, reason = sturdier, Reason.STURDIER
                continue
            problem = culprit(lowered, lowered.bounds.unsafe[0])
            apart = take_apart(lowered, problem)
            if apart is not None:
                materialised, reason = materialised | apart[0], apart[1]
                continue
        behind = outputs.values() if problem is None else [problem]
        divisible = has_quotients(analysis, behind, style.most_averaged)
        resorts = list_resorts(style, materialised, separable(analysis, problem), divisible=divisible)
        resorts = [resort for resort in resorts if not is_vain(analysis, problem, style, resort[0])]
        if not resorts:
            break
        style, materialised, reason = resorts[0]
    node = problem if problem is not None else next(iter(outputs.values()))
    message = f"{options.dtype} cannot tell apart all the values that it compares here"
    error = make_refusal(graph, node, message, "compute it in smaller steps, or with fewer tokens")
    raise Inexact(*error.diagnostics)


def take_apart(lowered: Lowered, problem: Node | None) -> tuple[frozenset[Node], Reason] | None:
    """A part to look up first, and why: one that is ready anyway costs no layer. Or those of what failed that look at few
    of its leaves."""
    early = frozenset(list_early_parts(lowered, SEARCHES[2].units)[:1])
    if early or problem is None:
        return (early, Reason.EARLY_PART) if early else None
    divided = divide_expression(lowered.analysis, problem)
    return (divided, Reason.PARTS) if divided - lowered.analysis.materialised else None


def attempt_or_divide(
    analysis: Analysis, outputs: Mapping[str, Node], style: Style, reason: Reason, journal: Journal
) -> Lowered:
    """An attempt. Raises `TooLarge` also where a look-up is too much work, the first time."""
    try:
        return attempt_and_note(analysis, outputs, style, reason, journal)
    except TooMuchWork as much:
        parts = divide_expression(analysis, much.node) if much.work == "look-up" else frozenset[Node]()
        if not parts or analysis.effort.again:
            raise
        analysis.effort.begin_again()
        raise TooLarge(much, parts) from None


def list_resorts(
    style: Style, materialised: frozenset[Node], parts: frozenset[Node], *, divisible: bool
) -> list[tuple[Style, frozenset[Node], Reason]]:
    """What to try when no style is left, and why: `parts` looked up first, or else all means as quotients that can be, or
    else orders counted and averaged by one head each."""
    if parts:
        return [(style, materialised | parts, Reason.PARTS)]
    if style.most_kinds == math.inf:
        return []
    quotients = (Style(most_averaged=-1), frozenset[Node](), Reason.QUOTIENTS)
    whole_orders = (
        Style(most_kinds=math.inf, most_averaged=math.inf),
        frozenset[Node](),
        Reason.WHOLE_ORDERS,
    )
    return [quotients, whole_orders] if divisible else [whole_orders]


def is_vain(analysis: Analysis, problem: Node | None, style: Style, other: Style) -> bool:
    """Whether another style fails as well where no look-up could be built: that of a count or a mean, which are one number,
    carried no more exactly. (Without care the style read it itself wherever that was possible.)"""
    if problem is None or style.care or not isinstance(problem.op, Width | Aggregate):
        return False
    kept, tried = (open_reader(analysis, one) for one in (style, replace(other, exact=True)))
    return not kept.is_free(problem) and tried.noise(problem) >= kept.noise(problem)


def begin_exactly(style: Style) -> Style:
    """A first style with exact counts, and orders counted and averaged as before."""
    return Style(exact=True, most_kinds=style.most_kinds, most_averaged=style.most_averaged)


def more_careful(style: Style, unsafe: list[Decision]) -> Style:
    """The next style to try: more care, then steep ramps where steps failed, then all that again with exact counts."""
    if style.care < CARE.most:
        return replace(style, care=style.care + 1)
    failed = {d.node for d in unsafe if d.kind == "step" and math.isfinite(d.margin)}
    if failed <= style.steep and not style.exact:
        return begin_exactly(style)
    return replace(style, steep=style.steep | failed)


def separable(analysis: Analysis, node: Node | None) -> frozenset[Node]:
    """The parts of an expression that could be looked up before it. Of what attention brings there are none that would
    bring it more exactly."""
    if node is None or not isinstance(node.op, Map):
        return frozenset()
    return frozenset(
        arg for arg in node.args if not analysis.is_leaf(arg) and not isinstance(arg.op, Constant)
    )


def culprit(lowered: Lowered, decision: Decision) -> Node | None:
    """The expression whose look-up brings the most error into a decision: or the one that the decision itself is."""
    plan, layout = lowered.plan, lowered.layout
    errors: dict[Variable, float] = {}
    for column, variable in enumerate(layout.columns):
        if variable is not None and variable[0].role == "look-up":
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
        for lookup in layer.lookups:
            if decision.kind == "step" and lookup.variable.node is decision.node:
                forms.append(lookup.form)
    return forms + [
        form
        for r in plan.readouts
        if decision.kind == "output" and r.node is decision.node
        for form in r.forms
    ]
