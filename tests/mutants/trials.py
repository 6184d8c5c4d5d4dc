"""One change after the other, each in a forked process that runs the tests which reach it until one fails.

A pytest plugin: the tests are collected once, before anything is changed.
"""

import os
import resource
import sys
from collections import deque
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


@dataclass(frozen=True)
class Running:
    """A change that a child is trying, with so many tests; the child writes to `pipe`."""

    change: Change
    tests: int
    pipe: int


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
        self.todo, self.modules, self.kept, self.limits, self.done = deque(todo), modules, kept, limits, done
        self.texts = {module: path.read_text(encoding="utf-8") for module, path in modules.items()}
        self.running: dict[int, Running] = {}
        self.sound: dict[str, bool] = {}
        """Whether tests that have failed with a change pass without one."""

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Instead of running the tests."""
        assert not session.testsfailed, "some tests cannot be collected"
        reach = measure_reach(session.items, self.modules, self.kept)
        items = {item.nodeid: item for item in session.items}
        while self.todo or self.running:
            if self.todo and len(self.running) < self.limits.jobs:
                self.begin(self.todo.popleft(), reach, items)
            else:
                self.collect(items)
        return True

    def begin(self, change: Change, reach: Reach, items: Mapping[str, pytest.Item]) -> None:
        """Start a child that tries a change."""
        known = reach.tests(change.module, self.texts[change.module], change.line)
        if not change.function:
            known = list(dict.fromkeys(name_constants(items, change.module) + known))
        tests = within(reach, [test for test in known if self.sound.get(test, True)], self.limits.seconds)
        if not tests:
            self.done(Result(change.name, change.line, "unreached", "", 0, 0.0))
            return
        seconds = sum(reach.seconds[test] for test in tests)
        child, pipe = start(partial(self.attempt, change, [items[test] for test in tests], seconds))
        self.running[child] = Running(change, len(tests), pipe)

    def attempt(self, change: Change, items: Sequence[pytest.Item], seconds: float) -> str:
        """In the child: the first test that fails, or nothing."""
        most = int(SLOWER * (seconds + SLOWER))
        resource.setrlimit(resource.RLIMIT_CPU, (most, most))
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        swap(change, self.texts[change.module])
        return first_failure(items)

    def collect(self, items: Mapping[str, pytest.Item]) -> None:
        """Wait for a child and tell its result; or try again where the test fails without the change too."""
        child, status, usage = os.wait3(0)
        one = self.running.pop(child)
        with os.fdopen(one.pipe) as stream:
            by = stream.read()
        if by and by not in self.sound:
            self.sound[by] = not finished(partial(first_failure, [items[by]]))
        if not self.sound.get(by, True):
            print(f"left out, since it fails without any change: {by}", flush=True)
            self.todo.append(one.change)
            return
        code = os.waitstatus_to_exitcode(status)
        outcome = "limit" if code < 0 else "broken" if code else "killed" if by else "survived"
        cpu = round(usage.ru_utime + usage.ru_stime, 2)
        self.done(Result(one.change.name, one.change.line, outcome, by, one.tests, cpu))


def name_constants(items: Mapping[str, pytest.Item], module: str) -> list[str]:
    """The tests that name a constant of a module, whose lines they need not reach."""
    own = {name: value for name, value in vars(sys.modules[module]).items() if name.isupper()}
    found: list[str] = []
    for test, item in items.items():
        assert isinstance(item, pytest.Function)
        known = vars(sys.modules[item.function.__module__])
        if any(name in own and known.get(name) is own[name] for name in item.function.__code__.co_names):
            found.append(test)
    return found


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
