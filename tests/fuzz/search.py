"""The search: one target's cases, tried in batches, and the findings, made small and kept in a folder.

A batch is made from the target's name and the batch's number alone, so that a search can be broken off at any time
and go on later. Hypothesis makes the cases and makes a finding smaller. Every smaller case is written down at once.
"""

import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from math import inf
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis.errors import HypothesisException

from rasp.write_whole import write_text
from tests.fuzz.contained import Finding, contained
from tests.fuzz.targets import TARGETS, Case, Target

LONGEST_SHRINKING = 60.0
LONGEST_TOLD = 20_000
BY_NAME = {target.name: target for target in TARGETS}


class Smaller(Exception):
    """Asks Hypothesis for a smaller case."""


class Enough(BaseException):
    """Ends a batch. No `Exception`, so that Hypothesis does not take it for another finding."""


@dataclass
class Record:
    """What has been done for a target."""

    batches: int = 0
    cases: int = 0
    seconds: float = 0


@dataclass(eq=False)
class Search:
    """A folder of findings, and how far the search is."""

    folder: Path
    records: dict[str, Record] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.state.exists():
            read = json.loads(self.state.read_text(encoding="utf-8"))
            self.records = {name: Record(**record) for name, record in read.items()}

    @property
    def state(self) -> Path:
        return self.folder / "state.json"

    def record(self, target: Target) -> Record:
        return self.records.setdefault(target.name, Record())

    def batch(self, target: Target, size: int, seconds: float = inf) -> None:
        """Try the next cases of a target: one, and more until so many seconds are over."""
        record, started = self.record(target), time.monotonic()
        pursuit = Pursuit(self.folder, target, started + seconds)
        try:
            explore(target, f"{target.name} {record.batches}", size, pursuit)
        finally:
            record.cases += pursuit.cases
            record.seconds += time.monotonic() - started
        record.batches += 1
        self.write()

    def write(self) -> None:
        records = {name: asdict(record) for name, record in self.records.items()}
        write_text(self.state, json.dumps(records))

    def findings(self) -> list[Path]:
        return sorted(self.folder.glob("*.finding.json"))

    def forget_mended(self) -> Iterator[Path]:
        """Try all findings again that can be, and remove those that are none any more."""
        for path in self.findings():
            if not find_target(path).missing and replay(path) is None:
                path.unlink()
                yield path


@dataclass(eq=False)
class Pursuit:
    """The findings of a batch. One that is new is made smaller; the others are only counted."""

    folder: Path
    target: Target
    end: float = inf
    cases: int = 0
    chased: str = ""
    deadline: float = 0

    def attempt(self, case: Case) -> None:
        """Try a case. Raises `Smaller` when smaller ones of the same kind are wanted, `Enough` after a while of that, or at
        the end."""
        if time.monotonic() > (self.deadline if self.chased else self.end) and self.cases:
            raise Enough
        self.cases += 1
        found = contained(lambda: self.target.attempt(case))
        if found is None:
            return
        path = self.folder / file_name(self.target, found)
        if not self.chased and not path.exists():
            self.chased, self.deadline = path.name, time.monotonic() + LONGEST_SHRINKING
        if path.name == self.chased:
            keep(path, self.target, case, found)
            raise Smaller
        if not path.exists():  # met on the way; as large as it is
            keep(path, self.target, case, found)


def explore(target: Target, name: str, size: int, pursuit: Pursuit) -> None:
    """Try `size` cases that depend on the name only, and more to make what was found smaller."""
    search = settings(
        max_examples=size,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
    )

    @seeded(Random(name).getrandbits(64))
    @search
    @given(target.cases)
    def trying(case: Case) -> None:
        pursuit.attempt(case)

    # A case that is wrong only sometimes makes Hypothesis complain.
    with suppress(Smaller, Enough, HypothesisException):
        trying()


def file_name(target: Target, found: Finding) -> str:
    cause = hashlib.sha256(f"{found.kind} {found.place}".encode()).hexdigest()[:8]
    return f"{target.name}-{found.kind}-{cause}.finding.json"


def keep(path: Path, target: Target, case: Case, found: Finding) -> None:
    """Write a finding down unless a smaller one of its kind is kept."""
    kept: dict[str, Any] = {"target": target.name, "kind": found.kind, "place": found.place, "case": case}
    if path.exists() and len(json.dumps(json.loads(path.read_text(encoding="utf-8"))["case"])) < len(
        json.dumps(case)
    ):
        return
    write_text(path, json.dumps(kept | {"told": found.told[-LONGEST_TOLD:]}, indent=1))


def find_target(path: Path) -> Target:
    """The target of a finding."""
    return BY_NAME[json.loads(path.read_text(encoding="utf-8"))["target"]]


def replay(path: Path) -> Finding | None:
    """Try the case of a finding again."""
    target, case = find_target(path), json.loads(path.read_text(encoding="utf-8"))["case"]
    return contained(lambda: target.attempt(case))
