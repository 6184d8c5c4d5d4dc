"""What Python callers give to public functions: what is meant is taken, and what cannot be is told in plain words."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import compiler
import rasp
from compiler import CompileError, CompileOptions, compile_program
from rasp import RaspError

PROGRAM = rasp.load("same = select(tokens, tokens, ==); hist = selector_width(same); def f(x) { return x; }")
OPTIONS = CompileOptions(("a", "b"), 3)

WRONG: dict[str, tuple[Callable[[], object], str]] = {
    "a number for a program": (lambda: rasp.load(3), "a program has to be a string, got an integer 3"),
    "nothing for a program": (lambda: rasp.load(None), "a program has to be a string, got None"),
    "bytes for a program": (lambda: rasp.load(b"x = 1;"), "a program has to be a string, got bytes"),
    "a folder": (lambda: rasp.load("/"), "/ is a folder, not a file"),
    "no such file": (lambda: rasp.load("nowhere.rasp"), "there is no file nowhere.rasp"),
    "a path that is a folder": (lambda: rasp.load(Path(".")), ". is a folder, not a file"),
    "parse of nothing": (lambda: rasp.parse(None), "a program has to be a string"),
    "load_program of a number": (lambda: rasp.load_program(3), "a program has to be a string"),
    "a number as expression": (lambda: PROGRAM(3), "an expression has to be a string, got an integer 3"),
    "a number as name": (lambda: PROGRAM[0], "an expression has to be a string, got an integer 0"),
    "an unknown name": (lambda: PROGRAM["hits"], "did you mean `hist`?"),
    "a number as input": (
        lambda: PROGRAM.hist(3),
        "an input has to be a string, or a list of tokens, got an integer 3",
    ),
    "no input": (lambda: PROGRAM.hist(""), "an input cannot be empty"),
    "None as input": (
        lambda: PROGRAM.hist(None),
        "an input has to be a string, or a list of tokens, got None",
    ),
    "an array as input": (lambda: PROGRAM.hist(np.array([1])), "an array of numbers is given as its list"),
    "a nested input": (
        lambda: PROGRAM.hist([["a"]]),
        "a token has to be a string, number or boolean, got a list",
    ),
    "an attention": (lambda: PROGRAM.hist("ab", "casual"), "there is no attention called 'casual'"),
    "an attention that is no name": (
        lambda: PROGRAM.hist("ab", True),
        "there is no attention called a boolean True",
    ),
    "a set as argument": (lambda: PROGRAM.f({1}), "an argument has to be a value that RASP has, got a set"),
    "too many arguments": (lambda: PROGRAM.f(1, 2), "`f` takes 1 argument, got 2"),
    "evaluate of text": (lambda: rasp.evaluate("length", ["a"]), "`outputs` has to be a list of nodes"),
    "evaluate on one input": (
        lambda: rasp.evaluate([PROGRAM.program.sop("length")], "abc"),
        '`inputs` has to be a list of inputs, got a string "abc"',
    ),
    "evaluate of one node": (
        lambda: rasp.evaluate(PROGRAM.program.sop("length"), ["a"]),
        "has to be a list of nodes",
    ),
    "a text as length": (lambda: CompileOptions("abc", max_length="8"), 'a whole number, got a string "8"'),
    "a float as length": (lambda: CompileOptions("abc", 8.0), "a whole number, got a float 8.0"),
    "a boolean as length": (lambda: CompileOptions("abc", True), "a whole number, got a boolean True"),
    "a number as vocabulary": (
        lambda: CompileOptions(3, 8),
        "has to be a list of tokens or a text, got an integer 3",
    ),
    "a set as vocabulary": (
        lambda: CompileOptions({"a"}, 8),
        "has to be a list of tokens or a text, got a set",
    ),
    "repeats": (lambda: CompileOptions("aba", 8), 'the vocabulary has "a" twice'),
    "None in the vocabulary": (
        lambda: CompileOptions(["a", None], 8),
        "a token has to be a string, number or boolean",
    ),
    "a level as text": (
        lambda: CompileOptions("ab", 8, level="2"),
        "the optimisation level has to be a whole number",
    ),
    "an attention of options": (
        lambda: CompileOptions("ab", 8, "Full"),
        "there is no attention called 'Full'",
    ),
    "a text as options": (
        lambda: compile_program(PROGRAM, "hist", "ab"),
        "`options` has to be `CompileOptions`",
    ),
    "no program": (lambda: compile_program("hist", "hist", OPTIONS), "`program` has to be a program"),
    "no outputs": (lambda: compile_program(PROGRAM, {}, OPTIONS), "there is no output to compile"),
    "outputs of nodes": (
        lambda: compile_program(PROGRAM, {"out": PROGRAM.hist}, OPTIONS),
        "a name or expression of an output has to be a string",
    ),
    "a list of outputs": (lambda: compile_program(PROGRAM, ["hist"], OPTIONS), "`outputs` has to be a dict"),
    "a selector": (lambda: compile_program(PROGRAM, "same", OPTIONS), "read through it with aggregate"),
    "save of a program": (lambda: compiler.save(PROGRAM, "x"), "`compiled` has to be a compiled program"),
    "save to a number": (
        lambda: compiler.save(compile_program(PROGRAM, "hist", OPTIONS), 3),
        "`folder` has to be a path",
    ),
    "load of a number": (lambda: compiler.load(3), "`folder` has to be a path"),
}


@pytest.mark.parametrize("call, message", WRONG.values(), ids=WRONG)
def test_wrong_arguments_are_told(call: Callable[[], object], message: str) -> None:
    with pytest.raises((RaspError, CompileError), match=re.escape(message)) as caught:
        call()
    told = str(caught.value)
    assert told.startswith("error: ")
    assert not re.search(r"NoneType|object at|Error|<class", told)


def test_an_unknown_attribute_is_pythons() -> None:
    with pytest.raises(AttributeError, match="nothing called hits; did you mean `hist`"):
        PROGRAM.hits  # noqa: B018


def test_what_is_meant_is_taken() -> None:
    assert PROGRAM.hist(["a", np.str_("a")]) == PROGRAM.hist("aa") == [2, 2]
    assert PROGRAM.hist([np.int64(1), 2]) == [1, 1]
    assert PROGRAM("tokens_asis")([np.float64(0.5), np.int64(2)]) == [0.5, 2]
    assert CompileOptions("ab", 3) == CompileOptions(["a", "b"], 3) == OPTIONS
    assert CompileOptions([np.int64(1), 2], 3).vocabulary == (1, 2)
    assert len(rasp.parse("x = 1;").statements) == 1
    assert rasp.load_program("x = 1;").bindings == {"x": 1}


def test_a_loaded_program_and_one_expression_are_compiled() -> None:
    for outputs, name in (("hist", "hist"), ("hist + 1", "out"), ({"n": "hist"}, "n")):
        assert set(compile_program(PROGRAM, outputs, OPTIONS).expressions) == {name}
    assert set(compile_program(PROGRAM.program, "hist", OPTIONS).expressions) == {"hist"}
