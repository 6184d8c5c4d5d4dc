"""An expression of the page's program as a transformer: its sizes, what each part is for, a page that shows it.

While it is compiled, it is told every moment how far that is.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from itertools import cycle, islice
from threading import Event, Thread
from typing import Any

from compiler.explorer.build_page import build_page, check_input
from compiler.options import CompileError, CompileOptions
from compiler.pipeline import Compiled, compile_program
from compiler.search.trials import Journal
from rasp.diagnostics import Diagnostic, RaspError
from rasp.elaborate.program import load_program
from rasp.inputs import read_input
from rasp.page_answers.question import Question
from rasp.values import Atom, show_count

Record = dict[str, Any]
#: Seconds between two words on how far it is.
PULSE = 0.25


def answer_compile(question: Question, report: Callable[[str], None]) -> Record:
    """Sizes and parts, and the page, or why there is none. Raises `RaspError`, `CompileError`."""
    document = question.document()
    program = load_program(document.source, document.buffers)
    expression = question.text("expression").strip()
    if not expression:
        hint = "give the name of an s-op, or any expression over the program's names"
        raise RaspError(Diagnostic("which expression should be compiled?", hint=hint, code="no-expression"))
    vocabulary = read_input(question.text("vocabulary")).tokens
    options = CompileOptions(vocabulary, question.number("max_length"), question.attention())
    journal = Journal()
    with tell_progress(journal, report):
        compiled = compile_program(program, expression, options, journal=journal)
    report("writing the page")
    tokens = fitting_input(compiled, question.tokens())
    try:
        page, without = build_page(compiled, tokens, expression), ""
    except CompileError as error:
        page, without = "", error.diagnostics[0].message
    parts = compiled.emit("explain")
    return {"summary": compiled.summary, "explain": parts, "page": page, "without_page": without}


@contextmanager
def tell_progress(journal: Journal, report: Callable[[str], None]) -> Generator[None]:
    """Say again and again what the journal holds by then."""
    over = Event()

    def tell() -> None:
        while not over.wait(PULSE):
            report(describe_progress(len(journal.steps), len(journal.trials)))

    report("compiling")
    thread = Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def describe_progress(steps: int, trials: int) -> str:
    """How far it is, by how many steps of rewriting and trials of lowering have been made."""
    if not steps and not trials:
        return "compiling"
    tried = f", {show_count(trials, 'way')} of lowering it tried" if trials else ""
    return f"compiling, rewritten in {show_count(steps, 'step')}{tried}"


def fitting_input(compiled: Compiled, tokens: Sequence[Atom]) -> Sequence[Atom]:
    """The input, if the model takes it; else tokens that it takes, as many as it may have."""
    try:
        check_input(compiled, tokens)
    except CompileError:
        length = min(len(tokens), compiled.options.max_length)
        return tuple(islice(cycle(compiled.options.vocabulary), length))
    return tokens
