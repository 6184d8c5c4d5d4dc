"""Commands of the prompt that keep things: save what was typed, read files again."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from rasp.commands import Command, Prompt, usage
from rasp.diagnostics import Diagnostic, RaspError
from rasp.elaborate.scope import Applied, Static
from rasp.session import Session
from rasp.show import show
from rasp.style import Line, Piece, line
from rasp.write_whole import write_text


def save_command(prompt: Prompt, text: str) -> Iterable[Line]:
    """`save FILE` or `save FILE over`"""
    name, _, over = text.removesuffix(".rasp").partition(" ")
    name = name.strip('"').removesuffix(".rasp")
    if not name or over.strip() not in ("", "over"):
        raise usage("save my_program")
    path = Path(f"{name}.rasp")
    if path.exists() and not over:
        hint = f"choose another name, or replace it: `save {name} over`"
        raise RaspError(Diagnostic(f"there is already a file {path}", hint=hint, code="command"))
    examples = "".join(f"{example}\n" for example in lasting_examples(prompt.session))
    write_text(path, examples + prompt.session.text, new=not over)
    return [line("saved in ", Piece(str(path), "value"))]


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
    rows = [row for event in session.reload() for row in show(event, prompt.display)]
    if session.workshop is before:
        return [*rows, line("nothing has changed; mend the file, and `reload` again")]
    files = ", ".join(session.workshop.loaded)
    return [*rows, line("read again: ", Piece(files, "value"))]


KEEPING = (
    Command("reload", "", "read the loaded files again, and repeat what was typed", reload_command),
    Command("save", "FILE", "write what was typed as a program that runs again", save_command, "file"),
)
