"""Inputs that a program has no value for: counted when it is compiled, and told."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from compiler.cli import main
from compiler.commands.repl import make_repl
from compiler.options import CompileOptions
from compiler.verify.interpreted_sample import interpret_sample
from compiler.verify.without_value import find_without_value
from rasp.elaborate.program import load_program
from rasp.notation.style import strip_style
from rasp.source import Source

OPTIONS = CompileOptions(tuple("01"), 3)
#: Expression, and how many of the 14 inputs over 01 up to length 3 have no value of it.
ROWS = {
    "tokens_int": 0,
    "1 / tokens_int": 11,
    "1 / tokens_int if tokens_int > 0 else 0": 0,
    "1 / (length - 2)": 4,
    '{"0": 1}[tokens]': 11,
}


@pytest.mark.parametrize("expression", ROWS)
def test_inputs_without_a_value_are_counted(expression: str) -> None:
    program = load_program(Source("<test>", ""))
    found = find_without_value(interpret_sample({"out": program.sop(expression)}, OPTIONS))
    assert [(one.missing, one.asked, one.all) for one in found] == (
        [(ROWS[expression], 14, True)] if ROWS[expression] else []
    )


@pytest.mark.parametrize("expression", ROWS)
def test_compiling_tells_of_them(expression: str, tmp_path: Path) -> None:
    words = ["compile", "-e", expression, "--vocab", "01", "--max-length", "3", "--json"]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0
    told = f"out has no value for {ROWS[expression]} (" in done.stderr
    assert told == bool(ROWS[expression]), done.stderr


@pytest.mark.parametrize("expression", ROWS)
def test_so_does_the_prompt(expression: str) -> None:
    repl, told = make_repl(), list[str]()
    repl.write = lambda row: told.append(strip_style(row))
    repl.take(f'compile {expression} vocab="01" max_length=3')
    assert any("has no value" in row for row in told) == bool(ROWS[expression])


def test_a_sample_is_called_one() -> None:
    program = load_program(Source("<test>", ""))
    options = CompileOptions(tuple("0123456789"), 40)
    [found] = find_without_value(interpret_sample({"out": program.sop("1 / tokens_int")}, options))
    assert not found.all and 0 < found.missing <= found.asked <= 1000 and found.longest == 16
