"""Commands of the prompt that keep things or take them back: save, history, reload, undo, del, clear."""

import json
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from rasp.diagnostics import Diagnostic, RaspError
from rasp.elaborate.scope import Applied, Static
from rasp.notation.style import Line, Piece, make_line
from rasp.prompt.changes import clear_session, delete_names, list_names, reload_files, undo_change
from rasp.prompt.command_words import Command, Prompt, report_usage
from rasp.prompt.inspect_commands import show_examples
from rasp.prompt.session import Session
from rasp.prompt.show import show_event
from rasp.write_whole import write_text

#: What is written to: a name, in quotes if it has blanks, and perhaps the word that permits to replace it.
TARGET = re.compile(r"""(?:"(?P<quoted>[^"]+)"|(?P<plain>[^\s"]+))(?:\s+(?P<over>over))?""")


def save_command(prompt: Prompt, text: str) -> Iterable[Line]:
    """`save FILE` or `save FILE over`"""
    examples = "".join(f"{example}\n" for example in lasting_examples(prompt.session))
    path = write_new("save", text, ".rasp", examples + prompt.session.text)
    return [make_line("saved in ", Piece(str(path), "value"))]


def write_new(command: str, target: str, suffix: str, text: str) -> Path:
    """Write a file that is not there yet, or is to be replaced; its path. Raises `RaspError`."""
    match = TARGET.fullmatch(target)
    if match is None:
        raise report_usage(f"{command} my_{'program' if suffix else 'session'}")
    name = (match["quoted"] or match["plain"]).removesuffix(suffix)
    if os.path.basename(name) in ("", ".", ".."):  # a folder, to which no ending makes a name
        hint = f"write `{command} {os.path.join(name, 'my_program')}`, say"
        raise RaspError(Diagnostic(f"{name} is no name of a file", hint=hint, code="command"))
    path = Path(f"{name}{suffix}")
    if os.path.exists(path) and not match["over"]:
        hint = f"choose another name, or replace it: `{command} {target} over`"
        raise RaspError(Diagnostic(f"there is already a file {path}", hint=hint, code="command"))
    if not text:
        hint = "type a statement first, as in `x = 1;`"
        raise RaspError(Diagnostic("there is nothing to write yet", hint=hint, code="command"))
    write_text(path, text, new=not match["over"])
    return path


def lasting_examples(session: Session) -> Iterator[str]:
    """What s-ops and selectors answered, as `# example:` lines; only where they still answer the same."""
    program = session.program()
    for text, answer in session.answers.items():
        given = answer.given
        if not isinstance(given, str | list):
            continue
        try:
            again = program.expression(f"({text})({json.dumps(given, ensure_ascii=False)})")
        except RaspError:
            continue
        if isinstance(again, Applied) and repr(again) == repr(answer):
            yield f"# example: {text}({literal(given)}) = {literal(list(answer))}"


def literal(value: Static) -> str:
    """A string or list as `# example:` lines have it."""
    match value:
        case bool():
            return str(value)
        case list():
            return f"[{', '.join(map(literal, value))}]"
        case _:
            return json.dumps(value, ensure_ascii=False)


def reload_command(prompt: Prompt, _: str) -> Iterable[Line]:
    """`reload`"""
    session = prompt.session
    if not session.workshop.loaded:
        return [make_line('no file has been loaded; `load "name";` loads name.rasp')]
    before = session.workshop
    rows = [row for event in reload_files(session) for row in show_event(event, prompt.display)]
    if session.workshop is before:
        return [*rows, make_line("nothing has changed; mend the file, and `reload` again")]
    files = ", ".join(session.workshop.loaded)
    return [*rows, make_line("read again: ", Piece(files, "value"))]


def history_command(prompt: Prompt, text: str) -> Iterable[Line]:
    """`history`, or `history FILE` for a file that `rasp < FILE` repeats."""
    if not text:
        return [make_line(f"  {row}") for entry in prompt.typed for row in entry.split("\n")]
    path = write_new("history", text, "", "".join(f"{entry}\n" for entry in prompt.typed))
    return [make_line("written to ", Piece(str(path), "value"), f"; `rasp < {path}` repeats it")]


def undo_command(prompt: Prompt, _: str) -> Iterable[Line]:
    """`undo`"""
    session = prompt.session
    names, examples = set(session.bindings), session.examples
    taken = [make_line("taken back: ", Piece(kept.headline, "value")) for kept in undo_change(session)]
    again = [name for name in session.bindings if name not in names]
    if again:
        taken.append(make_line("back again: ", Piece(list_names(again), "name")))
    if session.examples != examples:
        taken += show_examples(session.examples)
    return taken or [make_line("taken back")]


def delete_command(prompt: Prompt, text: str) -> Iterable[Line]:
    """`del NAME ...`"""
    names = re.split(r"[\s,]+", text.strip())
    if not text:
        raise report_usage("del NAME")
    delete_names(prompt.session, names)
    return [make_line("deleted: ", Piece(list_names(names), "name"))]


def clear_command(prompt: Prompt, _: str) -> Iterable[Line]:
    """`clear`"""
    names = list(prompt.session.bindings)
    if not names:
        return [make_line("nothing is bound")]
    clear_session(prompt.session)
    return [make_line("deleted: ", Piece(list_names(names), "name"), "; `undo` takes it back")]


KEEPING = (
    Command("undo", "", "take back the last change", undo_command),
    Command("del", "NAME", "forget a name", delete_command, "name"),
    Command("clear", "", "forget all names", clear_command),
    Command("history", "[FILE]", "what was typed; in a file, to be repeated", history_command, "file"),
    Command("reload", "", "read the loaded files again, and repeat what was typed", reload_command),
    Command("save", "FILE", "write what was typed as a program that runs again", save_command, "file"),
)
