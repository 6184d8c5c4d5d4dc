"""`rasp run`: the value of an expression, interpreted on inputs."""

import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import click

from rasp.arguments import Attention
from rasp.command_line.answering import answer_inputs
from rasp.command_line.console import (
    STANDARD_INPUT,
    Told,
    WrongUsage,
    is_file,
    read_source,
    show_rows,
    show_tokens,
    show_values,
)
from rasp.command_line.input_lines import Unanswered, report_unanswered
from rasp.command_line.input_options import InputRequest
from rasp.elaborate.failure import explain_failure
from rasp.elaborate.program import Program, load_program
from rasp.elaborate.scope import Function, Static
from rasp.graph.nodes import Node
from rasp.interpret.evaluate import EvaluationError, Outcome, evaluate
from rasp.lint.doubts import lint_expressions
from rasp.source import Source, Span
from rasp.syntax.directives import CompileLine, read_directives
from rasp.values import Atom, is_atom, show_value

Outcomes = Mapping[Node, Outcome]


@dataclass(frozen=True)
class RunRequest:
    """The flags of `rasp run`; None stands for one that was not given. The first of the words may be the program."""

    given: InputRequest
    expression: str | None
    attention: Attention | None
    as_json: bool


@dataclass(frozen=True, eq=False)
class Subject:
    """What is run: the value of an expression, and what a position sees."""

    program: Program
    expression: str
    value: Static
    attention: Attention


def run_program(request: RunRequest, told: Told) -> int:
    """Print the value for each input; the exit code. Raises `RaspError` and `WrongUsage`."""
    file, given = program_and_inputs(request)
    program = load_program(Source("<no program>", "") if file is None else read_source(file))
    line = compile_line(program, request.expression)
    expression = line.expression if line else request.expression or ""
    value = program.expression(expression)
    told.tell(lint_expressions(program, [expression]))
    if given.is_empty and nodes_in(value):
        raise missing_input(program, request.expression and expression)
    if told.diagnostics and request.as_json:
        click.echo(json.dumps(told.as_json()))
    if given.is_empty:
        click.echo(json.dumps(plain(value, {})) if request.as_json else written(value, {}))
        return 0
    if is_atom(value):
        value = program.sop(expression)
    attention = request.attention or (line.attention if line else "full")
    return answer_inputs(
        given, interpreter(Subject(program, expression, value, attention), request.as_json), request.as_json
    )


def program_and_inputs(request: RunRequest) -> tuple[str | None, InputRequest]:
    """The program's file, if there is one, and the inputs. Raises `WrongUsage`."""
    given = request.given
    elsewhere = bool(given.texts) or given.file is not None
    if not given.words or not (request.expression is None or elsewhere or is_program(given.words[0])):
        return None, given
    file, *words = given.words
    if file == given.file == STANDARD_INPUT:
        raise WrongUsage(
            "standard input cannot hold both the program and its inputs", "give one of them as a file"
        )
    return file, replace(given, words=tuple(words))


def is_program(word: str) -> bool:
    """Whether a word is rather a program's path, right or wrong, than an input."""
    named = word == STANDARD_INPUT or word.endswith(".rasp") or "/" in word
    return named or is_file(word) or is_file(f"{word}.rasp")


def compile_line(program: Program, expression: str | None, done: str = "run") -> CompileLine | None:
    """The only `# compile:` line of a program, or that of an expression or of its name; None if there is none of it.

    Raises `WrongUsage` when nothing says what is to be `done`.
    """
    lines = read_directives(program.source).compiles
    if expression is not None:
        return next((line for line in lines if expression.strip() in (line.expression, line.name)), None)
    if len(lines) == 1:
        return lines[0]
    names = [line.name or line.expression for line in lines]
    names = names or [name for name, value in program.bindings.items() if isinstance(value, Node)]
    hint = f"say it with -e: {', '.join(names)}" if names else "say it with -e EXPR"
    raise WrongUsage(f"which expression should be {done}?", hint)


