"""Which step of a compilation makes a model wrong, or larger: steps are taken back, and the rest is done again.

Wrong: of the steps of rewriting, the first behind which the graph's answers are not the program's (by bisection); else, of
the models that the search took one after the other, the first whose answers are not. Larger: each rule, and each place
where it fired, is left out, and the model's cost compared.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from compiler.analysis.infer import Analysis
from compiler.emit.assemble import assemble_weights
from compiler.model.runner import Model
from compiler.options import CompileError, CompileOptions
from compiler.pipeline import Compiled, compile_program
from compiler.rewrite.apply_passes import ALL_PASSES, Passes, apply_passes
from compiler.rewrite.driver import Step
from compiler.search.attempts import attempt_lowering, compact_layout, measure_cost
from compiler.search.trials import Cost, Holds, Journal, Reason, Trial
from compiler.verify.chosen_inputs import Word
from compiler.verify.differential import Check
from compiler.verify.mismatch import Mismatch, compare_graphs
from rasp.elaborate.program import Program
from rasp.graph.nodes import Node
from rasp.recursion import allow_deep_recursion

Wrong = Callable[[int], Mismatch | None]


@dataclass(frozen=True)
class Culprit:
    """What makes an answer wrong: the `number`th of all steps of rewriting, or of all models that the search took."""

    found: Step | Trial
    number: int
    mismatch: Mismatch


def find_wrong_step(
    program: Program,
    outputs: Mapping[str, Node],
    options: CompileOptions,
    inputs: Sequence[Word],
    passes: Passes = ALL_PASSES,
) -> Culprit | None:
    """The first step of rewriting behind which an answer is wrong on the inputs; None where the graph is right."""

    def wrong(number: int) -> Mismatch | None:
        cut = apply_passes(program.graph, outputs, options, passes=replace(passes, most=number))
        return compare_graphs(outputs, cut.rewritten, options, inputs)

    with allow_deep_recursion():
        steps = apply_passes(program.graph, outputs, options, passes=replace(passes, most=MOST_STEPS)).steps
        number = first_wrong_number(len(steps), wrong)
        if number is None:
            return None
        mismatch = wrong(number)
    assert mismatch is not None
    return Culprit(steps[number - 1], number, mismatch)


MOST_STEPS = 1_000_000
"""More than rewriting ever takes: with a limit, what it leaves is not checked as if it were to be lowered."""


def first_wrong_number(most: int, wrong: Wrong) -> int | None:
    """A number of steps after which all is wrong, and right one earlier; None where it is right after all of them."""
    if wrong(most) is None:
        return None
    right, bad = 0, most
    while bad - right > 1:
        middle = (right + bad) // 2
        right, bad = (right, middle) if wrong(middle) else (middle, bad)
    return bad


def find_wrong_trial(compiled: Compiled, journal: Journal, inputs: Sequence[Word]) -> Culprit | None:
    """The first of the models that the search took, in their order, that answers wrongly; None where all are right."""
    chosen = [trial for trial in journal.trials if trial.chosen and isinstance(trial.outcome, Holds)]
    for number, trial in enumerate(chosen, start=1):
        mismatch = find_wrong_answer(model_of(compiled, trial), compiled.meaning, inputs)
        if mismatch is not None:
            return Culprit(trial, number, mismatch)
    return None


def model_of(compiled: Compiled, trial: Trial) -> Model:
    """The model of a trial, built again."""
    known = compiled.lowered.analysis
    with allow_deep_recursion():
        analysis = Analysis(known.graph, known.options, trial.materialised, dividing=True)
        lowered = attempt_lowering(analysis, compiled.outputs, trial.style)
        if trial.reason is Reason.REUSE:
            lowered = compact_layout(lowered, trial.style, Journal())
    return Model(
        assemble_weights(lowered.plan, lowered.layout, lowered.analysis, compiled.rewriting.stand_ins)
    )


def find_wrong_answer(model: Model, outputs: Mapping[str, Node], inputs: Sequence[Word]) -> Mismatch | None:
    """The first wrong answer of a model."""
    found = Check(model, outputs).compare(inputs)
    return next((wrong for wrong in found if isinstance(wrong, Mismatch)), None)


@dataclass(frozen=True)
class Omission:
    """A rule, or one step of it, left out: what the model then costs, or None where there is none."""

    rule: str
    step: Step | None
    cost: Cost | None


def find_omissions(
    program: Program, outputs: Mapping[str, str], options: CompileOptions, passes: Passes = ALL_PASSES
) -> tuple[Cost, list[Omission]]:
    """What the model costs, and what it would cost without each rule that fired and models can do without; of rules
    without which it would be smaller, also without each of their steps."""
    whole = compile_program(program, outputs, options, passes)
    size, steps = measure_cost(whole.lowered), whole.rewriting.steps
    optional = {entry.name for entry in passes.rules if entry.level}
    found: list[Omission] = []
    for rule in (name for name in dict.fromkeys(step.rule for step in steps) if name in optional):
        rest = replace(passes, rules=[entry for entry in passes.rules if entry.name != rule])
        found.append(Omission(rule, None, cost_with(program, outputs, options, rest)))
        smaller = found[-1].cost
        if smaller is not None and smaller < size:
            for step in (step for step in steps if step.rule == rule):
                barred = replace(passes, barred=frozenset({(rule, step.before)}))
                found.append(Omission(rule, step, cost_with(program, outputs, options, barred)))
    return size, found


def cost_with(
    program: Program, outputs: Mapping[str, str], options: CompileOptions, passes: Passes
) -> Cost | None:
    """What a model costs with these passes; None where it is refused."""
    try:
        return measure_cost(compile_program(program, outputs, options, passes).lowered)
    except CompileError:
        return None
