"""Ints and floats: a mean of several positions is a float, of one what stands there. Text can tell, a model cannot."""

from itertools import product

import pytest

from compiler.analysis.kinds import shows_kinds
from compiler.domains.distinct_elements import factor_values
from compiler.model.runner import Model
from compiler.options import CompileError, CompileOptions
from compiler.pipeline import compile_program
from compiler.verify.differential import Check
from compiler.verify.mismatch import Mismatch
from rasp.arguments import ATTENTIONS
from rasp.elaborate.program import load_program
from rasp.interpret.atom_array import AtomArray
from rasp.source import Source

SAME = "select(tokens, tokens, ==)"
ALL_A = 'aggregate(full_s, indicator(tokens == "a"))'
MEAN = f'aggregate({SAME}, indicator(tokens == "a"))'
NUMBER = '{"a": 0, "b": 1, "c": 2}[tokens]'
ENDS = "select(indices, 0, ==) or select(indices, length - 1, ==)"
MIDDLE = "select(2 * indices, length - 2, >=) and select(2 * indices, length, <=)"

#: Expression, and whether it is known to show if a number is an int.
CASES = {
    "a mean": (MEAN, False),
    "text of a mean": (f'"%s" % {MEAN}', True),
    "text of a mean of ones": ('"%s" % aggregate(full_s, 1)', True),
    "text of a moved mean": (f'"%s" % aggregate(select(indices, 0, ==), {MEAN} + 0)', True),
    "text of what is a mean or an int": (
        f'"%s" % aggregate(select(indices, 0, ==), {ALL_A} if {ALL_A} == 1 else indicator(tokens == "a"))',
        True,
    ),
    "a comparison of text that goes the other way for floats": (
        f'"%s" % {MEAN} == "1" or "%s" % {MEAN} == "0.0"',
        True,
    ),
    "text of a rounded mean": (f'"%s" % round({MEAN})', False),
    "text made by another text's letters": (f"lower(tokens) % {MEAN}", True),
    "text of a count": ('"%s" % selector_width(full_s)', False),
    "text of a half": ('"%s" % aggregate(full_s, 0.5)', True),
    "text of a choice": ('"%s" % ((1 if length == 1 else 1.0) * indicator(tokens == "a"))', False),
    "a list at a mean": (
        f'["x", "y"][aggregate({SAME} or select(indices, 0, ==), indicator(tokens == "a"))]',
        True,
    ),
    "a list at what may be a mean of both ends": (
        f"[10, 20, 30][aggregate({ENDS}, {NUMBER})] if length == 1 else 5",
        True,
    ),
    "a list at the best so far": (
        f"[10, 20, 30][aggregate(best(select(indices, indices, <=), {NUMBER}), {NUMBER})]",
        True,
    ),
    "a slice up to the middle": (
        f'string_slice("abc", 0, aggregate({MIDDLE}, {NUMBER})) if length % 2 == 1 else tokens',
        True,
    ),
    "text of a mean of a table's numbers": (f'"%s" % aggregate({SAME}, {NUMBER})', True),
    "text of the best so far": (
        f'"%s" % aggregate(best(select(indices, indices, <=), {NUMBER}), {NUMBER})',
        True,
    ),
    "the middle of numbers that floats are too few for": (
        f'aggregate({MIDDLE}, {{"a": 9007199254740993, "b": 9007199254740992, "c": 1}}[tokens])',
        False,
    ),
    "the rest of a mean": (f"{MEAN} % 2", False),
    "a sum of a mean that rounds": ("aggregate(full_s, 0.1)", False),
    "text of a zero whose sign a mean decides": (
        '"%s" % aggregate(select(indices, 0, ==), -aggregate(full_s, indicator(tokens == "a")) / 2)',
        True,
    ),
    "a choice of an int and text": ('1 if indices == 0 else "a"', False),
    "a comparison of such a choice": ('(1 if tokens == "a" else "1") == 1', False),
    "a selector that compares such a choice": (
        'selector_width(select(1 if tokens == "a" else "1", 1, ==))',
        False,
    ),
    "a choice of three kinds": ('1 if tokens == "a" else (0.5 if indices == 1 else "z")', False),
    "a choice of an int and a float, moved": (
        'aggregate(select(indices, length - 1 - indices, ==), 1 if tokens == "a" else 1.0)',
        False,
    ),
    "text of such a choice, moved": (
        '"%s" % aggregate(select(indices, length - 1 - indices, ==), 1 if tokens == "a" else 1.0)',
        True,
    ),
    "a list at a choice of an int and a float": ('[5, 6, 7][1 if tokens == "a" else 1.0]', False),
    "text of a choice of a boolean and an int": ('"%s" % (True if tokens == "a" else 1)', False),
    "text of a function of the token": ('"%s" % (2 if tokens == "a" else 1.5)', False),
}


@pytest.mark.parametrize(("text", "shows"), CASES.values(), ids=CASES)
def test_which_programs_show_kinds(text: str, shows: bool) -> None:
    assert shows_kinds([load_program(Source("<test>", "")).sop(text)], "abc") == shows


@pytest.mark.parametrize("text", [text for text, _ in CASES.values()], ids=CASES)
@pytest.mark.parametrize("attention", ATTENTIONS)
def test_right_or_refused(text: str, attention: str) -> None:
    program = load_program(Source("<test>", ""))
    try:
        result = compile_program(program, {"out": text}, CompileOptions(tuple("abc"), 4, attention))
    except CompileError:
        return
    words = [word for n in range(1, 5) for word in product("abc", repeat=n)]
    found = Check(Model(result.weights), result.meaning).compare(words)
    assert not [item for item in found if isinstance(item, Mismatch)]


def test_what_needs_no_kinds_is_not_refused() -> None:
    for name in (
        "a mean",
        "text of a rounded mean",
        "text of a count",
        "text of a choice",
        "the rest of a mean",
    ):
        program = load_program(Source("<test>", ""))
        compile_program(program, {"out": CASES[name][0]}, CompileOptions(tuple("abc"), 4))


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_the_sign_of_a_zero_is_text_only_where_it_is_known(attention: str) -> None:
    program = load_program(Source("<test>", 'zero = 0.0 * (1 - 2 * indicator(tokens == "1"));'))
    options = CompileOptions(("0", "1"), 3, attention)
    with pytest.raises(CompileError, match=r"-0\.0"):
        compile_program(program, {"out": '"%s" % aggregate(select(indices, 0, ==), zero)'}, options)
    for text in ('"%s" % zero', "aggregate(select(indices, 0, ==), zero)", '"%s" % round(zero + 1)'):
        compiled = compile_program(program, {"out": text}, options)
        words = [word for n in (1, 2, 3) for word in product("01", repeat=n)]
        found = Check(Model(compiled.weights), compiled.meaning).compare(words)
        assert not any(isinstance(item, Mismatch) for item in found)


def test_a_zero_with_a_sign_is_noted() -> None:
    """No number in the weights is one, so that its text cannot be had (`check_zeros`)."""
    for values, noted in (([1.5, -0.0], True), ([1.0, 0.0], False), ([-1.0, 0.0], False), ([0, 1], False)):
        assert factor_values(AtomArray.from_atoms(values))[0].minus_zero == noted
