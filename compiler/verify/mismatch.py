"""Wrong answers, of models and of rewritten graphs, held against what the interpreter says."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from compiler.model.answers import comparable
from compiler.options import CompileOptions
from compiler.verify.chosen_inputs import Word, batches, choose_inputs
from rasp.graph.nodes import Node
from rasp.interpret.evaluate import EvaluationError, evaluate
from rasp.values import Atom

BUDGET, BATCH, SEED = 400, 100, 0
"""Inputs on which two graphs are compared: a sample of all lengths."""


@dataclass(frozen=True)
class Mismatch:
    """One wrong answer: where it is, what the interpreter says there and what the model (None: it has no answer)."""

    tokens: Word
    output: str
    position: int
    expected: Atom
    got: Atom | None


def difference(
    tokens: Word, name: str, expected: Sequence[Atom], got: Sequence[Atom | None]
) -> Mismatch | None:
    """The first position at which two answers differ."""
    for position, (one, other) in enumerate(zip(expected, got, strict=True)):
        if other is None or comparable(one) != comparable(other):
            return Mismatch(tokens, name, position, one, other)
    return None


def compare_graphs(
    before: Mapping[str, Node], after: Mapping[str, Node], options: CompileOptions, inputs: Sequence[Word]
) -> Mismatch | None:
    """The first answer of `after` that is not that of `before`, among those inputs for which `before` has one."""
    expected, got = (evaluate(list(nodes.values()), inputs, options.attention) for nodes in (before, after))
    for name, per_input, others in zip(before, expected, got, strict=True):
        for tokens, one, other in zip(inputs, per_input, others, strict=True):
            if not isinstance(one, EvaluationError):
                answer = [None] * len(one) if isinstance(other, EvaluationError) else cast(list[Atom], other)
                if wrong := difference(tokens, name, cast(list[Atom], one), answer):
                    return wrong
    return None


def find_difference(
    before: Mapping[str, Node], after: Mapping[str, Node], options: CompileOptions
) -> Mismatch | None:
    """The first difference between two graphs on a sample of inputs, the shortest first."""
    found = (compare_graphs(before, after, options, inputs) for inputs in sample_inputs(options))
    return next((wrong for wrong in found if wrong is not None), None)


def sample_inputs(options: CompileOptions) -> Iterable[list[Word]]:
    """The sample, in batches of one length."""
    selection = choose_inputs(len(options.vocabulary), options.max_length, BUDGET, SEED)
    return batches(options.vocabulary, selection, lambda length: BATCH)
