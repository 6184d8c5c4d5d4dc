"""What every command of `rasp` shares: reading programs and inputs, showing values, errors and exit codes.

Exit codes: 0 all well; 1 the program, the model or its answers are wrong; 2 wrong usage; 130 interrupted.
Messages go to standard error, results to standard output.
"""

import json
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from io import BufferedIOBase
from pathlib import Path
from typing import cast

import click

from rasp.command_line.checked_command import CheckedCommand
from rasp.command_line.folders import advise_on_folder, is_checkpoint
from rasp.diagnostics import DiagnosedError, Diagnostic, MessagesRecord, RaspError, find_similar
from rasp.inputs import read_input
from rasp.library.load import find_file
from rasp.notation.style import wants_colour
from rasp.source import Source
from rasp.values import Atom, classify_values
from rasp.write_whole import CHECK_PATH

FAILED, MISUSED, INTERRUPTED = 1, 2, 130
USAGE = "usage"
#: The names of kinds of numbers in the library for command lines, and what people call them.
NUMBERS = {"a valid integer range": "a whole number", "a valid float range": "a number"}
STANDARD_INPUT = "-"
#: Bytes of a program; what is longer, or never ends, is none.
LARGEST = 64 * 2**20


class WrongUsage(DiagnosedError):
    """The command line asks for something that cannot be. Exit code 2."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(Diagnostic(message, hint=hint, code=USAGE))


class Told:
    """What a command has to say besides its results: told on standard error as it comes, and kept for `--json`."""

    def __init__(self) -> None:
        self.diagnostics: list[Diagnostic] = []

    def tell(self, diagnostics: Sequence[Diagnostic]) -> None:
        report_diagnostics(diagnostics)
        self.diagnostics += diagnostics

    def as_json(self) -> MessagesRecord:
        """What stands beside the other keys of an object."""
        return {"diagnostics": [diagnostic.as_json() for diagnostic in self.diagnostics]}


class Commands(click.Group):
    """A group of commands that turns every exception into a message and an exit code, in one place."""

    command_class = CheckedCommand

    def main(self, args: Sequence[str] | None = None, **extra: object) -> None:  # type: ignore[override]
        extra["standalone_mode"] = False
        for stream in (sys.stdout, sys.stderr):
            if reconfigure := getattr(stream, "reconfigure", None):
                reconfigure(errors="backslashreplace")  # a terminal that is not UTF-8 must not stop us
        sys.exit(self.guarded(list(sys.argv[1:] if args is None else args), **extra))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is named first; a program or a compiled model that is named instead is run."""
        word = args[0]
        if self.get_command(ctx, word) is not None:
            return super().resolve_command(ctx, args)
        if word.endswith(".rasp") or is_file(word):
            return super().resolve_command(ctx, ["run", *args])
        if os.path.isdir(word):
            return self.resolve_folder(ctx, args)
        if os.sep in word:
            raise WrongUsage(f"there is no file or folder {word}", "`rasp --help` lists the commands")
        return super().resolve_command(ctx, args)

    def resolve_folder(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """A compiled model is applied to inputs, or shown where there are none."""
        folder, *rest = args
        if not is_checkpoint(folder) or self.get_command(ctx, "apply") is None:
            raise WrongUsage(f"{folder} is a folder, not a file", advise_on_folder(folder))
        name = "apply" if any(word != "--json" for word in rest) else "info"
        return super().resolve_command(ctx, [name, *args])

    def guarded(self, arguments: list[str], **extra: object) -> int:
        """Run a command; its exit code."""
        told = Told()
        try:
            check_text(arguments)
            code = super().main(arguments, obj=told, **extra)  # type: ignore[arg-type]
            if sys.stdout is not None:
                sys.stdout.flush()
            return code if isinstance(code, int) else 0
        except click.Abort:
            return INTERRUPTED
        except (
            BrokenPipeError
        ):  # whoever read what we write has enough; what is left goes nowhere when Python ends
            if sys.stdout is not None:
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return FAILED
        except Exception as error:
            return tell_failure(told, explain_error(error), as_json="--json" in arguments)


def check_text(arguments: Sequence[str]) -> None:
    """Raises `WrongUsage` for an argument that is no text: bytes that the system's encoding does not have."""
    for number, argument in enumerate(arguments, 1):
        if not argument.isprintable() and any("\ud800" <= character <= "\udfff" for character in argument):
            shown = os.fsencode(argument).decode("utf-8", "backslashreplace")
            raise WrongUsage(f"argument {number} is not text in UTF-8: {shown}", "give it in UTF-8")


def explain_error(error: Exception) -> Sequence[Diagnostic]:
    """What to tell of an exception. What carries no diagnostics and is not of the system is a mistake of ours."""
    match error:
        case DiagnosedError():
            return error.diagnostics
        case click.UsageError():
            command = error.ctx.command_path if error.ctx else "rasp"
            return [Diagnostic(sentence(error), hint=f"`{command} --help` explains it", code=USAGE)]
        case click.ClickException():
            return [Diagnostic(sentence(error), code=USAGE)]
        case MemoryError():
            hint = "use a smaller input, vocabulary or maximum length"
            return [Diagnostic("not enough memory", hint=hint, code="memory")]
        case OSError(strerror=str(reason), filename=name):
            what = (
                f"{os.fsdecode(name)} cannot be used"
                if isinstance(name, str | bytes)
                else "the output cannot be written"
            )
            return [
                Diagnostic(
                    f"{what}: {reason}",
                    hint=CHECK_PATH,
                    code="system",
                )
            ]
        case _:
            return [internal(error)]


def sentence(error: click.ClickException) -> str:
    """What the library for command lines says, in the form of our messages."""
    text = " ".join(error.format_message().split()).removesuffix(".")
    for kind, plain in NUMBERS.items():
        text = text.removesuffix(kind) + (plain if text.endswith(kind) else "")
    return f"{text[:1].lower()}{text[1:]}"


def internal(error: Exception) -> Diagnostic:
    """The message for a mistake of ours."""
    debugging = os.environ.get("RASP_DEBUG") == "1"
    if debugging:
        traceback.print_exception(error)
    hint = "" if debugging else "RASP_DEBUG=1 shows where it happened"
    return Diagnostic(
        f"internal error, please report it: {type(error).__name__}: {error}", hint=hint, code="internal"
    )


def tell_failure(told: Told, diagnostics: Sequence[Diagnostic], *, as_json: bool) -> int:
    """Print why a command failed, with `--json` also as JSON, behind what it has warned of; the exit code."""
    told.diagnostics += diagnostics
    with suppress(OSError):  # what cannot be written there is told here all the same
        if as_json:
            click.echo(json.dumps(told.as_json()))
    report_diagnostics(diagnostics)
    return MISUSED if any(diagnostic.code == USAGE for diagnostic in diagnostics) else FAILED


def report_diagnostics(diagnostics: Sequence[Diagnostic]) -> None:
    """Print diagnostics to standard error."""
    for diagnostic in diagnostics:
        head, _, rest = diagnostic.render().partition("\n")
        colour = "red" if diagnostic.severity == "error" else "yellow"
        click.secho(head, err=True, fg=colour, bold=True, color=wants_colour(os.environ))
        if rest:
            click.echo(rest, err=True)


def is_file(path: str) -> bool:
    """Whether a file has this path; none has one that is too long, or holds a NUL."""
    try:
        return Path(path).is_file()
    except (OSError, ValueError):
        return False


def open_file(
    path: str, advise: Callable[[str], str] = advise_on_folder
) -> AbstractContextManager[BufferedIOBase]:
    """A file's bytes, also of `programs/` that come with the language, or standard input for `-`. Raises `WrongUsage` when
    it cannot be opened; `advise` says what to do where a folder was given.
    """
    if not path:
        raise WrongUsage(
            "the name of a file is empty", "a variable of the shell that is not set gives such a name"
        )
    try:
        if path == STANDARD_INPUT:
            if sys.stdin is None:
                raise WrongUsage("there is no standard input", "give a file")
            return nullcontext(cast(BufferedIOBase, sys.stdin.buffer))
        return find_file(path).open("rb")
    except FileNotFoundError:
        raise WrongUsage(f"there is no file {path}", suggest_file(Path(path))) from None
    except IsADirectoryError:
        raise WrongUsage(f"{path} is a folder, not a file", advise(path)) from None
    except OSError as error:
        raise WrongUsage(f"{path} cannot be read: {error.strerror}") from None
    except ValueError:
        raise WrongUsage("the path of a file cannot hold a NUL character") from None


def suggest_file(path: Path) -> str:
    """A hint naming the file beside it that is called almost so; the ending of a program may be left out."""
    ending = path.suffix or ".rasp"
    beside = {p.stem: p for p in path.parent.glob(f"*{ending}")} if os.path.isdir(path.parent) else {}
    close = find_similar(path.stem, beside)
    return f"did you mean `{beside[close]}`?" if close else ""


def read_source(path: str) -> Source:
    """A program's text; `-` is standard input. Raises `WrongUsage` for no file, `RaspError` for no text."""
    with open_file(path) as stream:
        data = stream.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise WrongUsage(
            f"{path} is larger than {LARGEST // 2**20} MiB, and no program",
            "give a file that holds a program",
        )
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


def show_values(values: Sequence[Atom | None]) -> str:
    """A sequence and its class, as the language's console shows it: `[1, 0.333, T] (floats)`. `None` is no value."""
    present = [value for value in values if value is not None]
    kind = f" ({classify_values(present)}s)" if present else ""
    return f"[{', '.join(map(show_answer_value, values))}]{kind}"


def show_answer_value(value: Atom | None) -> str:
    match value:
        case None:
            return "no value"
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
