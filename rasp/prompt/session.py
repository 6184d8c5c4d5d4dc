"""What a line of the prompt does: bindings, running examples, and what there is to show. Nothing is printed.

In: texts, one after the other. Out: for each an iterator of events (`rasp/prompt/events.py`). A statement that fails
or is interrupted leaves no trace. What succeeded is kept as text (`Session.text`), which as a program gives
the same bindings again.
"""

import re
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from typing import assert_never

from rasp.diagnostics import Diagnostic, RaspError
from rasp.elaborate.apply import list_input_items
from rasp.elaborate.expressions import elaborate_expression
from rasp.elaborate.prelude import make_workshop
from rasp.elaborate.program import Program, load_program
from rasp.elaborate.scope import Applied, Missing, Scope, SpannedValue, Static, Surroundings
from rasp.elaborate.statements import attempt_statement
from rasp.elaborate.static import describe_value
from rasp.graph.nodes import Node
from rasp.library.load import Files, Loader, Texts, find_text
from rasp.lint.doubts import lint_program, lint_statement
from rasp.prompt.events import Answered, Doubted, Drawing, Event, Examples, ExampleTold, Failed, Left, Shown
from rasp.prompt.moments import Kept, Moment, list_defined
from rasp.recursion import allow_deep_recursion
from rasp.source import Source
from rasp.syntax import syntax_tree
from rasp.syntax.comments import find_comment_above
from rasp.syntax.parser import parse_tolerantly
from rasp.syntax.tokens import EXAMPLE_KINDS, ExampleChoice, ExampleKind
from rasp.values import show_count

PROMPT = "<prompt>"
SESSION = "<session>"


#: The name that stands for the last value.
USES_OUT = re.compile(r"\bout\b")


