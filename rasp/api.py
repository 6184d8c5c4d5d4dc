"""What `import rasp` offers: programs whose s-ops, selectors and functions are called like Python functions.

    program = rasp.load("sort.rasp")
    program.byage("cab")                      # an s-op on an input: a list of values
    program["closest"]("cab")                 # a selector: rows of 0 and 1
    program("sort(tokens, tokens)")("cab")    # any expression
    program("len([1, 2])")                    # 2: what is no s-op, selector or function is itself

Names come from the program, then from the library. Everything wrong is a `RaspError` in plain words; what is
doubtful (`rasp check` warns of it) is a `RaspWarning` of Python's, once.
"""

import os
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import cast

from rasp.arguments import Attention, check_attention, convert_atoms, report_wrong_kind
from rasp.diagnostics import Diagnostic, RaspError, suggest_word
from rasp.drawing.draw_file import write_picture
from rasp.drawing.draw_html import draw_program_html
from rasp.drawing.draw_svg import draw_svg
from rasp.drawing.picture import Picture, draw_picture
from rasp.elaborate.apply import apply_value
from rasp.elaborate.failure import explain_failure
from rasp.elaborate.program import Program, load_program
from rasp.elaborate.scope import Function, SpannedValue, Static
from rasp.graph.nodes import Node
from rasp.inputs import cut_text
from rasp.interpret.evaluate import EvaluationError, PreparedNodes, evaluate_prepared
from rasp.library.load import Files
from rasp.lint.doubts import lint_expression, lint_program
from rasp.source import Source, Span
from rasp.syntax.directives import read_directives
from rasp.values import Atom, ValueProblem, show_value

ARGUMENTS = (
    "these are numbers, strings, booleans, lists, dicts, and s-ops, selectors and functions of a program"
)
#: A path without its ending: no text of a program is of these alone.
BARE_PATH = re.compile(r"[\w.~:\\/-]+")
#: Tokens of an input whose picture is easily read.
PICTURED = 8
FILE_HINT = 'give its text, or the path of a file: "sort.rasp"'
INPUT_HINT = 'write "abc" or ["a", "b", "c"]; an array of numbers is given as its list'


class RaspWarning(UserWarning):
    """A place in a program that probably does not mean what it seems to."""


def input_of(given: object) -> tuple[Atom, ...]:
    """The elements of an input. Raises `RaspError` unless there are some, all of them atoms."""
    if not isinstance(given, Sequence) or isinstance(given, bytes | bytearray):
        got = cast(object, given)
        raise RaspError(report_wrong_kind("an input", "a string, or a list of tokens", got, INPUT_HINT))
    items = cast("Sequence[object]", given)
    if not items:
        raise RaspError(Diagnostic("an input cannot be empty", hint=INPUT_HINT, code="argument"))
    atoms = convert_atoms(items)
    if atoms is None:
        wrong = next(item for item in items if convert_atoms([item]) is None)
        raise RaspError(report_wrong_kind("a token", "a string, number or boolean", wrong, INPUT_HINT))
    return atoms


@dataclass(frozen=True)
class Runnable:
    """An s-op or selector: called on an input (a string, or a sequence of values) it gives its value
    there.
    """

    program: Program
    node: Node
    text: str

    @cached_property
    def _prepared(self) -> PreparedNodes:
        return PreparedNodes((self.node,))

    def __call__(self, given: Sequence[Atom], attention: Attention = "full") -> list[Atom] | list[list[int]]:
        """The list of values, or a selector's rows. Raises `RaspError` for an input that has none."""
        items = input_of(given)
        if problem := check_attention(attention):
            raise RaspError(problem)
        outcome = evaluate_prepared(self._prepared, [items], attention)[0][0]
        if isinstance(outcome, EvaluationError):
            place = (Source("<expression>", self.text), Span(0, len(self.text)))
            raise RaspError(explain_failure(self.program.graph, outcome, items, place))
        if self.node.is_selector:
            return [[int(cell) for cell in row] for row in cast(list[list[bool]], outcome)]
        return cast(list[Atom], outcome)

    def picture(self, given: Sequence[Atom], attention: Attention = "full") -> Picture:
        """Who attends to what on an input, as plain data. Raises `RaspError` for an input that has no value."""
        if problem := check_attention(attention):
            raise RaspError(problem)
        return draw_picture(self.program.workshop, self.node, input_of(given), self.text, attention)

    def draw(
        self, given: Sequence[Atom], file: str | Path, attention: Attention = "full", *, dark: bool = False
    ) -> None:
        """Write that picture into a file, whose name ends in .svg, .html, .png, .pdf, .dot or .txt. Raises `RaspError`."""
        write_picture(self.picture(given, attention), Path(file), dark)

    def _repr_html_(self) -> str:
        """What a notebook shows: the picture on an input of the program's examples, if it has a value there."""
        try:
            return draw_svg(self.picture(find_example_input(self.program, self.text)))
        except RaspError:
            return f"<code>{escape(repr(self))}</code>"

    def __repr__(self) -> str:
        return f"<{'selector' if self.node.is_selector else 's-op'} {cut_text(self.text)}>"


