"""Wrong answers, of models and of rewritten graphs, held against what the interpreter says."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from compiler.json_forms.answer_forms import MismatchRecord
from compiler.model.answers import UNDECIDED, Label, Undecided, compare_key
from compiler.options import CompileOptions
from compiler.verify.chosen_inputs import Word, batch_inputs, choose_inputs
from rasp.graph.nodes import Node
from rasp.interpret.evaluate import evaluate, evaluate_by_position

BUDGET, BATCH, SEED = 400, 100, 0
"""Inputs on which two graphs are compared: a sample of all lengths."""


@dataclass(frozen=True)
class Mismatch:
    """One wrong answer: where it is, what the interpreter says there and what the model (None: that there is no value)."""

    tokens: Word
    output: str
    position: int
    expected: Label
    got: Label | Undecided

    def as_json(self) -> MismatchRecord:
        """Plain data. `null` is no value; a model that decided for nothing is marked."""
        record: MismatchRecord = {
            "tokens": list(self.tokens),
            "output": self.output,
            "position": self.position,
            "expected": self.expected,
            "got": None if isinstance(self.got, Undecided) else self.got,
        }
        return {**record, "undecided": True} if isinstance(self.got, Undecided) else record


def read_mismatch(record: Mapping[str, Any]) -> Mismatch:
    """A wrong answer from its JSON. Raises `LookupError`, `TypeError` for what is none."""
    got = UNDECIDED if record.get("undecided") else record["got"]
    return Mismatch(tuple(record["tokens"]), record["output"], record["position"], record["expected"], got)


def describe_difference(
    tokens: Word,
    name: str,
    expected: Sequence[Label],
    got: Sequence[Label | Undecided],
    *,
    no_value: bool = False,
) -> Mismatch | None:
    """The first position at which two answers differ. Where no value is expected, anything may be answered, but for
    `no_value`."""
    if expected == got and [*map(type, expected)] == [*map(type, got)]:  # nearly always, and quick to see
        return None
    for position, (one, other) in enumerate(zip(expected, got, strict=True)):
        if one is None and not no_value:
            continue
        if isinstance(other, Undecided) or compare_key(one) != compare_key(other):
            return Mismatch(tokens, name, position, one, other)
    return None


def compare_graphs(
    before: Mapping[str, Node], after: Mapping[str, Node], options: CompileOptions, inputs: Sequence[Word]
) -> Mismatch | None:
    """The first answer of `after` that is not that of `before`, among those positions at which `before` has one."""
    expected, got = (evaluate(list(nodes.values()), inputs, options.attention) for nodes in (before, after))
    for name, per_input, others in zip(before, expected, got, strict=True):
        for tokens, one, other in zip(inputs, per_input, others, strict=True):
            if wrong := describe_difference(
                tokens, name, evaluate_by_position(one), evaluate_by_position(other)
            ):
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
    return batch_inputs(options.vocabulary, selection, lambda length: BATCH)