class Session:
    """The state behind a prompt."""

    def __init__(self, loader: Loader | None = None) -> None:
        self.examples = Examples()
        self.past: list[Moment] = []
        self.start(Files() if loader is None else loader)

    def start(self, loader: Loader) -> None:
        """Forget all bindings; the running examples stay."""
        self.loader = loader
        self.workshop = make_workshop(loader)
        self.scope = Scope({}, self.workshop.base)
        self.kept: list[Kept] = []
        self.answers: dict[str, Applied] = {}

    @property
    def statements(self) -> list[Kept]:
        """The statements that succeeded. Those that only show a value are left out, unless some other uses
        `out`.
        """
        needed = any(USES_OUT.search(kept.text) for kept in self.kept)
        return [kept for kept in self.kept if needed or not kept.only_shows]

    @property
    def text(self) -> str:
        """The statements as a program."""
        return "".join(f"{kept.text}\n" for kept in self.statements)

    @property
    def moment(self) -> Moment:
        """The session as it is now."""
        return Moment(tuple(self.kept), self.examples, dict(self.answers), dict(self.workshop.loaded))

    def remember(self, before: Moment) -> None:
        """Let `undo` come back to a moment, if there is a difference to now."""
        if before.differs(self.moment):
            self.past.append(before)

    @property
    def bindings(self) -> dict[str, Static]:
        """What was bound here, oldest first."""
        found = self.scope.values.items()
        return {name: value for name, value in found if name != "out" and not isinstance(value, Missing)}

    def names(self) -> dict[str, Static]:
        """Every name that can be used, with its value."""
        found = {name: self.scope.find(name) for name in self.scope.names()}
        return {n: v for n, v in found.items() if v is not None and not isinstance(v, Missing)}

    def is_bound(self, name: str) -> bool:
        return self.scope.find(name) is not None

    def program(self, strict: bool = False) -> Program:
        """The session as a program of its own, which may be changed at will. When `strict`, raises
        `RaspError` if a loaded file has errors.
        """
        source, texts = Source(SESSION, self.text), Texts(self.workshop.loaded)
        return load_program(source, texts, tolerate_errors=not strict)

    def surround(self, source: Source) -> Surroundings:
        return Surroundings(self.workshop, source, self.scope, loading=(source.name,))

    def run(self, text: str, first: int = 1) -> Generator[Event]:
        """Carry out a text, whose lines are numbered from `first`. If a part of it cannot be read, only that is
        reported."""
        source = Source(PROMPT, text, first)
        module = parse_tolerantly(source)
        for problem in module.problems:
            yield Failed(tell_joined_lines(problem, source))
        if module.problems:
            return
        before = self.moment
        try:
            for statement in module.statements:
                yield from self.perform(source, statement)
        finally:
            self.remember(before)

    def perform(self, source: Source, statement: syntax_tree.Statement) -> Iterator[Event]:
        """Carry out one statement."""
        if isinstance(statement, syntax_tree.Exit):
            yield Left()
            return
        before = dict(self.scope.values)
        self.workshop.begin()
        try:
            value = attempt_statement(self.surround(source), statement)
        except RaspError as error:
            self.forget_problems()
            yield from map(Failed, error.diagnostics)
            return
        except KeyboardInterrupt:
            self.scope.values.clear()
            self.scope.values.update(before)
            self.forget_problems()
            raise
        yield from map(Failed, self.forget_problems())
        if not isinstance(statement, syntax_tree.Draw | syntax_tree.ConsoleStatement):
            self.keep(source, statement, before)
        yield from map(Doubted, self.doubts(source, statement))
        yield from self.consequences(source, statement, value, before)
        yield from self.put_aside(isinstance(statement, syntax_tree.Load))

    def doubts(self, source: Source, statement: syntax_tree.Statement) -> list[Diagnostic]:
        """The warnings about a statement that succeeded, or about the file that it has loaded."""
        if isinstance(statement, syntax_tree.Load):
            loaded = find_text(self.loader, statement.path, source.name)
            program = load_program(loaded, self.loader, tolerate_errors=True) if loaded else None
            return lint_program(program) if program and not program.diagnostics else []
        return lint_statement(statement, source, self.workshop.protected)

    def keep(
        self, source: Source, statement: syntax_tree.Statement, before: dict[str, Static | Missing]
    ) -> None:
        changed = [name for name, value in self.scope.values.items() if before.get(name) is not value]
        binds = dict.fromkeys((*list_defined(statement), *changed))
        binds.pop("out", None)
        lines = [f"# {line}".rstrip() for line in find_comment_above(source, statement.span.start)]
        text = "\n".join([*lines, source.text[statement.span.start : statement.span.end]])
        only_shows = isinstance(statement, syntax_tree.ExpressionStatement)
        self.kept.append(Kept(text, tuple(binds), only_shows, isinstance(statement, syntax_tree.Load)))

    def forget_problems(self) -> list[Diagnostic]:
        """The problems that loaded files have had since the last statement."""
        found = list(dict.fromkeys(self.workshop.problems))
        self.workshop.problems.clear()
        self.workshop.failed_loads.clear()
        return found

    def consequences(
        self,
        source: Source,
        statement: syntax_tree.Statement,
        value: Static | None,
        before: dict[str, Static | Missing],
    ) -> Iterator[Event]:
        """What there is to show after a statement that succeeded."""
        match statement:
            case syntax_tree.ExpressionStatement(tree):
                assert value is not None
                yield self.shown_expression(source, tree, value)
            case syntax_tree.Assign(names):
                for name in names:
                    yield self.shown(name.text, self.examples)
            case syntax_tree.FunctionDefinition(name):
                yield self.shown(name.text, self.examples)
            case syntax_tree.Load():
                quiet = replace(self.examples, s_op_on=False, selector_on=False)
                for name, bound in self.bindings.items():
                    if before.get(name) is not bound:
                        yield self.shown(name, quiet)
            case _:
                pass

    def shown(self, name: str, examples: Examples) -> Shown:
        value = self.scope.values[name]
        assert not isinstance(value, Missing)
        return Shown(name, value, examples)

    def shown_expression(self, source: Source, tree: syntax_tree.Expression, value: Static) -> Event:
        if isinstance(value, Applied) and isinstance(tree, syntax_tree.Call):
            subject = tree.function.span
            self.answers[source.text[subject.start : subject.end]] = value
            return Answered(value, self.examples)
        name = tree.text if isinstance(tree, syntax_tree.Name) else "out"
        return Shown(name, value, self.examples)

    def put_aside(self, from_file: bool) -> Iterator[Event]:
        """Carry out the drawings and commands that were met. Those in files cannot switch examples off."""
        asides = list(self.workshop.asides)
        self.workshop.asides.clear()
        for around, statement in asides:
            if from_file and isinstance(statement, syntax_tree.SwitchExamples | syntax_tree.ShowExample):
                continue
            try:
                yield from self.command(around, statement)
            except RaspError as error:
                yield from map(Failed, error.diagnostics)

    def command(
        self, around: Surroundings, statement: syntax_tree.Draw | syntax_tree.ConsoleStatement
    ) -> Iterator[Event]:
        """A drawing or a command of the prompt. Raises `RaspError`."""
        choice: ExampleChoice = getattr(statement, "what", "both")
        what = EXAMPLE_KINDS if choice == "both" else (choice,)
        match statement:
            case syntax_tree.SetExample(_, tree):
                self.set_example(around, tree, what)
                if around.source.name == PROMPT:
                    self.kept.append(Kept(around.source.text[statement.span.start : statement.span.end]))
            case syntax_tree.ShowExample():
                for kind in what:
                    example = self.examples.s_op if kind == "s-op" else self.examples.selector
                    yield ExampleTold(kind, example)
            case syntax_tree.SwitchExamples(_, on):
                switches = {"s_op_on" if kind == "s-op" else "selector_on": on for kind in what}
                self.examples = replace(self.examples, **switches)
            case syntax_tree.FullDisplay(on):
                self.examples = replace(self.examples, full=on)
            case syntax_tree.Draw():
                yield self.drawing(around, statement)
            case syntax_tree.Exit():
                pass  # ends the file that it stands in
            case _:
                assert_never(statement)

    def set_example(
        self, around: Surroundings, tree: syntax_tree.Expression, what: Sequence[ExampleKind]
    ) -> None:
        with allow_deep_recursion():
            value = elaborate_expression(around, tree)
        list_input_items(around, SpannedValue(value, tree.span))
        chosen = {"s_op" if kind == "s-op" else "selector": value for kind in what}
        self.examples = replace(self.examples, **chosen)

    def drawing(self, around: Surroundings, statement: syntax_tree.Draw) -> Drawing:
        with allow_deep_recursion():
            value = elaborate_expression(around, statement.value)
        if not isinstance(value, Node):
            kind = describe_value(value)
            message = f"only s-ops and selectors can be drawn, got {kind}"
            raise around.error(statement.value.span, message, f"this is {kind}", code="kind")
        span = statement.value.span
        given = SpannedValue(self.examples.of(value), span)
        if statement.input is not None:
            with allow_deep_recursion():
                given = SpannedValue(elaborate_expression(around, statement.input), statement.input.span)
        items = tuple(list_input_items(around, given))
        return Drawing(around.source.text[span.start : span.end], value, items)


def tell_joined_lines(problem: Diagnostic, source: Source) -> Diagnostic:
    """A missing `;`, for want of which more lines were read as one text: they are not carried out."""
    if problem.code != "missing-semicolon" or problem.span is None:
        return problem
    behind = source.text.count("\n", problem.span.end)
    if not behind:
        return problem
    told = "the line behind it is" if behind == 1 else f"the {show_count(behind, 'line')} behind it are"
    return replace(problem, notes=(*problem.notes, f"{told} not carried out either"))
