"""Graph ↔ text, one node a line.

    %0 = tokens
    %1 = map[to_str] %0
    %2 = indices
    %3 = select[<] %2 %2
    %4 = const int 3
    %5 = map[in_list: string "a", string "b"] %1
    %6 = aggregate[int 0] %3 %5                    # hits
    out hits = %6

Also `not`, `and`, `or`, `best` and `width`, each followed by its arguments. Arguments come before their
users. Strings are written as in JSON. What follows `#` is a node's name if it is one word, else a comment.
`print_graph(parse_graph(text))` is `text` with its nodes numbered in order, and the same meaning.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import assert_never

from rasp.diagnostics import Diagnostic, RaspError
from rasp.graph.check import check_op, list_argument_kinds
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
    list_reachable,
)
from rasp.graph.primitives import PRIMS, TESTS
from rasp.source import Source, Span
from rasp.values import Atom, Const, make_const, show_count

STRING = r'"(?:[^"\\]|\\.)*"'
ATOM = rf"(?:int -?[0-9]+|float -?[0-9.]+(?:e[+-]?[0-9]+)?|bool (?:True|False)|string {STRING})"
LINE = re.compile(
    rf"%(?P<number>[0-9]+) = (?P<word>\w+)(?:\[(?P<inside>(?:{STRING}|[^\]\"])*)\])?(?P<rest>(?:{STRING}|[^\"#])*)"
)
OUTPUT = re.compile(r"out (?P<name>\S+) = %(?P<number>[0-9]+)\s*")
#: A line up to what is said behind it.
BEFORE_REMARK = re.compile(rf"(?:{STRING}|[^\"#])*")
NAME_COLUMN = 40
NODE_FORM = "this line is neither `%N = op arguments` nor `out NAME = %N`"

#: Ops that are a word and nothing else.
PLAIN: dict[str, Op] = {
    "tokens": Tokens(),
    "indices": Indices(),
    "not": Not(),
    "and": And(),
    "or": Or(),
    "best": Best(),
    "width": Width(),
}
WORDS: dict[Op, str] = {op: word for word, op in PLAIN.items()}


def print_graph(outputs: Mapping[str, Node], names: Mapping[Node, str] | None = None) -> str:
    """The nodes that the outputs need, each with its name if it has one, then the outputs."""
    nodes = list_reachable(outputs.values())
    numbers = {node: i for i, node in enumerate(nodes)}
    lines: list[str] = []
    for node in nodes:
        arguments = "".join(f" %{numbers[arg]}" for arg in node.args)
        line = f"%{numbers[node]} = {print_op(node.op)}{arguments}"
        name = (names or {}).get(node)
        lines.append(f"{line:<{NAME_COLUMN}} # {name}" if name else line)
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
        case Tokens() | Indices() | Not() | And() | Or() | Best() | Width():
            return WORDS[op]
        case _:
            assert_never(op)


def print_atom(value: Const) -> str:
    kind, _ = value.key
    return f"{kind} {json.dumps(value.value, ensure_ascii=False) if kind == 'string' else repr(value.value)}"


def parse_graph(text: Source | str) -> tuple[Graph, dict[str, Node]]:
    """The graph and its outputs; nodes have the names that follow them and the places of their lines. Raises `RaspError`
    at the first line that is malformed."""
    source = text if isinstance(text, Source) else Source("<graph>", text)
    reading = ParsedLines()
    for number, line in enumerate(source.text.split("\n"), start=1):
        start = source.starts[number - 1]
        span = Span(start, start + len(line.rstrip()))
        try:
            made = parse_line(line.rstrip(), reading)
        except ValueError as problem:
            raise RaspError(Diagnostic(str(problem), source, span, code="graph-text")) from None
        if made is not None:
            reading.graph.origins.setdefault(made, (source, span))
    return reading.graph, reading.outputs


@dataclass(frozen=True)
class ParsedLines:
    """What the lines so far say: the graph, its nodes by the numbers of the text, the outputs."""

    graph: Graph = field(default_factory=Graph)
    nodes: dict[str, Node] = field(default_factory=dict[str, Node])
    outputs: dict[str, Node] = field(default_factory=dict[str, Node])


def parse_line(whole: str, reading: ParsedLines) -> Node | None:
    """Read one line; its node if it has one. Raises `ValueError`."""
    found = BEFORE_REMARK.match(whole)
    line = found.group().rstrip() if found else ""
    remark = whole[len(line) :].lstrip()
    if remark.startswith('"'):
        raise ValueError("this string does not end")
    if not line:
        return None
    output = OUTPUT.fullmatch(line)
    if output is not None:
        if output["name"] in reading.outputs:
            raise ValueError(f"there are two outputs called {output['name']}")
        reading.outputs[output["name"]] = numbered(reading.nodes, output["number"])
        return None
    node = parse_node(line, reading)
    if (name := remark.removeprefix("#").strip()).isidentifier():
        reading.graph.names.setdefault(node, name)
    return node


def parse_node(line: str, reading: ParsedLines) -> Node:
    """The node of a line `%N = op arguments`. Raises `ValueError`."""
    match = LINE.fullmatch(line)
    if match is None:
        raise ValueError(NODE_FORM)
    word, rest, number = match["word"], match["rest"], match["number"]
    if number in reading.nodes:
        raise ValueError(f"there is a node %{number} above already")
    if word == "const":
        op, arguments = Constant(parse_atom(rest.strip())), []
    else:
        op = parse_op(word, match["inside"])
        arity = len(list_argument_kinds(op))
        references = rest.split()
        if len(references) != arity or not all(reference.startswith("%") for reference in references):
            raise ValueError(f"`{word}` takes {show_count(arity, 'argument')} here, written %N")
        arguments = [numbered(reading.nodes, reference[1:]) for reference in references]
    for complaint in check_op(op, arguments):
        raise ValueError(complaint)
    node = reading.nodes[number] = reading.graph.add(op, *arguments)
    return node


def numbered(nodes: dict[str, Node], number: str) -> Node:
    if number not in nodes:
        raise ValueError(f"there is no node %{number} before this line")
    return nodes[number]


def parse_op(word: str, inside: str | None) -> Op:
    """An op with its attributes. Raises `ValueError`."""
    if word in PLAIN and inside is None:
        return PLAIN[word]
    match word, inside:
        case "select", str() if inside in TESTS:
            return Select(inside)
        case "aggregate", str():
            return Aggregate(parse_atom(inside))
        case "map", str():
            prim, _, parameters = inside.partition(": ")
            if prim not in PRIMS:
                raise ValueError(f"there is no primitive called `{prim}`")
            return Map(prim, parse_atoms(parameters))
        case _:
            raise ValueError(f"there is no op written like this: `{word}`")


def parse_atoms(text: str) -> tuple[Const, ...]:
    found = re.findall(ATOM, text)
    if ", ".join(found) != text:
        raise ValueError(f"these are no values: {text}")
    return tuple(parse_atom(atom) for atom in found)


def parse_atom(text: str) -> Const:
    """`int 3`, `float 0.5`, `bool True` or `string "a"`. Raises `ValueError`."""
    try:
        if re.fullmatch(ATOM, text) and (value := atom_of(*text.split(" ", 1))) is not None:
            return make_const(value)
    except ValueError:  # longer than numbers may be, or no string in JSON
        pass
    raise ValueError(f"this is no value: {text}")


def atom_of(kind: str, written: str) -> Atom | None:
    """The atom, or None for a number that is not finite."""
    match kind:
        case "int":
            return int(written)
        case "float":
            return float(written) if isfinite(float(written)) else None
        case "bool":
            return written == "True"
        case _:
            return json.loads(written, strict=False)


def is_graph(text: str) -> bool:
    """Whether a text is that of a graph, and not a program: its first line that says something begins with `%`."""
    lines = (line for line in text.split("\n") if line.strip() and not line.startswith("#"))
    return next(lines, "").startswith("%")
