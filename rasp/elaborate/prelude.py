"""The start of every elaboration: a workshop whose base scope holds the built-ins and the standard
library.
"""

from functools import cache
from pathlib import Path

from rasp.elaborate.builtins import make_base_scope
from rasp.elaborate.scope import Scope, Surroundings, Workshop
from rasp.elaborate.statements import execute_statement
from rasp.graph.nodes import Graph
from rasp.library import load
from rasp.library.load import LIBRARY_NAME, Loader
from rasp.recursion import allow_deep_recursion
from rasp.source import Source
from rasp.syntax.parser import parse
from rasp.syntax.syntax_tree import Module

#: Names of the base scope that a program may bind at its top level.
FREE = frozenset(
    {"tokens", "best", "abs", "floor", "ceil", "quotient", "sqrt", "sum", "maximum", "minimum"}
    | {"running_sum", "running_maximum", "running_minimum", "first_index", "last_index"}
    | {"string_length", "string_reverse", "string_slice", "upper", "lower"}
)


@cache
def load_standard_library() -> Module:
    """The library's tree; a constant."""
    text = Path(load.__file__).with_name("std.rasp").read_text(encoding="utf-8")
    return parse(Source(LIBRARY_NAME, text))


def make_workshop(loader: Loader) -> Workshop:
    """A graph with nothing but the base scope's nodes."""
    graph = Graph()
    base = make_base_scope(graph)
    workshop = Workshop(graph, loader, base)
    # Elaborated in a scope of its own, so that `out` and the like of the library stay its own.
    library = load_standard_library()
    around = Surroundings(workshop, library.source, Scope({}, base), home="library", is_library=True)
    with allow_deep_recursion():
        for statement in library.statements:
            execute_statement(around, statement)
    names = {name: value for name, value in around.scope.values.items() if name != "out"}
    base.values.update(names)
    workshop.protected = frozenset(base.values) - FREE
    return workshop
