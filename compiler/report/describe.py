"""S-ops and selectors as short RASP text: by the user's names where there are any."""

from rasp.graph import Aggregate, And, Best, Constant, Graph, Indices, Map, Node, Not, Op, Or, Select, Tokens
from rasp.prims import PRIMS
from rasp.values import Atom, show

DEEPEST = 3
PLAIN_TOKENS = "to_str"


def describe(graph: Graph, node: Node, depth: int = 0) -> str:
    """Text for a node; what lies deep is shown as `…`, unless it has a name."""
    name = graph.names.get(node)
    if name and (depth or not name.startswith("(")):
        return name
    if depth > DEEPEST:
        return "…"
    parts = [describe(graph, arg, depth + 1) for arg in node.args]
    return describe_leaf(node.op) or describe_selector(node.op, parts) or describe_result(node, parts)


def describe_leaf(op: Op) -> str:
    """What has no arguments."""
    match op:
        case Tokens():
            return "tokens_asis"
        case Indices():
            return "indices"
        case Constant(value):
            return literal(value.value)
        case _:
            return ""


def describe_selector(op: Op, parts: list[str]) -> str:
    """A selector of described arguments."""
    match op:
        case Select(test):
            return f"select({parts[0]}, {parts[1]}, {test})"
        case Not():
            return f"not {parts[0]}"
        case And():
            return f"{parts[0]} and {parts[1]}"
        case Or():
            return f"({parts[0]} or {parts[1]})"
        case Best():
            return f"best({parts[0]}, {parts[1]})"
        case _:
            return ""


def describe_result(node: Node, parts: list[str]) -> str:
    """An s-op of described arguments."""
    match node.op:
        case Map(prim, parameters):
            return describe_map(prim, parts, len(parameters), isinstance(node.args[0].op, Tokens))
        case Aggregate(default):
            return f"aggregate({parts[0]}, {parts[1]}, {literal(default.value)})"
        case _:
            return f"selector_width({parts[0]})"


def describe_map(prim: str, parts: list[str], parameters: int, of_input: bool) -> str:
    """An elementwise operation of described arguments."""
    if prim == PLAIN_TOKENS and of_input:
        return "tokens"
    if prim in ("index_list", "index_dict"):
        return f"table of {parameters // (2 if prim == 'index_dict' else 1)}[{parts[0]}]"
    symbol = PRIMS[prim].symbol.replace("( ", "(").replace(" )", ")")
    return symbol.format(*parts)


def literal(value: Atom) -> str:
    """A constant as RASP writes it."""
    return show(value)
