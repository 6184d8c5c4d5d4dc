"""Does a program solve a lesson? Held against the lesson's own solution, by the interpreter, on inputs that are not shown.

All inputs are tried while they are few, shortest first; of longer ones a sample that is the same each time. What is told of
a wrong answer is the first input that it is wrong on.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, product
from random import Random

from rasp.command_line.console import show_tokens, show_values
from rasp.diagnostics import Diagnostic, RaspError
from rasp.elaborate.program import Program, load_program
from rasp.graph.cost import arrange_layers, describe_cost
from rasp.graph.nodes import Node
from rasp.interpret.evaluate import EvaluationError, Outcome, evaluate, evaluate_by_position
from rasp.language_features.document import Document
from rasp.lint.directive_lines import is_answer
from rasp.page_answers.lesson import ANSWER, Lesson
from rasp.values import Atom, show_count

#: Inputs: at most so many of the shortest, and so many drawn from all lengths.
SHORTEST, DRAWN = 400, 200


@dataclass(frozen=True)
class Verdict:
    """Solved or not, and what to tell; where an input is answered wrongly, that input, what was wanted and what came."""

    solved: bool
    message: str
    input: str = ""
    wanted: str = ""
    got: str = ""


def check_lesson(document: Document, lesson: Lesson) -> Verdict:
    """The verdict on a text. Raises `RaspError` where it is no program with an s-op called `answer`."""
    errors = [found for found in document.program.diagnostics if found.severity == "error"]
    if errors:
        raise RaspError(*errors)
    node = find_answer(document.program)
    right = load_program(lesson.solution).sop(ANSWER)
    inputs = list(list_inputs(lesson))
    mine, theirs = evaluate([node, right], inputs, lesson.attention)
    for given, outcome, wanted in zip(inputs, mine, theirs, strict=True):
        values = [value for value in evaluate_by_position(wanted) if value is not None]
        if not is_answer(outcome, tuple(values)):
            shown = show_tokens(given)
            message = f"Not yet: the input {shown} is answered differently"
            return Verdict(False, message, shown, show_values(values), show_outcome(outcome))
    same = describe_size(node) == describe_size(right)
    compared = "as ours does" if same else f"ours takes {describe_size(right)}"
    tried = show_count(len(inputs), "input")
    message = f"Solved: right on all of {tried}. Your program takes {describe_size(node)}, {compared}."
    return Verdict(True, message)


def find_answer(program: Program) -> Node:
    if ANSWER not in program.bindings:
        hint = f"end with a line that says `{ANSWER} = …;`"
        raise RaspError(Diagnostic(f"there is no s-op called {ANSWER} yet", hint=hint, code="no-answer"))
    return program.sop(ANSWER)


def list_inputs(lesson: Lesson) -> Iterator[list[Atom]]:
    """The hidden inputs, none twice, the shortest first."""
    words = (
        word
        for length in range(1, lesson.max_length + 1)
        for word in product(lesson.vocabulary, repeat=length)
    )
    shortest = dict.fromkeys(islice(words, SHORTEST))
    random = Random(lesson.name)
    drawn = [
        tuple(random.choices(lesson.vocabulary, k=random.randint(1, lesson.max_length))) for _ in range(DRAWN)
    ]
    for word in shortest | dict.fromkeys(sorted(drawn, key=len)):
        yield [*word]


def show_outcome(outcome: Outcome) -> str:
    match outcome:
        case EvaluationError(message):
            return f"no value: {message}"
        case values:
            return show_values([value for value in values if not isinstance(value, list)])


def describe_size(node: Node) -> str:
    return describe_cost([len(layer.heads) for layer in arrange_layers([node])[1:]])
