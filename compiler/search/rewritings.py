"""The same program rewritten in other ways: with rules that make some models smaller and others larger, each alone and all
together.

The model is built of each, and the smallest kept. Only where such a rule fires there is anything to try; and all that is
tried together may take a part of the work that a compilation may.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from compiler.analysis.infer import Analysis
from compiler.effort import OPTIONAL_SHARE, Effort
from compiler.limits import SMALL_CELLS
from compiler.options import CompileError
from compiler.rewrite.apply_passes import Passes, Rewriting, apply_passes, try_rules
from compiler.search.attempts import Lowered, measure_cost
from compiler.search.lower import lower_graph
from compiler.search.trials import Journal
from rasp.graph.nodes import Node


@dataclass(frozen=True, eq=False)
class Built:
    """A rewriting, and what became of it."""

    rewriting: Rewriting
    lowered: Lowered


def build_smallest(
    analysis: Analysis, outputs: Mapping[str, Node], passes: Passes, journal: Journal
) -> Built:
    """The smallest model of all rewritings; the journal gets the steps of the one it is of, and all trials. What is tried
    when there is a model, or little effort left, has one of its own.

    Raises `Inexact` when none holds, `CompileError` for other refusals: those of the rewriting without what is tried.
    """
    graph, options, effort = analysis.graph, analysis.options, analysis.effort
    rewriting = apply_passes(graph, outputs, options, effort, passes)
    journal.steps.extend(rewriting.steps)
    refusal: CompileError | None = None
    best: Built | None = None
    try:
        best = Built(rewriting, lower_graph(graph, rewriting.rewritten, options, effort, journal))
    except CompileError as error:
        refusal = error
    part = OPTIONAL_SHARE * effort.most
    if best is None:  # what is tried has to find one
        part = max(part, SMALL_CELLS.most)
    if best is not None or effort.left < part:
        analysis = Analysis(graph, options, effort=Effort(part, effort.kept))
    for other in list_others(analysis, rewriting, passes):
        best = challenge(best, analysis, other, journal)
    if best is None:
        assert refusal is not None
        raise refusal
    journal.steps[:] = best.rewriting.steps
    return best


def list_others(analysis: Analysis, rewriting: Rewriting, passes: Passes) -> Iterator[Rewriting]:
    """Other rewritings that differ: first by all rules together, which is mostly best."""
    rules = frozenset(p.name for p in passes.rules if p.tried and analysis.options.level >= p.level)
    seen = {tuple(rewriting.rewritten.values())}
    ways = (rules, *(frozenset({name}) for name in sorted(rules))) if rules else ()
    for tried in dict.fromkeys(ways):
        try:
            other = try_rules(rewriting, analysis, replace(passes, tried=tried))
        except CompileError:
            continue
        if tuple(other.rewritten.values()) not in seen:
            seen.add(tuple(other.rewritten.values()))
            yield other
        if tried == rules and not other.tried:  # where none fires among all, none fires alone
            return


def challenge(best: Built | None, analysis: Analysis, rewriting: Rewriting, journal: Journal) -> Built | None:
    """The better of what is best so far and another rewriting; what it tried is noted in any case."""
    apart = Journal()
    try:
        lowered = lower_graph(analysis.graph, rewriting.rewritten, analysis.options, analysis.effort, apart)
    except CompileError:
        lowered = None
    wins = lowered is not None and (best is None or measure_cost(lowered) < measure_cost(best.lowered))
    if wins:
        journal.trials[:] = [replace(trial, chosen=False) for trial in journal.trials]
    journal.trials.extend(
        replace(trial, rules=rewriting.tried, chosen=trial.chosen and wins) for trial in apart.trials
    )
    return Built(rewriting, lowered) if wins and lowered is not None else best
