"""Differential testing: the model must answer what the interpreter answers, wherever that has an answer.

In: a model, the program's outputs as nodes, a selection of inputs. Out: a `Report`. A position for which the
interpreter has no value is a don't-care, only counted, unless the model was compiled to say so: then it has to. What
counts as the same answer is defined in `compiler/model/answers.py`. A mismatch is shrunk to a smaller one, as property
testing does.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from compiler.json_forms.answer_forms import ReportRecord
from compiler.model.runner import Model
from compiler.verify.chosen_inputs import Selection, Word, batch_inputs, choose_inputs
from compiler.verify.mismatch import Mismatch, describe_difference
from compiler.verify.readers import READERS, Reader, answer_together, hold_to_margin
from compiler.verify.tally import Compared, Tally, add_tallies, count_compared
from rasp.graph.nodes import Node
from rasp.interpret.evaluate import EvaluationError, evaluate, evaluate_by_position
from rasp.values import Kind, make_typed_key

#: Positions of one batch times its length: the interpreter's work grows with the square of the length.
BATCH_SQUARES = 400_000
LARGEST_BATCH = 2048
#: Inputs on which the other ways of running a model are compared, and the most squares of positions in them.
READER_SAMPLE = 200
READER_SQUARES = 1_000_000
SHRINK_BATCH = 256
#: Shrinking tries only the first few tokens in every place: enough to make an input plain.
SIMPLEST_TOKENS = 4


@dataclass(frozen=True)
class Report:
    """What was checked and what came out.

    `without_value` counts inputs on which some output has no value at some position. `readers` counts, for each other way
    of running the model (`compiler/verify/readers.py`), the inputs of a small sample on which it is wrong.
    """

    checked: int
    lengths: dict[int, int]
    exhaustive: bool
    without_value: int
    by_output: dict[str, Compared]
    mismatched: int
    smallest: Mismatch | None
    seconds: float
    seed: int
    readers: dict[str, int]

    @property
    def positions(self) -> int:
        """How many positions the inputs have together."""
        return sum(length * count for length, count in self.lengths.items())

    @property
    def scarcest(self) -> str:
        """The output that could be compared at the fewest positions."""
        return min(self.by_output, key=lambda name: self.by_output[name].positions)

    @property
    def compared(self) -> int:
        """At how many positions that output was compared."""
        return self.by_output[self.scarcest].positions

    @property
    def share_compared(self) -> float:
        return self.compared / self.positions

    @property
    def passed(self) -> bool:
        """Whether answers of every output were compared, and all of them were right."""
        return self.compared > 0 and self.mismatched == 0 and not any(self.readers.values())

    @property
    def per_second(self) -> float:
        return self.checked / max(self.seconds, 1e-9)

    def as_json(self) -> ReportRecord:
        """Plain data for `--json`."""
        return {
            "checked": self.checked,
            "positions": self.positions,
            "positions_compared": self.compared,
            "share_compared": self.share_compared,
            "compared_by_output": {name: found.as_json() for name, found in self.by_output.items()},
            "lengths": {str(length): count for length, count in self.lengths.items()},
            "exhaustive": self.exhaustive,
            "without_value": self.without_value,
            "mismatched": self.mismatched,
            "smallest": None if self.smallest is None else self.smallest.as_json(),
            "readers": self.readers,
            "seconds": round(self.seconds, 3),
            "per_second": round(self.per_second),
            "seed": self.seed,
        }


@dataclass(frozen=True)
class Check:
    """A model and the program that it should agree with; with `no_value`, also on where there is no value. `readers` are
    other ways to run it, None: those of our decoder. `margin`: how far the likeliest class has to be above the second."""

    model: Model
    outputs: Mapping[str, Node]
    no_value: bool = False
    readers: Mapping[str, Reader] | None = None
    margin: float = 0.0

    def list_readers(self) -> dict[str, Reader]:
        """Other ways to run the model by name; one asks for the margin, if there is any to ask for."""
        ways = self.readers or READERS[self.model.config.attention]
        return {**ways, "margin": hold_to_margin(self.margin)} if self.margin else dict(ways)

    def compare(
        self, inputs: Sequence[Word], reader: Reader = answer_together
    ) -> list[Mismatch | EvaluationError | None]:
        """For each input its first mismatch, an error if some output has no value, or None if all is well."""
        return self.compare_outputs(inputs, reader)[0]

    def compare_outputs(
        self, inputs: Sequence[Word], reader: Reader = answer_together
    ) -> tuple[list[Mismatch | EvaluationError | None], dict[str, list[int]]]:
        """The same, and for each output at how many positions of each input it was compared."""
        outcomes = evaluate(list(self.outputs.values()), inputs, self.model.config.attention)
        answers = reader(self.model, inputs)
        found: list[Mismatch | EvaluationError | None] = [None] * len(inputs)
        counts: dict[str, list[int]] = {}
        for name, per_input in zip(self.outputs, outcomes, strict=True):
            counts[name] = []
            for i, (tokens, outcome) in enumerate(zip(inputs, per_input, strict=True)):
                values = evaluate_by_position(outcome)
                counts[name].append(len(values) - (0 if self.no_value else values.count(None)))
                if not isinstance(found[i], Mismatch):
                    wrong = describe_difference(
                        tokens, name, values, answers[i][name], no_value=self.no_value
                    )
                    error = outcome if isinstance(outcome, EvaluationError) else None
                    found[i] = wrong or found[i] or error
        return found, counts


def batch_size(length: int) -> int:
    return max(1, min(LARGEST_BATCH, BATCH_SQUARES // length**2))


def compare_batch(check: Check, inputs: Sequence[Word]) -> Tally:
    """Model and interpreter on inputs of one length, at least one."""
    found, positions = check.compare_outputs(inputs)
    length = len(inputs[0])
    wrong = [item for item in found if isinstance(item, Mismatch)]
    return Tally(
        lengths={length: len(inputs)},
        by_output={name: count_compared(counts, length) for name, counts in positions.items()},
        without_value=sum(isinstance(item, EvaluationError) for item in found),
        mismatched=len(wrong),
        first=wrong[0] if wrong else None,
    )


Batches = Iterable[tuple[int, Sequence[Word]]]
Runner = Callable[[Check, Batches], Iterator[tuple[int, Tally]]]
"""What has `compare_batch` done for numbered batches: here, or elsewhere and in any order."""


def run_here(check: Check, batches: Batches) -> Iterator[tuple[int, Tally]]:
    """One batch after the other."""
    return ((number, compare_batch(check, inputs)) for number, inputs in batches)


def verify_model(
    check: Check,
    selection: Selection,
    advance: Callable[[int], None] = lambda count: None,
    run: Runner = run_here,
) -> Report:
    """Compare model and interpreter on the selected inputs; `advance` is told how many were just checked."""
    start = time.perf_counter()
    tallies: dict[int, Tally] = {}
    batches = enumerate(batch_inputs(check.model.config.vocabulary, selection, batch_size))
    for number, tally in run(check, batches):
        tallies[number] = tally
        advance(tally.checked)
    found = add_tallies(tallies[number] for number in sorted(tallies))
    readers = compare_readers(check, selection)
    seconds = time.perf_counter() - start
    return Report(
        checked=found.checked,
        lengths=dict(found.lengths),
        exhaustive=selection.exhaustive,
        without_value=found.without_value,
        by_output=dict(found.by_output),
        mismatched=found.mismatched,
        smallest=None if found.first is None else shrink(check, found.first),
        seconds=seconds,
        seed=selection.seed,
        readers=readers,
    )


def compare_readers(check: Check, selection: Selection) -> dict[str, int]:
    """For each other way of running the model, on how many inputs of a sample its answers are wrong."""
    config = check.model.config
    sample = choose_inputs(len(config.vocabulary), config.max_length, READER_SAMPLE, selection.seed)
    inputs = [tokens for batch in batch_inputs(config.vocabulary, sample, batch_size) for tokens in batch]
    few = max(1, READER_SQUARES // config.max_length**2)
    spread = inputs[:: -max(1, len(inputs) // few)][:few]  # of all lengths, the longest first
    return {
        name: sum(isinstance(found, Mismatch) for found in check.compare(spread, reader))
        for name, reader in check.list_readers().items()
    }


def shrink(check: Check, mismatch: Mismatch) -> Mismatch:
    """A mismatch on an input that no single step makes smaller: dropping tokens, or using an earlier token.

    Every step lowers (length, sum of token numbers), so this ends.
    """
    vocabulary = check.model.config.vocabulary
    number = {make_typed_key(token): i for i, token in enumerate(vocabulary)}
    while smaller := first_wrong(check, simpler(mismatch.tokens, vocabulary, number)):
        mismatch = smaller
    return mismatch


def first_wrong(check: Check, inputs: Iterator[Word]) -> Mismatch | None:
    """The first mismatch among the inputs, which run in batches until there is one."""
    while batch := list(islice(inputs, SHRINK_BATCH)):
        wrong = next((found for found in check.compare(batch) if isinstance(found, Mismatch)), None)
        if wrong is not None:
            return wrong
    return None


def simpler(tokens: Word, vocabulary: Word, number: Mapping[tuple[Kind, str], int]) -> Iterator[Word]:
    """Inputs one step below: stretches left out, large ones first; then one token replaced by an earlier one."""
    size = len(tokens) // 2
    while size:
        yield from (tokens[:i] + tokens[i + size :] for i in range(0, len(tokens) - size + 1, size))
        size //= 2
    for i, token in enumerate(tokens):
        for earlier in vocabulary[: min(number[make_typed_key(token)], SIMPLEST_TOKENS)]:
            yield (*tokens[:i], earlier, *tokens[i + 1 :])
