"""The command `rasp`: the language's commands and the compiler's.

Subcommands import what they need when they run: `rasp run` and `rasp check` must not wait for torch.
"""

import sys
from collections.abc import Iterable
from typing import Any

import click

from compiler.command_options.disguise_options import choose_rotation_seed, takes_disguise
from compiler.command_options.sampling_options import take_sampling, takes_sampling
from compiler.command_options.target_options import Target, takes_target
from compiler.export_cli import export, golden
from compiler.formats.format_names import ENGINE_NAMES, PRECISIONS
from compiler.inside_cli import FOLDER, circuit, info, inspect
from compiler.report.stage_names import ALL, STAGES
from compiler.serve_cli import serve
from compiler.training_cli import train
from rasp.cli import SETTINGS, check, draw, run
from rasp.command_line.console import Commands, Told, WrongUsage
from rasp.command_line.format_command import format_files
from rasp.command_line.input_options import InputRequest, takes_inputs
from rasp.version import VERSION

JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
POSITIVE = click.IntRange(min=1)


@click.group(cls=Commands, context_settings=SETTINGS, invoke_without_command=True)
@click.version_option(VERSION, prog_name="rasp")
@click.pass_context
def main(context: click.Context) -> int:
    """Run RASP programs, and compile them to transformer weights that compute the same thing.

    \b
    A first tour:
      rasp run -e "sort(tokens, tokens)" hello
      rasp compile -e "aggregate(select(indices, length - 1 - indices, ==), tokens)" \\
          --vocab abc --max-length 8 -o reverse
      rasp apply reverse abca
      rasp verify reverse

    `rasp COMMAND --help` explains a command. Exit codes: 0 all well, 1 the program or the model is wrong,
    2 wrong usage. Without a command, `rasp` is `rasp repl`.
    """
    return start_repl(()) if context.invoked_subcommand is None else 0


def start_repl(files: tuple[str, ...]) -> int:
    """The prompt, on a terminal or on what is piped in; its exit code."""
    from compiler.commands.repl import make_repl  # noqa: PLC0415
    from rasp.prompt.repl import run_piped  # noqa: PLC0415

    repl = make_repl()
    if sys.stdin is None or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return run_piped(repl, files, piped_lines())
    from rasp.prompt.terminal import run_terminal  # noqa: PLC0415

    return run_terminal(repl, files)


def piped_lines() -> Iterable[str]:
    """Standard input, if there is one. Bytes that are no UTF-8 come through, for the prompt to complain about."""
    if reconfigure := getattr(sys.stdin, "reconfigure", None):
        reconfigure(encoding="utf-8-sig", errors="surrogateescape")
    return sys.stdin or ()


@main.command()
@click.argument("files", nargs=-1, metavar="[FILE]...")
def repl(files: tuple[str, ...]) -> int:
    """Try RASP out: a prompt that shows what each line does on an example.

    The FILEs are loaded first. Lines can also be piped in; then the exit code is 1 if one of them was wrong.

    \b
    Examples:
      rasp repl
      rasp repl sort.rasp
      rasp repl < session.txt
    """
    return start_repl(files)


main.add_command(run)
main.add_command(draw)
main.add_command(check)
main.add_command(format_files)
main.add_command(train)
main.add_command(serve)


