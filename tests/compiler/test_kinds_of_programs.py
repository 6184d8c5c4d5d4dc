"""Programs of kinds that people write, each of which needs one fact or construction: they compile, stay small, and give the
interpreter's answers.
"""

from random import Random
from typing import Any

import pytest

from compiler import CompileOptions, compile_program
from compiler.model.runner import Model
from rasp.elaborate.program import load_program
from rasp.interpret.evaluate import evaluate
from rasp.source import Source

AFTER = """
after = aggregate(select_from_first(tokens, "$"), indices);
def turned(seq) { return aggregate(select(indices, after * 2 - indices, ==), seq, "_"); }
"""
RIGHT = """
at = aggregate(select_from_first(tokens, "+"), indices);
left = tokens if indices < at else "_";
n = selector_width(select(left, "_", ==));
"""
SWAP = """
direct = tokens_int[-1] if indices == 0 else (tokens_int[0] if indices == length - 1 else tokens_int);
"""
#: name: program, output, vocabulary, maximum length, the most parameters
PROGRAMS: dict[str, tuple[str, str, Any, int, int]] = {
    "reverse what stands before a separator, after it": (
        AFTER, "tokens if indices <= after else turned(tokens)", "abcd$_", 12, 2_000,
    ),
    "right-align what stands before a separator": (
        RIGHT, 'aggregate(select(indices + n, indices, ==), left, "0")', "xyz+", 16, 2_000,
    ),
    "swap the first and the last, few tokens": (SWAP, "direct", range(8), 10, 2_500),
    "swap the first and the last, more tokens": (SWAP, "direct", range(11), 10, 2_500),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_compiles_and_agrees(name: str) -> None:
    text, output, vocabulary, length, most = PROGRAMS[name]
    program = load_program(Source("test", text))
    options = CompileOptions(tuple(vocabulary), length)
    compiled = compile_program(program, {"told": output}, options)
    assert compiled.weights.parameters() <= most
    choice = Random(1)
    inputs = [choice.choices(options.vocabulary, k=choice.randint(1, length)) for _ in range(300)]
    [expected] = evaluate(list(compiled.meaning.values()), inputs)
    model = Model(compiled.weights)
    wrong = [w for w, e in zip(inputs, expected, strict=True) if isinstance(e, list) and model(w) != e]
    assert not wrong


@pytest.mark.parametrize(("tokens", "test"), [(1_000, "=="), (1_800, "!="), (1_800, "<")])
def test_many_tokens_are_compared_outside_of_a_selector(tokens: int, test: str) -> None:
    """By a look-up of their difference, or where their pairs are too many, in a head."""
    vocabulary = tuple(chr(0x100 + k) for k in range(tokens))
    text = f"aggregate(select(indices, length - 1 - indices, ==), tokens) {test} tokens"
    compiled = compile_program(
        load_program(Source("test", "")), {"told": text}, CompileOptions(vocabulary, 6)
    )
    assert compiled.weights.parameters() <= 45 * tokens
    model, choice = Model(compiled.weights), Random(1)
    inputs: list[list[str]] = []
    for _ in range(200):  # read backwards the same, but for a neighbour of a token or any other
        half = choice.choices(range(tokens), k=choice.randint(1, 3))
        word = [*half, *half[::-1]]
        place = choice.randrange(len(word))
        word[place] = min(
            tokens - 1, max(0, choice.choice([word[place], word[place] - 1, word[place] + 1, 0]))
        )
        inputs.append([vocabulary[k] for k in word])
    [expected] = evaluate(list(compiled.meaning.values()), inputs)
    assert [model(word) for word in inputs] == expected
