"""Differential testing: the model must answer what the interpreter answers, wherever that has an answer.

In: a model, the program's outputs as nodes, a selection of inputs. Out: a `Report`. An input for which the
interpreter has no value is a don't-care, only counted. What counts as the same answer is defined in
`compiler/model/answers.py`. A mismatch is shrunk to a smaller one, as property testing does.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import cast

from compiler.model.runner import Model
from compiler.verify.chosen_inputs import Selection, Word, batches, choose_inputs
from compiler.verify.mismatch import Mismatch, difference
from compiler.verify.readers import READERS, Reader, together
from rasp.graph.nodes import Node
from rasp.interpret.evaluate import EvaluationError, evaluate
from rasp.values import Atom, typed

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

    `without_value` counts inputs on which some output has no value, `valued` for each output those on which it has
    one: these were compared. `readers` counts, for each other way of running the model
    (`compiler/verify/readers.py`), the inputs of a small sample on which it is wrong.
    """

    checked: int
    lengths: dict[int, int]
    exhaustive: bool
    without_value: int
    valued: dict[str, int]
    mismatched: int
    smallest: Mismatch | None
    seconds: float
    seed: int
    readers: dict[str, int]

    @property
    def scarcest(self) -> str:
        """The output that could be compared on the fewest inputs."""
        return min(self.valued, key=self.valued.__getitem__)

    @property
    def compared(self) -> int:
        """On how many inputs that output was compared: those on which the program has a value for it."""
        return self.valued[self.scarcest]

    @property
    def share_compared(self) -> float:
        return self.compared / self.checked

    @property
    def passed(self) -> bool:
        """Whether answers of every output were compared, and all of them were right."""
        return self.compared > 0 and self.mismatched == 0 and not any(self.readers.values())

    @property
    def per_second(self) -> float:
        return self.checked / max(self.seconds, 1e-9)

    def as_json(self) -> dict[str, object]:
        """Plain data for `--json`."""
        smallest = None
        if self.smallest is not None:
            smallest = {"tokens": list(self.smallest.tokens), "output": self.smallest.output}
            smallest |= {"position": self.smallest.position}
            smallest |= {"expected": self.smallest.expected, "got": self.smallest.got}
        return {
            "checked": self.checked,
            "compared": self.compared,
            "share_compared": self.share_compared,
            "compared_by_output": self.valued,
            "lengths": {str(length): count for length, count in self.lengths.items()},
            "exhaustive": self.exhaustive,
            "without_value": self.without_value,
            "mismatched": self.mismatched,
            "smallest": smallest,
            "readers": self.readers,
            "seconds": round(self.seconds, 3),
            "per_second": round(self.per_second),
            "seed": self.seed,
        }


@dataclass(frozen=True)
class Check:
    """A model and the program that it should agree with."""

    model: Model
    outputs: Mapping[str, Node]

    def compare(
        self, inputs: Sequence[Word], reader: Reader = together
    ) -> list[Mismatch | EvaluationError | None]:
        """For each input its first mismatch, an error if some output has no value, or None if all is well."""
        return self.compare_outputs(inputs, reader)[0]

    def compare_outputs(
        self, inputs: Sequence[Word], reader: Reader = together
    ) -> tuple[list[Mismatch | EvaluationError | None], Counter[str]]:
        """The same, and how many of the inputs each output has a value for."""
        outcomes = evaluate(list(self.outputs.values()), inputs, self.model.config.attention)
        answers = reader(self.model, inputs)
        found: list[Mismatch | EvaluationError | None] = [None] * len(inputs)
        valued: Counter[str] = Counter()
        for name, per_input in zip(self.outputs, outcomes, strict=True):
            for i, (tokens, outcome) in enumerate(zip(inputs, per_input, strict=True)):
                if isinstance(outcome, EvaluationError):
                    found[i] = found[i] or outcome
                    continue
                valued[name] += 1
                if not isinstance(found[i], Mismatch):
                    wrong = difference(tokens, name, cast(list[Atom], outcome), answers[i][name])
                    found[i] = wrong or found[i]
        return found, valued


def batch_size(length: int) -> int:
    return max(1, min(LARGEST_BATCH, BATCH_SQUARES // length**2))


def verify(check: Check, selection: Selection, advance: Callable[[int], None] = lambda count: None) -> Report:
    """Compare model and interpreter on the selected inputs; `advance` is told how many were just checked."""
    start = time.perf_counter()
    lengths: Counter[int] = Counter()
    valued = Counter(dict.fromkeys(check.outputs, 0))
    without_value = mismatched = 0
    first: Mismatch | None = None
    for inputs in batches(check.model.config.vocabulary, selection, batch_size):
        found, with_value = check.compare_outputs(inputs)
        valued.update(with_value)
        wrong = [item for item in found if isinstance(item, Mismatch)]
        without_value += sum(isinstance(item, EvaluationError) for item in found)
        mismatched += len(wrong)
        first = first or next(iter(wrong), None)
        lengths[len(inputs[0])] += len(inputs)
        advance(len(inputs))
    readers = compare_readers(check, selection)
    seconds = time.perf_counter() - start
    return Report(
        checked=lengths.total(),
        lengths=dict(lengths),
        exhaustive=selection.exhaustive,
        without_value=without_value,
        valued=dict(valued),
        mismatched=mismatched,
        smallest=None if first is None else shrink(check, first),
        seconds=seconds,
        seed=selection.seed,
        readers=readers,
    )


def compare_readers(check: Check, selection: Selection) -> dict[str, int]:
    """For each other way of running the model, on how many inputs of a sample its answers are wrong."""
    config = check.model.config
    sample = choose_inputs(len(config.vocabulary), config.max_length, READER_SAMPLE, selection.seed)
    inputs = [tokens for batch in batches(config.vocabulary, sample, batch_size) for tokens in batch]
    few = max(1, READER_SQUARES // config.max_length**2)
    spread = inputs[:: -max(1, len(inputs) // few)][:few]  # of all lengths, the longest first
    return {
        name: sum(isinstance(found, Mismatch) for found in check.compare(spread, reader))
        for name, reader in READERS[config.attention].items()
    }


def shrink(check: Check, mismatch: Mismatch) -> Mismatch:
    """A mismatch on an input that no single step makes smaller: dropping tokens, or using an earlier token.

    Every step lowers (length, sum of token numbers), so this ends.
    """
    vocabulary = check.model.config.vocabulary
    number = {typed(token): i for i, token in enumerate(vocabulary)}
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


def simpler(tokens: Word, vocabulary: Word, number: Mapping[tuple[str, str], int]) -> Iterator[Word]:
    """Inputs one step below: blocks left out, large ones first; then one token replaced by an earlier one."""
    size = len(tokens) // 2
    while size:
        yield from (tokens[:i] + tokens[i + size :] for i in range(0, len(tokens) - size + 1, size))
        size //= 2
    for i, token in enumerate(tokens):
        for earlier in vocabulary[: min(number[typed(token)], SIMPLEST_TOKENS)]:
            yield (*tokens[:i], earlier, *tokens[i + 1 :])
