"""What a program means as a model, and what would do where there is none."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from compiler.completions.plan_decoder import find_meaning, list_variants, shorten_options
from compiler.effort import Effort, TooMuchWork
from compiler.emit.join_outputs import Parts, find_parts, name_parts
from compiler.limits import HINT_ATTEMPTS, HINT_CELLS
from compiler.options import HIGHEST_LEVEL, CompileError, CompileOptions
from compiler.refusal import Inexact
from compiler.rewrite.apply_passes import apply_passes
from compiler.search.lower import LoweringSearch
from compiler.search.trials import Journal
from compiler.targets.target import find_target
from rasp.elaborate.program import Program
from rasp.graph.nodes import Node, list_reachable

NODE_WORK = 300_000
"""Rewriting a node of what is tried for a hint, besides its values, in cells (`compiler/effort.py`)."""


@dataclass(frozen=True, eq=False)
class Stated:
    """What the outputs of a model mean, and by what each is told, with the options that it is compiled with."""

    options: CompileOptions
    meant: Mapping[str, Node]
    parts: Parts


def find_stated(program: Program, outputs: Mapping[str, str], options: CompileOptions) -> Stated:
    """The same, found out."""
    meant = find_meaning(program, outputs, options)
    return Stated(options, meant, find_parts(program.graph, meant, options))


def advise_smaller(
    error: Inexact, program: Program, outputs: Mapping[str, str], stated: Stated, left: float
) -> CompileError:
    """The refusal, with what would do, as far as a small effort finds it, of what is `left` or more: a finer arithmetic, or
    else the greatest length at which the program does compile. How small its model would be is not looked for."""
    graph, options, told = program.graph, stated.options, name_parts(stated.parts)
    effort = Effort(min(max(HINT_CELLS.most, left), 3 / 2 * HINT_CELLS.most))
    finer = Effort(HINT_CELLS.most)  # of its own, so that lengths are tried, too

    def holds(other: CompileOptions, effort: Effort = effort) -> bool:
        # The last goes furthest, and is the first to fail.
        return any(holds_so(way, effort) for way in reversed(list_variants(other)))

    def holds_so(other: CompileOptions, effort: Effort) -> bool:
        try:
            meant = find_meaning(program, outputs, other) if other.prompts else told
            effort.use(NODE_WORK * len(list_reachable(meant.values())))
            rewritten = apply_passes(graph, meant, other, effort).rewritten
            LoweringSearch(graph, rewritten, other, effort, Journal()).find(HINT_ATTEMPTS.most)
        except CompileError:
            return False
        return True

    finest = find_target(options).dtypes[-1]
    if finest != options.dtype and holds(replace(options, dtype=finest), finer):
        hint = f"it holds with --dtype {finest}"
    else:
        hint = error.diagnostics[0].hint
        asked = (options.prompts or options).max_length
        most = find_most(asked, lambda n: holds(shorten_options(program, outputs, options, n)), effort)
        if most:
            hint = f"it holds at --max-length {most}"
    if options.rotation is not None:
        hint += "; or leave the residual as it is, whose numbers do not share columns"
    return change_hint(error, hint)


def change_hint(error: CompileError, hint: str) -> CompileError:
    """The same refusal with another hint."""
    first, *rest = error.diagnostics
    return CompileError(replace(first, hint=hint), *rest)


def advise_longer(
    refusal: CompileError, tried: Sequence[CompileError], options: CompileOptions
) -> CompileError:
    """The refusal, with the level that may take more work, where any of those tried was refused for want of that."""
    cut_short = any(
        isinstance(one, TooMuchWork) or (isinstance(one, Inexact) and one.cut_short) for one in tried
    )
    if not cut_short or options.level == HIGHEST_LEVEL:
        return refusal
    hint = refusal.diagnostics[0].hint
    return change_hint(refusal, f"{hint}; or let it search longer, with -O {HIGHEST_LEVEL}")


def find_most(fails: int, holds: Callable[[int], bool], effort: Effort) -> int:
    """The greatest length at which something holds, below one at which it fails, or 0; less where the effort runs out.
    Short ones, which take little, come first, each twice as long as the one before; then those between the last two."""
    least = 0
    while fails - least > 1:
        middle = min(2 * least + 1, (least + fails) // 2)
        if holds(middle):
            least = middle
        elif effort.ran_out or not effort.left:
            break
        else:
            fails = middle
    return least
