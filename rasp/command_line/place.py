"""The name of a file or folder on a command line: where a command writes or reads."""

from typing import Any

import click
from click.shell_completion import CompletionItem
from click.types import StringParamType


def complete_place(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """For a shell's completion: the shell knows the names."""
    return [CompletionItem(incomplete, type="file")]


# Not `click.ParamType[str]`: before click 8.4 that takes no parameter.
class PlaceType(StringParamType):
    """A name; an empty one, as a variable of the shell that is not set gives it, is none."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not value:
            self.fail("the name is empty", param, ctx)
        return super().convert(value, param, ctx)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        return complete_place(ctx, param, incomplete)


PLACE = PlaceType()
