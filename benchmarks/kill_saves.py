"""Saves that are killed, interrupted, run out of disk or meet each other, while others read: is anything lost?

`make kill-saves` prints the table of docs/reliability.md. Two things are saved again and again, each time with other
contents: a checkpoint (`write_checkpoint`) and a program (`write_text`). Readers must find all of one or of the other.
"""

import argparse
import contextlib
import multiprocessing as mp
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Generator
from itertools import cycle
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path
from random import Random

from rich.console import Console

from benchmarks.saved_things import Saved, saved_things
from benchmarks.tables import Cell, Table, markdown, show
from compiler.export.folder import is_hidden_name
from compiler.export.read_file import CheckpointError
from rasp.diagnostics import RaspError

FORK = mp.get_context("fork")
READERS = 2
PAGE, PAGES = 4096, 16
REFUSED = (CheckpointError, RaspError)


def hidden_files(path: Path) -> list[str]:
    """What unfinished saves have left in the folder that a thing is, or that it lies in."""
    return [name for name in os.listdir(path if path.is_dir() else path.parent) if is_hidden_name(name)]


def save_for_ever(thing: Saved, path: Path, ready: Connection) -> None:
    """A writer: the two contents in turn, until it is killed."""
    # A shell starts what is to run in the background with interrupts ignored, and that is inherited.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        thing.write(path, 1)
        ready.send(None)
        for which in cycle((0, 1)):
            thing.write(path, which)


def read_until(thing: Saved, path: Path, stop: Event, told: Connection) -> None:
    """A reader: tells in the end how often it read, and what it found that was neither contents."""
    found: Counter[str] = Counter()
    while not stop.is_set():
        try:
            thing.read(path)
            found["reads"] += 1
        except Exception:
            found["wrong"] += 1
    told.send(found)


@contextlib.contextmanager
def readers(thing: Saved, path: Path, total: Counter[str]) -> Generator[None]:
    """Readers at work; what they found is added to `total`."""
    stop = FORK.Event()
    pipes = [FORK.Pipe() for _ in range(READERS)]
    processes = [
        FORK.Process(target=read_until, args=(thing, path, stop, told), daemon=True) for _, told in pipes
    ]
    for process in processes:
        process.start()
    try:
        yield
    finally:
        stop.set()
        for ours, _ in pipes:
            total += ours.recv()
        for process in processes:
            process.join()


def killed(thing: Saved, path: Path, times: int, how: signal.Signals) -> Counter[str]:
    """End a writer `times` times, each time somewhere in a save, and look at what it has left."""
    random, found = Random(times), Counter[str]()
    start = time.perf_counter()
    for which in (0, 1, 0, 1, 0):
        thing.write(path, which)
    one_save = (time.perf_counter() - start) / 5
    with readers(thing, path, found):
        for _ in range(times):
            ours, theirs = FORK.Pipe()
            writer = FORK.Process(target=save_for_ever, args=(thing, path, theirs))
            writer.start()
            ours.recv()
            time.sleep(random.uniform(0, 2 * one_save))
            os.kill(writer.pid or 0, how)
            writer.join()
            found["tried"] += 1
            look(thing, path, found)
    return found


def look(thing: Saved, path: Path, found: Counter[str]) -> None:
    """What a save that ended early has left: the contents whole, and hidden files until the next save or beyond."""
    try:
        found["new" if thing.read(path) == 0 else "old"] += 1
    except Exception:
        found["lost"] += 1
    found["left"] += bool(hidden_files(path))
    thing.write(path, 1)
    found["left for ever"] += bool(hidden_files(path))


def two_writers(thing: Saved, path: Path, times: int) -> Counter[str]:
    """Two writers of one place at a time, each as fast as it can."""
    found = Counter[str]()
    thing.write(path, 0)

    def write_often(first: int, told: Connection) -> None:
        mine = Counter[str]()
        for number in range(times):
            try:
                thing.write(path, (first + number) % 2)
                mine["done"] += 1
            except REFUSED:
                mine["refused"] += 1
        told.send(mine)

    with readers(thing, path, found):
        pipes = [FORK.Pipe() for _ in range(2)]
        writers = [FORK.Process(target=write_often, args=(i, told)) for i, (_, told) in enumerate(pipes)]
        for writer in writers:
            writer.start()
        for (ours, _), writer in zip(pipes, writers, strict=True):
            found += ours.recv()
            writer.join()
        found["left"] += bool(hidden_files(path))
    look(thing, path, found)
    return found


