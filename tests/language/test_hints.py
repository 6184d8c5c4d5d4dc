"""What people write out of habit, and what they are told: each message to the letter, and what it advises runs.

`tests/golden/habits.txt` holds wrong programs of one line, each with the first message about it below. With the
environment variable RASP_UPDATE_GOLDEN=1 the messages are written instead of compared.
"""

import os
import re
from functools import cache

import pytest

from rasp.diagnostics import Diagnostic, RaspError
from rasp.elaborate.names import find_hint
from rasp.elaborate.program import Program, load_program
from rasp.graph.nodes import Node
from rasp.interpret.evaluate import EvaluationError, evaluate
from rasp.source import Source
from rasp.syntax import foreign, mistakes, topics
from rasp.syntax.lexer import tokenize_text
from tests.language.test_errors import messages
from tests.places import GOLDEN

HABITS = GOLDEN / "habits.txt"
ENTRIES = [
    block.split("\n", 1)[0] for block in HABITS.read_text(encoding="utf-8").split("\n\n") if block.strip()
]
CODE = re.compile(r"`([^`]+)`")
#: What the hints' examples are about.
SUBJECTS = """
a = indices; b = indices + 1; c = indices == 0; d = indices; e = indices; condition = c; s = tokens; x = indices;
y = indices; all = [1, 2]; l = [[1, 2], [3, 4]]; value = 1; name = 1;
def f(x) { return x; }
"""
#: Pieces of forms, and what is not to be written.
PIECES = {"while", "select", "return VALUE;", "{ x = 1; }", "def f(x, y)", "'abc'", '"', "path", "'", " "}
INPUTS = (["1", "2", "3"], ["a", "b", "a"])


@cache
def first_message(text: str) -> Diagnostic:
    return messages(Source("<habit>", text))[0]


def entry(text: str) -> str:
    """A program with its message, as the golden file has it."""
    told = first_message(text)
    rows = [f"    {told.severity}: {told.message}", f"    hint: {told.hint}"]
    return "\n".join([text, *rows]) + "\n"


def test_habits() -> None:
    written = HABITS.read_text(encoding="utf-8")
    found = "\n".join(map(entry, ENTRIES))
    if os.environ.get("RASP_UPDATE_GOLDEN") == "1":
        HABITS.write_text(found, encoding="utf-8")
        written = found
    assert found == written


def test_every_habit_gets_a_hint() -> None:
    assert len(ENTRIES) >= 120
    told = {text: first_message(text) for text in ENTRIES}
    assert [text for text, message in told.items() if not (message.hint or message.label)] == []


def hints() -> dict[str, str]:
    """All hints of the tables, and those that the golden file shows, by where they come from."""
    found = {
        f"{name} of {table}": hint
        for table in ("WORDS", "NAMES", "METHODS")
        for name, hint in vars(foreign)[table].items()
    }
    found |= {spelling: hint for spelling, (_, hint) in mistakes.SPELLINGS.items()}
    found |= {
        row[0] + row[1] + row[3]: row[4]
        for row in mistakes.ROWS
        if len(row) > 4 and "{foreign}" not in row[4]
    }
    return found | {text: first_message(text).hint for text in ENTRIES}


HINTS = hints()


@pytest.mark.parametrize("hint", dict.fromkeys(HINTS.values()))
def test_what_a_hint_advises_runs(hint: str) -> None:
    plain = hint.replace("{{", "{").replace("}}", "}")
    plain = re.sub(r"\{(previous|token)\}", "x" if "…" in hint else "+", plain)
    for code in CODE.findall(plain):
        code = code.replace("{ … }", "{ x = 1; }").replace("…", "x")
        assert code in PIECES or advised(code), code


def advised(code: str) -> bool:
    """Is a piece of code only words and operators, or has it a meaning, with a value on one of the inputs?"""
    kinds = {token.kind for token in tokenize_text(Source("", code))[0]}
    if code == "#" or code in foreign.WORDS or kinds <= {"keyword", "symbol", "bad", "end"}:
        return True
    try:
        if code.endswith(";") or code.startswith(("def ", "for ")):
            return not load_program(Source("<hint>", SUBJECTS + code)).diagnostics
        value = subjects().expression(code)
    except RaspError:
        return code.startswith("load ")
    outcomes = evaluate([value], INPUTS)[0] if isinstance(value, Node) else []
    return not outcomes or not all(isinstance(outcome, EvaluationError) for outcome in outcomes)


@cache
def subjects() -> Program:
    return load_program(Source("<subjects>", SUBJECTS))


def library() -> set[str]:
    program = subjects()
    return program.scope.names() - set(program.bindings)


def test_what_exists_is_not_foreign() -> None:
    """A word that the language has needs no hint that it has it not."""
    known = library()
    assert not known & (set(foreign.NAMES) | set(foreign.WORDS))


def test_names_that_hints_call_exist() -> None:
    known = library()
    for name in foreign.NAMES:
        assert find_hint(name, known) == foreign.NAMES[name]
    assert "quotes" not in find_hint("nothing_like_it", known, called=True)
    assert "quotes" in find_hint("nothing_like_it", known)


def test_topics_name_what_exists() -> None:
    for topic in topics.SEE.values():
        assert topic in topics.TOPICS


def test_an_assignment_in_place_of_an_expression() -> None:
    with pytest.raises(RaspError, match="an equality test is written `==`"):
        load_program("").expression("tokens = 1")
