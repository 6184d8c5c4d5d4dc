"""Which inputs to check: all of them while they fit the budget, else a seeded sample with every length in it.

The sample mixes shapes that tell programs apart: uniform, few distinct tokens, all equal, sorted, reversed,
almost equal, periodic and in runs. Uniform sequences over a large vocabulary hardly ever repeat a token.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from random import Random

from rasp.values import Atom

Word = tuple[Atom, ...]


@dataclass(frozen=True)
class Selection:
    """How many inputs of each length to check; `exhaustive` when that is all there are."""

    counts: dict[int, int]
    exhaustive: bool
    seed: int

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def choose_inputs(vocabulary_size: int, max_length: int, budget: int, seed: int) -> Selection:
    """The inputs of lengths 1..`max_length` that `budget` allows, at least one of each length.

    Lengths with few sequences are taken whole, and what they leave over is shared by the others.
    """
    counts: dict[int, int] = {}
    left = max(budget, max_length)
    for length in range(1, max_length + 1):  # the number of sequences never falls with the length
        share = left // (max_length - length + 1)
        counts[length] = min(share, bound_power(vocabulary_size, length, share))
        left -= counts[length]
    whole = all(bound_power(vocabulary_size, n, count) == count for n, count in counts.items())
    return Selection(counts, whole, seed)


def bound_power(base: int, exponent: int, bound: int) -> int:
    """`base ** exponent`, or `bound + 1` if that is smaller."""
    result = 1
    for _ in range(exponent if base > 1 else 0):
        result *= base
        if result > bound:
            return bound + 1
    return result


def batch_inputs(vocabulary: Word, selection: Selection, size: Callable[[int], int]) -> Iterator[list[Word]]:
    """The inputs themselves, shortest first, in batches of one length of at most `size(length)`."""
    for length, count in selection.counts.items():
        inputs = sequences(vocabulary, length, count, selection.seed)
        batch: list[Word] = []
        for sequence in inputs:
            batch.append(sequence)
            if len(batch) == size(length):
                yield batch
                batch = []
        if batch:
            yield batch


def sequences(vocabulary: Word, length: int, count: int, seed: int) -> Iterator[Word]:
    """`count` different sequences of one length: all in order when there are no more, else a sample."""
    if bound_power(len(vocabulary), length, count) <= count:
        yield from product(vocabulary, repeat=length)
        return
    random = Random(f"{seed} {length}")
    seen: set[Word] = set()
    turn = 0
    while len(seen) < count:
        # Special shapes run out on small vocabularies; uniform sequences, tried every second time, never do.
        shape = SHAPES[turn // 2 % len(SHAPES)] if turn % 2 else uniform
        turn += 1
        sequence = shape(random, vocabulary, length)
        if sequence not in seen:
            seen.add(sequence)
            yield sequence


def uniform(random: Random, vocabulary: Word, length: int) -> Word:
    return tuple(random.choices(vocabulary, k=length))


def few_distinct(random: Random, vocabulary: Word, length: int) -> Word:
    some = random.sample(vocabulary, min(len(vocabulary), random.randint(2, 3)))
    return tuple(random.choices(some, k=length))


def all_equal(random: Random, vocabulary: Word, length: int) -> Word:
    return (random.choice(vocabulary),) * length


def ascending(random: Random, vocabulary: Word, length: int) -> Word:
    return tuple(sorted(uniform(random, vocabulary, length)))  # type: ignore[type-var]


def descending(random: Random, vocabulary: Word, length: int) -> Word:
    return ascending(random, vocabulary, length)[::-1]


def almost_equal(random: Random, vocabulary: Word, length: int) -> Word:
    changed = list(all_equal(random, vocabulary, length))
    changed[random.randrange(length)] = random.choice(vocabulary)
    return tuple(changed)


def periodic(random: Random, vocabulary: Word, length: int) -> Word:
    period = uniform(random, vocabulary, random.randint(1, max(1, length // 2)))
    return (period * length)[:length]


def in_runs(random: Random, vocabulary: Word, length: int) -> Word:
    found: list[Atom] = []
    while len(found) < length:
        found += [random.choice(vocabulary)] * random.randint(1, max(1, length // 2))
    return tuple(found[:length])


SHAPES = (few_distinct, all_equal, ascending, descending, almost_equal, periodic, in_runs)
