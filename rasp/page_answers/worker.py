"""A process that answers questions, one after the other: what a program may ask for can be stopped with it, from outside.

In: a JSON object a line, `{"ask": name, "question": {…}}`. Out: any number of lines `{"progress": …}`, then one of
`{"answer": {…}}` or `{"diagnostics": […]}`. It ends where the lines do.
"""

import json
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from typing import Any, TextIO, cast

from rasp.command_line.console import explain_error
from rasp.limits import WORKER_MEBIBYTES
from rasp.page_answers.question import Question, read_question, refuse_question

Record = dict[str, Any]
#: Answers a question; the second argument is called with what is being done.
Answer = Callable[[Question, Callable[[str], None]], Record]


def limit_memory() -> None:
    """Let the process have so much address space and no more. Without effect on systems that have no such limit."""
    with suppress(ImportError, OSError, ValueError):
        resource = import_module("resource")
        most = WORKER_MEBIBYTES.most * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def answer_lines(lines: TextIO, told: TextIO, answers: Mapping[str, Answer]) -> None:
    """Answer what comes in until nothing does."""

    def tell(record: Record) -> None:
        told.write(f"{json.dumps(record)}\n")
        told.flush()

    for line in lines:
        tell(answer_line(line, answers, lambda what: tell({"progress": what})))


def answer_line(line: str, answers: Mapping[str, Answer], report: Callable[[str], None]) -> Record:
    """The last line for a question. Never raises."""
    try:
        asked = cast("Record", json.loads(line))
        name = str(asked.get("ask"))
        if name not in answers:
            raise refuse_question(f"there is nothing called {name} to ask for")
        return {"answer": answers[name](read_question(asked.get("question")), report)}
    except Exception as error:
        return {"diagnostics": [diagnostic.as_json() for diagnostic in explain_error(error)]}


def serve_worker(answers: Mapping[str, Answer]) -> None:
    """Answer what comes on standard input, within the memory that a worker has."""
    limit_memory()
    told, sys.stdout = sys.stdout, sys.stderr  # what a library prints is no answer
    answer_lines(sys.stdin, told, answers)
