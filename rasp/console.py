"""What every command of `rasp` shares: reading programs and inputs, showing values, errors and exit codes.

Exit codes: 0 all well; 1 the program, the model or its answers are wrong; 2 wrong usage; 130 interrupted.
Messages go to standard error, results to standard output.
"""

import json
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from io import BufferedIOBase
from pathlib import Path
from typing import cast

import click

from rasp.diagnostics import Diagnostic, RaspError, did_you_mean
from rasp.inputs import read_input
from rasp.source import Source
from rasp.values import Atom, classify

FAILED, MISUSED, INTERRUPTED = 1, 2, 130
USAGE = "usage"
STANDARD_INPUT = "-"


class WrongUsage(Exception):
    """The command line asks for something that cannot be. Carries diagnostics; exit code 2."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.diagnostics = (Diagnostic(message, hint=hint, code=USAGE),)


class Commands(click.Group):
    """A group of commands that turns every exception into a message and an exit code, in one place."""

    def main(self, *args: object, **extra: object) -> None:  # type: ignore[override]
        extra["standalone_mode"] = False
        for stream in (sys.stdout, sys.stderr):
            if reconfigure := getattr(stream, "reconfigure", None):
                reconfigure(errors="backslashreplace")  # a terminal that is not UTF-8 must not stop us
        sys.exit(self.guarded(*args, **extra))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is named first; a program that is named instead is run."""
        word = args[0]
        if self.get_command(ctx, word) is None and (word.endswith(".rasp") or is_file(word)):
            return super().resolve_command(ctx, ["run", *args])
        return super().resolve_command(ctx, args)

    def guarded(self, *args: object, **extra: object) -> int:
        """Run a command; its exit code."""
        try:
            code = super().main(*args, **extra)  # type: ignore[arg-type]
            return code if isinstance(code, int) else 0
        except click.ClickException as error:
            error.show()
            return error.exit_code
        except click.Abort:
            return INTERRUPTED
        except MemoryError:
            report(
                [Diagnostic("not enough memory", hint="use a smaller input, vocabulary or maximum length")]
            )
            return FAILED
        except Exception as error:
            return self.explain(error)

    def explain(self, error: Exception) -> int:
        """Report an exception: its diagnostics if it has some, otherwise it is a mistake of ours."""
        diagnostics = getattr(error, "diagnostics", None)
        if diagnostics is not None:
            report(diagnostics)
            return MISUSED if any(diagnostic.code == USAGE for diagnostic in diagnostics) else FAILED
        click.echo(f"internal error, please report it: {type(error).__name__}: {error}", err=True)
        if os.environ.get("RASP_DEBUG") == "1":
            traceback.print_exception(error)
        else:
            click.echo("  = hint: RASP_DEBUG=1 shows where it happened", err=True)
        return FAILED


def report(diagnostics: Sequence[Diagnostic]) -> None:
    """Print diagnostics to standard error."""
    for diagnostic in diagnostics:
        head, _, rest = diagnostic.render().partition("\n")
        colour = "red" if diagnostic.severity == "error" else "yellow"
        click.secho(head, err=True, fg=colour, bold=True)
        if rest:
            click.echo(rest, err=True)


def is_file(path: str) -> bool:
    """Whether a file has this path; none has one that is too long, or holds a NUL."""
    try:
        return Path(path).is_file()
    except (OSError, ValueError):
        return False


def open_file(path: str) -> AbstractContextManager[BufferedIOBase]:
    """A file's bytes, or standard input for `-`. Raises `WrongUsage` when it cannot be opened."""
    try:
        if path == STANDARD_INPUT:
            return nullcontext(cast(BufferedIOBase, sys.stdin.buffer))
        return Path(path).open("rb")
    except FileNotFoundError:
        beside = Path(path).parent
        names = [str(p) for p in beside.glob(f"*{Path(path).suffix or '.rasp'}")] if beside.is_dir() else []
        raise WrongUsage(f"there is no file {path}", did_you_mean(path, names)) from None
    except IsADirectoryError:
        raise WrongUsage(f"{path} is a folder, not a file", "give the path of a file") from None
    except OSError as error:
        raise WrongUsage(f"{path} cannot be read: {error.strerror}") from None
    except ValueError:
        raise WrongUsage("the path of a file cannot hold a NUL character") from None


def read_source(path: str) -> Source:
    """A program's text; `-` is standard input. Raises `WrongUsage` for no file, `RaspError` for no text."""
    with open_file(path) as stream:
        data = stream.read()
    name = "<stdin>" if path == STANDARD_INPUT else path
    try:
        return Source(name, data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        message = f"{name} is not UTF-8 text (byte {data[error.start]:#04x} at offset {error.start})"
        raise RaspError(Diagnostic(message, hint="save the file as UTF-8", code="not-utf-8")) from None


def show_tokens(tokens: Sequence[Atom]) -> str:
    """An input as one would write it on the command line."""
    if all(isinstance(token, str) and len(token) == 1 and token.isprintable() for token in tokens):
        text = "".join(map(str, tokens))
        if read_input(text).tokens == tuple(tokens):
            return text
    return json.dumps(list(tokens), ensure_ascii=False)


def show_values(values: Sequence[Atom]) -> str:
    """A sequence and its class, as the language's console shows it: `[1, 0.333, T] (floats)`."""
    return f"[{', '.join(map(show_value, values))}] ({classify(values)}s)"


def show_value(value: Atom) -> str:
    match value:
        case bool():
            return "T" if value else "F"
        case float():
            return str(round(value, 3))
        case _:
            return str(value)


def show_rows(tokens: Sequence[Atom], rows: Sequence[Sequence[bool]]) -> str:
    """A selector's matrix: one row a query position, one column a key position."""
    width = max(len(str(token)) for token in tokens)
    head = " " * (width + 3) + " ".join(str(token).rjust(width) for token in tokens)
    lines = [
        f"{str(token).rjust(width)} | " + " ".join(("1" if cell else "").rjust(width) for cell in row)
        for token, row in zip(tokens, rows, strict=True)
    ]
    return "\n".join(line.rstrip() for line in [head, *lines])
