"""What shows on a terminal that a command is at work."""

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from rasp.command_line.rich_console import open_console

#: Of how many steps, is known; the share that is done; how many have been done; or only that it takes time.
COUNTED = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
SHARE = (BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
ENDLESS = (MofNCompleteColumn(), TimeElapsedColumn())
TIMED = (TimeElapsedColumn(),)


@contextmanager
def show_progress(
    what: str, total: int | None = None, columns: tuple[ProgressColumn, ...] | None = None
) -> Generator[Callable[[int], None]]:
    """A line on standard error while something runs, when that is a terminal; what is yielded moves the bar on."""
    console = open_console(stderr=True)
    # To rich, what is told to have colours is a terminal; and some versions end even a disabled bar with an empty line.
    if not sys.stderr.isatty():
        yield lambda count: None
        return
    chosen = columns or (TIMED if total is None else COUNTED)
    with Progress(TextColumn(what), *chosen, console=console, transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda count: bar.advance(task, count)
