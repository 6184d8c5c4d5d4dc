"""The stages in order: program → graph → blocks → plan → layout → weights."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from compiler.analysis.defined import check_defined
from compiler.analysis.effort import HINT_CELLS, Effort
from compiler.analysis.infer import Analysis
from compiler.analysis.kinds import check_zeros, shows_kinds
from compiler.audit.decisions import Bounds
from compiler.emit.assemble import assemble
from compiler.emit.weights import Weights
from compiler.options import CompileError, CompileOptions
from compiler.plan.layout import Layout
from compiler.plan.schedule import Plan
from compiler.report import stages
from compiler.report.certificate import certificate, certificate_lines
from compiler.report.explain import explain
from compiler.report.summary import summary, symbols
from compiler.rewrite import rules_for
from compiler.rewrite.driver import rewrite
from compiler.rewrite.make_total import make_total
from compiler.rewrite.place_best import place_best
from compiler.search import Inexact, Lowered, lower
from rasp.api import LoadedProgram
from rasp.arguments import wrong_kind
from rasp.diagnostics import Diagnostic
from rasp.elaborate.program import Program
from rasp.graph.nodes import Graph, Node
from rasp.recursion import deep_recursion


@dataclass(frozen=True, eq=False)
class Compiled:
    """A compiled program and everything known about it. `outputs` are the rewritten ones that were lowered."""

    program: Program
    expressions: Mapping[str, str]
    options: CompileOptions
    outputs: Mapping[str, Node]
    lowered: Lowered
    weights: Weights

    def __repr__(self) -> str:
        return f"<compiled {', '.join(self.outputs)}: {self.weights!r}>"

    @property
    def meaning(self) -> dict[str, Node]:
        """The outputs as the program has them, not rewritten: what a check has to compare with."""
        return {name: self.program.sop(text) for name, text in self.expressions.items()}

    @property
    def analysis(self) -> Analysis:
        return self.lowered.analysis

    @property
    def plan(self) -> Plan:
        return self.lowered.plan

    @property
    def layout(self) -> Layout:
        return self.lowered.layout

    @property
    def bounds(self) -> Bounds:
        """Error bounds and the decisions that they were held against."""
        return self.lowered.bounds

    @property
    def summary(self) -> dict[str, Any]:
        """Sizes and error bounds, JSON-able."""
        return summary(self.weights, self.plan) | {"certificate": self.certificate}

    @property
    def certificate(self) -> dict[str, Any]:
        """Error bounds and margins, JSON-able."""
        return certificate(self.bounds, self.layout, self.program.graph, self.options)

    @property
    def symbols(self) -> dict[str, Any]:
        """The symbol map, JSON-able."""
        return symbols(self.plan, self.layout, self.analysis, self.bounds)

    def emit(self, stage: str) -> str:
        """One stage (`stages.STAGES`) as text."""
        match stage:
            case "graph":
                return stages.graph_stage(self.outputs)
            case "domains":
                return stages.domains_stage(self.outputs, self.analysis)
            case "plan":
                return stages.plan_stage(self.plan, self.program.graph)
            case "layout":
                return stages.layout_stage(self.plan, self.layout, self.analysis, self.bounds)
            case "explain":
                return explain(self.plan, self.layout, self.analysis, self.bounds)
            case "bounds":
                return "\n".join(certificate_lines(self.certificate))
            case "weights":
                return stages.weights_stage(self.weights)
            case _:
                known = ", ".join(stages.STAGES)
                raise CompileError(
                    Diagnostic(f"there is no stage called {stage!r}", hint=f"stages are {known}")
                )


def compile_program(
    program: Program | LoadedProgram, outputs: Mapping[str, str] | str, options: CompileOptions
) -> Compiled:
    """Compile named expressions of a program into one model. One expression alone is called by its name, or `out`.

    Raises `RaspError` when an expression is wrong and `CompileError` when it can't be compiled exactly.
    """
    program, outputs = program_of(program), outputs_of(outputs)
    check_options(options)
    meaning = {name: program.sop(text) for name, text in outputs.items()}
    with deep_recursion():  # analysis and rules go down long chains of operators
        try:
            nodes, lowered = optimised(program.graph, meaning, options, Effort())
        except Inexact as error:
            raise advised(error, program.graph, meaning, options) from None
    weights = assemble(lowered.plan, lowered.layout, lowered.analysis)
    return Compiled(program, dict(outputs), options, nodes, lowered, weights)


def optimised(
    graph: Graph, outputs: Mapping[str, Node], options: CompileOptions, effort: Effort
) -> tuple[dict[str, Node], Lowered]:
    """The outputs rewritten, and lowered."""
    first = Analysis(graph, options, effort=Effort(effort.most))
    total = make_total(first, rewrite(first, outputs, [place_best]))
    analysis = Analysis(graph, options, effort=effort)
    check_defined(analysis, total)
    kinds = shows_kinds(total.values(), options.vocabulary)
    nodes = rewrite(analysis, total, rules_for(options.level, kinds=kinds))
    if kinds:
        check_zeros(analysis, nodes.values())
    return nodes, lower(graph, nodes, options, effort)


def advised(
    error: Inexact, graph: Graph, outputs: Mapping[str, Node], options: CompileOptions
) -> CompileError:
    """The refusal, with the greatest length found at which the program does compile, within a small effort."""
    holds, fails, effort = 0, options.max_length, Effort(HINT_CELLS)
    while fails - holds > 1 and effort.cells < effort.most:
        middle = (holds + fails) // 2
        try:
            optimised(graph, outputs, replace(options, max_length=middle), effort)
            holds = middle
        except CompileError:
            fails = middle
    first, *rest = error.diagnostics
    hint = f"it holds at --max-length {holds}" if holds else first.hint
    return CompileError(replace(first, hint=hint), *rest)


def program_of(given: object) -> Program:
    """The program; of one that was loaded for calling, the data in it."""
    match given:
        case Program():
            return given
        case LoadedProgram(program):
            return program
        case _:
            hint = "`rasp.load` gives one, from a file or a text"
            raise CompileError(wrong_kind("`program`", "a program", given, hint))


def outputs_of(given: object) -> dict[str, str]:
    """Expressions by the names of the outputs."""
    if isinstance(given, str):
        return {given.strip() if given.strip().isidentifier() else "out": given}
    hint = 'give their names and expressions: {"sorted": "sort(tokens, tokens)"}, or one expression'
    if not isinstance(given, Mapping):
        raise CompileError(wrong_kind("`outputs`", "a dict of expressions", given, hint))
    outputs = dict(cast("Mapping[object, object]", given))
    if not outputs:
        raise CompileError(Diagnostic("there is no output to compile", hint=hint, code="argument"))
    for part in (*outputs, *outputs.values()):
        if not isinstance(part, str):
            raise CompileError(wrong_kind("a name or expression of an output", "a string", part, hint))
    return cast("dict[str, str]", outputs)


def check_options(given: object) -> None:
    if not isinstance(given, CompileOptions):
        hint = 'write CompileOptions("ab", max_length=8)'
        raise CompileError(wrong_kind("`options`", "`CompileOptions`", given, hint))
