"""The stages in order: program → graph → blocks → plan → layout → weights."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import cast

from networkx import DiGraph

from compiler.advice import Stated, advise_longer, advise_smaller, find_stated
from compiler.analysis.infer import Analysis
from compiler.audit.decisions import Bounds
from compiler.completions.plan_decoder import find_meaning, list_variants
from compiler.effort import Effort, TooMuch, limit_work
from compiler.emit.assemble import assemble_weights
from compiler.emit.join_outputs import join_outputs, keep_sums, name_parts
from compiler.emit.margins import choose_logit_scale, list_logit_gaps, scale_logits
from compiler.emit.rotate import rotate_weights
from compiler.emit.weights import Array, Weights
from compiler.json_forms.model_forms import Certificate, Summary, SymbolMap
from compiler.options import CompileError, CompileOptions
from compiler.plan.layers import Plan
from compiler.plan.layout import Layout
from compiler.plan.rotation import choose_rotation
from compiler.refusal import Inexact
from compiler.report import stages
from compiler.report.certificate import ENDLESS, build_certificate, describe_certificate
from compiler.report.circuit import build_circuit
from compiler.report.explain import explain_model
from compiler.report.stage_names import GRAPH_STAGES, STAGES, TEXT_STAGES
from compiler.report.summary import build_summary, build_symbol_map
from compiler.rewrite.apply_passes import ALL_PASSES, Passes, Rewriting, apply_passes
from compiler.search.attempts import Lowered
from compiler.search.rewritings import Built, build_smallest
from compiler.search.trials import Journal
from compiler.targets.target import check_target
from rasp.api import LoadedProgram
from rasp.arguments import report_wrong_kind
from rasp.diagnostics import Diagnostic
from rasp.elaborate.program import Program
from rasp.graph.nodes import Node
from rasp.recursion import allow_deep_recursion

FIRST_SHARE = 7 / 8
"""Of all work, for the first of two ways to build a model."""


@dataclass(frozen=True, eq=False)
class Compiled:
    """A compiled program and everything known about it. `unrotated` are the weights in the basis of the layout's columns:
    the same as `weights` unless `options.rotation` asks for another basis.
    """

    program: Program
    expressions: Mapping[str, str]
    options: CompileOptions
    rewriting: Rewriting
    lowered: Lowered
    weights: Weights
    unrotated: Weights

    def __repr__(self) -> str:
        return f"<compiled {', '.join(self.outputs)}: {self.weights!r}>"

    @property
    def meaning(self) -> Mapping[str, Node]:
        """The outputs as the program has them, not rewritten: what a check has to compare with."""
        return self.rewriting.meant

    @property
    def outputs(self) -> Mapping[str, Node]:
        """The rewritten outputs, which were lowered."""
        return self.rewriting.rewritten

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
    def summary(self) -> Summary:
        """Sizes and error bounds, JSON-able."""
        return build_summary(self.weights, self.plan, self.certificate)

    @property
    def certificate(self) -> Certificate:
        """Error bounds and margins, JSON-able."""
        record = build_certificate(self.bounds, self.layout, self.program.graph, self.options)
        if self.options.margin:
            gaps = list_logit_gaps(self.plan.readouts, self.bounds)
            wished = self.options.margin
            record["logit_gap"] = min(ENDLESS, *(gap * choose_logit_scale(gap, wished) for gap in gaps))
        return record

    @property
    def symbols(self) -> SymbolMap:
        """The symbol map, JSON-able."""
        return build_symbol_map(self.plan, self.layout, self.analysis, self.bounds, self.directions)

    @cached_property
    def directions(self) -> Array | None:
        """(place, column): where in the residual each place of the layout points, if it is not a column of it."""
        seed = self.options.rotation
        return None if seed is None else choose_rotation(self.layout, seed).matrix

    @cached_property
    def circuit(self) -> "DiGraph[str]":
        """Embedding, heads, hidden units and outputs, and who reads what of whom (`compiler/report/circuit.py`)."""
        return build_circuit(self.unrotated, self.symbols)

    def emit(self, stage: str) -> str:
        """One stage (`compiler/report/stage_names.py`) as text."""
        match stage:
            case _ if stage in TEXT_STAGES:
                return stages.write_text_stage(stage, self.program.source)
            case _ if stage in GRAPH_STAGES:
                return stages.show_graph(stage, self.rewriting, self.program.graph, self.options)
            case "domains":
                return stages.show_domains(self.outputs, self.analysis)
            case "plan":
                return stages.show_plan(self.plan, self.program.graph)
            case "layout":
                return stages.show_layout(self.plan, self.layout, self.analysis, self.bounds)
            case "explain":
                return explain_model(self.plan, self.layout, self.analysis, self.bounds)
            case "bounds":
                return "\n".join(describe_certificate(self.certificate))
            case "weights":
                return stages.show_weights(self.weights)
            case _:
                known = ", ".join(STAGES)
                raise CompileError(
                    Diagnostic(f"there is no stage called {stage!r}", hint=f"stages are {known}")
                )


def compile_program(
    program: Program | LoadedProgram,
    outputs: Mapping[str, str] | str,
    options: CompileOptions,
    passes: Passes = ALL_PASSES,
    journal: Journal | None = None,
) -> Compiled:
    """Compile named expressions of a program into one model. One expression alone is called by its name, or `out`.

    Raises `RaspError` when an expression is wrong and `CompileError` when it can't be compiled exactly. `passes` other
    than all there are, are for finding out what they do; the `journal` gets what was done and tried.
    """
    program, outputs = program_of(program), outputs_of(outputs)
    check_options(options)
    check_target(options, len(outputs))
    journal = journal or Journal()
    with allow_deep_recursion():  # analysis and rules go down long chains of operators
        stated, built = build_way(program, outputs, options, passes, journal)
    options, parts, meant = stated.options, stated.parts, stated.meant
    rewriting, lowered = built.rewriting, built.lowered
    weights = assemble_weights(lowered.plan, lowered.layout, lowered.analysis, rewriting.stand_ins)
    if options.margin:
        gaps = list_logit_gaps(lowered.plan.readouts, lowered.bounds)
        weights = scale_logits(weights, gaps, options.margin)
    weights, rewriting = join_outputs(weights, parts), replace(rewriting, meant=meant)
    unrotated = weights
    if options.rotation is not None:
        weights = rotate_weights(weights, choose_rotation(lowered.layout, options.rotation).matrix)
    return Compiled(program, dict(outputs), options, rewriting, lowered, weights, unrotated)


def build_way(
    program: Program, outputs: Mapping[str, str], options: CompileOptions, passes: Passes, journal: Journal
) -> tuple[Stated, Built]:
    """The smallest model of the first way to build it in which any holds. Raises `CompileError`: where none does, what the
    first way is refused for, with advice."""
    effort = Effort(limit_work(options))
    way, *others = list_variants(options)
    stated = find_stated(program, outputs, way)
    try:
        with effort.optional(FIRST_SHARE if others else 1.0):
            return build_parts(Analysis(program.graph, way, effort=effort), stated, passes, journal)
    except (Inexact, TooMuch) as error:
        refusals: list[CompileError] = [error.with_traceback(None)]
    for other in others:
        try:
            analysis = Analysis(program.graph, other, effort=effort)
            return build_parts(analysis, find_stated(program, outputs, other), passes, journal)
        except CompileError as error:
            refusals.append(error.with_traceback(None))
    refusal, *_ = refusals
    if isinstance(refusal, Inexact):
        refusal = advise_smaller(refusal, program, outputs, stated, effort.left)
    raise advise_longer(refusal, refusals, options)


def build_parts(analysis: Analysis, stated: Stated, passes: Passes, journal: Journal) -> tuple[Stated, Built]:
    """The smallest model by what each output is told; where a term of a sum cannot be told beside others, by the sum.
    Raises `Inexact` where none holds, `CompileError` for other refusals."""
    parts = stated.parts
    try:
        return stated, build_smallest(analysis, name_parts(parts), passes, journal)
    except Inexact:
        whole = keep_sums(parts, stated.meant)
        if whole != parts:
            with suppress(CompileError):
                built = build_smallest(analysis, name_parts(whole), passes, journal)
                return replace(stated, parts=whole), built
        raise


def emit_early(
    program: Program, outputs: Mapping[str, str], options: CompileOptions, wanted: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Names and texts of the wanted stages before lowering, each as soon as it is known: also of what is then refused."""
    for stage in (name for name in TEXT_STAGES if name in wanted):
        yield stage, stages.write_text_stage(stage, program.source)
    meaning = find_meaning(program, outputs, options)
    untouched = Rewriting(meaning, meaning, meaning, ())
    if "graph" in wanted:
        yield "graph", stages.show_graph("graph", untouched, program.graph, options)
    if later := [stage for stage in ("total", "rewritten") if stage in wanted]:
        with allow_deep_recursion():
            rewriting = apply_passes(program.graph, meaning, options)
        for stage in later:
            yield stage, stages.show_graph(stage, rewriting, program.graph, options)