def no_room(thing: Saved, path: Path, times: int) -> Counter[str]:
    """Saves that may write fewer bytes to a file than they need (RLIMIT_FSIZE), from none on."""
    found = Counter[str]()
    thing.write(path, 1)
    largest = max(p.stat().st_size for p in ([path] if path.is_file() else path.iterdir()))
    with readers(thing, path, found):
        for number in range(times):
            told, theirs = FORK.Pipe()
            room = largest * number // times
            writer = FORK.Process(target=write_within, args=(thing, path, room, theirs))
            writer.start()
            found[told.recv()] += 1
            writer.join()
            look(thing, path, found)
    return found


def write_within(thing: Saved, path: Path, room: int, told: Connection) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
    told.send(tried(thing, path))


def tried(thing: Saved, path: Path) -> str:
    """Whether a save was done or refused."""
    try:
        thing.write(path, 0)
    except REFUSED:
        return "refused"
    return "done"


def full_disk(thing: Saved, path: Path, times: int) -> Counter[str]:
    """Saves onto a disk with so many pages left, from none on; needs the right to mount one."""
    found = Counter[str]()
    disk = path.parent / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], check=False).returncode:
        return found
    try:
        place, filler = disk / "saved", disk / "filler"
        thing.write(place, 1)
        with readers(thing, place, found):
            for number in range(times):
                with filler.open("wb") as file:
                    os.posix_fallocate(file.fileno(), 0, room_on(disk) - number % PAGES * PAGE)
                found[tried(thing, place)] += 1
                filler.unlink()
                look(thing, place, found)
    finally:
        subprocess.run(["umount", disk], check=True)
    return found


def room_on(disk: Path) -> int:
    status = os.statvfs(disk)
    return status.f_bavail * status.f_frsize


COLUMNS = (
    "saved",
    "ended by",
    "saves",
    "refused",
    "old found",
    "new found",
    "lost",
    "left",
    "left after the next",
    "reads",
    "wrong reads",
)
WAYS: dict[str, Callable[[Saved, Path, int], Counter[str]]] = {
    "SIGKILL": lambda thing, path, times: killed(thing, path, times, signal.SIGKILL),
    "SIGINT": lambda thing, path, times: killed(thing, path, times, signal.SIGINT),
    "a limit on file size": no_room,
    "a full disk": full_disk,
    "nothing: two writers": two_writers,
}


def row(thing: Saved, how: str, found: Counter[str]) -> dict[str, Cell]:
    """One line of the table."""
    cells = ("refused", "old", "new", "lost", "left", "left for ever", "reads", "wrong")
    saves = found["tried"] + found["refused"] + found["done"]
    return dict(zip(COLUMNS, (thing.name, how, saves, *(found[cell] for cell in cells)), strict=True))


def main() -> None:
    """Run everything and print the table; exit code 1 if anything was lost, left or read wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--times", type=int, default=220, help="saves for each way to end them")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    options = parser.parse_args()
    rows: list[dict[str, Cell]] = []
    for thing in saved_things():
        for how, run in WAYS.items():
            folder = Path(tempfile.mkdtemp(prefix="kill-saves-"))
            try:
                rows.append(row(thing, how, run(thing, folder / "saved", options.times)))
                print(
                    ", ".join(f"{name} {cell}" for name, cell in rows[-1].items()),
                    file=sys.stderr,
                    flush=True,
                )
            finally:
                shutil.rmtree(folder)
    table = Table("saves", "Saves that do not end well", COLUMNS, tuple(rows), COLUMNS)
    if options.markdown:
        print(markdown(table))
    else:
        show(table, Console(width=200))
    failed = any(cells[name] for cells in rows for name in ("lost", "left after the next", "wrong reads"))
    raise SystemExit(failed)


if __name__ == "__main__":
    main()
