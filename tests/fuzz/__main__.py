"""`python -m tests.fuzz`: search for crashes, hangs, hunger for memory and messages of Python's, for as long as is asked.

    python -m tests.fuzz --minutes 60                     all targets in turn, findings into fuzz/
    python -m tests.fuzz --minutes 5 -t prompt -t inputs  only these
    python -m tests.fuzz replay fuzz/*.finding.json       what was found, tried again

Every target gets its turn, however short the time is; one whose library is missing is left out. Started again it goes on
where it was, after it has removed the findings that are mended. Exit codes: 0 nothing was found, 1 there are findings,
2 nothing could be tried, 130 interrupted (what was found is kept).
"""

import sys
import time
from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from tests.fuzz.search import BY_NAME, Search, find_target, replay
from tests.fuzz.targets import TARGETS, prepare

NOTHING, INTERRUPTED = 2, 130
BATCH, SLOW_BATCH = 200, 60


@click.group(invoke_without_command=True)
@click.option(
    "--minutes", type=click.FloatRange(min=0), default=60.0, show_default=True, help="How long to search."
)
@click.option(
    "--folder", type=click.Path(path_type=Path), default=Path("fuzz"), show_default=True, help="For findings."
)
@click.option(
    "-t",
    "--target",
    "names",
    multiple=True,
    type=click.Choice(list(BY_NAME)),
    help="Only this.",
)
@click.pass_context
def main(context: click.Context, minutes: float, folder: Path, names: Sequence[str]) -> None:
    """Search for inputs that break something."""
    if context.invoked_subcommand is None:
        sys.exit(run(minutes, folder, names or list(BY_NAME)))


@main.command("replay")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
def replay_findings(paths: Sequence[Path]) -> None:
    """Try findings again and print what they say."""
    targets = {path: find_target(path) for path in paths}
    prepare({target.name for target in targets.values() if not target.missing})
    found = False
    for path, target in targets.items():
        if target.missing:
            click.echo(f"{path}: not tried, since {target.missing} is not installed")
            continue
        finding = replay(path)
        click.echo(f"{path}: {'gone' if finding is None else f'{finding.kind}: {finding.place}'}")
        click.echo("" if finding is None else finding.told)
        found = found or finding is not None
    sys.exit(found)


def run(minutes: float, folder: Path, names: Sequence[str]) -> int:
    """Search until the time is over; the exit code."""
    for name in names:
        if missing := BY_NAME[name].missing:
            click.echo(f"{name}: left out, since {missing} is not installed")
    names = [name for name in names if not BY_NAME[name].missing]
    if not names:
        return NOTHING
    prepare(names)
    search, end, code = Search(folder), time.monotonic() + 60 * minutes, 0
    try:
        for path in search.forget_mended():
            click.echo(f"mended: {path.name}")
        for name, seconds in list_turns(search, names, end):
            before = set(search.findings())
            search.batch(BY_NAME[name], SLOW_BATCH if BY_NAME[name].slow else BATCH, seconds)
            left = max(0.0, end - time.monotonic()) / 60
            click.echo(f"{name}: {search.records[name].cases} cases so far, {left:.0f} minutes left")
            for path in sorted(set(search.findings()) - before):
                click.echo(f"  found: {path}")
    except KeyboardInterrupt:
        code = INTERRUPTED
    show(search)
    return code or bool(search.findings())


def list_turns(search: Search, names: Sequence[str], end: float) -> Iterator[tuple[str, float]]:
    """Whose turn it is, until the end, and for how many seconds at most. Who has had the least is the first, and nobody
    takes the time that others need for theirs."""
    order = sorted(names, key=lambda name: search.record(BY_NAME[name]).seconds)
    for number, name in enumerate(cycle(order)):
        left = end - time.monotonic()
        if left <= 0 and number >= len(order):
            break
        yield name, max(0.0, left) / max(1, len(order) - number)


def show(search: Search) -> None:
    """The table at the end."""
    table = Table("target", "cases", "minutes", "findings")
    for target in TARGETS:
        record = search.record(target)
        count = sum(path.name.startswith(f"{target.name}-") for path in search.findings())
        table.add_row(target.name, f"{record.cases:,}", f"{record.seconds / 60:.1f}", str(count))
    Console().print(table)


if __name__ == "__main__":
    main()
