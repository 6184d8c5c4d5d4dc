"""A sample of inputs with what the interpreter makes of them, for all that is told of a program when it is compiled.

All inputs up to a length where they are few, else a seeded sample. What is found on it is certain, that nothing is found
is not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from compiler.options import CompileOptions
from compiler.verify.chosen_inputs import Word, batch_inputs, choose_inputs
from rasp.graph.nodes import Node
from rasp.interpret.evaluate import Outcome, evaluate

LONGEST, BUDGET, BATCH, SEED = 16, 1000, 250, 0


@dataclass(frozen=True, eq=False)
class InterpretedSample:
    """Inputs, the shortest first, of at most `longest` tokens: `all` there are or some. `outcomes` has for each output of
    `nodes` what it is on each of them, under the attention of the options.
    """

    nodes: Mapping[str, Node]
    options: CompileOptions
    inputs: Sequence[Word]
    longest: int
    all: bool
    outcomes: Mapping[str, Sequence[Outcome]]


def interpret_sample(outputs: Mapping[str, Node], options: CompileOptions) -> InterpretedSample:
    """Interpret each output on the sample."""
    longest = min(options.max_length, LONGEST)
    selection = choose_inputs(len(options.vocabulary), longest, BUDGET, SEED)
    inputs: list[Word] = []
    outcomes: dict[str, list[Outcome]] = {name: [] for name in outputs}
    for batch in batch_inputs(options.vocabulary, selection, lambda length: BATCH):
        inputs += batch
        found = evaluate(list(outputs.values()), batch, options.attention)
        for name, row in zip(outputs, found, strict=True):
            outcomes[name] += row
    return InterpretedSample(outputs, options, inputs, longest, selection.exhaustive, outcomes)