def missing_input(program: Program, expression: str | None) -> WrongUsage:
    """What to say to someone who gave none, with an input that the program itself names."""
    examples = [example.input for example in read_directives(program.source).examples]
    words = ["rasp", "run", *([program.source.name] if program.source.text else [])]
    words += [*(["-e", expression] if expression else []), show_tokens(next(iter(examples), "hello"))]
    return WrongUsage("the input is missing", f"as in `{shlex.join(words)}`, or many with --inputs FILE")


def nodes_in(value: Static) -> list[Node]:
    """The s-ops and selectors in a value."""
    match value:
        case Node():
            return [value]
        case list():
            return [node for item in value for node in nodes_in(item)]
        case dict():
            return [node for item in value.values() for node in nodes_in(item)]
        case _:
            return []


def interpreter(
    subject: Subject, as_json: bool
) -> Callable[[Sequence[tuple[Atom, ...]]], list[str | Unanswered]]:
    """A function from inputs to what is printed for each."""
    nodes = list(dict.fromkeys(nodes_in(subject.value)))

    def answer(inputs: Sequence[tuple[Atom, ...]]) -> list[str | Unanswered]:
        rows = evaluate(nodes, inputs, subject.attention)
        return [
            shown(subject, tokens, {node: row[i] for node, row in zip(nodes, rows, strict=True)}, as_json)
            for i, tokens in enumerate(inputs)
        ]

    return answer


def shown(subject: Subject, tokens: Sequence[Atom], outcomes: Outcomes, as_json: bool) -> str | Unanswered:
    """The value on one input, or why there is none."""
    for outcome in outcomes.values():
        if isinstance(outcome, EvaluationError):
            whole = Source("<expression>", subject.expression), Span(0, len(subject.expression))
            problem = explain_failure(subject.program.graph, outcome, tokens, whole)
            if not (isinstance(subject.value, Node) and any(value is not None for value in outcome.known)):
                return report_unanswered(problem, position=outcome.position)
            note = f"at each position by itself: {show_values(outcome.known)}"
            problem = replace(problem, notes=(*problem.notes, note))
            return report_unanswered(problem, position=outcome.position, values=outcome.known)
    if as_json:
        return json.dumps(plain(subject.value, outcomes))
    if isinstance(subject.value, Node) and subject.value.is_selector:
        return show_rows(tokens, outcomes[subject.value])  # pyright: ignore[reportArgumentType]
    return f"{show_tokens(tokens)} -> {written(subject.value, outcomes)}"


def plain(value: Static, outcomes: Outcomes) -> object:
    """A value as JSON data: an s-op's list, a selector's rows of 0 and 1, a function's name and parameters; a dict with
    other keys than strings as a list of pairs."""
    match value:
        case Node():
            outcome = outcomes[value]
            return [[*map(int, row)] if isinstance(row, list) else row for row in outcome]  # type: ignore[union-attr]
        case Function():
            return {"function": value.name, "parameters": list(value.parameters)}
        case list():
            return [plain(item, outcomes) for item in value]
        case dict() if all(isinstance(key, str) for key in value):
            return {key: plain(item, outcomes) for key, item in value.items()}
        case dict():
            return [[key, plain(item, outcomes)] for key, item in value.items()]
        case _:
            return value


def written(value: Static, outcomes: Outcomes) -> str:
    """A value for reading, as a program would write it; an s-op's values with their class."""
    match value:
        case Node(is_selector=False):
            return show_values(outcomes[value])  # pyright: ignore[reportArgumentType]
        case Node():
            return json.dumps(plain(value, outcomes))
        case Function():
            return f"{value.name}({', '.join(value.parameters)})"
        case list():
            return f"[{', '.join(written(item, outcomes) for item in value)}]"
        case dict():
            entries = (f"{show_value(key)}: {written(item, outcomes)}" for key, item in value.items())
            return f"{{{', '.join(entries)}}}"
        case _:
            return show_value(value)
