"""Commands of the prompt that keep things or take them back: save, history, reload, undo, del, clear."""

import json
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from rasp.diagnostics import Diagnostic, RaspError
from rasp.elaborate.scope import Applied, Static
from rasp.notation.style import Line, Piece, line
from rasp.prompt.changes import clear, delete, listed, reload, undo
from rasp.prompt.command_words import Command, Prompt, usage
from rasp.prompt.inspect_commands import examples_lines
from rasp.prompt.session import Session
from rasp.prompt.show import show
from rasp.write_whole import write_text

#: What is written to: a name, in quotes if it has blanks, and perhaps the word that permits to replace it.
TARGET = re.compile(r"""(?:"(?P<quoted>[^"]+)"|(?P<plain>[^\s"]+))(?:\s+(?P<over>over))?""")


def save_command(prompt: Prompt, text: str) -> Iterable[Line]:
    """`save FILE` or `save FILE over`"""
    examples = "".join(f"{example}\n" for example in lasting_examples(prompt.session))
    path = write_new("save", text, ".rasp", examples + prompt.session.text)
    return [line("saved in ", Piece(str(path), "value"))]


def write_new(command: str, target: str, suffix: str, text: str) -> Path:
    """Write a file that is not there yet, or is to be replaced; its path. Raises `RaspError`."""
    match = TARGET.fullmatch(target)
    if match is None:
        raise usage(f"{command} my_{'program' if suffix else 'session'}")
    name = (match["quoted"] or match["plain"]).removesuffix(suffix)
    path = Path(f"{name}{suffix}")
    if os.path.exists(path) and not match["over"]:
        hint = f"choose another name, or replace it: `{command} {target} over`"
        raise RaspError(Diagnostic(f"there is already a file {path}", hint=hint, code="command"))
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
        return [line('no file has been loaded; `load "name";` loads name.rasp')]
    before = session.workshop
    rows = [row for event in reload(session) for row in show(event, prompt.display)]
    if session.workshop is before:
        return [*rows, line("nothing has changed; mend the file, and `reload` again")]
    files = ", ".join(session.workshop.loaded)
    return [*rows, line("read again: ", Piece(files, "value"))]


def history_command(prompt: Prompt, text: str) -> Iterable[Line]:
    """`history`, or `history FILE` for a file that `rasp < FILE` repeats."""
    if not text:
        return [line(f"  {row}") for entry in prompt.typed for row in entry.split("\n")]
    path = write_new("history", text, "", "".join(f"{entry}\n" for entry in prompt.typed))
    return [line("written to ", Piece(str(path), "value"), f"; `rasp < {path}` repeats it")]


def undo_command(prompt: Prompt, _: str) -> Iterable[Line]:
    """`undo`"""
    session = prompt.session
    names, examples = set(session.bindings), session.examples
    taken = [line("taken back: ", Piece(kept.headline, "value")) for kept in undo(session)]
    again = [name for name in session.bindings if name not in names]
    if again:
        taken.append(line("back again: ", Piece(listed(again), "name")))
    if session.examples != examples:
        taken += examples_lines(session.examples)
    return taken or [line("taken back")]


def delete_command(prompt: Prompt, text: str) -> Iterable[Line]:
    """`del NAME ...`"""
    names = re.split(r"[\s,]+", text.strip())
    if not text:
        raise usage("del NAME")
    delete(prompt.session, names)
    return [line("deleted: ", Piece(listed(names), "name"))]


def clear_command(prompt: Prompt, _: str) -> Iterable[Line]:
    """`clear`"""
    names = list(prompt.session.bindings)
    if not names:
        return [line("nothing is bound")]
    clear(prompt.session)
    return [line("deleted: ", Piece(listed(names), "name"), "; `undo` takes it back")]


KEEPING = (
    Command("undo", "", "take back the last change", undo_command),
    Command("del", "NAME", "forget a name", delete_command, "name"),
    Command("clear", "", "forget all names", clear_command),
    Command("history", "[FILE]", "what was typed; in a file, to be repeated", history_command, "file"),
    Command("reload", "", "read the loaded files again, and repeat what was typed", reload_command),
    Command("save", "FILE", "write what was typed as a program that runs again", save_command, "file"),
)
