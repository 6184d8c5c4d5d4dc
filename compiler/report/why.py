"""`--why`: what the search tried, what failed by how much, and what was taken, from its own journal."""

from collections.abc import Iterable, Sequence
from typing import assert_never

from compiler.audit.decisions import Decision
from compiler.blocks.block import Choice
from compiler.json_forms.compile_forms import ChoiceRecord, StepRecord, TrialOutcome, TrialRecord, WhyRecord
from compiler.reading.building_style import Style
from compiler.report.certificate import record_decision
from compiler.report.describe import describe_node, describe_step
from compiler.search.trials import (
    Cost,
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
from rasp.graph.nodes import Graph, Node
from rasp.values import show_count


def tell_why(graph: Graph, journal: Journal, choices: Sequence[Choice]) -> list[str]:
    """The story in order: steps of rewriting, attempts, and the ways that the model's parts could have been built."""
    lines = ["rewriting"]
    lines += [
        f"  {step.rule}: {describe_step(graph, step.before, step.after)}" for step in journal.steps
    ] or ["  no rule fired"]
    lines.append("search")
    for number, trial in enumerate(journal.trials, start=1):
        taken = "   <- taken" if trial is last_chosen(journal.trials) else ""
        lines.append(f"  {number}. {trial.reason}{describe_attempt(graph, trial)}")
        lines.append(f"       {outcome_text(graph, trial.outcome)}{taken}")
    if choices:
        lines.append("choices in it")
        lines += dict.fromkeys(f"  {choice_text(graph, choice)}" for choice in choices)
    return lines


def last_chosen(trials: Sequence[Trial]) -> Trial | None:
    """The trial whose model is the one that was kept."""
    return next((trial for trial in reversed(trials) if trial.chosen), None)


def describe_attempt(graph: Graph, trial: Trial) -> str:
    """What is special about an attempt: the rules tried, the style, and what is looked up first."""
    parts = [f"with {rule}" for rule in sorted(trial.rules)] + style_parts(graph, trial.style)
    if trial.materialised and trial.reason is not Reason.REUSE:
        parts.append(f"first {names(graph, trial.materialised)}")
    return f" ({'; '.join(parts)})" if parts else ""


def style_parts(graph: Graph, style: Style) -> list[str]:
    """A style in words, as far as it is not the plain one."""
    parts = [f"care {style.care}"] if style.care else []
    parts += ["exact counts"] if style.exact else []
    parts += ["sums by their bits"] if style.carried else []
    return parts + ([f"steep steps of {names(graph, style.steep)}"] if style.steep else [])


def names(graph: Graph, nodes: Iterable[Node]) -> str:
    return ", ".join(sorted(describe_node(graph, node) for node in nodes))


def outcome_text(graph: Graph, outcome: Outcome) -> str:
    """What came of an attempt."""
    match outcome:
        case Holds(cost, tightest):
            room = "" if tightest is None else f"; tightest is {decision_text(graph, tightest)}"
            return f"holds with {describe_cost(cost)}{room}"
        case Fails(cost, count, worst):
            others = f" and {count - 1} more" if count > 1 else ""
            return f"fails with {describe_cost(cost)}: {decision_text(graph, worst)}{others}"
        case WithoutLookup(node):
            return f"fails: no look-up in one step gives {describe_node(graph, node)}"
        case TooManyRows(parts):
            return f"too many combinations of values for one table: first {names(graph, parts)}"
        case Refused(message):
            return f"refused: {message}"
        case _:
            assert_never(outcome)


def describe_cost(cost: Cost) -> str:
    layers, parameters = cost
    return f"{show_count(layers, 'layer')} and {show_count(parameters, 'parameter')}"


def decision_text(graph: Graph, decision: Decision) -> str:
    """A decision, with its margin and its error."""
    where = f"the {decision.kind} of {describe_node(graph, decision.node)}"
    return f"{where} (margin {decision.margin:.2g}, error at most {decision.error:.2g})"


def choice_text(graph: Graph, choice: Choice) -> str:
    """What one part could have been."""
    exact = sorted({int(cost) for _, cost in choice.costs if cost is not None})
    match choice.kind:
        case "look-up":
            tried = f"{len(choice.costs)} linear forms tried"
            units = ", ".join(map(str, exact)) or "only values one by one"
            return f"look-up of {names(graph, choice.of)}: {tried}; hidden units of those that are exact: {units}"
        case "comparison":
            key, query = (describe_node(graph, node) for node in choice.of)
            ways = (f"{way} {'inexact' if cost is None else f'{cost:.3g}'}" for way, cost in choice.costs)
            return f"key {key} with query {query}, by columns: {', '.join(ways)}"
        case _:
            assert_never(choice.kind)


def record_why(graph: Graph, journal: Journal, choices: Sequence[Choice]) -> WhyRecord:
    """The same as plain data."""
    taken = last_chosen(journal.trials)
    steps: list[StepRecord] = [
        {"rule": step.rule, "step": describe_step(graph, step.before, step.after)} for step in journal.steps
    ]
    trials = [trial_record(graph, trial, taken=trial is taken) for trial in journal.trials]
    ways: list[ChoiceRecord] = [
        {
            "choice": choice.kind,
            "of": [describe_node(graph, node) for node in choice.of],
            "costs": [{"way": way, "cost": cost} for way, cost in choice.costs],
        }
        for choice in choices
    ]
    return {"rewriting": steps, "search": trials, "choices": ways}


def trial_record(graph: Graph, trial: Trial, *, taken: bool) -> TrialRecord:
    """One attempt; `taken`: it is the one that became the model."""
    return {
        "reason": trial.reason.value,
        "rules": sorted(trial.rules),
        "care": trial.style.care,
        "exact": trial.style.exact,
        "steep": sorted(describe_node(graph, node) for node in trial.style.steep),
        "first": sorted(describe_node(graph, node) for node in trial.materialised),
        "outcome": outcome_record(graph, trial.outcome),
        "chosen": trial.chosen,
        "taken": taken,
    }


def outcome_record(graph: Graph, outcome: Outcome) -> TrialOutcome:
    """What came of one attempt; `kind` says which keys there are."""
    match outcome:
        case Holds((layers, parameters), tightest):
            found = None if tightest is None else record_decision(tightest, graph)
            return {"kind": "holds", "layers": layers, "parameters": parameters, "tightest": found}
        case Fails((layers, parameters), count, worst):
            return {
                "kind": "fails",
                "layers": layers,
                "parameters": parameters,
                "decisions": count,
                "worst": record_decision(worst, graph),
            }
        case WithoutLookup(node):
            return {"kind": "without look-up", "of": describe_node(graph, node)}
        case TooManyRows(parts):
            return {"kind": "too many rows", "parts": sorted(describe_node(graph, node) for node in parts)}
        case Refused(message):
            return {"kind": "refused", "message": message}
        case _:
            assert_never(outcome)
