"""What an s-op or selector without a name of the user's is called in lists, drawings and tables.

In: a node, and the names and calls that the workshop has noted. Out: `( indices * 2 )`, `sort(tokens ,
tokens)`, or, when that would be long, just `s-op` or `selector`. The shapes are those of RASP's first
implementation.
"""

from typing import assert_never

from rasp.elaborate.scope import Function, Static, Workshop
from rasp.graph.nodes import (
    Aggregate,
    And,
    Best,
    Constant,
    Indices,
    Map,
    Node,
    Not,
    Or,
    Select,
    Tokens,
    Width,
)
from rasp.graph.primitive_names import PrimName
from rasp.graph.primitives import PRIMS
from rasp.values import Atom

LONGEST = 30
LONGEST_ARGUMENT = 20
#: Names nest no deeper (what is shared would be written out again and again).
DEEPEST = 8
PATTERNS: dict[type, str] = {
    Not: "( not {0} )",
    And: "( {0} and {1} )",
    Or: "( {0} or {1} )",
    Best: "best({0} , {1})",
    Width: "selector_width({0})",
}


def name_node(workshop: Workshop, node: Node, depth: int = 0) -> str:
    """The name of a node, at most `LONGEST` characters long if the user did not choose it."""
    graph = workshop.graph
    if node in graph.names and (node in workshop.top_names or graph.names[node] in workshop.base.values):
        return graph.names[node]
    if depth > DEEPEST:
        return name_kind(node)
    if node in graph.names:
        text = graph.names[node]
    elif node in workshop.calls:
        function, arguments = workshop.calls[node]
        inside = " , ".join(argument_text(workshop, value, depth + 1) for value in arguments)
        text = f"{function.name}({inside})"
    else:
        text = structure(workshop, node, depth + 1)
    return text if len(text) <= LONGEST else name_kind(node)


def name_kind(node: Node) -> str:
    return "selector" if node.is_selector else "s-op"


def argument_text(workshop: Workshop, value: Static, depth: int) -> str:
    """An argument of a call; lists and dicts only while they are short."""
    match value:
        case Node():
            return name_node(workshop, value, depth)
        case Function(name):
            return name
        case list() | dict():
            text = str(value) if len(value) <= LONGEST_ARGUMENT and not holds_more(value) else ""
            kind = "(list)" if isinstance(value, list) else "(dict)"
            return text if text and len(text) <= LONGEST_ARGUMENT else kind
        case _:
            return write_literal(value)


def holds_more(value: list[Static] | dict[Atom, Static]) -> bool:
    """Is there anything but atoms in it?"""
    items = value if isinstance(value, list) else list(value.values())
    return any(isinstance(item, Node | Function | list | dict) for item in items)


def write_literal(value: Atom) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def structure(workshop: Workshop, node: Node, depth: int) -> str:
    """A node by its op and its arguments' names."""
    parts = [name_node(workshop, argument, depth) for argument in node.args]
    match node.op:
        case Tokens():
            return "tokens_asis"
        case Indices():
            return "indices"
        case Constant(value):
            return write_literal(value.value)
        case Map(prim, parameters):
            return write_map(prim, [parameter.value for parameter in parameters], parts)
        case Aggregate():
            return aggregate_text(node, parts)
        case And() | Or() | Not() | Best() | Width() as op:
            return PATTERNS[type(op)].format(*parts)
        case Select():
            return "plain select"
        case _:
            assert_never(node.op)


def aggregate_text(node: Node, parts: list[str]) -> str:
    """An aggregate: by the position that it picks, if that is one and the same."""
    match node.args:
        case (Node(Select("=="), (Node(Indices()), Node(Constant(place)))), _):
            return f"{parts[1]}[{write_literal(place.value)}]"
        case _:
            return "s-op"


def write_map(prim: PrimName, parameters: list[Atom], parts: list[str]) -> str:
    """An elementwise operation. Tables it looks up are shown while they are short."""
    match prim:
        case "in_list":
            return f"{parts[0]} in {short_table(parameters)}"
        case "index_list":
            return f"{short_table(parameters)}[{parts[0]}]"
        case "index_dict":
            table = dict(zip(parameters[::2], parameters[1::2], strict=True))
            return f"{table if len(str(table)) <= LONGEST_ARGUMENT else '(dict)'}[{parts[0]}]"
        case "if":
            return f"{parts[1]} if {parts[0]} else {parts[2]}"
        case _:
            return PRIMS[prim].symbol.format(*parts)


def short_table(values: list[Atom]) -> str:
    text = str(values[: LONGEST_ARGUMENT + 1])
    return text if len(text) <= LONGEST_ARGUMENT else "(list)"
