"""The options of `rasp train`. Light, since the command line loads it."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

import click

from compiler.command_options.shared_options import POSITIVE, SEED, FiniteRange
from compiler.command_options.target_options import Target, takes_program
from rasp.command_line.place import PLACE

Start = Literal["random", "compiled"]
#: The rate that is taken where none is given.
RATES: dict[Start, float] = {"random": 2e-3, "compiled": 1e-4}
SHAPE_OPTIONS = (
    click.option("--layers", type=POSITIVE, metavar="L", help="Layers; else as many as compiled."),
    click.option(
        "--heads", type=POSITIVE, metavar="H", help="Heads in each layer; else as many as compiled."
    ),
    click.option("--width", type=POSITIVE, default=64, show_default=True, metavar="D", help="d_model."),
    click.option("--head-width", type=POSITIVE, default=16, show_default=True, help="d_head."),
    click.option("--mlp-width", type=POSITIVE, default=128, show_default=True, help="Hidden units."),
    click.option(
        "--start",
        type=click.Choice(get_args(Start)),
        default="random",
        show_default=True,
        help="First weights; the compiled ones have the compiled shape, in all widths.",
    ),
)
DATA_OPTIONS = (
    click.option(
        "--examples",
        type=POSITIVE,
        default=20_000,
        show_default=True,
        metavar="K",
        help="Most inputs, of all parts.",
    ),
    click.option(
        "--trained-length",
        type=POSITIVE,
        metavar="N",
        help="Longest input that is trained on; longer ones are tested.",
    ),
    click.option(
        "--seed",
        type=SEED,
        default=0,
        show_default=True,
        help="Seed of data, weights and batches.",
    ),
)
LEARNING_OPTIONS = (
    click.option("--steps", type=POSITIVE, default=5000, show_default=True, metavar="K", help="Most steps."),
    click.option("--batch", type=POSITIVE, default=128, show_default=True, help="Inputs in a step."),
    click.option(
        "--rate",
        type=FiniteRange(min=0, min_open=True),
        help=f"Learning rate, else {RATES['random']:g}; of compiled weights the share of itself by which one moves in a "
        f"step, else {RATES['compiled']:g}.",
    ),
    click.option(
        "--patience",
        type=POSITIVE,
        default=10,
        show_default=True,
        help="Evaluations without a lower loss to stop after.",
    ),
    click.option("--noise", is_flag=True, help="Also how right it stays with noise in its weights."),
    click.option("--device", default="cpu", show_default=True, help="A torch device."),
    click.option("--resume", is_flag=True, help="Go on with the training in -o DIR."),
    click.option(
        "-o",
        "--output",
        "folder",
        type=PLACE,
        metavar="DIR",
        help="Where weights, curves and state are kept.",
    ),
    click.option("--json", "as_json", is_flag=True, help="Print the result as JSON."),
)


@dataclass(frozen=True)
class TrainRequest:
    """What the command line says beside what the program is."""

    target: Target
    layers: int | None
    heads: int | None
    width: int
    head_width: int
    mlp_width: int
    start: Start
    examples: int
    trained_length: int | None
    seed: int
    steps: int
    batch: int
    rate: float
    patience: int
    noise: bool
    device: str
    resume: bool
    folder: str | None
    as_json: bool


PROGRAM = ("file", "expressions", "vocab", "max_length", "attention")


def make_request(given: dict[str, Any]) -> TrainRequest:
    """The request of all options by name."""
    target = Target(**{name: given.pop(name) for name in PROGRAM})
    rate = given.pop("rate") or RATES[given["start"]]
    return TrainRequest(target, rate=rate, **given)


def takes_training(command: Any) -> Any:
    """A decorator for a command that is called with all that `make_request` takes."""
    for option in reversed((*SHAPE_OPTIONS, *DATA_OPTIONS, *LEARNING_OPTIONS)):
        command = option(command)
    return takes_program(command)
