"""An evaluation's failure → a diagnostic at the place of the program that made the failing node."""

import re
from collections.abc import Sequence

from rasp.diagnostics import Diagnostic
from rasp.graph.nodes import Graph, Map, Node, Tokens
from rasp.interpret.evaluate import EvaluationError
from rasp.source import Source, Span
from rasp.values import Atom, show_value

LONGEST_SHOWN = 12
NUMBERS = "tokens are strings; `tokens_int` and `tokens_float` are the numbers that they spell"
#: What to do about a failure, by what its message says.
ADVICE = {
    "averaging several values": "a value of any kind is read where a row selects one position, as `best` does",
    "is not a key of the dict": 'every value that may come needs an entry; `in` asks for one: `x in ["a", "b"]`',
    "is not an? (integer|number)": "`tokens` is the input as text",
}
#: The same, for strings where numbers are needed: by whether the strings are the tokens.
STRINGS = r"does not work on .*string|cannot order .*string|`%` cannot put"
TEXT = 'text goes with text only; it is made of a number by `"%s" % x`'


def explain_failure(
    graph: Graph, error: EvaluationError, items: Sequence[Atom], otherwise: tuple[Source, Span]
) -> Diagnostic:
    """The message for `error`, which evaluating on `items` gave. `otherwise` is the place when the node
    has none.
    """
    source, span = otherwise
    if error.node is not None and error.node in graph.origins:
        source, span = find_nearest_place(graph, error.node, otherwise)
    notes = (f"on the input {show_input(items)}",)
    return Diagnostic(error.message, source, span, "", advice(error), code="evaluation", notes=notes)


def find_nearest_place(graph: Graph, node: Node, asked: tuple[Source, Span]) -> tuple[Source, Span]:
    """Where a node with an origin is written: at a prompt an earlier line may have had the same expression as the one that
    is `asked` about, which is then meant."""
    source, span = graph.repeated.get(node, graph.origins[node])
    around = asked[1]
    is_within = source == asked[0] and around.start <= span.start <= span.end <= around.end
    return (source, span) if is_within else graph.origins[node]


def advice(error: EvaluationError) -> str:
    """What to do about a failure, if that is known."""
    if re.search(STRINGS, error.message):
        return NUMBERS if error.node is not None and any(map(is_text_of_tokens, error.node.args)) else TEXT
    return next((advice for pattern, advice in ADVICE.items() if re.search(pattern, error.message)), "")


def is_text_of_tokens(node: Node) -> bool:
    return node.op == Map("to_str") and node.args[0].op == Tokens()


def show_input(items: Sequence[Atom]) -> str:
    """An input as the user would write it, shortened."""
    if all(isinstance(item, str) and len(item) == 1 for item in items):
        text = "".join(map(str, items))
        return show_value(text) if len(text) <= 40 else f"{show_value(text[:40])}…"
    shown = ", ".join(map(show_value, items[:LONGEST_SHOWN]))
    return f"[{shown}{', …' if len(items) > LONGEST_SHOWN else ''}]"
