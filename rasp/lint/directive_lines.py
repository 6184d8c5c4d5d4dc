"""What the `# compile:` and `# example:` lines of a program get wrong: what cannot be read, names that there are not,
answers that are not the interpreter's."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from rasp.diagnostics import Diagnostic, RaspError
from rasp.elaborate.program import Program
from rasp.graph.nodes import Node
from rasp.interpret.evaluate import EvaluationError, Outcome, evaluate
from rasp.syntax.directives import Answer, CompileLine, Directives, Example
from rasp.values import Atom, show_value


@dataclass(frozen=True, eq=False)
class Readings:
    """How expressions of lines become s-ops or selectors, and those values on an input; None where that takes too long."""

    find: Callable[[str], Node | None]
    run: Callable[[Node, Example], Outcome | None]


def find_wrong_lines(
    program: Program, directives: Directives, readings: Readings | None = None
) -> list[Diagnostic]:
    """A message for each line that is wrong, in the order of the text; with as much time as that takes, where no readings
    are given."""
    found = [
        *directives.diagnostics,
        *judge_lines(program, directives, readings or Readings(program.node, run_example)),
    ]
    return sorted(found, key=lambda diagnostic: diagnostic.span.start if diagnostic.span else 0)


def judge_lines(program: Program, directives: Directives, readings: Readings) -> Iterator[Diagnostic]:
    """The messages about lines that can be read."""
    for line in directives.compiles:
        try:
            readings.find(line.expression)
        except RaspError as error:
            yield explain_line(program, line, error.diagnostics[0])
    for example in directives.examples:
        try:
            node = readings.find(example.expression)
        except RaspError as error:
            yield explain_line(program, example, error.diagnostics[0])
            continue
        outcome = None if node is None else readings.run(node, example)
        if outcome is not None and not is_answer(outcome, example.answer):
            yield Diagnostic(
                f"the answer is {show_answer(outcome)}", program.source, example.span, code="example"
            )


def run_example(node: Node, example: Example) -> Outcome | None:
    """A node's values on an example's input; None where that is too much to ask."""
    try:
        return evaluate([node], [list(example.input)], example.attention)[0][0]
    except (RaspError, MemoryError):
        return None


def explain_line(program: Program, line: CompileLine | Example, told: Diagnostic) -> Diagnostic:
    """What is wrong with the expression that a line begins with, at its place in the text."""
    code = "example" if isinstance(line, Example) else "directive"
    own = told.source is None or told.source.text == line.expression
    here = told if own else replace(told, label="", span=None)
    return replace(here.move_into(program.source, line.span), severity="error", code=code)


def is_answer(outcome: Outcome, answer: Answer) -> bool:
    """Is an outcome the answer that was given? Kinds count, but 1 and 1.0 are one number."""
    if isinstance(outcome, EvaluationError) or answer is None:
        return isinstance(outcome, EvaluationError) and answer is None
    return [key(item) for item in outcome] == [key(item) for item in answer]


def key(item: Atom | list[bool] | tuple[Atom, ...]) -> object:
    if isinstance(item, list | tuple):
        return [int(cell) for cell in item]
    return (isinstance(item, bool), item)


def show_answer(outcome: Outcome) -> str:
    """An outcome as one writes it behind `# example: … =`."""
    if isinstance(outcome, EvaluationError):
        return f"error: {outcome.message}"
    if isinstance(outcome[0], list):
        return str([[int(cell) for cell in row] for row in outcome if isinstance(row, list)])
    if all(isinstance(item, str) and len(item) == 1 for item in outcome):
        return show_value("".join(map(str, outcome)))
    return f"[{', '.join(map(show_value, outcome))}]"
