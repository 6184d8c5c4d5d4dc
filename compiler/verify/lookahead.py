"""Whether a program answers differently when a position sees only what stands before it, and by which selector.

Both readings are interpreted on a sample of short inputs: what is found is certain, that nothing is found is not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from compiler.options import CompileOptions
from compiler.verify.chosen_inputs import Word, batch_inputs, choose_inputs
from rasp.graph.nodes import AttentionOp, Node, list_reachable
from rasp.interpret.evaluate import EvaluationError, evaluate
from rasp.values import Atom

LONGEST, BUDGET, BATCH, SEED = 8, 400, 100, 0


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


def find_lookahead(outputs: Mapping[str, Node], options: CompileOptions) -> Lookahead | None:
    """The first input of the sample on which the readings differ; None when they agree wherever the full
    one has a value."""
    longest = min(options.max_length, LONGEST)
    selection = choose_inputs(len(options.vocabulary), longest, BUDGET, SEED)
    for inputs in batch_inputs(options.vocabulary, selection, lambda length: BATCH):
        full, causal = (evaluate(list(outputs.values()), inputs, reading) for reading in ("full", "causal"))
        for name, ones, others in zip(outputs, full, causal, strict=True):
            for tokens, one, other in zip(inputs, ones, others, strict=True):
                if not isinstance(one, EvaluationError) and one != other:
                    selector = first_difference(outputs[name], tokens)
                    answer = None if isinstance(other, EvaluationError) else cast(list[Atom], other)
                    return Lookahead(tokens, name, cast(list[Atom], one), answer, selector)
    return None


def first_difference(output: Node, tokens: Word) -> Node:
    """The selector of the first aggregate or width, in the order of computing, that differs between the readings."""
    nodes = [node for node in list_reachable([output]) if isinstance(node.op, AttentionOp)]
    full, causal = (evaluate(nodes, [tokens], reading) for reading in ("full", "causal"))
    return next(node.args[0] for node, (a,), (b,) in zip(nodes, full, causal, strict=True) if a != b)
