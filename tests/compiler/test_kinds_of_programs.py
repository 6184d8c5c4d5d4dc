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
