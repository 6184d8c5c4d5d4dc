"""The prompt: lines in, results out, whether a person types or a file is piped in.

Here are the loop and the printing; what a line means is in `rasp/prompt/session.py` and
`rasp/prompt/command_words.py`, what is
shown in `rasp/prompt/show.py`, and what a terminal needs in `rasp/prompt/terminal.py`.
"""

import os
import re
import traceback
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from rasp.command_line.console import FAILED
from rasp.diagnostics import Diagnostic
from rasp.notation.style import Line, Piece, make_line, strip_style, wrap_words
from rasp.prompt.command_words import Command, Prompt, recognise_command, report_misspelt
from rasp.prompt.drawings import show_drawings
from rasp.prompt.events import Drawing, Event, Failed, Left
from rasp.prompt.file_commands import KEEPING
from rasp.prompt.inspect_commands import ASKING
from rasp.prompt.session import Session
from rasp.prompt.show import Display, is_prose, show_diagnostic, show_event
from rasp.source import Source
from rasp.syntax.lexer import tokenize_text
from rasp.syntax.whole_statements import GREETING_STARTS, Chunks, Transcript, is_blank, lacks_only_semicolon
from rasp.values import show_count

COMMANDS = (*ASKING, *KEEPING)
UNDECODED = re.compile("[\udc80-\udcff]")
GREETING = f"{GREETING_STARTS}{{example}}. `help` tells what can be typed."


def print_plainly(row: Line) -> None:
    print(strip_style(row))


