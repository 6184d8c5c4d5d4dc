"""How `rasp compile` is told to disguise a model: what stands in its residual, and where."""

from collections.abc import Callable
from typing import Any

import click

from rasp.command_line.console import WrongUsage

HOWS = ("rotate",)


def takes_disguise(command: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator for a command that is called with a `disguise` and a `seed`, None where they are not given."""
    seed = click.option("--seed", type=int, help="Seed of the disguise; 0 unless given.")
    disguise = click.option(
        "--disguise",
        type=click.Choice(HOWS),
        help="Turn the residual's basis by a rotation: the same answers, with bounds of their own.",
    )
    return disguise(seed(command))


def choose_rotation_seed(disguise: str | None, seed: int | None) -> int | None:
    """The seed of the rotation that is asked for, if any. Raises `WrongUsage`."""
    if disguise is None and seed is not None:
        raise WrongUsage("--seed is that of a disguise", "add --disguise rotate")
    return None if disguise is None else seed or 0
