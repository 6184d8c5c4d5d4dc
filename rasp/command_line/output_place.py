"""Where a command writes: what `-o` takes."""

from typing import Any

import click


class OutputPlace(click.ParamType[str]):
    """The name of a file or folder; an empty one, as a variable of the shell that is not set gives it, is none."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not value:
            self.fail("the name is empty", param, ctx)
        return value


PLACE = OutputPlace()
