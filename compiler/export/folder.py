"""A folder of files that changes as a whole, however the change ends: readers find all old files or all new ones.

One of the files, the manifest, names the contents of the others by their sha256. A change is

    1. each other file is written under a hidden name that has its hash in it, beside the old one;
    2. the manifest is replaced by the new one, in one step: from here on the folder holds the new files;
    3. each hidden file takes its visible name.

A reader looks for the hidden name that the manifest asks for first: it is there between 2 and 3, and where a writer
was killed there. `settle` ends a change that was left halfway, in either direction. One writer at a time works on a
folder. The folder itself is locked: a lock file would lie among files that other tools read.
"""

import contextlib
import hashlib
import os
import sys
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rasp.write_whole import UNFINISHED, keep_owner, sync_folder, try_lock, write_bytes

#: What the hidden names of step 1 end in.
STAGED = ".next"
#: Seconds for which one program waits for another to be done with a folder.
PATIENCE = 30.0
PAUSE = 0.02


@dataclass(frozen=True)
class FolderKind:
    """The file names of a kind of folder. `hashes` reads the manifest: file name → sha256, empty for no manifest."""

    parts: tuple[str, ...]
    manifest: str
    hashes: Callable[[Path], Mapping[str, str]]


def replace_files(
    folder: Path, files: Mapping[str, bytes], layout: FolderKind, check: Callable[[], None]
) -> tuple[str, ...]:
    """Make `folder` hold `files`; returns the names of hidden files that killed writers had left, which are gone.

    `check` is called when nobody else is writing, and may raise. Raises `OSError`, `TimeoutError` if another
    writer does not end; then the folder holds what it held.
    """
    with contextlib.ExitStack() as undo:
        for missing in missing_folders(folder):
            undo.callback(remove_if_empty, missing)
        with lock_folder(folder, make=True):
            check()
            left = hidden_names(folder)
            settle(folder, layout)
            try:
                for name in layout.parts:
                    write_bytes(folder / staged_name(name, hash_bytes(files[name])), files[name])
                write_bytes(folder / layout.manifest, files[layout.manifest])
                settle(folder, layout)
            except BaseException:
                with contextlib.suppress(OSError):
                    settle(folder, layout)
                raise
    return left


def settle(folder: Path, layout: FolderKind) -> None:
    """End a change: hidden files that the manifest names take their visible names, all others are removed."""
    for name, digest in layout.hashes(folder / layout.manifest).items():
        staged, visible = folder / staged_name(name, digest), folder / name
        if staged.exists():
            if visible.exists():
                keep_owner(str(staged), visible.stat())
            os.replace(staged, visible)
    for name in hidden_names(folder):
        os.unlink(folder / name)
    sync_folder(folder)


def locate_part(folder: Path, name: str, digest: str) -> Path:
    """Where the file with this hash is: under its visible name, unless a change of the folder was left halfway."""
    staged = folder / staged_name(name, digest)
    return staged if digest and staged.exists() else folder / name


def staged_name(name: str, digest: str) -> str:
    return f".{name}.{digest[:16]}{STAGED}"


def is_hidden_name(name: str) -> bool:
    """Whether a file is one of a change that has not ended."""
    return name.startswith(".") and name.endswith((STAGED, UNFINISHED))


def hidden_names(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(filter(is_hidden_name, os.listdir(folder))))


@contextlib.contextmanager
def lock_folder(folder: Path, *, make: bool = False) -> Generator[None]:
    """Nobody else who asks has the folder meanwhile; with `make`, it is made if it is missing.

    Raises `TimeoutError` when it cannot be had for a long time, and `OSError` when there is no folder.
    """
    end = time.monotonic() + PATIENCE
    while True:
        if make:
            folder.mkdir(parents=True, exist_ok=True)
        if sys.platform == "win32":  # folders cannot be locked there
            yield
            return
        handle = os.open(folder, os.O_RDONLY)
        try:
            if try_lock(handle) and is_there(handle, folder):
                yield
                return
        finally:
            os.close(handle)
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(PAUSE)


def is_there(handle: int, folder: Path) -> bool:
    """Whether an open folder is still the one of that name: another writer may have undone its making."""
    try:
        return os.path.samestat(os.fstat(handle), folder.stat())
    except FileNotFoundError:
        return False


def missing_folders(folder: Path) -> list[Path]:
    """The folder and those above it that do not exist yet, the highest first."""
    missing: list[Path] = []
    while not folder.exists():
        missing.insert(0, folder)
        folder = folder.parent
    return missing


def remove_if_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()


def hash_bytes(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
