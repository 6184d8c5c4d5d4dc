"""What `rasp verify` says: its headline, exit code and JSON follow the worst that it found."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from safetensors.numpy import load, save

from compiler.cli import main
from compiler.export.compiled import make_checkpoint
from compiler.export.files import ARRAYS, encode_files
from compiler.export.recompile import Standing
from compiler.options import CompileOptions
from compiler.pipeline import compile_program
from compiler.verify.differential import Report
from compiler.verify.tally import Compared
from compiler.verify.verdict import judge_model
from rasp.elaborate.program import load_program
from rasp.source import Source
from rasp.values import show_percent
from tests.fuzz.checkpoints import mended


def compared(positions: int) -> Compared:
    return Compared(positions, 0, positions)


WHOLE = compared(1000)


def report(**changes: object) -> Report:
    values: dict[str, object] = {
        "checked": 1000,
        "lengths": {1: 1000},
        "exhaustive": True,
        "without_value": 0,
        "by_output": {"out": WHOLE},
        "mismatched": 0,
        "smallest": None,
        "seconds": 1.0,
        "seed": 0,
        "readers": {"padded": 0},
    }
    return Report(**(values | changes))  # type: ignore[arg-type]


HELD, CHANGED = Standing(None, ()), Standing(None, ("its weights differ",))
TWO = {"first": WHOLE, "second": compared(15)}
VERDICTS = {
    "all": (report(), HELD, True, "verified"),
    "some": (
        report(by_output={"out": compared(15)}),
        HELD,
        True,
        "verified at the 1.5 % of all positions at which the program has a value",
    ),
    "some of a sample": (
        report(by_output={"out": compared(999)}, exhaustive=False),
        HELD,
        True,
        "verified at the 99.9 % of the positions checked at which the program has a value",
    ),
    "some of an output": (
        report(by_output=TWO),
        HELD,
        True,
        "verified at the 1.5 % of all positions at which second has a value",
    ),
    "none": (
        report(by_output={"out": compared(0)}),
        HELD,
        False,
        "NOT verified: the program has a value at no position of the 1,000 inputs checked",
    ),
    "none of an output": (
        report(by_output={"first": WHOLE, "second": compared(0)}),
        HELD,
        False,
        "NOT verified: second has a value at no position of the 1,000 inputs checked",
    ),
    "other weights": (report(), CHANGED, False, "NOT verified: its weights differ"),
    "wrong": (report(mismatched=3), CHANGED, False, "NOT verified: wrong on 3 of 1,000 inputs"),
    "wrong in a batch": (
        report(readers={"padded": 1}),
        HELD,
        False,
        "NOT verified: wrong when it is run in another way (padded)",
    ),
}


@pytest.mark.parametrize("found, standing, passed, headline", VERDICTS.values(), ids=VERDICTS)
def test_the_headline_follows_the_worst(
    found: Report, standing: Standing, passed: bool, headline: str
) -> None:
    verdict = judge_model(found, standing)
    assert (verdict.passed, verdict.headline) == (passed, headline)


@pytest.mark.parametrize(
    "part, whole, shown",
    [
        (0, 9, "0 %"),
        (9, 9, "100 %"),
        (1, 10**6, "under 0.1 %"),
        (10**6 - 1, 10**6, "over 99.9 %"),
        (985, 1000, "98.5 %"),
    ],
)
def test_no_share_is_rounded_to_all_or_nothing(part: int, whole: int, shown: str) -> None:
    assert show_percent(part, whole) == shown


def saved(folder: Path, expression: str, change: Callable[[dict[str, np.ndarray]], None]) -> Path:
    """A checkpoint whose arrays were changed and whose hashes are right."""
    options = CompileOptions(("a", "b"), 3)
    compiled = compile_program(load_program(Source("test", "")), {"out": expression}, options)
    files = encode_files(make_checkpoint(compiled))
    arrays = {name: array.copy() for name, array in load(files[ARRAYS]).items()}
    change(arrays)
    files = mended(files | {ARRAYS: save(arrays, metadata={"format": "rasp"})})
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def add_to_bias(arrays: dict[str, np.ndarray]) -> None:
    arrays["unembeddings.0.bias"][0] += 1e-3


def leave(arrays: dict[str, np.ndarray]) -> None:
    pass


SEEN = {
    "one weight, a little": ("length", add_to_bias, 1, ("NOT verified: 1 of its", "again: 1 of its")),
    "inputs without a value": (
        "1 / (length - 1)",
        leave,
        0,
        (
            "verified at the 94.1 % of all positions at which the program has a value",
            "on 2 inputs (14.3 %), so nothing was compared there",
        ),
    ),
    "positions without a value": (
        '1 / (length - 2 if tokens == "a" else 1)',
        leave,
        0,
        (
            "verified at the 88.2 % of all positions at which the program has a value",
            "on 3 inputs (21.4 %); there only the positions that have one were compared, on 1 at none",
        ),
    ),
    "all well": ("length", leave, 0, ("verified\n", "the same weights, classes and error bounds")),
}


@pytest.mark.parametrize("expression, change, code, told", SEEN.values(), ids=SEEN)
def test_what_the_command_says(
    tmp_path: Path,
    expression: str,
    change: Callable[[dict[str, np.ndarray]], None],
    code: int,
    told: tuple[str, str],
) -> None:
    folder = str(saved(tmp_path / "m", expression, change))
    result = CliRunner().invoke(main, ["verify", folder])
    assert result.exit_code == code and result.stdout.startswith(told[0]) and told[1] in result.stdout
    machine = CliRunner().invoke(main, ["verify", folder, "--json"])
    record = json.loads(machine.stdout)
    assert machine.exit_code == code and record["passed"] is (code == 0)
    assert record["headline"] == result.stdout.splitlines()[0]
    assert record["certified"] is (record["differences"] == [])
    assert record["share_compared"] == record["positions_compared"] / record["positions"]


def test_a_program_without_values_is_not_verified(tmp_path: Path) -> None:
    """Under causal attention the first position never has a value here, and all others look at it."""
    options = CompileOptions(("a", "b"), 3, "causal")
    program = load_program(Source("test", "n = selector_width(select(tokens, tokens, ==));"))
    compiled = compile_program(program, {"n": "n", "back": "average(1 / (n - 1))"}, options)
    folder = tmp_path / "m"
    folder.mkdir()
    for name, data in encode_files(make_checkpoint(compiled)).items():
        (folder / name).write_bytes(data)
    result = CliRunner().invoke(main, ["verify", str(folder)])
    assert result.exit_code == 1
    assert result.stdout.startswith(
        "NOT verified: back has a value at no position of the 14 inputs checked\n"
    )
