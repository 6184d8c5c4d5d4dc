"""Whether a program answers differently when a position sees only what stands before it, and by which selector."""

from dataclasses import dataclass
from typing import cast

from compiler.verify.chosen_inputs import Word
from compiler.verify.interpreted_sample import BATCH, InterpretedSample
from rasp.graph.nodes import AttentionOp, Node, list_reachable
from rasp.interpret.evaluate import EvaluationError, evaluate
from rasp.values import Atom


@dataclass(frozen=True)
class Lookahead:
    """An input with its answers in both readings, and the first selector whose reading makes a difference.

    `causal` is None where there is no value.
    """

    tokens: Word
    output: str
    full: list[Atom]
    causal: list[Atom] | None
    selector: Node


def find_lookahead(sample: InterpretedSample) -> Lookahead | None:
    """The first input of a sample, which was interpreted as causal, on which the full reading differs; None when they agree
    wherever the full one has a value."""
    for start in range(0, len(sample.inputs), BATCH):
        inputs = sample.inputs[start : start + BATCH]
        full = evaluate(list(sample.nodes.values()), inputs, "full")
        for name, ones in zip(sample.nodes, full, strict=True):
            others = sample.outcomes[name][start : start + BATCH]
            for tokens, one, other in zip(inputs, ones, others, strict=True):
                if not isinstance(one, EvaluationError) and one != other:
                    selector = find_first_difference(sample.nodes[name], tokens)
                    answer = None if isinstance(other, EvaluationError) else cast(list[Atom], other)
                    return Lookahead(tokens, name, cast(list[Atom], one), answer, selector)
    return None


def find_first_difference(output: Node, tokens: Word) -> Node:
    """The selector of the first aggregate or width, in the order of computing, that differs between the readings."""
    nodes = [node for node in list_reachable([output]) if isinstance(node.op, AttentionOp)]
    full, causal = (evaluate(nodes, [tokens], reading) for reading in ("full", "causal"))
    return next(node.args[0] for node, (a,), (b,) in zip(nodes, full, causal, strict=True) if a != b)
