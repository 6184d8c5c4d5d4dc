"""Refusing: a `CompileError` that points at the expression a node came from."""

from compiler.options import CompileError
from rasp.diagnostics import Diagnostic
from rasp.graph.nodes import Graph, Node, list_reachable


def make_refusal(graph: Graph, node: Node, message: str, hint: str) -> CompileError:
    """The error to raise when `node` can't be compiled."""
    node = written(graph, node)
    name = graph.names.get(node, "")
    about = f"cannot compile `{name}`: {message}" if name else f"cannot compile this: {message}"
    source, span = graph.origins.get(node, (None, None))
    return CompileError(Diagnostic(about, source, span, hint=hint, code="cannot-compile"))


class Inexact(CompileError):
    """Every way to build the program loses values to rounding. Shorter inputs may not. `cut_short`: there was more to try,
    but no effort left."""

    def __init__(self, *diagnostics: Diagnostic, cut_short: bool = False) -> None:
        super().__init__(*diagnostics)
        self.cut_short = cut_short


class NeverDefined(CompileError):
    """An expression has no value for any input, or needs one that has none: it could be passed over, but not carried."""

    def __init__(self, graph: Graph, node: Node, problem: str, hint: str = "") -> None:
        super().__init__(
            *make_refusal(graph, node, f"this has no value for any input: {problem}", hint).diagnostics
        )


class ToldApart(CompileError):
    """An expression has other values for an int than for the same number as a float, which a mean can both be."""


def written(graph: Graph, node: Node) -> Node:
    """The node itself if it has a place in a program, or else an innermost expression with one that needs it, or
    an outermost one that it needs."""
    needing = {node}
    for user in list_reachable(graph.origins) if node not in graph.origins else ():
        if not needing.isdisjoint(user.args):
            if user in graph.origins:
                return user
            needing.add(user)
    return next((part for part in reversed(list_reachable([node])) if part in graph.origins), node)
