"""What the prompt needs on a terminal: editing, colours while typing, completion, history, keys.

Enter carries out a line as soon as it is complete, with a `;` added where only that is missing; otherwise it
goes on to the next line. Alt-Enter always goes on. Ctrl-C drops the line, Ctrl-D leaves.
"""

import os
import shutil
from collections.abc import Iterable

from platformdirs import user_state_path
from prompt_toolkit import PromptSession
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.output import Output
from prompt_toolkit.styles import Style
from prompt_toolkit.validation import Validator

from rasp.notation.style import (
    Line,
    Piece,
    colour_line,
    cut_line,
    make_line,
    measure_breadth,
    strip_style,
    wants_colour,
    wrap_words,
)
from rasp.prompt.completion import RaspCompleter
from rasp.prompt.highlight import SessionLexer
from rasp.prompt.repl import GREETING, Repl, load_files, report_undecoded
from rasp.prompt.show import quote_value
from rasp.source import Source
from rasp.syntax.lexer import tokenize_text
from rasp.syntax.tokens import Token
from rasp.syntax.whole_statements import (
    FIRST_PROMPT,
    NEXT_PROMPT,
    is_blank,
    lacks_only_semicolon,
    needs_more,
)
from rasp.values import show_count

#: A statement of more lines is told how to end.
LONG = 3
NOT_TEXT = "there is a byte in it that is no UTF-8 text; delete it"
#: A line of output takes no more lines of the terminal.
MOST_LINES = 8
STYLE = Style.from_dict(
    {
        "prompt": "ansigreen bold",
        "keyword": "ansiblue",
        "string": "ansigreen",
        "number": "ansicyan",
        "comment": "ansibrightblack italic",
        "wrong": "ansired underline",
        "command": "ansimagenta bold",
        "function": "ansiyellow",
        "selector": "ansimagenta",
        "s-op": "ansicyan bold",
    }
)


def run_terminal(repl: Repl, files: Iterable[str]) -> int:
    """Talk with a person until they leave. The exit code is 0, whatever they mistyped."""
    repl.write = print_coloured if has_colours() else print_plain
    repl.width = lambda: shutil.get_terminal_size().columns
    greeting = make_line(GREETING.format(example=quote_value(repl.session.examples.s_op)))
    for row in wrap_words([greeting], repl.width()):
        print_plain(row)
    load_files(repl, files)
    session = prompt_session(repl)
    while True:
        try:
            text = session.prompt()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return 0
        if not repl.take_whole(text):
            return 0


def has_colours() -> bool:
    """Does the user want colours here?"""
    return wants_colour(os.environ) is not False


def print_coloured(row: Line) -> None:
    for part in fitted(row):
        print(colour_line(part))


def print_plain(row: Line) -> None:
    for part in fitted(row):
        print(strip_style(part))


def fitted(row: Line) -> list[Line]:
    """The line; of one that would fill the screen only the beginning, and a note."""
    room = shutil.get_terminal_size().columns * MOST_LINES
    length = measure_breadth(strip_style(row))
    if length <= room:
        return [row]
    return [
        cut_line(row, room),
        make_line(Piece(f"  … {show_count(length - room, 'character')} left out", "dim")),
    ]


def prompt_session(
    repl: Repl, keyboard: Input | None = None, screen: Output | None = None
) -> PromptSession[str]:
    """The editor; on the terminal of this process unless others are given."""
    session: PromptSession[str] = PromptSession(
        [("class:prompt", FIRST_PROMPT)],
        multiline=True,
        prompt_continuation=[("class:prompt", NEXT_PROMPT)],
        lexer=SessionLexer(repl),
        completer=RaspCompleter(repl),
        complete_while_typing=False,
        auto_suggest=AutoSuggestFromHistory(),
        history=history(),
        key_bindings=keys(repl),
        style=STYLE if has_colours() else None,
        enable_history_search=True,
        tempfile_suffix=".rasp",
        validator=Validator.from_callable(
            lambda text: report_undecoded(text) is None, error_message=NOT_TEXT
        ),
        validate_while_typing=False,
        input=keyboard,
        output=screen,
    )

    def tell_way_out(buffer: Buffer) -> None:
        session.bottom_toolbar = way_out(buffer.text)

    session.default_buffer.on_text_changed += tell_way_out
    return session


def way_out(text: str) -> str | None:
    """How to get out of a statement that goes on and on; nothing while it is short."""
    if text.count("\n") < LONG:
        return None
    tokens, _ = tokenize_text(Source("", text))
    open_ones: list[Token] = []
    for token in tokens:
        if token.is_one_of("(", "[", "{"):
            open_ones.append(token)
        elif token.is_one_of(")", "]", "}") and open_ones:
            open_ones.pop()
    if not open_ones:
        return "this is not complete; Ctrl-C drops all"
    number = text.count("\n", 0, open_ones[-1].start) + 1
    return f"`{open_ones[-1].text}` of line {number} is open; Ctrl-C drops all"


def history() -> History:
    """The lines of earlier sessions; only this one's, when they cannot be kept."""
    folder = user_state_path("rasp", appauthor=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "history").open("a"):
            pass
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(folder / "history"))


def keys(repl: Repl) -> KeyBindings:
    """Enter, by whether something is missing."""
    bindings = KeyBindings()

    @bindings.add("enter")
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.complete_state:
            buffer.complete_state = None
            return
        if is_ready(repl, buffer.text):
            buffer.validate_and_handle()
        else:
            buffer.insert_text("\n" + indentation(buffer.document.text_before_cursor))

    @bindings.add("escape", "enter")
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    @bindings.add("}")
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        line = buffer.document.current_line_before_cursor
        if line.strip() == "" and len(line) >= 2:
            buffer.delete_before_cursor(2)
        buffer.insert_text("}")

    return bindings


def is_ready(repl: Repl, text: str) -> bool:
    """Can the text be carried out?"""
    if is_blank(text):
        return not text.strip() or text.endswith("\n")
    return repl.command(text) is not None or lacks_only_semicolon(text) or not needs_more(text)


def indentation(before: str) -> str:
    """Blanks for a new line: two for each brace that is open."""
    return "  " * max(0, before.count("{") - before.count("}"))
