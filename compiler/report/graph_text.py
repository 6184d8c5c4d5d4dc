"""Graphs of outputs as text that says what it is compiled for, and back.

    # compile: hits vocab="ab" max_length=4 attention=causal
    %0 = tokens
    %1 = select[==] %0 %0                    # same
    %2 = width %1                            # hits
    out hits = %2

The first line is that of a program (`rasp/syntax/directives.py`); the others are in the notation of `rasp/graph/text.py`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from compiler.options import CompileOptions
from rasp.diagnostics import Diagnostic, RaspError
from rasp.graph.nodes import Graph, Node
from rasp.graph.text import parse_graph, print_graph
from rasp.source import Source
from rasp.syntax.directives import CompileLine, read_directives
from rasp.values import Atom


@dataclass(frozen=True)
class GraphText:
    """A text that was read: its graph, its outputs, and its `# compile:` line if it has one."""

    graph: Graph
    outputs: Mapping[str, Node]
    line: CompileLine | None


def print_outputs(graph: Graph, outputs: Mapping[str, Node], options: CompileOptions) -> str:
    """The text of outputs and what they are compiled for."""
    return f"{compile_line(next(iter(outputs)), options)}\n{print_graph(outputs, graph.names)}"


def compile_line(name: str, options: CompileOptions) -> str:
    """Options as a program says them."""
    vocabulary = vocabulary_text(options.vocabulary)
    return (
        f"# compile: {name} vocab={vocabulary} max_length={options.max_length} attention={options.attention}"
    )


def vocabulary_text(vocabulary: tuple[Atom, ...]) -> str:
    """Tokens as a string of characters where they are such, else as a JSON list."""
    if all(isinstance(t, str) and len(t) == 1 and t.isprintable() and t not in '"#' for t in vocabulary):
        return f'"{"".join(map(str, vocabulary))}"'
    return json.dumps(list(vocabulary), ensure_ascii=False)


def parse_outputs(source: Source) -> GraphText:
    """The outputs that a text has. Raises `RaspError` where it is malformed, or has none that a model could have."""
    graph, outputs = parse_graph(source)
    hint = "write `out NAME = %N` behind the nodes"
    if not outputs:
        raise RaspError(Diagnostic("the graph has no output", hint=hint, code="graph-text"))
    for name, node in outputs.items():
        if node.is_selector:
            message = f"the output {name} is a selector"
            raise RaspError(
                Diagnostic(message, hint="only s-ops can be outputs: read through it", code="graph-text")
            )
    comments = "\n".join(row if row.startswith("#") else " " * len(row) for row in source.text.split("\n"))
    directives = read_directives(Source(source.name, comments))
    if directives.diagnostics:
        raise RaspError(*directives.diagnostics)
    return GraphText(graph, outputs, next(iter(directives.compiles), None))
