"""Every mistake in `tests/golden/errors` and the messages it gets, to the letter.

`NAME.rasp` is a program, `NAME.err` what the user is told: errors; or else failures of its values on the
input "hello"; and warnings. With the environment variable RASP_UPDATE_GOLDEN=1 the `.err` files are written
instead of compared.
"""

import os

import pytest

from rasp.diagnostics import Diagnostic, RaspError
from rasp.elaborate.failure import explain_failure
from rasp.elaborate.program import Program, load_program
from rasp.graph.nodes import Node
from rasp.interpret.evaluate import EvaluationError, evaluate
from rasp.library.load import Texts
from rasp.lint.doubts import lint_program
from rasp.source import Source
from rasp.syntax.directives import read_directives
from tests.places import GOLDEN

FOLDER = GOLDEN / "errors"
INPUT = list("hello")

#: What the programs may load, besides each other.
TEXTS = {
    "good.rasp": "one = 1;\n",
    "bad.rasp": "fine = 1;\nwrong = nothing + 1;\n",
    "unreadable.rasp": "x = (1;\n",
    "circle.rasp": 'load "circle";\n',
    "first.rasp": 'load "second";\n',
    "second.rasp": 'load "first";\n',
}


def failures(program: Program) -> list[Diagnostic]:
    """What is wrong with the program's values on the input."""
    found: list[Diagnostic] = []
    for result in program.results:
        if isinstance(result.value, Node):
            outcome = evaluate([result.value], [INPUT])[0][0]
            if isinstance(outcome, EvaluationError):
                found.append(explain_failure(program.graph, outcome, INPUT, (result.source, result.span)))
    return list(dict.fromkeys(found))


def messages(source: Source) -> list[Diagnostic]:
    try:
        program = load_program(source, Texts(TEXTS))
    except RaspError as error:
        return list(error.diagnostics)
    directives = list(read_directives(source).diagnostics)
    return [*failures(program), *directives, *lint_program(program, causal="causal" in source.name)]


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.rasp")))
def test_message(name: str) -> None:
    program, expected = FOLDER / f"{name}.rasp", FOLDER / f"{name}.err"
    found = messages(Source(program.name, program.read_text(encoding="utf-8")))
    assert found, "this has nothing wrong with it"
    text = "\n\n".join(message.render() for message in found) + "\n"
    if os.environ.get("RASP_UPDATE_GOLDEN") == "1":
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")


def test_there_are_enough() -> None:
    assert len(list(FOLDER.glob("*.rasp"))) >= 60


def test_messages_are_ours() -> None:
    """No word of the implementation's language in what the user reads."""
    for path in FOLDER.glob("*.err"):
        text = path.read_text(encoding="utf-8")
        for word in ("NoneType", "Traceback", "'int'", "'str'", "object", "tuple", "Exception", "rasp."):
            assert word not in text.replace(".rasp:", ":"), f"{path.name}: {word}"
