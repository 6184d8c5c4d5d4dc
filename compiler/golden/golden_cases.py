"""What golden models are there: one for each feature of an engine, whose answer depends on that feature. One table."""

from dataclasses import dataclass

from compiler.golden.altered_folders import Alteration
from compiler.options import Dialect

#: A third of the positions each: what the next token is for a number modulo 3.
BY_THREE = '{0: "a", 1: "b", 2: "c"}'


@dataclass(frozen=True)
class GoldenCase:
    """`feature` of an engine, and what goes wrong without it. `text` is the program, whose output is `next`: the token
    that follows. Each line of inputs is a batch of `batch` prompts of `shortest` tokens or more, and `new` tokens follow;
    `ragged`: they are of several lengths. `altered`: how the folder is laid out otherwise than ours are. `target`: the only
    family that has the feature, None: all have."""

    name: str
    feature: str
    text: str
    max_length: int = 24
    batch: int = 1
    shortest: int = 1
    new: int = 1
    ragged: bool = False
    altered: Alteration | None = None
    target: Dialect | None = None


CASES: tuple[GoldenCase, ...] = (
    GoldenCase(
        "untied-head",
        "a head with weights of its own: one that takes the embedding's answers the token itself",
        'next = {"a": "b", "b": "c", "c": "a"}[tokens];',
    ),
    GoldenCase(
        "tied-head",
        "a head that is the embedding, for which there is no array",
        'next = {"a": "b", "b": "c", "c": "a"}[tokens];',
        altered="tied",
        target="gpt2",
    ),
    GoldenCase(
        "positions",
        "positions that count from BOS: a shift by one changes every answer",
        f"next = {BY_THREE}[indices % 3];",
    ),
    GoldenCase(
        "causal-mask",
        "no position sees later ones: whether a token is the first of its kind changes, and how many there are",
        "first = selector_width(select(tokens, tokens, ==)) == 1;\n"
        f"next = {BY_THREE}[selector_width(select(first, True, ==)) % 3];",
        max_length=12,
        shortest=3,
    ),
    GoldenCase(
        "counting",
        "attention that weighs all positions alike, and softmax in float32: one token more or less is another answer",
        f'next = {BY_THREE}[selector_width(select(tokens, "a", ==)) % 3];',
        max_length=64,
        shortest=48,
    ),
    GoldenCase(
        "hidden-units",
        "hidden units with their activation: a table of a count that no linear form gives",
        'next = {0: "a", 1: "b", 2: "a", 3: "c"}[selector_width(select(tokens, "b", ==)) % 4];',
        shortest=6,
    ),
    GoldenCase(
        "batch",
        "rows of a batch that do not see each other",
        "next = aggregate(select(indices, 0, ==), tokens);",
        batch=16,
        shortest=8,
    ),
    GoldenCase(
        "padding",
        "padding that nobody sees, on the left or on the right, and positions that do not count it",
        f"alike = selector_width(select(tokens, tokens, ==));\nnext = {BY_THREE}[(alike + indices) % 3];",
        max_length=16,
        batch=8,
        ragged=True,
    ),
    GoldenCase(
        "cache",
        "a cache of keys and values in float32 that holds every position once, at its place",
        'third = aggregate(select(indices, indices - 2, ==), tokens, "b");\n'
        'next = {"a": "b", "b": "c", "c": "a"}[third];',
        new=16,
        max_length=32,
        shortest=3,
    ),
    GoldenCase(
        "cache-counting",
        "the same: each of the cached positions counts, those of the prompt and those generated",
        f'next = {BY_THREE}[selector_width(select(tokens, "a", ==)) % 3];',
        new=16,
        max_length=32,
        shortest=2,
    ),
    GoldenCase(
        "padding-and-cache",
        "prompts of several lengths that are continued together",
        'before = aggregate(select(indices, indices - 1, ==), tokens, "a");\n'
        'next = {"a": "b", "b": "c", "c": "a"}[before];',
        batch=8,
        new=8,
        ragged=True,
    ),
    GoldenCase(
        "long-context",
        "positions far away: the first of 250 tokens is the answer, chunks and sliding windows lose it",
        "next = aggregate(select(indices, 0, ==), tokens);",
        max_length=256,
        shortest=240,
        new=4,
    ),
    GoldenCase(
        "rotary",
        "the rotary scaling that the config says, with which these heads turn by nothing: without it they do",
        f"next = {BY_THREE}[selector_width(select(tokens, tokens, ==)) % 3];",
        max_length=32,
        shortest=24,
        target="llama",
    ),
    GoldenCase(
        "rotary-in-part",
        "the rotary scaling that the config says, with which one pair of each head turns slowly, and no other does",
        'before = aggregate(select(indices, indices - 1, ==), tokens, "a");\n'
        'next = aggregate(best(select(before, tokens, ==), indices), tokens, "a");',
        max_length=32,
        shortest=24,
        target="llama",
    ),
    GoldenCase(
        "grouped-queries",
        "query heads that share keys and values, neighbours each: in another order they take those of others",
        'before = aggregate(select(indices, indices - 2, ==), tokens, "b");\n'
        'next = before if selector_width(select(tokens, tokens, ==)) % 2 == 1 else "a";',
        max_length=16,
        batch=4,
        shortest=8,
        altered="grouped",
        target="llama",
    ),
)


def list_cases(target: Dialect) -> list[GoldenCase]:
    """The cases of a family."""
    return [case for case in CASES if case.target in (None, target)]
