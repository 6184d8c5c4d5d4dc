"""What the prompt says about a name: its kind, its documentation, where it is from, and what it costs.

In: a session and a name. Out: styled lines, or nothing for a name that nobody knows. The documentation of a
name is the comment right above its definition, in the library, in a loaded file, or typed.
"""

import re
from collections.abc import Iterator
from itertools import islice, product

from rasp.diagnostics import RaspError
from rasp.elaborate.prelude import load_standard_library
from rasp.elaborate.program import Program
from rasp.elaborate.scope import Function, Static
from rasp.elaborate.static import describe_value
from rasp.graph.cost import REFERENCE, count_reference_heads, describe_cost
from rasp.graph.nodes import Node
from rasp.notation.style import Line, Piece, make_line, split_paragraphs
from rasp.prompt.moments import list_defined
from rasp.prompt.session import PROMPT, Session
from rasp.source import Source
from rasp.syntax import syntax_tree
from rasp.syntax.comments import find_comment_above
from rasp.syntax.parser import parse_tolerantly
from rasp.syntax.topics import SEE, TOPICS

DIRECTIVE = re.compile(r"(compile|example)\b.*:")
#: Arguments tried, in this order, to see what calling a function costs.
SAMPLES = ("tokens", "full_s", "indices", '"a"', "1", "[1, 2]")
MOST_TRIED = 400
#: What a parameter's name says about it.
TELLING: dict[str, str] = {
    **dict.fromkeys(("sel", "selector"), "full_s"),
    **dict.fromkeys(("n", "k", "i", "loc"), "1"),
    **dict.fromkeys(("atom", "value", "filler", "default"), '"a"'),
}


def show_help(session: Session, word: str) -> list[Line]:
    """Everything known about a word; nothing if that is nothing."""
    found: list[Line] = []
    value = session.names().get(word)
    topic = TOPICS.get(SEE.get(word, word))
    if value is not None:
        found += name_lines(session, word, value)
    if topic is not None and (value is None or not documentation(session, word)):
        found += split_paragraphs(topic)
    return found


def name_lines(session: Session, name: str, value: Static) -> list[Line]:
    """Kind, documentation and cost of a bound name."""
    title = f"{name}({', '.join(value.parameters)})" if isinstance(value, Function) else name
    rows = [make_line(Piece(title, "name"), f"  {describe_value(value)}{origin(session, name, value)}")]
    rows += [make_line(Piece(f"  {text}", "value")) for text in documentation(session, name)]
    cost = cost_of(session, name, value)
    return [*rows, make_line(Piece(f"  {cost}", "label"))] if cost else rows


def origin(session: Session, name: str, value: Static) -> str:
    """Where a name is from, in words."""
    if name not in session.bindings:
        return (
            " of the library" if any(name in list_defined(tree) for _, tree in definitions(session)) else ""
        )
    if isinstance(value, Function) and value.home not in ("console", "library"):
        return f" from {value.home}"
    return ""


def definitions(session: Session) -> Iterator[tuple[Source, syntax_tree.Statement]]:
    """All statements that may define a name, the ones that count first: typed, loaded, the library's."""
    texts = {**session.workshop.loaded, PROMPT: session.text}
    for name, text in reversed(texts.items()):
        module = parse_tolerantly(Source(name, text))
        yield from ((module.source, statement) for statement in reversed(module.statements))
    library = load_standard_library()
    yield from ((library.source, statement) for statement in library.statements)


def find_definition(session: Session, name: str) -> tuple[Source, syntax_tree.Statement] | None:
    """The latest statement that defines a name, and its text."""
    return next((found for found in definitions(session) if name in list_defined(found[1])), None)


def documentation(session: Session, name: str) -> tuple[str, ...]:
    """The comment above the latest definition of a name."""
    found = find_definition(session, name)
    if found is not None:
        source, statement = found
        lines = find_comment_above(source, statement.span.start)
        return tuple(text for text in lines if not DIRECTIVE.match(text))
    value = session.scope.find(name)
    return tuple(value.doc.splitlines()) if isinstance(value, Function) else ()


def cost_of(session: Session, name: str, value: Static) -> str:
    """Layers and heads of an s-op or selector, or of what a function returns; nothing when unknown."""
    match value:
        case Node():
            return f"{REFERENCE}: {describe_cost(count_reference_heads(value))}"
        case Function():
            program = session.program()
            call, result = next(calls(program, name, value), ("", None))
            counts = count_reference_heads(result) if result is not None else []
            return f"{REFERENCE}: {describe_cost(counts)} for {call}" if result is not None else ""
        case _:
            return ""


def calls(program: Program, name: str, function: Function) -> Iterator[tuple[str, Node]]:
    """Calls of a function that work, with what they return. Only the first few combinations are tried."""
    choices = [(TELLING[name], *SAMPLES) if name in TELLING else SAMPLES for name in function.parameters]
    combinations = product(*choices)
    for arguments in islice(combinations, MOST_TRIED):
        text = f"{name}({', '.join(arguments)})"
        try:
            result = program.expression(text)
        except RaspError:
            continue
        if isinstance(result, Node):
            yield text, result
