"""Any number of inputs, in windows: those of the command line, and those of a file or pipe, one a line.

A window of lines is what one reading of at most `CHUNK` bytes completes: much of a file, but of a pipe what is there by
now. So memory stays small, and whoever writes the lines one by one gets the answers one by one.
"""

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from io import BufferedIOBase

from rasp.command_line.console import WrongUsage, open_file
from rasp.command_line.input_options import InputRequest
from rasp.diagnostics import Diagnostic
from rasp.inputs import Input, InputFormat, read_input
from rasp.values import ValueProblem

CHUNK = 1 << 16
LONGEST_LINE = 1 << 22
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Unanswered:
    """Why an input has no answer: for people, and as JSON data."""

    diagnostics: tuple[Diagnostic, ...]
    record: dict[str, object]


@dataclass(frozen=True)
class InputLine:
    """One input of many, or why there is none. `line` is its number in the file it stands in, 0 for none."""

    input: Input | Unanswered
    line: int = 0


@dataclass(frozen=True)
class Window:
    """Inputs that are answered together, and how many bytes of the file they take."""

    inputs: Sequence[InputLine]
    size: int = 0


def read_windows(request: InputRequest) -> Iterator[Window]:
    """All inputs that a command line asks for. Raises `WrongUsage` for none, and for a wrong one on the command line."""
    if request.is_empty:
        hint = "give one or several, as in: hello '[1, 2, 3]'; or a file of them with --inputs FILE"
        raise WrongUsage("the input is missing", hint)
    told = [InputLine(command_line_input(text, request.form)) for text in (*request.words, *request.texts)]
    with nullcontext() if request.file is None else open_file(request.file, lambda _: INPUTS_HINT) as stream:
        if told:
            yield Window(told)
        if stream is not None:
            yield from file_windows(stream, request.form)


def command_line_input(text: str, form: InputFormat) -> Input:
    try:
        return read_input(text, form)
    except ValueProblem as problem:
        raise WrongUsage(f"the input {text} is not a JSON list of tokens: {problem}", JSON_HINT) from None


INPUTS_HINT = "give a file that has an input on each line"
JSON_HINT = 'a list looks like ["a", "b"] or [1, 2.5, true]'


def file_windows(stream: BufferedIOBase, form: InputFormat) -> Iterator[Window]:
    """The inputs that stand in the lines of a file."""
    number = 1
    for lines in line_windows(stream):
        inputs = [line_input(line, form, number + i) for i, line in enumerate(lines)]
        yield Window(inputs, sum(map(len, lines)) + len(lines))
        number += len(lines)


def line_windows(stream: BufferedIOBase) -> Iterator[list[bytes]]:
    """Whole lines, without their ends, as they come. Raises `WrongUsage` for a line without end."""
    rest = b""
    first = True
    while chunk := stream.read1(CHUNK):
        if first:
            chunk = chunk.removeprefix(BYTE_ORDER_MARK)
            first = False
        *lines, rest = (rest + chunk).split(b"\n")
        if lines:
            yield lines
        if len(rest) > LONGEST_LINE:
            raise WrongUsage(
                f"a line of the inputs is longer than {LONGEST_LINE:,} bytes", "one input stands in a line"
            )
    if rest:
        yield [rest]


def line_input(line: bytes, form: InputFormat, number: int) -> InputLine:
    """The input in one line."""
    try:
        return InputLine(read_input(line.removesuffix(b"\r").decode("utf-8"), form), number)
    except UnicodeDecodeError as error:
        message = f"this is not UTF-8 text (byte {line[error.start]:#04x} at offset {error.start})"
        return InputLine(
            report_unanswered(Diagnostic(message, hint="save the file as UTF-8", code="not-utf-8")), number
        )
    except ValueProblem as problem:
        message = f"this is not a JSON list of tokens: {problem}"
        return InputLine(report_unanswered(Diagnostic(message, hint=JSON_HINT, code="input")), number)


def report_unanswered(*diagnostics: Diagnostic, **record: object) -> Unanswered:
    """The failure that these diagnostics tell of; `record` is said of it to machines besides."""
    return Unanswered(diagnostics, {"error": diagnostics[0].message} | record)
