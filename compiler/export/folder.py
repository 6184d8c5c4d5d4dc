"""Writing a folder all or nothing: into a temporary folder beside it, then by renaming."""

import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path


def replace_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Make `folder` hold exactly `files`, instead of what was there. Raises `OSError`, nothing changed."""
    target = folder.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.parent / f".{target.name}.{secrets.token_hex(4)}.partial"
    fresh.mkdir()
    try:
        for name, data in files.items():
            write_through(fresh / name, data)
        move_over(fresh, target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def write_through(path: Path, data: bytes) -> None:
    """Write a file and wait until it is on the disk, so that the rename cannot arrive before the bytes."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def move_over(fresh: Path, target: Path) -> None:
    """Put `fresh` in the place of `target`; an old target is moved aside first and put back on failure."""
    if not target.exists():
        fresh.rename(target)
        return
    old = fresh.with_suffix(".old")
    target.rename(old)
    try:
        fresh.rename(target)
    except OSError:
        old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)
