"""The benchmarks run: the smallest size of every program, on a few inputs."""

import csv
import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from benchmarks.circuits import is_labelled_rightly
from compiler.circuits.circuit_set import list_named, list_pair_records
from compiler.model.runner import Model
from compiler.options import CompileOptions
from compiler.pipeline import compile_program
from rasp.elaborate.program import load_program
from rasp.source import Source
from tests.places import ROOT

SCRIPT = ROOT / "benchmarks" / "compiler.py"


#: Scripts that only people run: no test would notice that what they import has another name.
SCRIPTS = sorted(
    path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
    for folder in ("benchmarks", "tests/fuzz", "tests/mutants", "website")
    for path in (ROOT / folder).glob("*.py")
    if path.stem != "__main__"
)


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_script_finds_what_it_imports(name: str) -> None:
    import_module(name.removesuffix(".__init__"))


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="module")
def smallest(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[dict[str, object]], Path]:
    """The rows of the smallest size, and the folder with the files."""
    folder = tmp_path_factory.mktemp("results")
    done = run("--sizes", "3x5", "--inputs", "10", "--json", "--out", str(folder))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["3x5"]["rows"], folder


def test_every_program_compiles_and_is_right(smallest: tuple[list[dict[str, object]], Path]) -> None:
    rows, _ = smallest
    assert len(rows) == 23
    for row in rows:
        assert row["status"] == "ok", row
        assert row["wrong"] == 0, row


def test_figures_stand_beside_those_of_tracr(smallest: tuple[list[dict[str, object]], Path]) -> None:
    reverse = next(row for row in smallest[0] if row["program"] == "reverse")
    assert (reverse["Tracr layers"], reverse["Tracr parameters"]) == (4, 18755)
    assert reverse["layers"] == 2
    assert float(str(reverse["ratio"])) > 15


def test_files_hold_what_was_printed(smallest: tuple[list[dict[str, object]], Path]) -> None:
    rows, folder = smallest
    text = (folder / "sizes.md").read_text(encoding="utf-8")
    assert "geometric mean" in text
    assert all(str(row["program"]) in text for row in rows)
    with (folder / "sizes.csv").open(newline="", encoding="utf-8") as file:
        written = list(csv.DictReader(file))
    assert [row["program"] for row in written] == [row["program"] for row in rows]
    assert [row["parameters"] for row in written] == [str(row["parameters"]) for row in rows]


def test_unknown_programs_are_named() -> None:
    done = run("--programs", "hits")
    assert done.returncode == 2
    assert "there is no hits; there are length," in done.stderr


def test_labels_of_pairs_are_held_against_the_model() -> None:
    text = 'previous = shift(tokens, 1, ""); twice = previous + previous;'
    compiled = compile_program(load_program(Source("<test>", text)), "twice", CompileOptions(tuple("ab"), 4))
    model = Model(compiled.weights, symbols=compiled.symbols, recompile=lambda: compiled)
    watched = list_named(compiled)
    [pair] = list_pair_records(compiled, 1, 0)
    assert is_labelled_rightly(model, watched, pair)
    changes, [place] = pair["changes"], pair["changes"]["tokens"]
    for name, places in (("tokens", []), ("tokens", [place, (place + 1) % len(pair["clean"])])):
        wrong = pair | {"changes": changes | {name: places}}
        assert not is_labelled_rightly(model, watched, wrong), places
    output = changes["twice"]
    for other in (
        {"answer": pair["wrong_answer"]},
        {"wrong_answer": pair["answer"]},
        {"position": next(k for k in range(len(pair["clean"])) if k not in output)},
        {"changes": changes | {"twice": []}},
        {"changes": changes | {"twice": [*output, len(pair["clean"])]}},
    ):
        assert not is_labelled_rightly(model, watched, pair | other), other
