"""The playground as files for any server of files: the page, with the answers that can be given beforehand.

What somebody types is not answered there, and the page says so: that takes the interpreter, and so numpy in the
browser, which the package of Pyodide is without.
"""

import json
from importlib.resources import files
from pathlib import Path

from compiler.export.fill_folder import fill_folder, list_held
from rasp.diagnostics import Diagnostic, RaspError
from rasp.page_answers.answer_question import ANSWERS
from rasp.page_answers.question import Question
from rasp.page_answers.shipped_programs import list_shipped
from rasp.write_whole import CHECK_PATH, explain_reason, write_file, write_text

#: A page that is written goes into an empty folder, or over one that has this file.
ANSWERED = "answers"
MARK = f"{ANSWERED}/lessons.json"


def write_static(folder: Path) -> int:
    """Write the page and its answers; how many files. Raises `RaspError` for a folder that holds something else."""
    try:
        taken = folder.exists() and (not folder.is_dir() or list_held(folder))
        if taken and not (folder / MARK).is_file():
            hint = "choose another folder, or remove it first"
            raise RaspError(Diagnostic(f"{folder} exists and is no playground", hint=hint, code="usage"))
        return write_parts(folder)
    except (OSError, ValueError) as error:
        reason = explain_reason(error) if isinstance(error, OSError) else "that is no name of a folder"
        message = f"{folder} cannot be written: {reason}"
        raise RaspError(Diagnostic(message, hint=CHECK_PATH, code="write")) from None


def write_parts(folder: Path) -> int:
    """Write everything, whole or not at all; how many files. Raises `OSError`, `RaspError`."""
    package = files("compiler.playground")
    pieces = {piece.name: piece for part in ("page", "static") for piece in package.joinpath(part).iterdir()}
    answers = {name: json.dumps(answer_plain(name)) for name in ("lessons", "gallery")}
    answers |= {name: json.dumps(answer_program(name)) for name in list_shipped()}
    with fill_folder(folder, ANSWERED) as unfinished:
        for name, text in answers.items():
            path = unfinished / ANSWERED / f"{name}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            write_text(path, text)
        for name, piece in pieces.items():
            write_file(unfinished / name, piece.read_bytes())
    return len(pieces) + len(answers)


def answer_plain(ask: str, **fields: object) -> dict[str, object]:
    """What the server would answer."""
    return ANSWERS[ask](Question(fields))


def answer_program(name: str) -> dict[str, object]:
    """All that is asked about a program of the gallery while nobody changes it."""
    program = answer_plain("program", name=name)
    return {
        "program": program,
        "light": answer_plain("picture", name=name, dark=False),
        "dark": answer_plain("picture", name=name, dark=True),
        "look": answer_plain("look", **program, home=name),
    }
