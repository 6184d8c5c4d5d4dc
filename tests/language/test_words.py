"""The words of the library for numbers and whole sequences: what they mean, against Python, kinds and all."""

import math
from collections.abc import Callable
from typing import Any

import pytest

import rasp
from compiler.options import CompileOptions
from compiler.pipeline import compile_program
from rasp.diagnostics import RaspError
from rasp.elaborate.program import load_program
from rasp.source import Source
from rasp.values import Atom
from tests.right import assert_right

#: Name, argument, what it means to Python: of the whole sequence at each position, or of what is up to there.
EVERYWHERE: dict[str, tuple[str, Callable[[list[Any]], Any]]] = {
    "sum(tokens_int)": ("ints", sum),
    "sum(tokens_float)": ("floats", lambda x: math.fsum(x) if any(v % 1 for v in x) else int(sum(x))),
    "sum(tokens_int > 0)": ("ints", lambda x: sum(v > 0 for v in x)),
    "maximum(tokens_int)": ("ints", max),
    "maximum(tokens)": ("texts", max),
    "minimum(tokens_int)": ("ints", min),
    "minimum(tokens_float)": ("floats", min),
    "first_index(tokens_int, 2)": ("ints", lambda x: x.index(2) if 2 in x else -1),
    "last_index(tokens_int, 2)": ("ints", lambda x: len(x) - 1 - x[::-1].index(2) if 2 in x else -1),
}
UP_TO_HERE = {f"running_{name}": meant for name, meant in EVERYWHERE.items() if "index" not in name}
EACH: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "abs(tokens_int)": ("ints", abs),
    "abs(tokens_float)": ("floats", abs),
    "abs(-tokens_float)": ("floats", abs),
    "floor(tokens_float)": ("floats", math.floor),
    "ceil(tokens_float)": ("floats", math.ceil),
    "floor(tokens_int)": ("ints", math.floor),
    "ceil(-tokens_float)": ("floats", lambda x: math.ceil(-x)),
    "quotient(tokens_int, 2)": ("ints", lambda x: x // 2),
    "quotient(tokens_int * tokens_int * 10 ^ 9, -3)": ("ints", lambda x: x * x * 10**9 // -3),
    "quotient(tokens_float, 0.25)": ("floats", lambda x: int(x // 0.25)),
    "sqrt(tokens_int * tokens_int)": ("ints", lambda x: float(abs(x))),
    "upper(tokens)": ("texts", str.upper),
    "lower(upper(tokens))": ("texts", str.lower),
    "string_length(tokens)": ("texts", len),
    "string_reverse(tokens)": ("texts", lambda x: x[::-1]),
    "string_slice(tokens, 1, -1)": ("texts", lambda x: x[1:-1]),
    "string_slice(tokens, -2, 9)": ("texts", lambda x: x[-2:9]),
}
SAMPLES: dict[str, list[list[Atom]]] = {
    "ints": [[3], [2, 0, 2, -5, 1], [0, 0, 0], [7, -7, 10**9, 2]],
    "floats": [[0.5], [1.0, 2.0, -3.0], [0.25, -1.5, 2.5, 0.0], [0.0, 1e-20, -0.75, 1e15]],
    "texts": [["b"], ["b", "abc", "", "c", "a"]],
}


def alike(found: object, wanted: list[Any]) -> bool:
    """Are all values the same, of the same kinds, the sign of a zero too?"""
    return repr(found) == repr(wanted)


@pytest.mark.parametrize("query", EVERYWHERE)
def test_words_for_a_sequence(query: str) -> None:
    kind, meant = EVERYWHERE[query]
    for sample in SAMPLES[kind]:
        prefixes = [sample[: i + 1] for i in range(len(sample))]
        value = rasp.load("")(query)
        assert alike(value(sample), [meant(sample)] * len(sample)), sample
        assert alike(value(sample, attention="causal"), [meant(prefix) for prefix in prefixes]), sample


@pytest.mark.parametrize("query", UP_TO_HERE)
def test_words_for_what_is_up_to_here(query: str) -> None:
    kind, meant = UP_TO_HERE[query]
    for sample in SAMPLES[kind]:
        wanted = [meant(sample[: i + 1]) for i in range(len(sample))]
        for attention in ("full", "causal"):
            assert alike(rasp.load("")(query)(sample, attention=attention), wanted), sample


@pytest.mark.parametrize("query", EACH)
def test_words_for_each_position(query: str) -> None:
    kind, meant = EACH[query]
    for sample in SAMPLES[kind]:
        assert alike(rasp.load("")(query)(sample), [meant(value) for value in sample]), sample


#: Programs of one line, each with the layers that it takes.
COMPILED = {
    "sum(tokens_int)": 1,
    "sum(tokens_int == 3)": 1,
    "maximum(tokens_int)": 1,
    "minimum(tokens_int)": 1,
    "running_sum(tokens_int)": 1,
    "running_maximum(tokens_int)": 1,
    "running_minimum(tokens_int)": 1,
    "first_index(tokens_int, tokens_int)": 1,
    "last_index(tokens_int, 3)": 1,
    "abs(tokens_int) + floor(tokens_int / 2) + ceil(tokens_int / 2)": 0,
    "quotient(tokens_int, indices + 1)": 0,
    "sqrt(abs(tokens_int))": 0,
    "upper(string_reverse(tokens)) + string_slice(lower(tokens), 0, 1)": 0,
    "string_length(tokens)": 0,
}


@pytest.mark.parametrize("attention", ["full", "causal"])
@pytest.mark.parametrize("query", COMPILED)
def test_words_compile(query: str, attention: str) -> None:
    compiled = compile_program(
        load_program(Source("<test>", "")), {"out": query}, CompileOptions((1, -2, 3), 4, attention)
    )
    assert len(compiled.plan.layers) == COMPILED[query]
    assert_right(compiled, 120)


WRONG = (
    "upper(1)",
    "string_length(indices)",
    'string_slice("abc", 0.5, 2)',
    "quotient(1, 0)",
    'quotient("a", 2)',
    "sqrt(-1)",
)


@pytest.mark.parametrize("query", [*WRONG, "lower([1])", "string_reverse(full_s)"])
def test_words_for_other_kinds_are_refused(query: str) -> None:
    with pytest.raises(RaspError):
        rasp.load("")(query)("abc")
    if query in WRONG:  # a guard passes over them
        assert rasp.load("")(f"{query} if indices < 0 else 7")("abc") == [7, 7, 7]


def test_a_program_may_set_the_newer_names_and_the_library_keeps_its_own() -> None:
    p = rasp.load("sum = 3;\ndef floor(x) { return 7; }\n")
    assert (p.sum, p("floor(1)"), p("running_sum(indices)")("abc")) == (3, 7, [0, 1, 3])
