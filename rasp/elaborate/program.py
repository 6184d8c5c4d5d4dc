"""A text, elaborated: its graph, what its names are bound to, and expressions over them.

In: a `Source` and where `load` finds other texts. Out: a `Program`, or `RaspError` with every mistake found.
The texts a program is made of are all in it (`source`, `loaded`), so that it can be elaborated again
elsewhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from rasp.arguments import convert_source, report_wrong_kind
from rasp.diagnostics import Diagnostic, RaspError
from rasp.elaborate.expressions import elaborate_expression
from rasp.elaborate.lift import lift_value
from rasp.elaborate.prelude import make_workshop
from rasp.elaborate.scope import (
    Function,
    Missing,
    Result,
    Scope,
    SpannedValue,
    Static,
    Surroundings,
    Workshop,
)
from rasp.elaborate.statements import run_text
from rasp.graph.nodes import Graph, Node
from rasp.library.load import Files, Loader
from rasp.recursion import allow_deep_recursion
from rasp.source import Source
from rasp.syntax import syntax_tree
from rasp.syntax.parser import parse_expression, parse_tolerantly
from rasp.values import show_value

#: So many names stand in what is printed for a program.
FEW = 8


@dataclass(frozen=True)
class Program:
    """An elaborated text. `diagnostics` has errors only if they were tolerated."""

    source: Source
    module: syntax_tree.Module
    workshop: Workshop
    scope: Scope
    results: tuple[Result, ...]
    diagnostics: tuple[Diagnostic, ...]

    def __repr__(self) -> str:
        names = list(self.bindings)
        more = f" and {len(names) - FEW} more" if len(names) > FEW else ""
        return f"<RASP program {show_value(self.source.name)}: {', '.join(names[:FEW])}{more}>"

    @property
    def graph(self) -> Graph:
        return self.workshop.graph

    @property
    def loaded(self) -> Mapping[str, str]:
        """Every text that the program loads, by name."""
        return self.workshop.loaded

    @property
    def draws(self) -> list[tuple[Source, syntax_tree.Draw]]:
        """The `draw` statements, which are recorded and not carried out."""
        asides = self.workshop.asides
        return [(around.source, draw) for around, draw in asides if isinstance(draw, syntax_tree.Draw)]

    @property
    def bindings(self) -> dict[str, Static]:
        """What the program's own names are bound to at its end, in the order of their first binding."""
        found = self.scope.values.items()
        return {name: value for name, value in found if name != "out" and not isinstance(value, Missing)}

    def expression(self, text: str, name: str = "<expression>") -> Static:
        """The value of an expression over the program's names. Raises `RaspError`."""
        source = Source(name, text)
        return self.value_of(parse_expression(source), source)

    def value_of(self, tree: syntax_tree.Expression, source: Source) -> Static:
        """The value of a tree that was read from `source`. Raises `RaspError`."""
        with allow_deep_recursion():
            return elaborate_expression(self.surround(source), tree)

    def node(self, text: str, name: str = "<expression>") -> Node:
        """The s-op or selector that an expression denotes; an atom is lifted. Raises `RaspError`."""
        value = self.expression(text, name)
        return value if isinstance(value, Node) else self.sop(text, name)

    def sop(self, text: str, name: str = "<expression>") -> Node:
        """The s-op that an expression denotes; a number, string or boolean is lifted. Raises `RaspError`."""
        source = Source(name, text)
        tree = parse_expression(source)
        value = self.value_of(tree, source)
        match value:
            case Function():
                hint = "call it, as in f(tokens)"
            case Node(is_selector=True):
                hint = "read through it with aggregate, or count with selector_width"
            case _:
                hint = ""
        try:
            return lift_value(self.surround(source), SpannedValue(value, tree.span), "this expression")
        except RaspError as error:
            raise RaspError(replace(error.diagnostics[0], hint=hint)) from None

    def surround(self, source: Source) -> Surroundings:
        """Surroundings for an expression that sees the program's names and changes none."""
        self.workshop.begin()
        return Surroundings(self.workshop, source, Scope({}, self.scope))


def load_program(text: Source | str, loader: Loader | None = None, tolerate_errors: bool = False) -> Program:
    """The program that a text is. Raises `RaspError` with all its mistakes, unless they are tolerated."""
    source = convert_source(text)
    if source is None:
        raise RaspError(report_wrong_kind("a program", "a string or a `Source`", text))
    workshop = make_workshop(Files() if loader is None else loader)
    module = parse_tolerantly(source)
    scope = Scope({}, workshop.base)
    results = run_text(Surroundings(workshop, source, scope, loading=(source.name,)), module)
    found = in_order(source, workshop.problems)
    if found and not tolerate_errors:
        raise RaspError(*found)
    return Program(source, module, workshop, scope, tuple(results), found)


def in_order(source: Source, problems: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Each once; those of `source` in the order of its text, after those of the texts that it loads."""

    def place(problem: Diagnostic) -> tuple[bool, int]:
        return (
            problem.source == source,
            problem.span.start if problem.source == source and problem.span else 0,
        )

    return tuple(sorted(dict.fromkeys(problems), key=place))
