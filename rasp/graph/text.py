"""Graph ↔ text, one node a line.

    %0 = tokens
    %1 = map[to_str] %0
    %2 = indices
    %3 = select[<] %2 %2
    %4 = const int 3
    %5 = map[in_list: string "a", string "b"] %1
    %6 = aggregate[int 0] %3 %5
    out hits = %6

Also `not`, `and`, `or`, `best` and `width`, each followed by its arguments. Arguments come before their
users. Strings are written as in JSON. `print_graph(parse_graph(text))` is `text` with its nodes numbered in
order, and the same meaning.
"""

import json
import re
from collections.abc import Mapping

from rasp.diagnostics import Diagnostic, RaspError
from rasp.graph.nodes import (
    Aggregate,
    And,
    Best,
    Constant,
    Graph,
    Indices,
    Map,
    Node,
    Not,
    Op,
    Or,
    Select,
    Tokens,
    Width,
    reachable,
)
from rasp.graph.primitives import PRIMS, TESTS
from rasp.source import Source, Span
from rasp.values import Atom, Const, const

ATOM = r'(?:int -?\d+|float -?[\d.e+-]+|bool (?:True|False)|string "(?:[^"\\]|\\.)*")'
LINE = re.compile(rf"%(?P<number>\d+) = (?P<word>\w+)(?:\[(?P<inside>(?:{ATOM}|[^\]\"])*)\])?(?P<rest>.*)")
OUTPUT = re.compile(r"out (?P<name>\S+) = %(?P<number>\d+)")

PLAIN: dict[str, tuple[Op, int]] = {
    "tokens": (Tokens(), 0),
    "indices": (Indices(), 0),
    "not": (Not(), 1),
    "and": (And(), 2),
    "or": (Or(), 2),
    "best": (Best(), 2),
    "width": (Width(), 1),
}
WORDS: dict[type, str] = {type(op): word for word, (op, _) in PLAIN.items()}


def print_graph(outputs: Mapping[str, Node]) -> str:
    """The nodes that the outputs need, then the outputs."""
    nodes = reachable(outputs.values())
    numbers = {node: i for i, node in enumerate(nodes)}
    lines: list[str] = []
    for node in nodes:
        arguments = "".join(f" %{numbers[arg]}" for arg in node.args)
        lines.append(f"%{numbers[node]} = {print_op(node.op)}{arguments}")
    lines += [f"out {name} = %{numbers[node]}" for name, node in outputs.items()]
    return "\n".join(lines) + "\n"


def print_op(op: Op) -> str:
    """An op with its attributes."""
    match op:
        case Constant(value):
            return f"const {print_atom(value)}"
        case Map(prim, parameters):
            inside = ", ".join(map(print_atom, parameters))
            return f"map[{prim}: {inside}]" if parameters else f"map[{prim}]"
        case Select(test):
            return f"select[{test}]"
        case Aggregate(default):
            return f"aggregate[{print_atom(default)}]"
        case _:
            return WORDS[type(op)]


def print_atom(value: Const) -> str:
    kind, _ = value.key
    return f"{kind} {json.dumps(value.value, ensure_ascii=False) if kind == 'string' else repr(value.value)}"


def parse_graph(text: str) -> tuple[Graph, dict[str, Node]]:
    """The graph and its outputs. Raises `RaspError` at the first line that is malformed."""
    source = Source("<graph>", text)
    graph, nodes, outputs = Graph(), dict[str, Node](), dict[str, Node]()
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            parse_line(line, graph, nodes, outputs)
        except ValueError as problem:
            start = source.starts[number - 1]
            span = Span(start, start + len(line))
            raise RaspError(Diagnostic(str(problem), source, span, code="graph-text")) from None
    return graph, outputs


def parse_line(line: str, graph: Graph, nodes: dict[str, Node], outputs: dict[str, Node]) -> None:
    """Read one line into the graph, the nodes by number, or the outputs. Raises `ValueError`."""
    output = OUTPUT.fullmatch(line)
    if output is not None:
        outputs[output["name"]] = numbered(nodes, output["number"])
        return
    match = LINE.fullmatch(line)
    if match is None:
        raise ValueError("this line is neither `%N = op arguments` nor `out NAME = %N`")
    word, rest = match["word"], match["rest"]
    if word == "const":
        nodes[match["number"]] = graph.add(Constant(parse_atom(rest.strip())))
        return
    op, arity = parse_op(word, match["inside"])
    references = rest.split()
    if len(references) != arity or not all(reference.startswith("%") for reference in references):
        raise ValueError(f"`{word}` takes {arity} arguments here, written %N")
    arguments = [numbered(nodes, reference[1:]) for reference in references]
    nodes[match["number"]] = graph.add(op, *arguments)


def numbered(nodes: dict[str, Node], number: str) -> Node:
    if number not in nodes:
        raise ValueError(f"there is no node %{number} before this line")
    return nodes[number]


def parse_op(word: str, inside: str | None) -> tuple[Op, int]:
    """An op and its number of arguments. Raises `ValueError`."""
    if word in PLAIN and inside is None:
        return PLAIN[word]
    match word, inside:
        case "select", str() if inside in TESTS:
            return Select(inside), 2
        case "aggregate", str():
            return Aggregate(parse_atom(inside)), 2
        case "map", str():
            prim, _, parameters = inside.partition(": ")
            if prim not in PRIMS:
                raise ValueError(f"there is no primitive called `{prim}`")
            return Map(prim, parse_atoms(parameters)), PRIMS[prim].arity
        case _:
            raise ValueError(f"there is no op written like this: `{word}`")


def parse_atoms(text: str) -> tuple[Const, ...]:
    found = re.findall(ATOM, text)
    if ", ".join(found) != text:
        raise ValueError(f"these are no values: {text}")
    return tuple(parse_atom(atom) for atom in found)


def parse_atom(text: str) -> Const:
    """`int 3`, `float 0.5`, `bool True` or `string "a"`. Raises `ValueError`."""
    if not re.fullmatch(ATOM, text):
        raise ValueError(f"this is no value: {text}")
    kind, _, written = text.partition(" ")
    value: Atom
    match kind:
        case "int":
            value = int(written)
        case "float":
            value = float(written)
        case "bool":
            value = written == "True"
        case _:
            value = json.loads(written, strict=False)
    return const(value)