@dataclass(frozen=True)
class LoadedFunction:
    """A function of the program: called with values, lists and s-ops it gives what the function returns."""

    program: Program
    function: Function

    def __call__(self, *arguments: object) -> object:
        text = f"{self.function.name}({', '.join('…' for _ in arguments)})"
        span = Span(0, len(text))
        values = [SpannedValue(as_static(argument), span) for argument in arguments]
        around = self.program.surround(Source("<call>", text))
        return usable(
            self.program, apply_value(around, SpannedValue(self.function, span), values, span), text
        )

    def __repr__(self) -> str:
        return f"<function {self.function.name}({', '.join(self.function.parameters)})>"


@dataclass(frozen=True)
class LoadedProgram:
    """A program with its names as items and attributes. `program` is the plain data."""

    program: Program

    def __call__(self, expression: str) -> object:
        check_text(expression, "an expression")
        tell(lint_expression(expression))
        return usable(self.program, self.program.expression(expression), expression)

    def __getitem__(self, name: str) -> object:
        return self(name)

    def __getattr__(self, name: str) -> object:
        known = self.program.scope.names() if not name.startswith("__") else set[str]()
        if name not in known:
            hint = suggest_word(name, known)
            raise AttributeError(f"the program has nothing called {name}" + (f"; {hint}" if hint else ""))
        return self(name)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.program.bindings]

    def _repr_html_(self) -> str:
        """What a notebook shows: the text."""
        return draw_program_html(self.program.source.text)

    def __repr__(self) -> str:
        return repr(self.program)


def find_example_input(program: Program, expression: str) -> tuple[Atom, ...]:
    """A telling input: of an expression's examples, else of any, that with most different tokens which a picture holds, and
    the longest of those; `hello` where there is no example.
    """
    examples = [example for example in read_directives(program.source).examples if example.answer is not None]
    own = [example for example in examples if example.expression == expression]
    inputs = [example.input for example in own or examples]
    short = [given for given in inputs if len(given) <= PICTURED] or sorted(inputs, key=len)[:1]
    return max(short, key=lambda given: (len(set(given)), len(given)), default=tuple("hello"))


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
            return {key: usable(program, item, f"{text}[{show_value(key)}]") for key, item in value.items()}
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
            atoms = convert_atoms([value])
            if atoms is None:
                raise RaspError(report_wrong_kind("an argument", "a value that RASP has", value, ARGUMENTS))
            return atoms[0]


def check_text(given: object, what: str, hint: str = "") -> None:
    """Raises `RaspError` unless it is a string."""
    if not isinstance(given, str):
        raise RaspError(report_wrong_kind(what, "a string", given, hint))


def load(path_or_text: str | Path) -> LoadedProgram:
    """The program in a file (a `Path`, or a string that is one, of which `.rasp` may be left out) or in a text. Raises
    `RaspError`."""
    source = source_of(path_or_text)
    program = load_program(source)
    tell(lint_program(program))
    return LoadedProgram(program)


def source_of(path_or_text: str | Path) -> Source:
    if not isinstance(path_or_text, Path):
        check_text(path_or_text, "a program", FILE_HINT)
    name = str(path_or_text)
    if isinstance(path_or_text, str) and not name.endswith(".rasp"):
        if not BARE_PATH.fullmatch(name):
            return Source("<text>", name)
        name = f"{name}.rasp"
    try:
        text = Files().read(name)
    except ValueProblem as problem:
        raise RaspError(Diagnostic(str(problem), code="load")) from None
    if text is None and os.path.isdir(path_or_text):
        raise RaspError(Diagnostic(f"{path_or_text} is a folder, not a file", hint=FILE_HINT, code="load"))
    if text is None:
        hint = "a program's text is taken, too: every statement ends with `;`"
        raise RaspError(Diagnostic(f"there is no file {name}", hint=hint, code="load"))
    return Source(name, text)


def tell(doubts: Sequence[Diagnostic]) -> None:
    """Give warnings, at the line that called the caller."""
    for doubt in doubts:
        warnings.warn(doubt.render(), RaspWarning, stacklevel=3)
