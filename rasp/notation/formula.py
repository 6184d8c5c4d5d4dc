"""A node as RASP text, down to nodes that have labels: `length - indices - 1`, `select(tokens, "a", ==)`."""

from collections.abc import Mapping
from typing import assert_never

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
    list_in_order,
)
from rasp.notation.naming import write_literal, write_map

LONGEST = 400
OPERATORS = ("not", "neg", "pos")
DEEPEST = 12
PATTERNS: dict[type, str] = {
    Not: "not {0}",
    And: "{0} and {1}",
    Or: "{0} or {1}",
    Best: "best({0}, {1})",
    Width: "selector_width({0})",
}


def write_formula(node: Node, labels: Mapping[Node, str], deepest: int = DEEPEST) -> str:
    """The node's own operation, with labels for its arguments where they have some; `…` is what lies deeper."""
    return unwrapped(operation(node, labels, deepest))


def unwrapped(text: str) -> str:
    """Without parentheses around the whole."""
    if not (text.startswith("(") and text.endswith(")")):
        return text
    depth, quoted = 0, False
    for place, character in enumerate(text):
        quoted ^= character == '"'
        depth += 0 if quoted else (character == "(") - (character == ")")
        if depth == 0 and place < len(text) - 1:
            return text
    return text[1:-1]


def argument(node: Node, labels: Mapping[Node, str], left: int) -> str:
    if node in labels:
        return labels[node]
    text = operation(node, labels, left) if left or not node.args else "…"
    return text if len(text) <= LONGEST else "…"


def operation(node: Node, labels: Mapping[Node, str], left: int) -> str:
    """The operation in parentheses where that is needed inside another one."""
    parts = [argument(arg, labels, left - 1) for arg in node.args]
    match node.op:
        case Constant(value):
            return write_literal(value.value)
        case Map(prim, parameters):
            if len(parts) == 1 and prim not in OPERATORS:
                parts = [unwrapped(parts[0])]
            text = write_map(prim, [parameter.value for parameter in parameters], parts)
            text = text.replace("( ", "(").replace(" )", ")")
            text = f"indicator{text[1:]}" if prim == "indicator" else text
            return f"({text})" if prim in ("if", "in_list") else text
        case Select(test):
            return f"select({unwrapped(parts[0])}, {unwrapped(parts[1])}, {test})"
        case Aggregate(default):
            return f"aggregate({parts[0]}, {unwrapped(parts[1])}, {write_literal(default.value)})"
        case Not() | And() | Or():
            return f"({PATTERNS[type(node.op)].format(*parts)})"
        case Best() | Width():
            return PATTERNS[type(node.op)].format(*map(unwrapped, parts))
        case Tokens():
            return "tokens_asis"
        case Indices():
            return "indices"
        case _:
            assert_never(node.op)


def list_labels(node: Node, labels: Mapping[Node, str]) -> tuple[str, ...]:
    """The labels that stand in the node's formula."""
    found = list_in_order(node.args, lambda part: () if part in labels else part.args)
    return tuple(dict.fromkeys(labels[part] for part in found if part in labels))
