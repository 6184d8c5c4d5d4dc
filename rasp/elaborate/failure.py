"""An evaluation's failure → a diagnostic at the place of the program that made the failing node."""

import re
from collections.abc import Sequence

from rasp.diagnostics import Diagnostic
from rasp.evaluate import EvaluationError
from rasp.graph import Graph
from rasp.source import Source, Span
from rasp.values import Atom, show

LONGEST_SHOWN = 12
#: What to do about a failure, by what its message says.
ADVICE = {
    r"does not work on .*string|cannot order .*string": "tokens are strings; `tokens_int` and `tokens_float` are the "
    "numbers that they spell",
    "averaging several values": "a value of any kind is read where a row selects one position, as `best` does",
}


def failure(
    graph: Graph, error: EvaluationError, items: Sequence[Atom], otherwise: tuple[Source, Span]
) -> Diagnostic:
    """The message for `error`, which evaluating on `items` gave. `otherwise` is the place when the node
    has none.
    """
    source, span = graph.origins.get(error.node, otherwise) if error.node is not None else otherwise
    hint = next((advice for pattern, advice in ADVICE.items() if re.search(pattern, error.message)), "")
    notes = (f"on the input {listed(items)}",)
    return Diagnostic(error.message, source, span, "", hint, code="evaluation", notes=notes)


def listed(items: Sequence[Atom]) -> str:
    """An input as the user would write it, shortened."""
    if all(isinstance(item, str) and len(item) == 1 for item in items):
        text = "".join(map(str, items))
        return show(text) if len(text) <= 40 else f"{show(text[:40])}…"
    shown = ", ".join(map(show, items[:LONGEST_SHOWN]))
    return f"[{shown}{', …' if len(items) > LONGEST_SHOWN else ''}]"
