"""Refusing: a `CompileError` that points at the expression a node came from."""

from compiler.options import CompileError
from rasp.diagnostics import Diagnostic
from rasp.graph import Graph, Node


def refuse(graph: Graph, node: Node, message: str, hint: str) -> CompileError:
    """The error to raise when `node` can't be compiled."""
    name = graph.names.get(node, "")
    about = f"cannot compile `{name}`: {message}" if name else f"cannot compile this: {message}"
    source, span = graph.origins.get(node, (None, None))
    return CompileError(Diagnostic(about, source, span, hint=hint, code="cannot-compile"))
