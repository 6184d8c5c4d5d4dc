"""Fuzzing, as much as a test run has time for: the same few cases of every target each time. `make fuzz` goes on."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import strategies as st

pytest.importorskip("resource")

from tests.fuzz.contained import Limits, contained
from tests.fuzz.search import Search
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
