"""A folder whose parts come all at once: they are written into a hidden folder inside of it, and moved out at the end."""

import contextlib
import os
import shutil
from collections.abc import Generator
from pathlib import Path

from rasp.write_whole import make_folder

#: The hidden folder; also what a program that was killed may have left.
UNFINISHED = ".unfinished"


@contextlib.contextmanager
def fill_folder(folder: Path, last: str) -> Generator[Path]:
    """A hidden folder to write into. At the end each part of it replaces what has its name in `folder`, `last` comes last.

    Where anything fails before, `folder` is as it was, or gone where it was not there. Raises `OSError`.
    """
    unfinished = folder / UNFINISHED
    with make_folder(folder):
        try:
            remove_tree(unfinished)
            unfinished.mkdir()
            yield unfinished
            for made in sorted(unfinished.iterdir(), key=lambda path: path.name == last):
                remove_tree(folder / made.name)
                os.replace(made, folder / made.name)
        finally:
            with contextlib.suppress(OSError):
                remove_tree(unfinished)


def list_held(folder: Path) -> set[str]:
    """What stands in a folder but what a killed program has left; nothing where there is none. Raises `OSError`."""
    return {path.name for path in folder.iterdir()} - {UNFINISHED} if folder.is_dir() else set()


def remove_tree(path: Path) -> None:
    """Remove a file, or a folder with what is in it, that may be there. Raises `OSError`."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
