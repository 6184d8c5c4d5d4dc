"""Which tests reach which lines of the modules under trial, and how long each takes.

Measured once for each test file, in a process of its own (coverage.py's contexts), and kept until that file changes.
"""

import ast
import hashlib
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from coverage import Coverage


@dataclass(frozen=True)
class Reach:
    """`seconds[test]` of CPU, and `places[place]`: the tests that run it (a place as `places_of` names it)."""

    seconds: Mapping[str, float]
    places: Mapping[str, frozenset[str]]

    def tests(self, module: str, text: str, line: int) -> list[str]:
        """Those that run a line of a module, the quickest first. Where none is known to (a line that is new, or that only
        runs at import), those that run its function, or its module."""
        place = places_of(module, text)[line]
        found = self.places.get(place)
        for around in (place.rsplit("|", 1)[0] + "|", module + "|"):
            if found is None:
                found = frozenset().union(*(t for name, t in self.places.items() if name.startswith(around)))
                found = found or None
        return sorted(found or (), key=lambda test: (self.seconds[test], test))


def places_of(module: str, text: str) -> dict[int, str]:
    """A name for every line: module, function and what the line says. It stays the same when other lines come and go."""
    functions = {n: "" for n in range(1, text.count("\n") + 2)}
    for node in ast.walk(ast.parse(text)):  # the outer ones first
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            for line in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                functions[line] = f"{functions[line]}.{node.name}"
    lines = text.split("\n")
    return {n: f"{module}|{function}|{lines[n - 1].strip()}" for n, function in functions.items()}


def measure_reach(items: Sequence[pytest.Item], modules: Mapping[str, Path], kept: Path) -> Reach:
    """The reach of all tests, from `kept` where their file has not changed since."""
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    seconds: dict[str, float] = {}
    places: dict[str, set[str]] = {}
    for path, tests in files.items():
        record = kept / f"{path.stem}-{hashlib.sha256(path.read_bytes()).hexdigest()[:16]}.json"
        if not record.exists():
            print(f"measuring {path.name}", flush=True)
            in_child(partial(measure, tests, modules, record))
        found = json.loads(record.read_text())
        file = tests[0].nodeid.partition("::")[0]
        names = [f"{file}::{name}" for name in found["seconds"]]
        seconds |= zip(names, found["seconds"].values(), strict=True)
        for place, numbers in found["places"].items():
            places.setdefault(place, set()).update(names[k] for k in numbers)
    return Reach(seconds, {place: frozenset(tests) for place, tests in places.items()})


def in_child(work: Callable[[], None]) -> None:
    """Run in a forked process, silently, so that nothing that it imports or caches stays."""
    child = os.fork()
    if not child:
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1)
        work()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0, "a test process ended early"


def measure(items: Sequence[pytest.Item], modules: Mapping[str, Path], record: Path) -> None:
    """Run tests under coverage and write down what they reached."""
    coverage = Coverage(data_file=None, config_file=False, include=[str(path) for path in modules.values()])
    seconds: dict[str, float] = {}
    coverage.start()
    for item, following in zip(items, [*items[1:], None], strict=True):
        name = item.nodeid.partition("::")[2]
        coverage.switch_context(name)
        start = time.process_time()
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        assert not item.session.testsfailed, f"{item.nodeid} fails without any change"
        seconds[name] = round(time.process_time() - start, 4)
    coverage.stop()
    data = coverage.get_data()
    number = {name: k for k, name in enumerate(seconds)}
    places: dict[str, list[int]] = {}
    for module, path in modules.items():
        names = places_of(module, path.read_text(encoding="utf-8"))
        for line, tests in data.contexts_by_lineno(str(path)).items():
            places.setdefault(names[line], []).extend(number[test] for test in tests if test)
    record.write_text(json.dumps({"seconds": seconds, "places": places}))
