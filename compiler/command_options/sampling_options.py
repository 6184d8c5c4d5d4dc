"""How `rasp generate` is told to draw tokens: options that together are a `Sampling`."""

from collections.abc import Callable
from typing import Any

import click

OPTIONS = (
    click.option(
        "--temperature",
        type=click.FloatRange(min=0),
        default=0.0,
        show_default=True,
        metavar="T",
        help="0 takes the largest logit; above, tokens are drawn from softmax(logits / T).",
    ),
    click.option(
        "--top-k", type=click.IntRange(min=1), metavar="K", help="Draw from the K likeliest classes only."
    ),
    click.option(
        "--top-p",
        type=click.FloatRange(min=0, min_open=True, max=1),
        default=1.0,
        show_default=True,
        metavar="P",
        help="Draw from the fewest classes that make up this probability.",
    ),
    click.option("--seed", type=int, default=0, show_default=True, help="Other seeds draw others."),
)
NAMES = ("temperature", "top_k", "top_p", "seed")


def takes_sampling(command: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator for a command that is called with the fields of a `Sampling` among others."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command
