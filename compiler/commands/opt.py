"""`rasp opt`: single rules on a graph's text or a program, each held against what the graph meant before."""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import click

from compiler.analysis.infer import Analysis
from compiler.command_options.target_options import Target
from compiler.commands.target import choose_options, read_settings
from compiler.json_forms.compile_forms import RewritingRecord, RuleRecord, StageRecord
from compiler.options import CompileOptions
from compiler.report.describe import describe_step
from compiler.report.graph_text import parse_outputs, print_outputs
from compiler.report.rule_texts import MAKE_TOTAL, list_rule_texts
from compiler.rewrite import RULES, Pass, list_rules
from compiler.rewrite.apply_passes import make_outputs_total
from compiler.rewrite.driver import Course, Rule, Step, rewrite_outputs
from compiler.verify.mismatch import Mismatch, find_difference
from rasp.command_line.console import (
    FAILED,
    STANDARD_INPUT,
    Told,
    WrongUsage,
    read_source,
    show_tokens,
)
from rasp.diagnostics import Diagnostic, suggest_word
from rasp.elaborate.program import load_program
from rasp.graph.nodes import Graph, Node
from rasp.graph.text import is_graph
from rasp.lint.doubts import lint_expressions
from rasp.recursion import allow_deep_recursion
from rasp.values import show_count, show_value

LEVELS = {f"O{level}": level for level in range(4)}


@dataclass(frozen=True)
class OptRequest:
    """The flags of `rasp opt`."""

    target: Target
    passes: str | None
    print_all: bool
    check: bool
    as_json: bool


@dataclass(frozen=True)
class Subject:
    """A graph that is rewritten, and what it would be compiled for."""

    graph: Graph
    outputs: Mapping[str, Node]
    options: CompileOptions


@dataclass(frozen=True)
class Stage:
    """What one entry of `-p` did: its steps, the outputs behind them, and the first answer that it changed."""

    name: str
    steps: tuple[Step, ...]
    outputs: Mapping[str, Node]
    wrong: Mismatch | None


def run_opt(request: OptRequest, told: Told, passes: tuple[Pass, ...] = RULES) -> int:
    """List the rules, or apply those that are named and print what they make of the graph."""
    if request.passes is None:
        if request.target.file is not None or request.target.expressions:
            raise WrongUsage(
                "which rules should be applied?", "name them, as in -p O2; `rasp opt` alone lists them"
            )
        show_rules(as_json=request.as_json)
        return 0
    names = chosen_passes(request.passes, passes)
    subject = read_subject(request.target, told)
    with allow_deep_recursion():
        stages = list(apply_all(subject, names, passes, check=request.check))
    if not request.as_json:
        show_stages(subject, stages, print_all=request.print_all)
    wrong = [describe_wrong(stage.name, stage.wrong) for stage in stages if stage.wrong is not None]
    told.tell(wrong)
    if request.as_json:
        click.echo(json.dumps(as_record(subject, stages, told)))
    return FAILED if wrong else 0


def show_rules(*, as_json: bool) -> None:
    """Every rule with what it does, and expressions before and after."""
    texts = list_rule_texts()
    if as_json:
        records: list[RuleRecord] = [
            {"name": text.name, "level": text.level, "summary": text.summary, "example": text.example}
            for text in texts
        ]
        click.echo(json.dumps(records))
        return
    for text in texts:
        click.echo(f"{text.name}   (from -O{text.level} on)\n  {text.summary}")
        click.echo("".join(f"      {row}\n" for row in text.example.splitlines()))


def chosen_passes(text: str, passes: tuple[Pass, ...]) -> list[str]:
    """The names between commas. Raises `WrongUsage` for one that is no rule's."""
    known = [*(p.name for p in passes), MAKE_TOTAL, *LEVELS]
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in known:
            hint = suggest_word(name, known) or "`rasp opt` lists them; O0 to O3 are all of a level"
            raise WrongUsage(f"there is no rule called {name}", hint)
    return names


