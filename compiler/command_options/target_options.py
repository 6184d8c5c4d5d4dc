"""How every command that compiles is told what: a file, expressions, options. Light, since the command line loads it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from compiler.options import DIALECTS, DTYPES, Dialect, Dtype
from rasp.arguments import ATTENTIONS, Attention
from rasp.command_line.place import PLACE

PROGRAM_OPTIONS = (
    click.option(
        "-e", "--expression", "expressions", multiple=True, metavar="EXPR", help="Output: EXPR or NAME=EXPR."
    ),
    click.option("--vocab", metavar="VOCAB", help="The tokens: a text of characters or a JSON list."),
    click.option("--max-length", type=int, metavar="N", help="Longest input in tokens."),
    click.option(
        "--attention", type=click.Choice(ATTENTIONS), help="What a position sees; full unless given."
    ),
)
HOW_OPTIONS = (
    click.option(
        "--target",
        "--dialect",
        "dialect",
        default="plain",
        show_default=True,
        help=f"Transformer: {', '.join(DIALECTS)}.",
    ),
    click.option(
        "-O",
        "level",
        type=int,
        default=2,
        show_default=True,
        metavar="LEVEL",
        help="0: as written; 1: rewrite; 2: search for smaller look-ups, reuse columns; "
        "3: search longer, as some refusals advise.",
    ),
    click.option(
        "--no-value",
        is_flag=True,
        help="Let the model say where the program has no value, by a class of its own.",
    ),
    click.option(
        "--margin",
        type=float,
        default=0.0,
        metavar="NATS",
        help="How far the likeliest answer's logit is above the second's at least.",
    ),
    click.option(
        "--dtype",
        type=click.Choice(DTYPES),
        default="float32",
        show_default=True,
        help="What the model computes in; float64 tells apart what float32 cannot.",
    ),
    click.option(
        "--without",
        multiple=True,
        metavar="RULE[,RULE...]",
        help="Switch rules off; `rasp opt` lists them.",
    ),
)


@dataclass(frozen=True)
class Target:
    """What a command line says; None stands for what was not given."""

    file: str | None
    expressions: tuple[str, ...]
    vocab: str | None
    max_length: int | None
    attention: Attention | None
    dialect: Dialect = "plain"
    level: int = 2
    without: tuple[str, ...] = ()
    no_value: bool = False
    margin: float = 0.0
    rotation: int | None = None
    dtype: Dtype = "float32"
    decode: bool = False


def takes_program(command: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator for a command that is called with the fields of a `Target` that say what is compiled."""
    for option in reversed(PROGRAM_OPTIONS):
        command = option(command)
    return click.argument("file", required=False, type=PLACE)(command)


def takes_target(command: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator for a command that is called with all fields of a `Target`."""
    for option in reversed(HOW_OPTIONS):
        command = option(command)
    return takes_program(command)
