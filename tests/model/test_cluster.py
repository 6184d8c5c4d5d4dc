"""Verification in batches that are kept, and that others run: the same report, whatever is broken off or killed."""

import json
import os
import pickle
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from compiler.cli import main
from compiler.cluster import dask_runner, shipped_model
from compiler.cluster.dask_runner import describe_local, open_cluster, run_on_cluster
from compiler.cluster.kept_tallies import open_kept, run_and_keep
from compiler.cluster.open_check import open_check
from compiler.cluster.shipped_model import ShippedModel, open_shipped, read_shipped
from compiler.export.compiled import save
from compiler.model.answers import UNDECIDED
from compiler.options import CompileOptions
from compiler.pipeline import compile_program
from compiler.transformer.problem import make_model_error
from compiler.verify.chosen_inputs import Selection, choose_inputs
from compiler.verify.differential import Batches, Check, Report, run_here, verify_model
from compiler.verify.mismatch import Mismatch
from compiler.verify.tally import Compared, Tally, read_tally
from rasp.command_line.console import WrongUsage
from rasp.diagnostics import DiagnosedError
from rasp.elaborate.program import load_program
from rasp.source import Source

LENGTH, BUDGET = 8, 30_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a program that has no value on some inputs."""
    found = tmp_path_factory.mktemp("model") / "model"
    text = 'aggregate(select(tokens, "a", ==), indices)'
    options = CompileOptions("abc", LENGTH)
    save(compile_program(load_program(Source("none", "")), {"out": text}, options), found)
    return found


@pytest.fixture
def check(folder: Path) -> Iterator[Check]:
    with open_check(folder, None) as found:
        yield found


def make_wrong(check: Check) -> Check:
    """The same model, held against another program."""
    node = load_program(Source("none", "")).sop('aggregate(select(tokens, "b", ==), indices)')
    return replace(check, outputs={"out": node})


def select(budget: int = BUDGET, seed: int = 0) -> Selection:
    return choose_inputs(3, LENGTH, budget, seed)


def timeless(report: Report) -> Report:
    return replace(report, seconds=0.0)


class Counting:
    """A runner that counts the batches it is given."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, check: Check, batches: Batches) -> Iterator[tuple[int, Tally]]:
        for batch in batches:
            self.count += 1
            yield from run_here(check, [batch])


class BrokenOff(Exception):
    pass


def break_off(after: int) -> Any:
    steps = iter(range(after))

    def advance(count: int) -> None:
        if next(steps, None) is None:
            raise BrokenOff

    return advance


@pytest.mark.parametrize("wrong", [False, True])
def test_what_is_broken_off_goes_on(check: Check, wrong: bool, tmp_path: Path) -> None:
    check = make_wrong(check) if wrong else check
    whole, everything = Counting(), select(6000)
    expected = timeless(verify_model(check, everything, run=whole))
    assert expected.passed != wrong
    counts: list[int] = []
    for after in (2, 1, whole.count):
        counting = Counting()
        try:
            kept = open_kept(tmp_path / "found", "model", everything)
            found = verify_model(check, everything, break_off(after), run_and_keep(counting, kept))
        except BrokenOff:
            found = None
        counts.append(counting.count)
    assert found is not None and timeless(found) == expected
    assert counts[0] > 0 and sum(counts) == whole.count, "none is run twice"


def test_a_damaged_batch_is_run_again(check: Check, tmp_path: Path) -> None:
    some = select(3000)
    expected = timeless(verify_model(check, some, run=run_and_keep(run_here, open_kept(tmp_path, "m", some))))
    (tmp_path / "batch-000003.json").write_text("{")
    (tmp_path / "batch-000004.json").write_text("{}")
    counting = Counting()
    found = verify_model(check, some, run=run_and_keep(counting, open_kept(tmp_path, "m", some)))
    assert timeless(found) == expected and counting.count == 2


@pytest.mark.parametrize("model, selection", [("m", select(90, 1)), ("m", select(91)), ("other", select(90))])
def test_other_results_are_not_mixed_in(model: str, selection: Selection, tmp_path: Path) -> None:
    open_kept(tmp_path, "m", select(90))
    with pytest.raises(DiagnosedError, match="holds something else"):
        open_kept(tmp_path, model, selection)


