"""The commands that look inside of models: `rasp info`, `rasp circuit`, `rasp inspect`."""

from typing import Any

import click

from compiler.command_options.shared_options import FOLDER, JSON, POSITIVE, SEED
from rasp.command_line.checked_command import CheckedCommand
from rasp.command_line.console import WrongUsage
from rasp.command_line.place import PLACE


@click.command(cls=CheckedCommand)
@click.argument("path", metavar="DIR", type=PLACE)
@click.option(
    "-o", "--output", type=PLACE, metavar="FILE", help="Write the circuit here, and pairs.jsonl beside it."
)
@click.option("--pairs", type=POSITIVE, default=64, show_default=True, help="Most pairs of inputs.")
@click.option("--budget", type=POSITIVE, default=400, show_default=True, help="Most inputs to try.")
@click.option("--seed", type=SEED, default=0, show_default=True, help="Seed of the sample.")
@JSON
def circuit(path: str, **options: Any) -> int:
    """Find the edges between a model's parts that its answers need.

    Edges are those of circuit discovery, a0.h1->a1.h0<q> for what head 1 of layer 0 gives to the query of head 0 of
    layer 1. Ablating all others together changes no answer that was tried; ablating one of these as well does. The file
    is what EAP-IG and MIB read; pairs.jsonl has inputs that differ in a token and an answer, with the s-ops that differ.
    DIR may also be a program or a folder of programs: then -o is a folder, which gets model, circuit and pairs of each
    `# compile:` line.

    \b
    Examples:
      rasp circuit sorted
      rasp circuit sorted -o circuit.json
      rasp circuit sort.rasp -o circuits
    """
    from compiler.inside_commands.circuit_command import CircuitOptions, write_circuits  # noqa: PLC0415

    return write_circuits(path, CircuitOptions(**options))


@click.command(cls=CheckedCommand)
@FOLDER
@JSON
def info(folder: str, as_json: bool) -> int:
    """Show what a compiled model is, part by part.

    Its program and options, its sizes, and the values that its outputs can have; then for the embedding, every
    head and every group of hidden units what it computes, the residual columns that it writes, its parameters
    and the bound on its rounding errors. With --json every residual column, too.

    \b
    Example:
      rasp info sorted
    """
    from compiler.inside_commands.info_command import show_info  # noqa: PLC0415

    return show_info(folder, as_json)


@click.command(cls=CheckedCommand)
@FOLDER
@click.option("-i", "--input", "text", metavar="INPUT", help="The input that is shown first.")
@click.option("-o", "--output", type=PLACE, metavar="FILE", help="Write the page here.")
@JSON
def inspect(folder: str, text: str | None, output: str | None, as_json: bool) -> int:
    """Write a page that shows a model at work, for a browser.

    One file, which asks nothing of the network: the program, what each value is at each position, every head's
    attention beside what its selector selects, residual columns, weights, logits and margins, the certificate. Another
    input, typed in the page, is computed there from the weights in it.

    \b
    Examples:
      rasp inspect sorted -o report.html
      rasp inspect sorted -i cabbage -o report.html
    """
    if output is None:
        raise WrongUsage("where should the page be written?", "name a file, as in -o report.html")
    from compiler.inside_commands.inspect_command import write_page  # noqa: PLC0415

    return write_page(folder, text, output, as_json)
