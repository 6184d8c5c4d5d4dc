"""Fuzzing, as much as a test run has time for: the same few cases of every target each time. `make fuzz` goes on."""

import json
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import strategies as st

pytest.importorskip("resource")

from tests.fuzz.__main__ import list_turns, main
from tests.fuzz.contained import Limits, contained
from tests.fuzz.search import BY_NAME, Search
from tests.fuzz.targets import TARGETS, Target, prepare

CASES, SLOW_CASES = 25, 8
#: transformers takes as long to import as all of these.
QUICK = [target.name for target in TARGETS if target.name != "family"]


@pytest.fixture(scope="module", autouse=True)
def prepared() -> None:
    prepare(QUICK)


@pytest.mark.parametrize(
    "target", [target for target in TARGETS if target.name in QUICK], ids=lambda target: target.name
)
def test_nothing_is_found(target: Target, tmp_path: Path) -> None:
    search = Search(tmp_path)
    search.batch(target, SLOW_CASES if target.slow else CASES)
    assert [path.read_text(encoding="utf-8") for path in search.findings()] == []


def fails(text: str) -> str:
    """A target that breaks on a `b` with an `a` before it."""
    if "b" in text.partition("a")[2]:
        raise ValueError("a Python message")
    return ""


def test_findings_are_made_small_and_kept(tmp_path: Path) -> None:
    """A search writes down the smallest case, goes on with the next batch, and forgets what is mended."""
    broken = Target("broken", st.text("abc"), fails)
    search = Search(tmp_path)
    search.batch(broken, 30)
    (path,) = search.findings()
    found = json.loads(path.read_text(encoding="utf-8"))
    assert (found["kind"], found["case"]) == ("crash", "ab")
    assert "ValueError: a Python message" in found["told"]
    again = Search(tmp_path)
    assert again.record(broken).batches == 1
    again.batch(broken, 10)
    assert again.findings() == [path]
    path.write_text(json.dumps(found | {"target": "parser"}), encoding="utf-8")
    assert list(again.forget_mended()) == [path] and again.findings() == []


def test_every_target_gets_its_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each tries a case at least, however little time there is; a later search begins with who has had the least."""
    targets = [Target(name, st.text("c"), fails) for name in ("one", "two", "three")]
    for target in targets:
        monkeypatch.setitem(BY_NAME, target.name, target)
    names = [target.name for target in targets]
    search = Search(tmp_path)
    for name, seconds in list_turns(search, names, end=0.0):
        search.batch(BY_NAME[name], 30, seconds)
    assert [search.record(target).cases for target in targets] == [1, 1, 1]
    search.record(targets[0]).seconds += 60
    search.record(targets[2]).seconds += 30
    assert [name for name, _ in list_turns(search, names, end=0.0)] == ["two", "three", "one"]


def test_what_needs_a_missing_library_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said, a finding of it is kept, and where nothing else was asked for nothing is tried."""
    monkeypatch.setitem(BY_NAME, "family", replace(BY_NAME["family"], needs="no_such_library"))
    kept = tmp_path / "family-crash-0.finding.json"
    kept.write_text(json.dumps({"target": "family", "case": {}}), encoding="utf-8")
    asked = ["--folder", str(tmp_path), "--minutes", "0", "-t", "family"]
    alone, both = CliRunner().invoke(main, asked), CliRunner().invoke(main, [*asked, "-t", "parser"])
    said = "family: left out, since no_such_library is not installed\n"
    assert (alone.exit_code, alone.output) == (2, said)
    assert both.exit_code == 1 and f"{said}parser: 1 cases so far" in both.output and kept.exists()
    again = CliRunner().invoke(main, ["replay", str(kept)])
    assert again.exit_code == 0 and "not tried, since no_such_library is not installed" in again.output


def endless() -> str:
    while True:
        pass


def hungry() -> str:
    return str(len(bytearray(1 << 30)))


def gone() -> str:
    os.kill(os.getpid(), signal.SIGSEGV)
    return ""


@pytest.mark.parametrize(
    "action, kind, place",
    [
        (endless, "hang", ""),
        (hungry, "memory", ""),
        (gone, "crash", "SIGSEGV"),
        (lambda: str({}["x"]), "crash", "KeyError"),
        (lambda: "'NoneType' object has no attribute 'x'", "message", "NoneType"),
        (lambda: "error: all is said", None, ""),
    ],
)
def test_what_counts_as_a_finding(action: Callable[[], str], kind: str | None, place: str) -> None:
    found = contained(action, Limits(seconds=1, memory=1 << 28))
    assert (found.kind if found else None) == kind
    assert found is None or place in found.place
