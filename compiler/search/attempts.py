"""One attempt at a time: blocks are chosen, scheduled, laid out and audited, and what came of it is noted."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from compiler.analysis.divide import TooLarge
from compiler.analysis.infer import Analysis
from compiler.audit.bounds import audit_plan
from compiler.audit.decisions import Bounds
from compiler.lowering.choose import Unsolved, choose_blocks
from compiler.numerics.count_precision import Precision
from compiler.numerics.dtypes import find_arithmetic
from compiler.options import CompileError
from compiler.plan.assign_layers import Plan, schedule_blocks
from compiler.plan.layout import EmbeddingSizes, Layout, allocate_columns, list_forms
from compiler.plan.reuse import count_parameters, list_smaller
from compiler.reading.building_style import Style
from compiler.refusal import make_refusal
from compiler.search.trials import (
    Fails,
    Holds,
    Journal,
    Outcome,
    Reason,
    Refused,
    TooManyRows,
    Trial,
    WithoutLookup,
)
from compiler.targets.rotary import WIDEST
from compiler.targets.target import find_target
from rasp.graph.nodes import Node
from rasp.values import show_count

COLUMN_WORK = 40
"""Auditing a column of a form, in cells (`compiler/effort.py`)."""
BASIS_WORK, DIRECTION_WORK, BASIS_BYTES = 1 / 64, 1 / 3, 48
"""Telling whether a form is a combination of others, for each of its numbers and each of the others; besides, for each
number of the directions that are gone through."""


@dataclass(frozen=True, eq=False)
class Lowered:
    """A plan whose decisions all hold."""

    analysis: Analysis
    plan: Plan
    layout: Layout
    bounds: Bounds


def attempt_lowering(analysis: Analysis, outputs: Mapping[str, Node], style: Style) -> Lowered:
    """One choice of blocks, laid out and audited. Raises `Unsolved` where a look-up can't be built in one step."""
    options = analysis.options
    plan = schedule_blocks(choose_blocks(analysis, outputs, style))
    check_turning(analysis, plan)
    sizes = EmbeddingSizes(len(options.vocabulary), options.max_length)
    forms = len(list_forms(plan))
    node = plan.readouts[0].node
    analysis.effort.reserve(analysis.graph, node, BASIS_BYTES * min(forms, sizes.size) * sizes.size)
    analysis.effort.spend(
        analysis.graph, node, BASIS_WORK * forms * min(forms, sizes.size) * sizes.size, "basis"
    )

    def spend(numbers: float) -> None:
        analysis.effort.spend(analysis.graph, node, DIRECTION_WORK * numbers, "basis")

    layout = allocate_columns(plan, sizes, marked=find_target(options).is_family, spend=spend)
    analysis.effort.spend(analysis.graph, node, COLUMN_WORK * layout.width * forms, "layout")
    return Lowered(analysis, plan, layout, audit_lowered(analysis, plan, layout))


def check_turning(analysis: Analysis, plan: Plan) -> None:
    """Raise `CompileError` where heads turn that are too wide for that."""
    heads = [head for layer in plan.layers for head in layer.heads]
    widest = max((max(len(head.scores.queries), len(head.values)) for head in heads), default=0)
    if widest > WIDEST - 2 and any(head.turning for head in heads):
        raise make_refusal(
            analysis.graph,
            plan.readouts[0].node,
            f"a head of {show_count(widest, 'column')} is too wide for one that turns by the position",
            "compile for a shorter length, or for fewer values",
        )


def audit_lowered(analysis: Analysis, plan: Plan, layout: Layout) -> Bounds:
    """Bounds for the target that is compiled to."""
    options = analysis.options
    noise = find_target(options).noise
    precision = Precision(options.max_length, arithmetic=find_arithmetic(options))
    return audit_plan(plan, layout, precision, noise)


def compact_layout(lowered: Lowered, style: Style, journal: Journal) -> Lowered:
    """Columns in places that were cleared for them, and no balance, where that makes the model smaller and every decision
    still holds."""
    for layout in list_smaller(lowered.plan, lowered.layout, find_target(lowered.analysis.options)):
        bounds = audit_lowered(lowered.analysis, lowered.plan, layout)
        smaller = replace(lowered, layout=layout, bounds=bounds)
        note(journal, Reason.REUSE, style, lowered.analysis, outcome_of(smaller))
        if not bounds.unsafe:
            return smaller
    return lowered


def measure_cost(lowered: Lowered) -> tuple[int, int]:
    """Layers, then parameters."""
    plan, layout = lowered.plan, lowered.layout
    target = find_target(lowered.analysis.options)
    return len(plan.layers), count_parameters(plan, layout, layout.erasures, target)


def attempt_and_note(
    analysis: Analysis, outputs: Mapping[str, Node], style: Style, reason: Reason, journal: Journal
) -> Lowered:
    """An attempt, and what came of it in the journal. Raises what `attempt_lowering` raises."""
    try:
        lowered = attempt_lowering(analysis, outputs, style)
    except Unsolved as unsolved:
        note(journal, reason, style, analysis, WithoutLookup(unsolved.node))
        raise
    except TooLarge as large:
        note(journal, reason, style, analysis, TooManyRows(tuple(large.parts)))
        raise
    except CompileError as error:
        note(journal, reason, style, analysis, Refused(error.diagnostics[0].message))
        raise
    note(journal, reason, style, analysis, outcome_of(lowered))
    return lowered


def note(journal: Journal, reason: Reason, style: Style, analysis: Analysis, outcome: Outcome) -> None:
    journal.trials.append(Trial(reason, style, analysis.materialised, outcome))


def outcome_of(lowered: Lowered) -> Holds | Fails:
    """What the audit found, and what the plan would cost."""
    unsafe = lowered.bounds.unsafe
    if not unsafe:
        return Holds(measure_cost(lowered), lowered.bounds.tightest)
    return Fails(measure_cost(lowered), len(unsafe), max(unsafe, key=lambda decision: decision.excess))


def attempt_or_none(
    analysis: Analysis, outputs: Mapping[str, Node], style: Style, reason: Reason, journal: Journal
) -> Lowered | None:
    """An attempt made compact, if it holds."""
    try:
        lowered = attempt_and_note(analysis, outputs, style, reason, journal)
    except (Unsolved, CompileError):
        return None
    return None if lowered.bounds.unsafe else compact_layout(lowered, style, journal)
