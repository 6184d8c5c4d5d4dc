"""Which inputs a program is measured on: batches of words, all of one length within a batch.

Every function takes a vocabulary, a maximum length, how many inputs at most, and a seed.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from random import Random

from compiler.verify.chosen_inputs import Word, batch_inputs, bound_power, choose_inputs
from compiler.verify.differential import batch_size

Choose = Callable[[Word, int, int, int], Iterator[list[Word]]]

OPENING, CLOSING = "([", ")]"


def spread(vocabulary: Word, length: int, count: int, seed: int) -> Iterator[list[Word]]:
    """All inputs when there are no more than `count`, else a sample of all lengths and many shapes."""
    return batch_inputs(vocabulary, choose_inputs(len(vocabulary), length, count, seed), batch_size)


def all_different(vocabulary: Word, length: int, count: int, seed: int) -> Iterator[list[Word]]:
    """Words in which no token occurs twice."""
    random = Random(seed)
    longest = min(length, len(vocabulary))
    words = (tuple(random.sample(vocabulary, random.randint(1, longest))) for _ in range(count))
    return in_batches(dict.fromkeys(words))


def at_most_twice(vocabulary: Word, length: int, count: int, seed: int) -> Iterator[list[Word]]:
    """Words in which no token occurs more than twice."""
    random = Random(seed)
    longest = min(length, 2 * len(vocabulary))
    words = (tuple(random.sample(vocabulary * 2, random.randint(1, longest))) for _ in range(count))
    return in_batches(dict.fromkeys(words))


def bracketed(vocabulary: Word, length: int, count: int, seed: int) -> Iterator[list[Word]]:
    """All inputs if there are few, else half a sample and half words that are nearly balanced."""
    if bound_power(len(vocabulary), length, count) <= count // 2:
        yield from spread(vocabulary, length, count, seed)
        return
    yield from spread(vocabulary, length, count // 2, seed)
    random = Random(seed)
    words = (nearly_balanced(vocabulary, random.randint(1, length), random) for _ in range(count // 2))
    yield from in_batches(words)


def nearly_balanced(vocabulary: Word, length: int, random: Random) -> Word:
    """Brackets of each kind balanced by themselves, a few letters, and now and then one wrong token."""
    word: list[str] = []
    open_ones: list[str] = []
    kinds = sum(token in OPENING for token in vocabulary if isinstance(token, str))
    filler = [token for token in vocabulary if isinstance(token, str) and token not in OPENING + CLOSING]
    while len(word) < length:
        if filler and random.random() < 0.1:
            word.append(random.choice(filler))
        elif open_ones and (random.random() < 0.5 or len(open_ones) >= length - len(word)):
            word.append(open_ones.pop(random.randrange(len(open_ones))))
        else:
            kind = random.randrange(kinds)
            word.append(OPENING[kind])
            open_ones.append(CLOSING[kind])
    if random.random() < 0.4:
        word[random.randrange(length)] = str(random.choice(vocabulary))
    return tuple(word)


def sums_of_two(vocabulary: Word, length: int, count: int, seed: int) -> Iterator[list[Word]]:
    """`dd+dd` for all pairs of numbers below 100, or for `count` of them."""
    return sums(vocabulary, 5, count, seed)


def sums(vocabulary: Word, length: int, count: int, seed: int) -> Iterator[list[Word]]:
    """Two numbers of equally many digits with "+" between them, as wide as fits: all pairs, or `count`."""
    width = (length - 1) // 2
    most = 10**width
    random = Random(seed)
    whole = count >= most**2
    few = ((random.randrange(most), random.randrange(most)) for _ in range(0 if whole else count))
    pairs = product(range(most), repeat=2) if whole else few
    return in_batches(tuple(f"{one:0{width}}+{other:0{width}}") for one, other in pairs)


def long_inputs(vocabulary: Word, length: int, count: int, seed: int) -> Iterator[list[Word]]:
    """The hard ones of this length, then `count` random ones: half of this length, half of any."""
    random = Random(seed)
    lengths = [length if i % 2 else random.randint(1, length) for i in range(count)]
    if OPENING[0] in vocabulary:
        words = [nearly_balanced(vocabulary, n, random) for n in lengths[: count // 2]]
        lengths = lengths[count // 2 :]
    else:
        words = []
    words += [tuple(random.choices(vocabulary, k=n)) for n in lengths]
    return in_batches([*hard_inputs(vocabulary, length, random), *words])


def hard_inputs(vocabulary: Word, length: int, random: Random) -> Iterator[Word]:
    """All equal, as different as can be, sorted, reversed, one different at each end, in two halves, palindromes, nested,
    and two tokens mixed that are hard to tell apart."""
    first, last = vocabulary[0], vocabulary[-1]
    different = (vocabulary * (length // len(vocabulary) + 1))[:length]
    ascending = tuple(sorted(different))  # type: ignore[type-var]
    for token in (first, last):
        yield (token,) * length
    yield from (different, different[::-1], ascending, ascending[::-1])
    yield tuple(random.sample(different, length))
    for one, other in ((first, last), (last, first)):
        yield (one,) * (length - 1) + (other,)
        yield (other,) + (one,) * (length - 1)
    half = length // 2
    yield (first,) * half + (vocabulary[1],) * (length - half)
    yield (vocabulary[1],) * half + (first,) * (length - half)
    left = tuple(random.choices(vocabulary, k=half))
    yield left + left[::-1]
    yield left + left[:0:-1] + (vocabulary[(vocabulary.index(left[0]) + 1) % len(vocabulary)],)
    for one, other in (*nested_pairs(vocabulary), *near_tokens(vocabulary, random)):
        yield (one,) * half + (other,) * half
        yield tuple(random.choices((one, other), k=length))


def nested_pairs(vocabulary: Word) -> Iterator[Word]:
    """Brackets that open and that close, of each kind and of two kinds."""
    for opening in OPENING:
        yield from ((opening, closing) for closing in CLOSING if {opening, closing} <= set(vocabulary))


def near_tokens(vocabulary: Word, random: Random) -> Iterator[Word]:
    """Pairs that are neighbours, or differ in the lowest or highest digit of their numbers alone, in base 2 and in base
    √V: at the ends and in the middle."""
    size = len(vocabulary)
    highest = 1 << (size - 1).bit_length() - 1
    for step in sorted({1, math.isqrt(size), math.isqrt(size) ** 2 - math.isqrt(size), highest}):
        most = size - 1 - step
        for number in sorted({0, most // 2, most, random.randint(0, max(most, 0))}):
            if 0 <= number <= most:
                yield vocabulary[number], vocabulary[number + step]


def in_batches(words: Iterable[Word]) -> Iterator[list[Word]]:
    """Words grouped by length, in batches small enough for the interpreter."""
    groups: dict[int, list[Word]] = defaultdict(list)
    for word in words:
        groups[len(word)].append(word)
    for length, group in sorted(groups.items()):
        step = batch_size(length)
        yield from (group[start : start + step] for start in range(0, len(group), step))
