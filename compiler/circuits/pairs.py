"""Pairs of inputs that differ in one token and in an answer, with what the difference does to every s-op.

Both inputs have the same length. What an s-op is on each, the interpreter says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import cast

from compiler.model.answers import compare_key
from compiler.options import CompileOptions
from compiler.verify.chosen_inputs import Word, batch_inputs, choose_inputs
from rasp.graph.nodes import Node
from rasp.interpret.evaluate import evaluate, evaluate_by_position
from rasp.values import Atom

#: Inputs that are looked at for each pair that is wanted.
LOOKED_AT = 20
BATCH = 250


@dataclass(frozen=True)
class Pair:
    """An input, the same with the token at `changed` another one, and a position at which an output differs.

    `changes` are, for each s-op that differs, the positions at which it does.
    """

    clean: Word
    corrupted: Word
    changed: int
    output: str
    position: int
    answer: Atom
    wrong: Atom
    changes: Mapping[str, tuple[int, ...]]


def find_pairs(
    outputs: Mapping[str, Node], named: Mapping[str, Node], options: CompileOptions, count: int, seed: int
) -> list[Pair]:
    """At most `count` pairs, of all lengths, on which every output has values everywhere. `named` are s-ops to watch."""
    selection = choose_inputs(len(options.vocabulary), options.max_length, LOOKED_AT * count, seed)
    batches = [batch for batch in batch_inputs(options.vocabulary, selection, lambda length: BATCH)]
    words = [word for batch in batches for word in batch]
    random = Random(seed)
    random.shuffle(words)
    tried = [(word, *corrupt(word, options, random)) for word in words] if len(options.vocabulary) > 1 else []
    found: list[Pair] = []
    for start in range(0, len(tried), BATCH):
        found += compare_words(outputs, named, options, tried[start : start + BATCH], random)
        if len(found) >= count:
            break
    return found[:count]


def corrupt(word: Word, options: CompileOptions, random: Random) -> tuple[Word, int]:
    """The word with another token somewhere, and where."""
    position = random.randrange(len(word))
    others = [token for token in options.vocabulary if token is not word[position]]
    return (*word[:position], random.choice(others), *word[position + 1 :]), position


def compare_words(
    outputs: Mapping[str, Node],
    named: Mapping[str, Node],
    options: CompileOptions,
    tried: Sequence[tuple[Word, Word, int]],
    random: Random,
) -> list[Pair]:
    """The pairs among those tried in which an output differs; a position for each is drawn."""
    nodes = [*outputs.values(), *named.values()]
    clean, corrupted = (
        [[evaluate_by_position(one) for one in row] for row in evaluate(nodes, words, options.attention)]
        for words in ([word for word, _, _ in tried], [word for _, word, _ in tried])
    )
    found: list[Pair] = []
    for number, (word, other, changed) in enumerate(tried):
        rows = [(one[number], two[number]) for one, two in zip(clean, corrupted, strict=True)]
        if any(None in values for row in rows[: len(outputs)] for values in row):
            continue
        differing = [list_differences(*row) for row in rows]
        answers = [(k, position) for k in range(len(outputs)) for position in differing[k]]
        if answers:
            k, position = random.choice(answers)
            answer, wrong = (cast(Atom, values[position]) for values in rows[k])
            changes = {
                name: where for name, where in zip(named, differing[len(outputs) :], strict=True) if where
            }
            found.append(Pair(word, other, changed, [*outputs][k], position, answer, wrong, changes))
    return found


def list_differences(one: Sequence[Atom | None], other: Sequence[Atom | None]) -> tuple[int, ...]:
    """The positions at which values differ; having none differs from having one."""
    return tuple(
        k for k, (a, b) in enumerate(zip(one, other, strict=True)) if compare_key(a) != compare_key(b)
    )