def program_of(given: object) -> Program:
    """The program; of one that was loaded for calling, the data in it."""
    match given:
        case Program():
            return given
        case LoadedProgram(program):
            return program
        case _:
            hint = "`rasp.load` gives one, from a file or a text"
            raise CompileError(report_wrong_kind("`program`", "a program", given, hint))


def outputs_of(given: object) -> dict[str, str]:
    """Expressions by the names of the outputs."""
    if isinstance(given, str):
        return {given.strip() if given.strip().isidentifier() else "out": given}
    hint = 'give their names and expressions: {"sorted": "sort(tokens, tokens)"}, or one expression'
    if not isinstance(given, Mapping):
        raise CompileError(report_wrong_kind("`outputs`", "a dict of expressions", given, hint))
    outputs = dict(cast("Mapping[object, object]", given))
    if not outputs:
        raise CompileError(Diagnostic("there is no output to compile", hint=hint, code="argument"))
    for part in (*outputs, *outputs.values()):
        if not isinstance(part, str):
            raise CompileError(report_wrong_kind("a name or expression of an output", "a string", part, hint))
    return cast("dict[str, str]", outputs)


def check_options(given: object) -> None:
    if not isinstance(given, CompileOptions):
        hint = 'write CompileOptions("ab", max_length=8)'
        raise CompileError(report_wrong_kind("`options`", "`CompileOptions`", given, hint))
