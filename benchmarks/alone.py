"""Measurements that take long: each in a process of its own, with limits, and kept, so that a run that is broken off goes
on where it was."""

import contextlib
import hashlib
import json
import multiprocessing
import resource
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.tables import Cell

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "build" / "measured"
MEASURED = ("rasp", "compiler", "programs")
"""The folders whose state a measurement is of."""

Row = dict[str, Cell]


def measure_alone(measure: Callable[[], Row], cpu_seconds: int, mebibytes: int | None) -> Row | None:
    """A row from a process that ends with it, or None when that took more than the limits (None: all memory there is)."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(
        target=answer, args=(measure, sender, (cpu_seconds, mebibytes and mebibytes * 2**20))
    )
    process.start()
    sender.close()
    try:
        return receiver.recv()
    except EOFError:
        return None
    finally:
        process.join()


def answer(measure: Callable[[], Row], sender: Connection, limits: tuple[int, int | None]) -> None:
    """Measure in this process, which its limits end."""
    for limit, most in zip((resource.RLIMIT_CPU, resource.RLIMIT_AS), limits, strict=True):
        if most is not None:
            resource.setrlimit(limit, (most, resource.getrlimit(limit)[1]))
    sender.send(measure())


def peak_mebibytes() -> int:
    """The most memory this process has had so far, or since `forget_peak`."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) // 1024
    except (OSError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def forget_peak() -> int:
    """MiB that this process has now. Where the system can (Linux), they are its peak so far from now on."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return peak_mebibytes()


def name_state() -> str:
    """What tells this state of the code from any other."""
    files = sorted(path for folder in MEASURED for path in (ROOT / folder).rglob("*") if is_source(path))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]


def is_source(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts


class KeptRows:
    """Rows by their names, in a file of JSON lines: one for each kind of measurement and state of the code."""

    def __init__(self, kind: str, folder: Path = KEPT) -> None:
        self.path = folder / f"{kind}-{name_state()}.jsonl"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lines = self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []
        self.rows: dict[str, Row] = dict(json.loads(line) for line in lines)

    def find(self, name: str, measure: Callable[[], Row]) -> Row:
        """The row of this name, measured unless that was done before."""
        if name not in self.rows:
            self.rows[name] = measure()
            with self.path.open("a", encoding="utf-8") as file:
                print(json.dumps([name, self.rows[name]]), file=file)
        return self.rows[name]
