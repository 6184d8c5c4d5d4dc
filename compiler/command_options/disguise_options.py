"""How `rasp compile` is told to disguise a model: what stands in its residual, and where."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from compiler.command_options.shared_options import SEED
from rasp.command_line.console import WrongUsage

ROTATE, SUPERPOSE = "rotate", re.compile(r"superpose=([1-9][0-9]{0,5})")


@dataclass(frozen=True)
class Disguise:
    """A rotation, or, where `width` is given, a residual of so many columns; and the seed."""

    width: int | None
    seed: int


def takes_disguise(command: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator for a command that is called with a `disguise` and a `seed`, None where they are not given."""
    seed = click.option("--seed", type=SEED, help="Seed of the disguise; 0 unless given.")
    disguise = click.option(
        "--disguise",
        metavar="HOW",
        help=f"{ROTATE}: turn the residual's basis, the same answers, with bounds of their own; superpose=K: train a "
        "model with K residual columns, which is not certified.",
    )
    return disguise(seed(command))


def choose_disguise(how: str | None, seed: int | None) -> Disguise | None:
    """The disguise that is asked for, if any. Raises `WrongUsage`."""
    if how is None:
        if seed is not None:
            raise WrongUsage("--seed is that of a disguise", f"add --disguise {ROTATE}")
        return None
    if how == ROTATE:
        return Disguise(None, seed or 0)
    if match := SUPERPOSE.fullmatch(how):
        return Disguise(int(match[1]), seed or 0)
    raise WrongUsage(
        f"there is no disguise {how!r}", f"take {ROTATE}, or superpose=K for K columns, as in superpose=6"
    )
