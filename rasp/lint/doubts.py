"""What is allowed but doubtful in a program: `lint(program)` yields warnings in the order of the text,
`lint_expression` those about an expression beside it, `lint_expressions` both, and `lint_statement` those about a
line of the prompt.

Operators that bind otherwise than they look (`rasp/lint/bindings.py`), names in functions that are never read,
names that hide those of the library, names in functions that do not exist, and, on request, selectors that
look at positions which causal attention hides. In: an elaborated `Program`. Out: diagnostics of severity
"warning".
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from rasp.diagnostics import Diagnostic
from rasp.elaborate.names import FORM_NAMES, find_hint
from rasp.elaborate.program import Program
from rasp.graph.nodes import AttentionOp, Node, Select, Tokens, list_reachable
from rasp.interpret.evaluate import EvaluationError, evaluate
from rasp.lint.bindings import find_surprising
from rasp.source import Source
from rasp.syntax.parser import parse_expression
from rasp.syntax.syntax_tree import (
    Assign,
    Call,
    DictComprehension,
    For,
    FunctionDefinition,
    ListComprehension,
    Load,
    Name,
    Statement,
)
from rasp.syntax.walk import Tree, list_names_in, walk_trees

#: Input length on which selectors that depend on positions alone are tried.
SAMPLE = 6


def lint_program(program: Program, causal: bool = False) -> list[Diagnostic]:
    """All warnings about the program's own text."""
    text = Text(program.source, program.workshop.protected, program.scope.names())
    found = [warning for statement in program.module.statements for warning in doubts(statement, text)]
    if causal:
        found += looking_ahead(program)
    return sorted(found, key=lambda d: d.span.start if d.span else 0)


@dataclass(frozen=True)
class Text:
    """What warnings about a text depend on besides its tree: the names of the library, and those that there are at its
    end (`None` for a line of the prompt, which names that come later may complete).
    """

    source: Source
    protected: frozenset[str]
    known: set[str] | None


def doubts(statement: Statement, text: Text) -> list[Diagnostic]:
    """The warnings about one statement, and all that is in it."""
    found = [warning for tree in walk_trees(statement) for warning in find_surprising(tree, text.source)]
    if isinstance(statement, FunctionDefinition):
        found += check_function(text, statement)
    return found


def lint_expressions(program: Program, expressions: Iterable[str]) -> list[Diagnostic]:
    """All warnings about a program, and about expressions beside it. Raises `RaspError` for one that cannot be read."""
    return [*lint_program(program), *(warning for text in expressions for warning in lint_expression(text))]


def lint_statement(statement: Statement, source: Source, protected: frozenset[str]) -> list[Diagnostic]:
    """The warnings about a line of the prompt; `protected` are the names of the library."""
    return doubts(statement, Text(source, protected, None))


def lint_expression(text: str, name: str = "<expression>") -> list[Diagnostic]:
    """The warnings about an expression that is no part of a program. Raises `RaspError` if it cannot be read."""
    source = Source(name, text)
    return [
        warning for tree in walk_trees(parse_expression(source)) for warning in find_surprising(tree, source)
    ]


def warning(source: Source, message: str, name: Name, label: str = "", hint: str = "") -> Diagnostic:
    return Diagnostic(message, source, name.span, label, hint, severity="warning", code="names")


def bound_in(*trees: Tree) -> Iterator[Name]:
    """Names bound by the trees, but not by the functions and comprehensions in them."""
    pending = list(trees)
    while pending:
        match pending.pop():
            case Assign(names):
                yield from names
            case For(names, _, body):
                yield from names
                pending.extend(body)
            case FunctionDefinition(name):
                yield name
            case _:
                pass


def comprehension_names(*trees: Tree) -> Iterator[Name]:
    """Loop variables of comprehensions."""
    for tree in walk_trees(*trees):
        if isinstance(tree, ListComprehension | DictComprehension):
            yield from tree.names