@dataclass(eq=False)
class Repl:
    """A session with its output. `failed` tells whether anything was wrong so far; `numbered`: whether lines are told by
    their number in all that is read, as those of a file."""

    commands: Sequence[Command] = COMMANDS
    write: Callable[[Line], None] = print_plainly
    width: Callable[[], int | None] = lambda: None
    session: Session = field(default_factory=Session)
    failed: bool = False
    numbered: bool = False

    def __post_init__(self) -> None:
        self.chunks = Chunks(lambda text: self.command(text) is not None)
        self.typed: list[str] = []
        self.transcript = Transcript()
        self.row = self.begun = 0  # the line that is read, and the one that the chunk began with

    @property
    def prompt(self) -> Prompt:
        display = Display(self.session.workshop, self.width())
        return Prompt(self.session, display, self.commands, tuple(self.typed))

    def command(self, text: str) -> tuple[Command, str] | None:
        return recognise_command(text, self.commands, self.session.is_bound)

    def take(self, text: str) -> bool:
        """Carry out lines, whatever is complete of them; False when the session is over. Of what a prompt has
        printed (`>> x = 1`), only what was typed counts.
        """
        for row in text.split("\n"):
            self.row += 1
            line = self.transcript.typed(row)
            if line is None:
                continue
            if self.transcript.starts and self.chunks.waiting and not self.finish():
                return False
            wrong = report_undecoded(line) if is_blank(line) else None
            if wrong is not None:
                self.complain([wrong])  # a comment, without which a statement below it means the same
                continue
            if not self.chunks.lines:
                self.begun = self.row
            chunk = self.chunks.add(line)
            if chunk is not None and not self.carry_out(chunk):
                self.chunks.rest()
                return False
        return True

    def take_whole(self, text: str) -> bool:
        """Carry out a text of which no more will follow. False when the session is over."""
        goes_on = self.take(self.completed(text)) and self.finish()
        self.transcript = Transcript()
        return goes_on

    def finish(self) -> bool:
        """Carry out what has been begun, as there is no more of it; it is told what it lacks. False when the
        session is over.
        """
        rest = self.chunks.rest()
        return not rest or self.carry_out(self.completed(rest) if self.transcript.begun else rest)

    def completed(self, text: str) -> str:
        """The text with a `;`, if that is all it lacks. It stands before a comment that ends the text."""
        if self.command(text) is not None or not lacks_only_semicolon(text):
            return text
        end = tokenize_text(Source("", text))[0][-1].end
        return f"{text[:end]};{text[end:]}".rstrip()

    def carry_out(self, chunk: str) -> bool:
        """Carry out one chunk and print what comes of it. False when the session is over."""
        changes = len(self.session.past)
        try:
            return self.act(chunk)
        except KeyboardInterrupt:
            changed = len(self.session.past) > changes
            told = "what is bound by now stays; `undo` takes it back" if changed else "nothing has changed"
            self.write(make_line(Piece(f"interrupted; {told}", "warning")))
        except MemoryError:
            self.complain([Diagnostic("not enough memory", hint="try a shorter input")])
        except Exception as error:
            self.explain(error)
        return True

    def act(self, chunk: str) -> bool:
        """What `carry_out` does while nothing unforeseen happens."""
        wrong = report_undecoded(chunk)
        found = self.command(chunk) if wrong is None else None
        if wrong is None and (found is None or found[0].word != "history"):
            self.typed.append(chunk)
        if found is not None:
            self.print_lines(found[0].action(self.prompt, found[1]))
            return True
        wrong = wrong or report_misspelt(chunk, self.prompt)
        if wrong is not None:
            self.complain([wrong])
            return True
        first = self.begun if self.numbered and not self.transcript.begun else 1
        with closing(self.session.run(chunk, first)) as events:
            return self.print_events(events)

    def print_events(self, events: Iterable[Event]) -> bool:
        for event in events:
            match event:
                case Left():
                    return False
                case Drawing():
                    self.print_lines(show_drawings(event, self.prompt.display, self.session.examples))
                case _:
                    self.failed |= isinstance(event, Failed)
                    self.print_lines(show_event(event, self.prompt.display))
        return True

    def print_lines(self, rows: Iterable[Line]) -> None:
        width = self.width()
        for row in rows:
            for part in wrap_words([row], width) if is_prose(row) else [row]:
                self.write(part)

    def complain(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.failed = True
        for diagnostic in diagnostics:
            self.print_lines(show_diagnostic(diagnostic))

    def explain(self, error: Exception) -> None:
        """Report an exception: its diagnostics if it has some, otherwise it is a mistake of ours."""
        diagnostics: Sequence[Diagnostic] | None = getattr(error, "diagnostics", None)
        if diagnostics is not None:
            self.complain(diagnostics)
            return
        hint = "RASP_DEBUG=1 shows where it happened"
        self.complain(
            [Diagnostic(f"internal error, please report it: {type(error).__name__}: {error}", hint=hint)]
        )
        if os.environ.get("RASP_DEBUG") == "1":
            traceback.print_exception(error)


def report_undecoded(text: str) -> Diagnostic | None:
    """The message for a text with a byte in it that is none of UTF-8 (which reading has let through as a
    surrogate).
    """
    match = UNDECODED.search(text)
    if match is None:
        return None
    number = text.count("\n", 0, match.start())
    what = "the text" if "\n" not in text else f"its line {number + 1}"
    place = match.start() - (text.rfind("\n", 0, match.start()) + 1)
    return Diagnostic(
        f"{what} is not UTF-8: there is a byte {ord(match[0]) - 0xDC00:#04x} behind {show_count(place, 'character')}",
        hint="save or send it as UTF-8; nothing of it was carried out",
        code="not-utf-8",
    )


def load_files(repl: Repl, files: Iterable[str]) -> None:
    """Load the files that were named on the command line."""
    for file in files:
        repl.carry_out(f'load "{file}";')


def run_piped(repl: Repl, files: Iterable[str], lines: Iterable[str]) -> int:
    """Carry out lines that nobody types: no prompts, no colours. The exit code: 1 if something was wrong."""
    load_files(repl, files)
    repl.numbered = True
    for text in lines:
        if not repl.take(text.rstrip("\r\n")):
            return FAILED if repl.failed else 0
    repl.finish()
    return FAILED if repl.failed else 0
