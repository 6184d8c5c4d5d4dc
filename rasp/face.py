"""What `import rasp` offers: programs whose s-ops, selectors and functions are called like Python functions.

    program = rasp.load("sort.rasp")
    program.byage("cab")                      # an s-op on an input: a list of values
    program["closest"]("cab")                 # a selector: rows of 0 and 1
    program("sort(tokens, tokens)")("cab")    # any expression
    program("len([1, 2])")                    # 2: what is no s-op, selector or function is itself

Names come from the program, then from the library. Everything wrong is a `RaspError` in plain words; what is
doubtful (`rasp check` warns of it) is a `RaspWarning` of Python's, once.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from rasp.diagnostics import Diagnostic, RaspError
from rasp.elaborate.apply import call
from rasp.elaborate.failure import failure
from rasp.elaborate.scope import Function, Given, Static
from rasp.evaluate import EvaluationError, evaluate
from rasp.graph import Node
from rasp.library.load import Files
from rasp.lint import lint, lint_expression
from rasp.program import Program, load_program
from rasp.source import Source, Span
from rasp.values import Atom, ValueProblem, is_atom, show


class RaspWarning(UserWarning):
    """A place in a program that probably does not mean what it seems to."""


@dataclass(frozen=True)
class Runnable:
    """An s-op or selector: called on an input (a string, or a sequence of values) it gives its value
    there.
    """

    program: Program
    node: Node
    text: str

    def __call__(self, given: Sequence[Atom], attention: str = "full") -> list[Atom] | list[list[int]]:
        """The list of values, or a selector's rows. Raises `RaspError` for an input that has none."""
        items = list(given)
        place = (Source("<expression>", self.text), Span(0, len(self.text)))
        if not items or not all(is_atom(item) for item in items):
            raise RaspError(
                Diagnostic("an input is a non-empty sequence of numbers, strings or booleans", *place)
            )
        outcome = evaluate([self.node], [items], attention)[0][0]
        if isinstance(outcome, EvaluationError):
            raise RaspError(failure(self.program.graph, outcome, items, place))
        if self.node.is_selector:
            return [[int(cell) for cell in row] for row in outcome if isinstance(row, list)]
        return [item for item in outcome if not isinstance(item, list)]

    def __repr__(self) -> str:
        return f"<{'selector' if self.node.is_selector else 's-op'} {self.text}>"


@dataclass(frozen=True)
class LoadedFunction:
    """A function of the program: called with values, lists and s-ops it gives what the function returns."""

    program: Program
    function: Function

    def __call__(self, *arguments: object) -> object:
        text = f"{self.function.name}({', '.join('…' for _ in arguments)})"
        span = Span(0, len(text))
        values = [Given(as_static(argument), span) for argument in arguments]
        frame = self.program.frame(Source("<call>", text))
        return usable(self.program, call(frame, Given(self.function, span), values, span), text)

    def __repr__(self) -> str:
        return f"<function {self.function.name}({', '.join(self.function.parameters)})>"


@dataclass(frozen=True)
class LoadedProgram:
    """A program with its names as items and attributes. `program` is the plain data."""

    program: Program

    def __call__(self, expression: str) -> object:
        tell(lint_expression(expression))
        return usable(self.program, self.program.expression(expression), expression)

    def __getitem__(self, name: str) -> object:
        return self(name)

    def __getattr__(self, name: str) -> object:
        if name.startswith("__") or name not in self.program.scope.names():
            raise AttributeError(f"the program has no name {name!r}")
        return self(name)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.program.bindings]

    def __repr__(self) -> str:
        return f"<RASP program {show(self.program.source.name)}: {', '.join(self.program.bindings)}>"


def usable(program: Program, value: Static, text: str) -> object:
    """A static value for Python: nodes and functions can be called, everything else is as it is."""
    match value:
        case Node():
            return Runnable(program, value, text)
        case Function():
            return LoadedFunction(program, value)
        case list():
            return [usable(program, item, f"{text}[{i}]") for i, item in enumerate(value)]
        case dict():
            return {key: usable(program, item, f"{text}[{show(key)}]") for key, item in value.items()}
        case _:
            return value


def as_static(value: object) -> Static:
    """A Python value as an argument. Raises `RaspError` for what RASP has no kind for."""
    match value:
        case Runnable(_, node):
            return node
        case LoadedFunction(_, function):
            return function
        case list() | tuple():
            return [as_static(item) for item in cast("Sequence[object]", value)]
        case dict():
            return {key: as_static(item) for key, item in cast("dict[Atom, object]", value).items()}
        case bool() | int() | float() | str() | Node():
            return value
        case _:
            raise RaspError(Diagnostic(f"RASP has no values like {value!r}"))


def load(path_or_text: str | Path) -> LoadedProgram:
    """The program in a file (a `Path`, or a string that ends in `.rasp`) or in a text. Raises `RaspError`."""
    source = source_of(path_or_text)
    program = load_program(source)
    tell(lint(program))
    return LoadedProgram(program)


def source_of(path_or_text: str | Path) -> Source:
    if isinstance(path_or_text, str) and not path_or_text.endswith(".rasp"):
        return Source("<text>", path_or_text)
    name = str(path_or_text)
    try:
        text = Files().read(name)
    except ValueProblem as problem:
        raise RaspError(Diagnostic(str(problem), code="load")) from None
    if text is None:
        raise RaspError(Diagnostic(f"there is no file {name}", code="load"))
    return Source(name, text)


def tell(doubts: Sequence[Diagnostic]) -> None:
    """Give warnings, at the line that called the caller."""
    for doubt in doubts:
        warnings.warn(doubt.render(), RaspWarning, stacklevel=3)
