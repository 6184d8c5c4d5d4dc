"""One change after the other, each in a forked process that runs the tests which reach it until one fails.

A pytest plugin: the tests are collected once, before anything is changed.
"""

import os
import resource
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from pathlib import Path

import pytest

from tests.mutants.changes import Change
from tests.mutants.reach import Reach, measure_reach
from tests.mutants.swap import swap

SLOWER = 5
"""How many times as long as usual tests may run before a change counts as one that hangs; and so many seconds beside."""
MEMORY = 6 * 2**30


@dataclass(frozen=True)
class Limits:
    """`seconds`: CPU that the tests of one change take, unchanged; `jobs`: processes at a time."""

    seconds: float
    jobs: int


@dataclass(frozen=True)
class Result:
    """What became of a change: "killed" (`by` a test), "limit" (no end, or no memory), "survived", "unreached" (by any
    test), or "broken": it could not be made.
    """

    name: str
    line: int
    outcome: str
    by: str
    tests: int
    cpu: float


class Trials:
    """The plugin; `done` hears of every result."""

    def __init__(
        self,
        todo: Sequence[Change],
        modules: Mapping[str, Path],
        kept: Path,
        limits: Limits,
        done: Callable[[Result], None],
    ) -> None:
        self.todo, self.modules, self.kept, self.limits, self.done = todo, modules, kept, limits, done
        self.sound: set[str] = set()  # tests that pass without a change

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Instead of running the tests."""
        reach = measure_reach(session.items, self.modules, self.kept)
        items = {item.nodeid: item for item in session.items}
        texts = {module: path.read_text(encoding="utf-8") for module, path in self.modules.items()}
        running: dict[int, tuple[Change, int, int]] = {}
        for change in self.todo:
            if len(running) == self.limits.jobs:
                self.collect(running, items)
            tests = within(
                reach, reach.tests(change.module, texts[change.module], change.line), self.limits.seconds
            )
            if not tests:
                self.done(Result(change.name, change.line, "unreached", "", 0, 0.0))
                continue
            seconds = sum(reach.seconds[test] for test in tests)
            chosen = [items[test] for test in tests]
            child, pipe = start(partial(self.attempt, change, texts[change.module], chosen, seconds))
            running[child] = change, len(tests), pipe
        while running:
            self.collect(running, items)
        return True

    def attempt(self, change: Change, text: str, items: Sequence[pytest.Item], seconds: float) -> str:
        """In the child: the first test that fails, or nothing."""
        most = int(SLOWER * (seconds + SLOWER))
        resource.setrlimit(resource.RLIMIT_CPU, (most, most))
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        swap(change, text)
        return first_failure(items)

    def collect(self, running: dict[int, tuple[Change, int, int]], items: Mapping[str, pytest.Item]) -> None:
        """Wait for a child and tell its result, once it is known that the test passes without the change."""
        child, status, usage = os.wait3(0)
        change, tests, pipe = running.pop(child)
        with os.fdopen(pipe) as stream:
            by = stream.read()
        code = os.waitstatus_to_exitcode(status)
        outcome = "limit" if code < 0 else "broken" if code else "killed" if by else "survived"
        if by and by not in self.sound:
            assert not finished(partial(first_failure, [items[by]])), f"{by} fails without any change"
            self.sound.add(by)
        cpu = round(usage.ru_utime + usage.ru_stime, 2)
        self.done(Result(change.name, change.line, outcome, by, tests, cpu))


def within(reach: Reach, tests: Sequence[str], seconds: float) -> list[str]:
    """The first tests, for as long as they take together."""
    total = list(accumulate(reach.seconds[test] for test in tests))
    return [test for test, until in zip(tests, total, strict=True) if until <= seconds] or list(tests[:1])


def first_failure(items: Sequence[pytest.Item]) -> str:
    """The first of some tests that fails, or nothing."""
    for item, following in zip(items, [*items[1:], None], strict=True):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if item.session.testsfailed:
            return item.nodeid
    return ""


def finished(work: Callable[[], str]) -> str:
    """What a silent child makes of some work."""
    child, pipe = start(work)
    with os.fdopen(pipe) as stream:
        found = stream.read()
    os.waitpid(child, 0)
    return found


def start(work: Callable[[], str]) -> tuple[int, int]:
    """A silent child that does the work, and the pipe that it writes its result to."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    code = 1
    try:
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1)
        os.dup2(silent, 2)
        os.write(writing, work().encode())
        code = 0
    except BaseException as problem:  # whatever a changed program raises, the child ends here
        print(problem, file=sys.stderr)
    finally:
        os._exit(code)