def read_subject(target: Target, told: Told) -> Subject:
    """The graph of a text, or of a program's expressions; of standard input where neither is given."""
    if target.file is None and not target.expressions:
        if sys.stdin is not None and sys.stdin.isatty():
            raise WrongUsage("there is no graph to rewrite", "give FILE, or -e EXPR, or pipe a graph in")
        target = replace(target, file=STANDARD_INPUT)
    source = read_source(target.file) if target.file is not None else None
    if source is not None and is_graph(source.text):
        if target.expressions:
            raise WrongUsage(
                "a graph's text names its outputs: -e does not go with it", "give a program for -e"
            )
        text = parse_outputs(source)
        return Subject(text.graph, text.outputs, choose_options(target, text.line))
    program = load_program(source or "")
    outputs, options = read_settings(target, program.source)
    told.tell(lint_expressions(program, outputs.values()))
    return Subject(program.graph, {name: program.sop(text) for name, text in outputs.items()}, options)


def apply_all(
    subject: Subject, names: list[str], passes: tuple[Pass, ...], *, check: bool
) -> Iterator[Stage]:
    """The named rules one after the other, each until it fires no more; none after one that changed the meaning."""
    outputs = dict(subject.outputs)
    for name in names:
        analysis, course = Analysis(subject.graph, subject.options), Course()
        if name == MAKE_TOTAL:
            now = make_outputs_total(analysis, outputs, course)
        else:
            now = rewrite_outputs(analysis, outputs, rules_named(name, passes), course)
        changed = check and now != outputs
        wrong = find_difference(outputs, now, subject.options) if changed else None
        yield Stage(name, tuple(course.steps), now, wrong)
        if wrong is not None:
            return
        outputs = now


def rules_named(name: str, passes: tuple[Pass, ...]) -> list[Rule]:
    """One rule, or all of a level."""
    if name in LEVELS:
        return list_rules(LEVELS[name], passes=passes)
    return [p.rule for p in passes if p.name == name]


def show_stages(subject: Subject, stages: list[Stage], *, print_all: bool) -> None:
    """The last graph below what each rule did; with `print_all` the graph behind each rule that did something."""
    last = stages[-1]
    for stage in stages:
        click.echo("\n".join(step_lines(subject.graph, stage)))
        if stage is last or (print_all and stage.steps):
            click.echo(print_outputs(subject.graph, stage.outputs, subject.options), nl=stage is not last)


def step_lines(graph: Graph, stage: Stage) -> list[str]:
    """What a rule did, as comments of a graph's text."""
    count = len(stage.steps)
    head = f"# {stage.name}: {show_count(count, 'step') if count else 'nothing to do'}"
    return [head, *(f"#     {describe_step(graph, step.before, step.after)}" for step in stage.steps)]


def as_record(subject: Subject, stages: list[Stage], told: Told) -> RewritingRecord:
    """The same as plain data: the graph at the end, by rule the steps and the graph, and what was told."""

    def text(outputs: Mapping[str, Node]) -> str:
        return print_outputs(subject.graph, outputs, subject.options)

    rows: list[StageRecord] = [
        {
            "rule": stage.name,
            "steps": [describe_step(subject.graph, step.before, step.after) for step in stage.steps],
            "graph": text(stage.outputs),
            "wrong": None if stage.wrong is None else stage.wrong.as_json(),
        }
        for stage in stages
    ]
    return {"graph": text(stages[-1].outputs), "rules": rows, **told.as_json()}


def describe_wrong(name: str, wrong: Mismatch) -> Diagnostic:
    """The message for a rule that changed an answer."""
    now = "none" if wrong.got is None else show_value(wrong.got)
    message = (
        f"{name} changes what the graph means: on {show_tokens(wrong.tokens)} the answer of {wrong.output} at position "
        f"{wrong.position} was {show_value(wrong.expected)} and is {now}"
    )
    hint = "rules after it were not applied; --no-check applies them all the same"
    return Diagnostic(message, hint=hint, code="wrong-rule")
