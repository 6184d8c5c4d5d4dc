"""Answering many inputs, window by window: results to standard output in the order of the inputs, complaints to
standard error.

An input without an answer is reported, with the number of its line if it stands in a file, and the others go on.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path

import click

from rasp.command_line.console import FAILED, is_file, report_diagnostics
from rasp.command_line.input_lines import InputLine, Unanswered, Window, read_windows
from rasp.command_line.input_options import InputRequest
from rasp.command_line.progress import ENDLESS, SHARE, show_progress
from rasp.inputs import Input
from rasp.values import Atom, show_count

#: What to print for each of some inputs, or why there is nothing.
Answerer = Callable[[Sequence[tuple[Atom, ...]]], Sequence[str | Unanswered]]


def answer_inputs(
    request: InputRequest, answer: Answerer, as_json: bool, known: Mapping[str, object] = {}
) -> int:
    """Answer all inputs that a command line asks for; the exit code. `known` is told to machines of each without answer,
    too. Raises `WrongUsage`."""
    windows = read_windows(request)
    size = file_size(request.file)
    asked = failed = 0
    with progress_bar(request, size) as advance:
        for window in windows:
            for given, result in answered(window, answer):
                failed += not print_result(given, result, known if as_json else None)
            asked += len(window.inputs)
            advance(window.size if size else len(window.inputs))
    if failed and request.file is not None:
        click.echo(f"{failed:,} of {show_count(asked, 'input')} without an answer", err=True)
    return FAILED if failed else 0


def file_size(file: str | None) -> int:
    """How many bytes a regular file has; 0 for anything else, of which nobody knows."""
    return Path(file).stat().st_size if file is not None and is_file(file) else 0


def progress_bar(request: InputRequest, size: int) -> AbstractContextManager[Callable[[int], None]]:
    """A bar for a file of inputs, unless the answers themselves show on the terminal how far it is."""
    if request.file is None or sys.stdout.isatty():
        return nullcontext(lambda count: None)
    return show_progress("answering", size or None, SHARE if size else ENDLESS)


def answered(window: Window, answer: Answerer) -> Iterator[tuple[InputLine, str | Unanswered]]:
    """Each input of a window with what became of it."""
    answers = iter(answer([given.input.tokens for given in window.inputs if isinstance(given.input, Input)]))
    for given in window.inputs:
        yield given, next(answers) if isinstance(given.input, Input) else given.input


def print_result(given: InputLine, result: str | Unanswered, known: Mapping[str, object] | None) -> bool:
    """Print an answer or complain, to machines as well where there is something `known`; whether there was an answer."""
    if isinstance(result, str):
        click.echo(result)
        return True
    read = given.input.note if isinstance(given.input, Input) else ""
    notes = (f"{read} (--input-format says which is meant)",) if read else ()
    place = f"line {given.line}: " if given.line else ""
    report_diagnostics(
        [replace(d, message=place + d.message, notes=(*d.notes, *notes)) for d in result.diagnostics]
    )
    if known is not None:
        line = {"line": given.line} if given.line else {}
        click.echo(json.dumps({**known, **result.record, **line}))
    return False
