"""A text in the editor, read and elaborated: the ground for everything that the editor may ask about it.

In: a text, and the other texts that are open. Out: a `Document`, however broken the text is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rasp.arguments import Attention
from rasp.diagnostics import Diagnostic, RaspError
from rasp.elaborate.program import Program, load_program
from rasp.graph.nodes import Node
from rasp.interpret.evaluate import Outcome, evaluate
from rasp.language_features.patience import TooSlow, limit_seconds
from rasp.library.load import Files, find_file
from rasp.source import Source, Span
from rasp.syntax import syntax_tree
from rasp.syntax.directives import Directives, read_directives
from rasp.syntax.parser import parse_tolerantly
from rasp.syntax.syntax_tree import Module, SetExample
from rasp.values import Atom, is_atom

FIRST_EXAMPLE = "hello"
LONGEST_EXAMPLE = 200
#: Seconds that elaborating a text, and evaluating an example, may take.
PATIENCE = 3.0
#: The code of the warning that this did not suffice.
TOO_SLOW = "slow"


@dataclass(frozen=True)
class Buffers:
    """Where `load` finds texts: what is open in the editor, as it stands there; else files below `root`."""

    root: Path
    texts: Mapping[str, str]

    def path(self, name: str) -> Path:
        return find_file(name, self.root)

    def read(self, name: str) -> str | None:
        path = str(self.path(name))
        return self.texts[path] if path in self.texts else Files().read(path)

    def list_entries(self, folder: Path) -> Sequence[Path]:
        """What is in a folder; nothing if it cannot be read."""
        try:
            return sorted(folder.iterdir())
        except (OSError, ValueError):
            return []


@dataclass(frozen=True, eq=False)
class Document:
    """One text; its program holds what could be elaborated, and its diagnostics the rest."""

    program: Program
    directives: Directives
    buffers: Buffers

    @property
    def source(self) -> Source:
        return self.program.source

    @property
    def module(self) -> Module:
        return self.program.module


@dataclass(frozen=True)
class ShownInput:
    """An input on which values are shown."""

    items: tuple[Atom, ...]
    attention: Attention = "full"


def read_document(source: Source, buffers: Buffers) -> Document:
    """The text, elaborated as far as it goes. Never raises."""
    try:
        with limit_seconds(PATIENCE):
            program = load_program(source, buffers, tolerate_errors=True)
    except TooSlow:
        program = unelaborated(source, buffers)
    return Document(program, read_directives(source), buffers)


def unelaborated(source: Source, buffers: Buffers) -> Program:
    """The program of a text whose definitions take too long: only its tree, and no values."""
    module = parse_tolerantly(source)
    message = (
        f"the definitions of this program take longer than {PATIENCE:.0f} seconds, so they are not checked"
    )
    slow = Diagnostic(message, source, Span(0, 0), severity="warning", code=TOO_SLOW)
    empty = load_program(Source(source.name, ""), buffers)
    return replace(empty, source=source, module=module, diagnostics=(*module.problems, slow))


def evaluate_on(node: Node, given: ShownInput) -> Outcome | None:
    """A node's values on an input; None if that takes too long."""
    try:
        with limit_seconds(PATIENCE):
            return evaluate([node], [list(given.items)], given.attention)[0][0]
    except (TooSlow, MemoryError, RaspError):
        return None


def find_node(document: Document, expression: str) -> Node | None:
    """The s-op or selector that an expression denotes; None if that takes too long. Raises `RaspError`."""
    try:
        with limit_seconds(PATIENCE):
            value = document.program.expression(expression)
            return value if isinstance(value, Node) else document.program.sop(expression)
    except TooSlow:
        return None


def find_example(document: Document, node: Node, place: int) -> ShownInput:
    """The input on which a node is shown at a place of the text.

    That is the last `set example` before the place, else the first one; else the input of the first
    `# example:`; else the one that the prompt begins with.
    """
    kinds = ("both", "selector" if node.is_selector else "s-op")
    found = [
        tree for tree in document.module.statements if isinstance(tree, SetExample) and tree.what in kinds
    ]
    before = [tree for tree in found if tree.span.end <= place]
    for tree in [*reversed(before), *found]:
        items = input_of(document, tree.value)
        if items:
            return ShownInput(items)
    for example in document.directives.examples:
        return ShownInput(example.input, example.attention)
    return ShownInput(tuple(FIRST_EXAMPLE))


def input_of(document: Document, tree: syntax_tree.Expression) -> tuple[Atom, ...]:
    """The input that an expression denotes; empty if it denotes none."""
    try:
        with limit_seconds(PATIENCE):
            value = document.program.value_of(tree, document.source)
    except (RaspError, TooSlow):
        return ()
    items = list(value) if isinstance(value, str | list | dict) else []
    return tuple(item for item in items if is_atom(item))[:LONGEST_EXAMPLE]  # pyright: ignore[reportReturnType]