def test_a_folder_that_cannot_be_used_is_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path, text: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("compiler.cluster.kept_tallies.write_text", fail)
    with pytest.raises(DiagnosedError, match="No space left"):
        open_kept(tmp_path / "deep" / "found", "m", select(90))
    assert list(tmp_path.iterdir()) == []


def test_tallies_survive_json() -> None:
    wrong = Mismatch(("a", 1, 1.0, True), "out", 2, 0.5, UNDECIDED)
    for first in (None, wrong, replace(wrong, got=None), replace(wrong, got=1.0)):
        tally = Tally({3: 5}, {"out": Compared(1, 2, 3)}, 1, 4, first)
        found = read_tally(json.loads(json.dumps(tally.as_json())))
        assert vars(found) == vars(tally)
        assert first is None or [*map(type, found.first.tokens)] == [*map(type, first.tokens)]  # type: ignore[union-attr]


def test_workers_are_of_one_version(folder: Path) -> None:
    with pytest.raises(DiagnosedError, match=r"was asked by 0\.0"):
        open_shipped(replace(read_shipped(folder, None), version="0.0"))


def test_errors_reach_other_processes() -> None:
    for error in (WrongUsage("one", "two"), make_model_error("one", "two", "three")):
        found = pickle.loads(pickle.dumps(error))
        assert type(found) is type(error)
        assert found.diagnostics == error.diagnostics and str(found) == str(error)


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """A cluster of two processes."""
    pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    with open_cluster("local:2") as found:
        yield found


def test_a_killed_worker_loses_nothing(client: Any, folder: Path, check: Check) -> None:
    killed: list[int] = []

    def kill_one(count: int) -> None:
        if not killed:
            killed.append(min(client.run(os.getpid).values()))
            os.kill(killed[0], signal.SIGKILL)

    shipped = read_shipped(folder, None)
    found = verify_model(check, select(), kill_one, run_on_cluster(client, shipped))
    assert killed and timeless(found) == timeless(verify_model(check, select()))


def test_what_is_wrong_in_a_worker_is_told(client: Any, check: Check, folder: Path) -> None:
    shipped = read_shipped(folder, None)
    files = tuple((name, data[:-9]) for name, data in shipped.files)
    with pytest.raises(DiagnosedError, match=r"damaged|checkpoint"):
        verify_model(check, select(90), run=run_on_cluster(client, replace(shipped, files=files)))
    strange: Any = "no model"
    with pytest.raises(DiagnosedError, match="workers of the cluster fail: AttributeError"):
        verify_model(check, select(90), run=run_on_cluster(client, strange))


def run(*words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, words, prog_name="rasp")
    return result.exit_code, result.stdout, result.stderr


def test_the_command_has_it_done_and_goes_on(client: Any, folder: Path, tmp_path: Path) -> None:
    address, found = client.scheduler.address, str(tmp_path / "found")
    words = ("verify", str(folder), "--budget", "2000", "--json", "--results", found)
    code, out, _ = run(*words, "--cluster", address)
    again, same, _ = run(*words)
    assert code == again == 0
    one, other = json.loads(out), json.loads(same)
    times = ("seconds", "per_second")
    assert {key: one[key] for key in one if key not in times} == {
        key: other[key] for key in other if key not in times
    }
    code, _, told = run(*words, "--seed", "1")
    assert code == 2 and "holds something else" in told


def test_wrong_addresses_are_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    monkeypatch.setattr(dask_runner, "PATIENCE", 1)
    for address, said in (
        ("local:none", "no number of workers"),
        ("local:0", "no number of workers"),
        ("127.0.0.1:1", "no Dask scheduler answers at 127.0.0.1:1"),
        ("nonsense", "no Dask scheduler answers at nonsense"),
        ("", "no Dask scheduler answers"),
    ):
        code, _, told = run("verify", str(folder), "--cluster", address)
        assert code == 2 and said in told, told
    assert describe_local("local:3")["n_workers"] == 3 and "n_workers" not in describe_local("local")


def test_a_model_is_known_by_its_bytes() -> None:
    one = ShippedModel((("a", b"bc"),), None)
    assert one.hash() == shipped_model.ShippedModel((("a", b"bc"),), None).hash()
    assert (
        len({one.hash(), replace(one, files=(("ab", b"c"),)).hash(), replace(one, version="x").hash()}) == 3
    )
