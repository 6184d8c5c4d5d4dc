"""What many commands are told: the folder of a model, a count, whether to print JSON."""

import math
from typing import Any

import click

from rasp.command_line.place import PLACE

FOLDER = click.argument("folder", metavar="DIR", type=PLACE)
POSITIVE = click.IntRange(min=1)


class FiniteRange(click.FloatRange):
    """A number in a range; what is not a number, and infinity, are in none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        found = super().convert(value, param, ctx)
        if not math.isfinite(found):
            self.fail(f"{value!r} is not a finite number", param, ctx)
        return found


SEED = click.IntRange(0, 2**31 - 1)
"""What libraries take as a seed, all of them."""
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