@main.command("compile")
@takes_target
@takes_disguise
@click.option("-o", "--output", "folder", metavar="DIR", help="Write a checkpoint into this folder.")
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
    """
    from compiler.commands.compile import CompileRequest, compile_file  # noqa: PLC0415

    own = {name: flags.pop(name) for name in ("folder", "emit", "why", "as_json")}
    target = Target(**flags, rotation=choose_rotation_seed(disguise, seed))
    return compile_file(CompileRequest(target, **own), told)


@main.command()
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


@main.command()
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


@main.command()
@FOLDER
@click.option("--budget", type=POSITIVE, default=20_000, show_default=True, help="Most inputs to check.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the sample.")
@click.option("--engine", type=click.Choice(ENGINE_NAMES), help="Run it in other software.")
@click.option("--dtype", "precision", type=click.Choice(PRECISIONS), help="What the engine computes in.")
@JSON
@click.pass_obj
def verify(told: Told, folder: str, **flags: Any) -> int:
    """Check that a model answers what the interpreter answers.

    Takes all inputs while they fit the budget, otherwise a sample with every length in it. Inputs on which
    the program has no value are counted but not compared. A wrong answer is shown on the smallest input, with
    the first residual column of the model that is wrong there. With --engine other software runs the model, in float32;
    where it is wrong unless it is asked for float32, that is said.

    \b
    Examples:
      rasp verify sorted
      rasp verify sorted --budget 100000 --seed 7 --json
      rasp verify sorted --engine onnxruntime
    """
    from compiler.commands.verify import VerifyRequest, verify_folder  # noqa: PLC0415

    return verify_folder(folder, VerifyRequest(**flags), told)


@main.command()
@FOLDER
@takes_inputs("[INPUT]...")
@JSON
def apply(folder: str, as_json: bool, **given: Any) -> int:
    """Run a compiled model on inputs.

    INPUT is a text (the sequence of its characters) or a JSON list of tokens. With --inputs any number of them, one a
    line, are run in batches, and answered in their order.

    \b
    Examples:
      rasp apply sorted cabbage
      rasp apply sums '[1, 2, 2]' '[0]' --json
      rasp apply sorted --inputs words.txt --json > answers.jsonl
    """
    from compiler.commands.model import apply_model  # noqa: PLC0415

    return apply_model(folder, InputRequest(**given), as_json)


main.add_command(export)
main.add_command(golden)
main.add_command(info)
main.add_command(circuit)
main.add_command(inspect)


@main.command()
@FOLDER
@takes_inputs("[PROMPT]...")
@click.option("--max-new-tokens", "count", type=POSITIVE, required=True, metavar="K", help="How many to add.")
@takes_sampling
@JSON
def generate(folder: str, count: int, as_json: bool, **given: Any) -> int:
    """Let a causal model continue prompts with its own answers.

    The program's value at the last position is appended, again and again, until K tokens are there or the
    maximum length is reached. The model has to be compiled with --attention causal. A program's answers are
    certain: only a temperature above 0 draws, and then other tokens than the program's may come.

    \b
    Examples:
      rasp generate alphabet ab --max-new-tokens 5
      rasp generate alphabet ab --max-new-tokens 5 --temperature 0.8 --top-p 0.9 --seed 1
      rasp generate alphabet --inputs prompts.txt --max-new-tokens 5 --json
    """
    from compiler.commands.generate import generate_tokens  # noqa: PLC0415

    sampling = take_sampling(given)
    return generate_tokens(folder, InputRequest(**given), count, sampling, as_json)


@main.command()
@click.argument("paths", nargs=-1, required=True, metavar="FILE_OR_FOLDER...")
@JSON
def test(paths: tuple[str, ...], as_json: bool) -> int:
    """Run the examples that programs give.

    These are their `# example:` lines, which are interpreted; and the program is compiled by each of its
    `# compile:` lines, and the examples of the same expression that fit its vocabulary and length are run on
    the model too. Folders are searched for .rasp files.

    \b
    Examples:
      rasp test sort.rasp
      rasp test programs --json
    """
    from compiler.commands.examples import run_examples  # noqa: PLC0415

    return run_examples(paths, as_json)


@main.command()
def lsp() -> None:
    """Serve an editor: diagnostics, hover, completion, renaming and more.

    A language server (LSP) on standard input and output; editors start it themselves. See editors/.
    """
    from rasp.editor.server import serve_editor  # noqa: PLC0415

    if sys.stdin is None or sys.stdout is None:
        raise WrongUsage(
            "there is no standard input or output", "an editor starts this, and speaks to it there"
        )
    serve_editor()
