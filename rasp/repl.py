"""The prompt: lines in, results out, whether a person types or a file is piped in.

Here are the loop and the printing; what a line means is in `rasp/session.py` and `rasp/commands.py`, what is
shown in `rasp/show.py`, and what a terminal needs in `rasp/terminal.py`.
"""

import os
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from rasp.asking import ASKING
from rasp.chunks import Chunks
from rasp.commands import Command, Prompt, misspelt, recognise
from rasp.console import FAILED
from rasp.diagnostics import Diagnostic
from rasp.drawing import drawing_lines
from rasp.events import Drawing, Event, Failed, Left
from rasp.keeping import KEEPING
from rasp.session import Session
from rasp.show import Display, diagnostic_lines, show
from rasp.style import Line, Piece, line, plain

COMMANDS = (*ASKING, *KEEPING)
GREETING = "RASP. The running example is {example}. `help` tells what can be typed."


def print_plainly(row: Line) -> None:
    print(plain(row))


@dataclass(eq=False)
class Repl:
    """A session with its output. `failed` tells whether anything was wrong so far."""

    commands: Sequence[Command] = COMMANDS
    write: Callable[[Line], None] = print_plainly
    width: Callable[[], int | None] = lambda: None
    session: Session = field(default_factory=Session)
    failed: bool = False

    def __post_init__(self) -> None:
        self.chunks = Chunks(lambda text: self.command(text) is not None)

    @property
    def prompt(self) -> Prompt:
        return Prompt(self.session, Display(self.session.workshop, self.width()), self.commands)

    def command(self, text: str) -> tuple[Command, str] | None:
        return recognise(text, self.commands, self.session.is_bound)

    def take(self, text: str) -> bool:
        """Carry out lines, whatever is complete of them; False when the session is over."""
        for row in text.split("\n"):
            chunk = self.chunks.add(row)
            if chunk is not None and not self.carry_out(chunk):
                self.chunks.rest()
                return False
        return True

    def finish(self) -> None:
        """Carry out what is left at the end of input, so that it is told what it lacks."""
        rest = self.chunks.rest()
        if rest:
            self.carry_out(rest)

    def carry_out(self, chunk: str) -> bool:
        """Carry out one chunk and print what comes of it. False when the session is over."""
        try:
            found = self.command(chunk)
            if found is not None:
                self.print_lines(found[0].action(self.prompt, found[1]))
                return True
            wrong = misspelt(chunk, self.prompt)
            if wrong is not None:
                self.complain([wrong])
                return True
            return self.print_events(self.session.run(chunk))
        except KeyboardInterrupt:
            self.write(line(Piece("interrupted; nothing has changed", "warning")))
        except MemoryError:
            self.complain([Diagnostic("not enough memory", hint="try a shorter input")])
        except Exception as error:
            self.explain(error)
        return True

    def print_events(self, events: Iterable[Event]) -> bool:
        for event in events:
            match event:
                case Left():
                    return False
                case Drawing():
                    self.print_lines(drawing_lines(event, self.prompt.display, self.session.examples))
                case _:
                    self.failed |= isinstance(event, Failed)
                    self.print_lines(show(event, self.prompt.display))
        return True

    def print_lines(self, rows: Iterable[Line]) -> None:
        for row in rows:
            self.write(row)

    def complain(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.failed = True
        for diagnostic in diagnostics:
            self.print_lines(diagnostic_lines(diagnostic))

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


def load_files(repl: Repl, files: Iterable[str]) -> None:
    """Load the files that were named on the command line."""
    for file in files:
        repl.carry_out(f'load "{file}";')


def run_piped(repl: Repl, files: Iterable[str], lines: Iterable[str]) -> int:
    """Carry out lines that nobody types: no prompts, no colours. The exit code: 1 if something was wrong."""
    load_files(repl, files)
    for text in lines:
        if not repl.take(text.rstrip("\r\n")):
            return FAILED if repl.failed else 0
    repl.finish()
    return FAILED if repl.failed else 0
