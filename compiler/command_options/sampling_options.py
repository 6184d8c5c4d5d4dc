"""How `rasp generate` is told to draw tokens: options that together are a `Sampling`."""

from collections.abc import Callable
from typing import Any

import click

from compiler.command_options.shared_options import SEED, FiniteRange

OPTIONS: dict[str, Any] = {
    "temperature": click.option(
        "--temperature",
        type=FiniteRange(min=0),
        default=0.0,
        show_default=True,
        metavar="T",
        help="0 takes the largest logit; above, tokens are drawn from softmax(logits / T).",
    ),
    "top_k": click.option(
        "--top-k", type=click.IntRange(min=1), metavar="K", help="Draw from the K likeliest classes only."
    ),
    "top_p": click.option(
        "--top-p",
        type=FiniteRange(min=0, min_open=True, max=1),
        default=1.0,
        show_default=True,
        metavar="P",
        help="Draw from the fewest classes that make up this probability.",
    ),
    "seed": click.option("--seed", type=SEED, default=0, show_default=True, help="Other seeds draw others."),
}
"""By the fields of a `Sampling`."""


def takes_sampling(command: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator for a command that is called with the fields of a `Sampling` among others."""
    for option in reversed(OPTIONS.values()):
        command = option(command)
    return command


def take_sampling(given: dict[str, Any]) -> dict[str, Any]:
    """The fields of a `Sampling`, taken out of what a command is called with."""
    return {name: given.pop(name) for name in OPTIONS}
