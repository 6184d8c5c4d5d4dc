"""The commands that let models answer: `rasp verify`, `rasp apply`, `rasp generate`, `rasp test`."""

from pathlib import Path
from typing import Any

import click

from compiler.command_options.sampling_options import take_sampling, takes_sampling
from compiler.command_options.shared_options import FOLDER, JSON, POSITIVE, SEED
from compiler.formats.format_names import ENGINE_NAMES, PRECISIONS
from rasp.command_line.checked_command import CheckedCommand
from rasp.command_line.console import Told
from rasp.command_line.input_options import InputRequest, takes_inputs
from rasp.command_line.place import PLACE


@click.command(cls=CheckedCommand)
@FOLDER
@click.option(
    "--budget",
    type=POSITIVE,
    default=20_000,
    show_default=True,
    help="Most inputs to check, but one of each length.",
)
@click.option("--seed", type=SEED, default=0, show_default=True, help="Seed of the sample.")
@click.option("--engine", type=click.Choice(ENGINE_NAMES), help="Run it in other software.")
@click.option("--dtype", "precision", type=click.Choice(PRECISIONS), help="What the engine computes in.")
@click.option(
    "--cluster", metavar="ADDRESS", help="Have it done by a Dask cluster; local:N starts N processes here."
)
@click.option("--results", type=PLACE, metavar="FOLDER", help="Keep what is found; go on with it.")
@JSON
@click.pass_obj
def verify(told: Told, folder: str, cluster: str | None, results: str | None, **flags: Any) -> int:
    """Check that a model answers what the interpreter answers.

    Takes all inputs while they fit the budget, otherwise a sample with every length in it. Inputs on which
    the program has no value are counted but not compared. A wrong answer is shown on the smallest input, with
    the first residual column of the model that is wrong there. With --engine other software runs the model, in float32;
    where it is wrong unless it is asked for float32, that is said. With --results a verification that was broken off
    goes on where it was; with --cluster other processes, or machines, do it.

    \b
    Examples:
      rasp verify sorted
      rasp verify sorted --budget 100000 --seed 7 --json
      rasp verify sorted --engine onnxruntime
      rasp verify sorted --results found
    """
    from compiler.cluster.choose_runner import RunRequest  # noqa: PLC0415
    from compiler.commands.verify import VerifyRequest, verify_folder  # noqa: PLC0415

    where = RunRequest(cluster, None if results is None else Path(results))
    return verify_folder(folder, VerifyRequest(**flags, where=where), told)


@click.command(cls=CheckedCommand)
@FOLDER
@takes_inputs("[INPUT]...")
@JSON
def apply(folder: str, as_json: bool, **given: Any) -> int:
    """Run a compiled model on inputs.

    INPUT is a text (the sequence of its characters) or a JSON list of tokens. With --inputs any number of them, one a
    line, are run in batches, and answered in their order. With --json each answer is a list of values, or several by
    name; of a model that is not certified, {"certified": false, "answer": ...}.

    \b
    Examples:
      rasp apply sorted cabbage
      rasp apply sums '[1, 2, 2]' '[0]' --json
      rasp apply sorted --inputs words.txt --json > answers.jsonl
    """
    from compiler.commands.model import apply_model  # noqa: PLC0415

    return apply_model(folder, InputRequest(**given), as_json)


@click.command(cls=CheckedCommand)
@FOLDER
@takes_inputs("[PROMPT]...")
@click.option(
    "--max-new-tokens", "count", type=POSITIVE, metavar="K", help="How many to add; a decoder ends by itself."
)
@click.option("--scratchpad", is_flag=True, help="Show all that a decoder writes, not its answer alone.")
@takes_sampling
@JSON
def generate(folder: str, count: int | None, scratchpad: bool, as_json: bool, **given: Any) -> int:
    """Let a causal model continue prompts with its own answers.

    The program's value at the last position is appended, again and again, until K tokens are there or the
    maximum length is reached. The model has to be compiled with --attention causal, or --decode: then the program's
    answer to the prompt is written, up to its end. A program's answers are certain: only a temperature above 0 draws,
    and then other tokens than the program's may come. A folder for transformers is run by that.

    \b
    Examples:
      rasp generate alphabet ab --max-new-tokens 5
      rasp generate alphabet ab --max-new-tokens 5 --temperature 0.8 --top-p 0.9 --seed 1
      rasp generate alphabet --inputs prompts.txt --max-new-tokens 5 --json
      rasp generate writer cab --scratchpad         (of a model made with --decode)
    """
    from compiler.commands.generate import GenerateRequest, generate_tokens  # noqa: PLC0415

    sampling = take_sampling(given)
    return generate_tokens(
        folder, InputRequest(**given), GenerateRequest(count, scratchpad, sampling, as_json)
    )


@click.command(cls=CheckedCommand)
@click.argument("paths", nargs=-1, required=True, metavar="FILE_OR_FOLDER...", type=PLACE)
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
