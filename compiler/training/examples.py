"""Inputs with the interpreter's answers as classes, split into parts that share no input.

In: outputs as s-ops, and the config that names their classes. Out: `Split`. Inputs are uniform: a length, then tokens; each
stands in it once, so that no part has seen another's. Positions without a value count nowhere (`IGNORED`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import cast

import torch
from torch import Tensor

from compiler.config import Config
from compiler.model.answers import compare_key
from compiler.verify.chosen_inputs import Word, bound_power
from rasp.graph.nodes import Node
from rasp.interpret.evaluate import evaluate, evaluate_by_position
from rasp.values import show_count

#: The class of a position that has no value, as torch's cross-entropy leaves it out.
IGNORED = -100


@dataclass(frozen=True, eq=False)
class Examples:
    """`ids` (n, p) begin with BOS and are padded on the right; `lengths` (n,) count real ids; `targets` has for each output
    the class at each position (n, p - 1), without BOS's.
    """

    ids: Tensor
    lengths: Tensor
    targets: tuple[Tensor, ...]

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: Tensor) -> "Examples":
        """Some of them, as long as the longest of these."""
        lengths = self.lengths[rows]
        longest = int(lengths.max())
        return Examples(
            self.ids[rows, :longest], lengths, tuple(t[rows, : longest - 1] for t in self.targets)
        )

    def chunks(self, size: int) -> "Iterator[Examples]":
        """All of them, so many at a time."""
        for start in range(0, len(self), size):
            end = min(start + size, len(self))
            yield self.take(torch.arange(start, end, device=self.ids.device))

    def list_lengths(self) -> list[int]:
        """The different lengths, BOS included, shortest first."""
        return sorted(set(cast(list[int], self.lengths.tolist())))

    def to(self, device: torch.device) -> "Examples":
        return Examples(
            self.ids.to(device), self.lengths.to(device), tuple(t.to(device) for t in self.targets)
        )


@dataclass(frozen=True, eq=False)
class Split:
    """Eight tenths to train on, one to stop by, one to judge by; `longer`: inputs beyond the trained lengths, if any."""

    train: Examples
    validation: Examples
    test: Examples
    longer: Examples | None


def split_examples(
    config: Config, outputs: Mapping[str, Node], trained_length: int, count: int, seed: int
) -> Split:
    """At most `count` inputs of up to `trained_length` tokens, and as many as the test has of each longer length.

    Raises `ValueError` where there are too few inputs to split.
    """
    words = draw_words(config.vocabulary, range(1, trained_length + 1), count, seed)
    tenth = len(words) // 10
    if tenth == 0:
        raise ValueError(
            f"there are only {show_count(len(words), 'different input')} of up to {show_count(trained_length, 'token')}"
        )
    parts = words[2 * tenth :], words[:tenth], words[tenth : 2 * tenth]
    train, validation, test = (label_examples(config, outputs, part) for part in parts)
    more = range(trained_length + 1, config.max_length + 1)
    longer = [word for n in more for word in draw_words(config.vocabulary, range(n, n + 1), tenth, seed)]
    return Split(train, validation, test, label_examples(config, outputs, longer) if longer else None)


def draw_words(vocabulary: Sequence[object], lengths: range, count: int, seed: int) -> list[Word]:
    """Different inputs of these lengths in random order: `count`, or all that there are."""
    random = Random(f"{seed} {lengths.start}")
    known = sum(bound_power(len(vocabulary), n, count) for n in lengths)
    wanted = min(count, known)
    found: dict[Word, None] = {}
    exhausted: set[int] = set()
    sizes = dict.fromkeys(lengths, 0)
    while len(found) < wanted:
        n = random.choice([n for n in lengths if n not in exhausted])
        word: Word = tuple(random.choice(vocabulary) for _ in range(n))  # type: ignore[assignment]
        sizes[n] += word not in found
        found[word] = None
        if sizes[n] == bound_power(len(vocabulary), n, count):
            exhausted.add(n)
    words = list(found)  # of short lengths, where there are few, all were found early
    random.shuffle(words)
    return words


def label_examples(config: Config, outputs: Mapping[str, Node], words: Sequence[Word]) -> Examples:
    """The interpreter's answers to inputs as classes of the config's outputs."""
    tokens = {compare_key(token): i for i, token in enumerate(config.vocabulary)}
    longest = max(map(len, words))
    ids = torch.zeros(len(words), longest + 1, dtype=torch.long)
    ids[:, 0] = config.bos
    for row, word in enumerate(words):
        ids[row, 1 : len(word) + 1] = torch.tensor([tokens[compare_key(token)] for token in word])
    targets: list[Tensor] = []
    for output, answers in zip(
        config.outputs, evaluate(list(outputs.values()), words, config.attention), strict=True
    ):
        classes = {compare_key(value): c for c, value in enumerate(output.classes)}
        target = torch.full((len(words), longest), IGNORED)
        for row, answer in enumerate(answers):
            values = evaluate_by_position(answer)
            said = [IGNORED if value is None else classes[compare_key(value)] for value in values]
            target[row, : len(said)] = torch.tensor(said)
        targets.append(target)
    return Examples(ids, torch.tensor([len(word) + 1 for word in words]), tuple(targets))
