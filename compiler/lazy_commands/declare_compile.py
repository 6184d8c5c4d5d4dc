"""The commands that make a program a model: `rasp compile`, and `rasp opt` and `rasp bisect`, which look at how."""

from typing import Any

import click

from compiler.command_options.disguise_options import choose_disguise, takes_disguise
from compiler.command_options.shared_options import JSON
from compiler.command_options.target_options import Target, takes_target
from compiler.report.stage_names import ALL, STAGES
from rasp.command_line.checked_command import CheckedCommand
from rasp.command_line.console import Told
from rasp.command_line.place import PLACE


@click.command("compile", cls=CheckedCommand)
@takes_target
@takes_disguise
@click.option(
    "--decode", is_flag=True, help="Make it a causal decoder: it writes its answer behind a prompt."
)
@click.option(
    "-o", "--output", "folder", type=PLACE, metavar="DIR", help="Write a checkpoint into this folder."
)
@click.option(
    "--emit",
    type=click.Choice([*STAGES, ALL]),
    metavar="STAGE",
    help=f"Print a stage: {', '.join(STAGES)}; or {ALL} of them.",
)
@click.option("--explain", "emit", flag_value="explain", help="Print where each s-op went and what it costs.")
@click.option(
    "--why", is_flag=True, help="Tell what the search tried, what failed by how much, what was taken."
)
@JSON
@click.pass_obj
def compile_command(told: Told, disguise: str | None, seed: int | None, **flags: Any) -> int:
    """Compile s-ops of a program to the weights of a transformer.

    Several -e give a model with several outputs. What is not given on the command line is taken from the
    program's `# compile:` line; FILE may be `-` for standard input, or left out when the library is enough.

    \b
    Examples:
      rasp compile sort.rasp -e "sort(tokens, tokens)" --vocab abcde --max-length 8 -o sorted
      rasp compile sums.rasp -e total --vocab '[0, 1, 2]' --max-length 5 --attention causal -o sums
      rasp compile sort.rasp -o sorted              (with `# compile: ...` in sort.rasp)
      rasp compile sort.rasp --emit plan            (print a stage, write nothing)
      rasp compile sort.rasp --explain              (what each head and look-up is for)
      rasp compile sort.rasp --why                  (what the search tried, and what failed)
      rasp compile sort.rasp --disguise rotate -o rotated
      rasp compile sort.rasp --disguise superpose=6 --seed 1 -o narrow      (trained for minutes, not certified)
      rasp compile sort.rasp --decode -o writer
    """
    from compiler.commands.compile import CompileRequest, compile_file  # noqa: PLC0415

    own = {name: flags.pop(name) for name in ("folder", "emit", "why", "as_json")}
    chosen = choose_disguise(disguise, seed)
    if chosen is not None and chosen.width is not None:
        from compiler.training_commands.superpose_command import superpose_file  # noqa: PLC0415

        return superpose_file(CompileRequest(Target(**flags), **own), chosen.width, chosen.seed, told)
    target = Target(**flags, rotation=None if chosen is None else chosen.seed)
    return compile_file(CompileRequest(target, **own), told)


@click.command(cls=CheckedCommand)
@takes_target
@click.option(
    "-p", "passes", metavar="RULE[,RULE...]", help="Rules to apply, in this order; O0 to O3: a level's."
)
@click.option("--print-all", is_flag=True, help="Print the graph after each rule that changed something.")
@click.option(
    "--check/--no-check", default=True, show_default=True, help="Hold each rule against the interpreter."
)
@JSON
@click.pass_obj
def opt(told: Told, passes: str | None, print_all: bool, check: bool, as_json: bool, **target: Any) -> int:
    """Apply rewriting rules to a graph, one by one.

    Without -p, list the rules. FILE is a program, or a graph's text as `rasp compile --emit graph` prints it; without
    FILE it is read from standard input. The graph that comes out can be read again. After each rule a sample of inputs
    is interpreted with the graph before and after: a rule that changes an answer is named, and the exit code is 1.

    \b
    Examples:
      rasp opt
      rasp opt -p split_width,merge_selectors --print-all sort.rasp -e sorted_tokens
      rasp compile sort.rasp --emit graph | rasp opt -p O2
      rasp opt -p fold_positional -e "selector_width(select(indices, indices, <=))" --vocab ab --max-length 4
    """
    from compiler.commands.opt import OptRequest, run_opt  # noqa: PLC0415

    return run_opt(OptRequest(Target(**target), passes, print_all, check, as_json), told)


@click.command(cls=CheckedCommand)
@takes_target
@click.option("--wrong", metavar="INPUT", help="An input that is answered wrongly; else a sample is tried.")
@click.option("--larger", is_flag=True, help="Look for what makes the model larger.")
@JSON
@click.pass_obj
def bisect(told: Told, wrong: str | None, larger: bool, as_json: bool, **target: Any) -> int:
    """Find the step of a compilation that makes a model wrong, or larger.

    Wrong: the step of rewriting behind which an answer is wrong; or the model that the search took first that is wrong,
    and its first wrong residual column; the exit code is 1. Larger: each rule that fired is left out, and of those that
    make the model larger each step by itself. Of a model's folder, given for FILE, the program is compiled again.

    \b
    Examples:
      rasp bisect sort.rasp -e sorted_tokens --wrong cabbage
      rasp bisect sort.rasp -e sorted_tokens --larger
      rasp bisect sorted --wrong cabbage
    """
    from compiler.commands.bisect import BisectRequest, run_bisect  # noqa: PLC0415

    return run_bisect(BisectRequest(Target(**target), wrong, larger, as_json), told)
