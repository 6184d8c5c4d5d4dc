"""Messages to the user: what is wrong, where, and what to do about it.

A `Diagnostic` is data; `RaspError` carries one or several; `Diagnostic.render` draws the caret.
Only the command line and the prompt print.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Literal, NotRequired, TypedDict, cast
from unicodedata import category, east_asian_width

from rasp.source import Source, Span

#: Longer lines are shown in part.
WIDEST = 160


Severity = Literal["error", "warning"]


class DiagnosticRecord(TypedDict):
    """A message as `--json` tells it; lines and columns count from 1, the end is the place just behind."""

    severity: Severity
    code: str
    message: str
    hint: str
    file: NotRequired[str]
    line: NotRequired[int]
    column: NotRequired[int]
    end_line: NotRequired[int]
    end_column: NotRequired[int]
    label: NotRequired[str]
    notes: NotRequired[list[str]]


class MessagesRecord(TypedDict):
    """What a command tells besides its results, or instead of them."""

    diagnostics: list[DiagnosticRecord]


class UnansweredRecord(TypedDict):
    """An input without an answer, and where it fails: the `line` of a file, the position; `values`: those of the others."""

    certified: NotRequired[Literal[False]]
    error: str
    position: NotRequired[int]
    values: NotRequired[list[str | int | float | bool | None]]
    line: NotRequired[int]


@dataclass(frozen=True)
class Diagnostic:
    """One message. `source` and `span` say where; a message about no particular place has neither.

    `severity` is "error" or "warning"; `code` names the mistake for machines (kebab-case); `notes` are
    further lines of explanation, such as the calls that led here.
    """

    message: str
    source: Source | None = None
    span: Span | None = None
    label: str = ""
    hint: str = ""
    severity: Severity = "error"
    code: str = ""
    notes: tuple[str, ...] = ()

    def move_into(self, source: Source, part: Span) -> "Diagnostic":
        """The same message, of a text that is a part of another."""
        own = self.span
        place = part if own is None else Span(part.start + own.start, part.start + own.end)
        return replace(self, source=source, span=place)

    def render(self) -> str:
        """The message as several lines of plain text, with the offending text underlined."""
        rows = [f"{self.severity}: {self.message}"]
        if self.source is not None and self.span is not None:
            rows += excerpt(self.source, self.span, self.label)
        rows += [f"  = note: {note}" for note in self.notes]
        if self.hint:
            rows.append(f"  = hint: {self.hint}")
        return "\n".join(rows)

    def as_json(self) -> DiagnosticRecord:
        """Plain data for `--json`."""
        place: dict[str, object] = {}
        if self.source is not None and self.span is not None:
            line, column = self.source.position(self.span.start)
            end_line, end_column = self.source.position(self.span.end)
            place = {"file": self.source.name, "line": line, "column": column}
            place |= {"end_line": end_line, "end_column": end_column}
        if self.label:
            place["label"] = self.label
        if self.notes:
            place["notes"] = list(self.notes)
        told = {"severity": self.severity, "code": self.code, "message": self.message, "hint": self.hint}
        return cast(DiagnosticRecord, told | place)


def excerpt(source: Source, span: Span, label: str) -> list[str]:
    """The `--> file:line:column` block: the line of the span's start with carets below it."""
    line, column = source.position(span.start)
    text, offset = window(source.line(line), column - 1)
    before = text[:offset]
    width = max(1, min(span.end - span.start, len(text) - offset))
    margin = " " * len(str(line))
    # A tab before the caret is kept as a tab so that both lines widen alike.
    indent = "".join("\t" if character == "\t" else " " * count_cells(character) for character in before)
    width = max(1, sum(map(count_cells, text[offset : offset + width])))
    return [
        f"{margin}--> {source.name}:{line}:{column}",
        f"{margin} |",
        f"{line} | {text}",
        f"{margin} | {indent}{'^' * width} {label}".rstrip(),
    ]


def count_cells(character: str) -> int:
    """How many columns of a terminal a character takes."""
    if category(character) in ("Mn", "Me", "Cf"):  # marks on the one before, and what is never seen
        return 0
    return 2 if east_asian_width(character) in "WF" else 1


def window(text: str, offset: int) -> tuple[str, int]:
    """A line as it is shown, and where `offset` is in it: of a very long line only the part around that
    place.
    """
    if len(text) <= WIDEST:
        return text, offset
    start = max(0, offset - WIDEST // 2)
    dots = "…" if start else ""
    end = start + WIDEST
    return f"{dots}{text[start:end]}{'…' if end < len(text) else ''}", offset - start + len(dots)


class DiagnosedError(Exception):
    """An error that carries what to tell of it: at least one diagnostic."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__("\n\n".join(d.render() for d in diagnostics))
        self.diagnostics = diagnostics

    def __reduce__(self) -> tuple[object, ...]:
        """Other processes get the diagnostics, whatever a kind of error is made from."""
        return remake_error, (type(self), self.diagnostics)


def remake_error(kind: type[DiagnosedError], diagnostics: tuple[Diagnostic, ...]) -> DiagnosedError:
    """An error of a kind that carries these diagnostics."""
    error = kind.__new__(kind)
    DiagnosedError.__init__(error, *diagnostics)
    return error


class RaspError(DiagnosedError):
    """The text is wrong. Diagnostics are in the order of the text."""


def find_similar(word: str, known: Iterable[str]) -> str:
    """The closest known word, or nothing when none is close, and about as long."""
    spare = max(1, len(word) // 3)
    similar = sorted(name for name in known if abs(len(name) - len(word)) <= spare)
    return next(iter(get_close_matches(word, similar, n=1, cutoff=0.6)), "")


def suggest_word(word: str, known: Iterable[str]) -> str:
    """A hint naming the closest known word, or nothing when none is close, and about as long."""
    close = find_similar(word, known)
    return f"did you mean `{close}`?" if close else ""
