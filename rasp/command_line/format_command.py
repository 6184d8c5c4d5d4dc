"""The command `rasp fmt`: formats files in place, or says what it would change."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from rasp.command_line.checked_command import CheckedCommand
from rasp.command_line.console import FAILED, STANDARD_INPUT, WrongUsage, read_source, report_diagnostics
from rasp.command_line.folders import list_programs
from rasp.command_line.place import PLACE
from rasp.diagnostics import RaspError
from rasp.format.format_text import format_source, show_difference
from rasp.source import Source
from rasp.write_whole import write_text


@click.command("fmt", cls=CheckedCommand)
@click.argument("files", nargs=-1, required=True, metavar="FILE_OR_FOLDER...", type=PLACE)
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 if a file would change.")
@click.option("--diff", is_flag=True, help="Write nothing; print what would change.")
def format_files(files: tuple[str, ...], check: bool, diff: bool) -> int:
    """Lay out programs in one uniform way, keeping their comments and their meaning.

    Files are replaced in place; `-` formats standard input to standard output. Folders are searched for
    .rasp files. A file with mistakes is left as it is; then the exit code is 1.

    \b
    Examples:
      rasp fmt sort.rasp
      rasp fmt programs --check
      rasp fmt sort.rasp --diff
      rasp fmt - < sort.rasp
    """
    paths = list(found_files(files))
    # Everything is read before anything is written, so that a wrong path changes nothing.
    results = [(path, *formatted(path)) for path in paths]
    failed = sum(text is None for _, _, text in results)
    changed = [(path, source, text) for path, source, text in results if text not in (None, source.text)]
    for path, source, text in results:
        if text is None:
            continue
        if diff:
            click.echo(show_difference(source, text), nl=False)
        elif path == STANDARD_INPUT and not check:
            click.echo(text, nl=False)
        elif text != source.text:
            settle(path, text, check)
    if check or STANDARD_INPUT not in paths:
        click.echo(summary(len(results), len(changed), failed, check or diff), err=True)
    return FAILED if failed or (check and changed) else 0


def found_files(names: Sequence[str]) -> Iterator[str]:
    """The files that are named, and those in folders. Raises `WrongUsage` for an empty folder."""
    for name in names:
        if not os.path.isdir(name):
            yield name
            continue
        inside = list_programs(name)
        if not inside:
            raise WrongUsage(f"there are no .rasp files in {name}", "give a file, or a folder with programs")
        yield from inside


def formatted(path: str) -> tuple[Source, str | None]:
    """A file's text, and that text formatted; None when it has mistakes, which are reported."""
    source = Source(path, "")
    try:
        source = read_source(path)
        return source, format_source(source)
    except RaspError as error:
        report_diagnostics(error.diagnostics)
        return source, None


def settle(path: str, text: str, check: bool) -> None:
    """Write a file that changes, or only name it."""
    if not check:
        write_text(Path(path), text)
    click.echo(f"{'would format' if check else 'formatted'} {path}", err=True)


def summary(files: int, changed: int, failed: int, dry: bool) -> str:
    """One line: how many files are what."""
    noun = "file" if files == 1 else "files"
    told = [f"{files} {noun}", f"{changed} {'would change' if dry else 'changed'}"]
    return ", ".join([*told, f"{failed} with mistakes"] if failed else told)
