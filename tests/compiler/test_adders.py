"""Sums of two numbers of ten digits, with carries of every length from every place on."""

from collections.abc import Iterator
from random import Random

import pytest

from compiler.model.runner import Model
from compiler.options import CompileOptions
from compiler.pipeline import compile_program
from rasp.elaborate.program import load_program
from rasp.source import Source
from tests.places import PROGRAMS

DIGITS = 10


def list_sums(each: int) -> Iterator[tuple[int, int]]:
    """So many pairs for each place and length of a carry: it begins there, goes through nines, and ends."""
    random = Random(1)
    for first in range(DIGITS):
        for length in range(DIGITS + 1 - first):
            for _ in range(each):
                one = [random.randint(0, 9) for _ in range(DIGITS)]  # the lowest digit first
                other = [random.randint(0, 8 - digit) if digit < 9 else 0 for digit in one]
                if length:
                    one[first] = random.randint(1, 9)
                    other[first] = random.randint(10 - one[first], 9)
                for place in range(first + 1, first + length):
                    other[place] = 9 - one[place]
                yield read_number(one), read_number(other)


def read_number(digits: list[int]) -> int:
    """Of its digits, the lowest first."""
    return sum(digit * 10**place for place, digit in enumerate(digits))


def write_number(number: int, digits: int) -> list[int]:
    """Its digits, the lowest first."""
    return [number // 10**place % 10 for place in range(digits)]


def compile_adder(name: str, vocabulary: tuple[int | str, ...], length: int, attention: str) -> Model:
    text = (PROGRAMS / "arithmetic" / f"{name}.rasp").read_text(encoding="utf-8")
    options = CompileOptions(vocabulary, length, attention)  # type: ignore[arg-type]
    return Model(compile_program(load_program(Source(name, text)), {"sum": name}, options).weights)


def test_sums_are_said_digit_by_digit() -> None:
    model = compile_adder("addition_generation", tuple(range(10)), 32, "causal")
    assert model.weights.parameters() < 1_000
    pairs = list(list_sums(2))
    words = [[*write_number(a, DIGITS), 0, *write_number(b, DIGITS), 0] for a, b in pairs]
    for _ in range(DIGITS + 1):
        for word, answer in zip(words, model.batch(words), strict=True):
            word.append(int(answer[-1]))  # type: ignore[index]
    said = [word[-DIGITS - 1 :] for word in words]
    assert said == [write_number(a + b, DIGITS + 1) for a, b in pairs]


@pytest.mark.slow
def test_sums_are_worked_out_at_once() -> None:
    model = compile_adder("addition", (*"0123456789", "+"), 2 * DIGITS + 1, "full")
    assert len(model.config.layers) == 3
    pairs = list(list_sums(5))
    answers = model.batch([f"{a:010d}+{b:010d}" for a, b in pairs])
    assert ["".join(map(str, answer)) for answer in answers] == [f"{a + b:021d}" for a, b in pairs]  # type: ignore[call-overload]
