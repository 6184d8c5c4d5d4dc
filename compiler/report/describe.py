"""S-ops, selectors and their features as short text: by the user's names where there are any."""

from collections.abc import Iterator, Mapping

import numpy as np

from compiler.blocks.form import Vector
from compiler.domains.domain import Domain
from rasp.graph.nodes import Graph, Indices, Node, Tokens
from rasp.notation.formula import write_formula
from rasp.values import show_value

LONGEST = 80
DEEPEST = 6
#: What the embedding is of.
INPUTS = ("tokens", "indices")
#: Values of a feature that are listed.
MOST_NUMBERS = 8


def describe_node(graph: Graph, node: Node) -> str:
    """A node's name, or else its operation, as deep as is still short; `…` stands for the rest.

    The input is `tokens` whether the program reads it so or by `tokens_int` and the like: the model cannot tell.
    """
    labels = graph.names | dict(zip(map(graph.add, (Tokens(), Indices())), INPUTS, strict=True))
    if node in labels:
        return labels[node]
    return short_formula(node, labels)


def short_formula(node: Node, labels: Mapping[Node, str]) -> str:
    """A node's operation, as deep as is still short."""
    texts = [write_formula(node, labels, deepest) for deepest in range(DEEPEST, 0, -1)]
    return next((text for text in texts if len(text) <= LONGEST), texts[-1])


def describe_step(graph: Graph, before: Node, after: Node) -> str:
    """A node and what stands in its place, each as an operation on what has names."""
    own = {before, after}
    labels = {node: name for node, name in graph.names.items() if node not in own}
    labels |= {graph.add(Tokens()): INPUTS[0], graph.add(Indices()): INPUTS[1]}
    name = f"{graph.names[before]}: " if before in graph.names else ""
    return f"{name}{short_formula(before, labels)}   becomes   {short_formula(after, labels)}"


def describe_feature(domain: Domain, vector: Vector) -> str:
    """What a column holds for each value x of an s-op: `x^2 - 3`, or the values for which it is not 0."""
    if domain.is_numeric and domain.numbers_differ and (text := polynomial(domain.numbers(), vector)):
        return text
    if np.ptp(vector) == 0:
        return f"{vector[0]:.6g}"
    pairs = [f"{vector[k]:.6g} for {show_value(domain.values[k])}" for k in np.flatnonzero(vector).tolist()]
    if len(pairs) > MOST_NUMBERS:
        pairs = [*pairs[:4], f"… {len(pairs) - 6} more", *pairs[-2:]]
    return ", ".join(pairs)


def polynomial(numbers: Vector, vector: Vector) -> str:
    """The vector as a polynomial in x of degree 1 or 2, what attention compares by; empty when it is none."""
    middle = len(numbers) // 2
    if not 0 < middle < len(numbers) - 1:
        return ""
    x, y = numbers[[0, middle, -1]], vector[[0, middle, -1]]
    slopes = np.diff(y) / np.diff(x)
    bend = float(slopes[1] - slopes[0]) / float(x[2] - x[0])
    line = float(slopes[0]) - bend * float(x[0] + x[1])
    found = np.round([y[0] - line * x[0] - bend * x[0] ** 2, line, bend], 6)
    degree = int(np.flatnonzero(found)[-1]) if found.any() else 0
    exact = np.allclose(np.polyval(found[::-1], numbers), vector, rtol=1e-12, atol=1e-12)
    return " ".join(terms(found)).removeprefix("+ ") if exact and 0 < degree < len(numbers) - 1 else ""


def terms(coefficients: Vector) -> Iterator[str]:
    """`- 2 x^2`, `+ x`, `- 7`: the highest power first."""
    for power in reversed(range(len(coefficients))):
        factor = coefficients[power]
        size = "" if abs(factor) == 1 and power else f"{abs(factor):.6g}"
        letter = ("", "x", f"x^{power}")[min(power, 2)]
        if factor:
            yield f"{'-' if factor < 0 else '+'} {size}{' ' if size and letter else ''}{letter}"
