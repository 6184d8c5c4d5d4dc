"""All of rewriting, in its order: say where there is no value, bring `best` up, make choices total, apply the rules of
the level.

In: the outputs as the program has them. Out: `Rewriting`, with what the outputs were in between, and every step.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from compiler.analysis.defined import check_defined
from compiler.analysis.infer import Analysis
from compiler.analysis.kinds import check_zeros, shows_kinds
from compiler.effort import Effort, limit_work
from compiler.options import CompileOptions
from compiler.rewrite import RULES, Pass, list_rules, passes_without
from compiler.rewrite.driver import Course, Step, rewrite_outputs
from compiler.rewrite.make_total import make_total
from compiler.rewrite.say_no_value import say_no_value
from compiler.selector_facts.selector_formula import check_sizes
from rasp.graph.nodes import Graph, Node
from rasp.values import Atom


@dataclass(frozen=True)
class Rewriting:
    """Outputs by name: as they are `meant`, `total` (with a value everywhere), and `rewritten`; the `steps` in between;
    what stands for no value in outputs that say so; and which of the rules that are `tried` were applied, too.
    """

    meant: Mapping[str, Node]
    total: Mapping[str, Node]
    rewritten: Mapping[str, Node]
    steps: tuple[Step, ...]
    stand_ins: Mapping[str, Atom] = field(default_factory=dict[str, Atom])
    tried: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Passes:
    """Which rules rewriting has, which of those that are tried it applies, and how far it goes."""

    rules: Sequence[Pass] = RULES
    tried: frozenset[str] = frozenset()
    most: int | None = None
    barred: frozenset[tuple[str, Node]] = frozenset()


ALL_PASSES = Passes()


def apply_passes(
    graph: Graph,
    outputs: Mapping[str, Node],
    options: CompileOptions,
    effort: Effort | None = None,
    passes: Passes = ALL_PASSES,
) -> Rewriting:
    """The outputs rewritten. Raises `CompileError` for what has no value where it needs one.

    What is cut short by `passes.most` is not to be lowered, and not checked.
    """
    check_sizes(graph, outputs.values())
    effort = effort or Effort(limit_work(options))
    rules = passes_without(options.without, passes.rules)
    course = Course(passes.most, passes.barred)
    first = Analysis(graph, options, effort=Effort(effort.most, effort.kept))
    said, stand_ins = said_no_value(first, outputs, course) if options.no_value else (outputs, {})
    placed = rewrite_outputs(first, said, [p.rule for p in rules if p.early], course)
    total = make_outputs_total(first, placed, course)
    analysis = Analysis(graph, options, effort=effort)
    if passes.most is None:
        check_defined(analysis, total)
    kinds = shows_kinds(total.values(), options.vocabulary)
    rewritten = rewrite_outputs(analysis, total, list_rules(options.level, kinds=kinds, passes=rules), course)
    if kinds and passes.most is None:
        check_zeros(analysis, rewritten.values())
    found = Rewriting(dict(outputs), total, rewritten, tuple(course.steps), stand_ins)
    return try_rules(found, analysis, passes) if passes.tried else found


def try_rules(rewriting: Rewriting, analysis: Analysis, passes: Passes) -> Rewriting:
    """The same rewritten further, by the rules that are `tried` as well."""
    options = analysis.options
    kinds = shows_kinds(rewriting.total.values(), options.vocabulary)
    rules = passes_without(options.without, passes.rules)
    course = Course(passes.most, passes.barred, rewriting.steps)
    further = list_rules(options.level, kinds=kinds, passes=rules, tried=passes.tried)
    rewritten = rewrite_outputs(analysis, rewriting.rewritten, further, course)
    fired = passes.tried.intersection(step.rule for step in course.steps)
    return replace(rewriting, rewritten=rewritten, steps=tuple(course.steps), tried=fired)


def said_no_value(
    analysis: Analysis, outputs: Mapping[str, Node], course: Course
) -> tuple[dict[str, Node], dict[str, Atom]]:
    """The outputs that say where they have no value, as one step for each that this changes; and their stand-ins."""
    said, stand_ins = say_no_value(analysis, outputs)
    taken = {name for name in stand_ins if course.take(Step("say_no_value", outputs[name], said[name]))}
    return (
        {name: said[name] if name in taken else node for name, node in outputs.items()},
        {name: value for name, value in stand_ins.items() if name in taken},
    )


def make_outputs_total(analysis: Analysis, outputs: dict[str, Node], course: Course) -> dict[str, Node]:
    """The outputs made total, as one step for each that this changes."""
    if course.has_ended:
        return outputs
    total = make_total(analysis, outputs)
    return {
        name: total[name]
        if total[name] is node or course.take(Step("make_total", node, total[name]))
        else node
        for name, node in outputs.items()
    }