def check_function(text: Text, function: FunctionDefinition) -> list[Diagnostic]:
    """Warnings about the names of one function, and of those defined in it."""
    source, known = text.source, text.known
    inside = (*function.body, *function.results)
    bound = list(bound_in(*function.body))
    binding = {id(name) for name in bound} | {id(name) for name in function.parameters}
    loops = list(comprehension_names(*inside))
    nested = [tree for tree in function.body if isinstance(tree, FunctionDefinition)]
    skipped = binding | {id(name) for name in loops}
    read = [name for name in list_names_in(*inside) if id(name) not in skipped]
    found = hidden_library_names(text, [*function.parameters, *bound])
    if not any(isinstance(tree, Load) for tree in walk_trees(*function.body)):
        visible = (
            None if known is None else known | {name.text for name in [*function.parameters, *bound, *loops]}
        )
        if visible is not None:
            within = {id(name) for inner in nested for name in list_names_in(inner)}
            missing = [name for name in read if id(name) not in within and name.text not in visible]
            called = {id(tree.function) for tree in walk_trees(*inside) if isinstance(tree, Call)}
            found += [unknown(source, name, visible, id(name) in called) for name in missing]
        for inner in nested:
            found += check_function(replace(text, known=visible), inner)
    found += unused(source, function, {name.text for name in read})
    return found


def unused(source: Source, function: FunctionDefinition, used: set[str]) -> Iterator[Diagnostic]:
    """Warnings about values and functions of the body that get a name which is never read. Names that come
    several at
    a time, and loop variables, may have to be there."""
    first: dict[str, Name] = {}
    for statement in function.body:
        match statement:
            case Assign((name,)) | FunctionDefinition(name):
                first.setdefault(name.text, name)
            case _:
                pass
    for text, name in first.items():
        if text not in used and not text.startswith("_"):
            hint = "remove it, or start its name with `_`"
            yield warning(source, f"`{text}` is never used", name, "bound here", hint)


def unknown(source: Source, name: Name, visible: set[str], called: bool) -> Diagnostic:
    hint = find_hint(name.text, visible | set(FORM_NAMES), called)
    message = f"there is nothing called `{name.text}`, so that calling this function fails"
    return warning(source, message, name, "unknown name", hint)


def hidden_library_names(text: Text, names: list[Name]) -> list[Diagnostic]:
    """Names in a function that hide one of the library."""
    return [
        warning(text.source, f"`{name.text}` hides the library's `{name.text}` inside this function", name)
        for name in names
        if name.text in text.protected
    ]


def looking_ahead(program: Program) -> list[Diagnostic]:
    """Selectors made by this text from positions alone that select positions behind the row's own."""
    values = [*program.bindings.values(), *[result.value for result in program.results]]
    nodes = list_reachable([value for value in values if isinstance(value, Node)])
    found: list[Diagnostic] = []
    for node in nodes:
        source, span = program.graph.origins.get(node, (None, None))
        if not isinstance(node.op, Select) or source != program.source or depends_on_tokens(node):
            continue
        rows = evaluate([node], [["a"] * SAMPLE])[0][0]
        if isinstance(rows, EvaluationError):
            continue
        message = complaint([row for row in rows if isinstance(row, list)])
        if message:
            label = "causal attention sees only positions up to the row's own"
            found.append(Diagnostic(message, source, span, label, severity="warning", code="causal"))
    return found


def depends_on_tokens(node: Node) -> bool:
    return any(isinstance(part.op, Tokens | AttentionOp) for part in list_reachable([node]))


def complaint(rows: list[list[bool]]) -> str:
    """What to say about a selector's rows under causal attention; nothing if all is well or everything is
    selected.
    """
    cells = [(query, key) for query, row in enumerate(rows) for key, cell in enumerate(row) if cell]
    ahead = [key > query for query, key in cells]
    if not any(ahead) or len(cells) == len(rows) ** 2:
        return ""
    if all(ahead):
        return "this selector selects nothing under causal attention"
    return "this selector selects less under causal attention"
