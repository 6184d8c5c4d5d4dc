"""Where a command writes or reads: what `-o` takes, and what DIR stands for."""

from typing import Any

import click
from click.types import StringParamType


# Not `click.ParamType[str]`: before click 8.4 that takes no parameter.
class OutputPlace(StringParamType):
    """The name of a file or folder; an empty one, as a variable of the shell that is not set gives it, is none."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not value:
            self.fail("the name is empty", param, ctx)
        return super().convert(value, param, ctx)


PLACE = OutputPlace()
