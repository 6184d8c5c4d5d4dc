"""Writing a file whole or not at all: whoever reads it, at any moment and after any interruption, finds the old
contents or the new ones.

The bytes go into a hidden file in the same folder, are forced to the disk, and the file is then renamed over the
old one, which no reader sees half done. While it is written, the hidden file is locked; the system lets go of the
lock when the program dies, so the next writer of the same file recognises what a killed one left, and removes it.

Our own, because the libraries for this (`atomicwrites` and its like) are no longer kept, and none of them cleans
up after a program that was killed.
"""

import contextlib
import errno
import hashlib
import os
import secrets
import stat
import sys
from collections.abc import Callable, Generator, Mapping
from functools import partial
from pathlib import Path

from rasp.diagnostics import Diagnostic, RaspError

if sys.platform != "win32":
    import fcntl

#: What to do where the system does not write or read.
CHECK_PATH = "check the path, its permissions and the free space"
UNFINISHED = ".partial"
#: Of a long name, so much stands in that of the hidden file, which has to stay below 255 bytes.
KEPT_NAME = 40
#: What the system says where a file cannot have two names; then only the look beforehand protects an old file.
NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EOPNOTSUPP)
#: Opening must neither follow a link nor wait for the other end of a pipe.
NO_SURPRISE = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def write_text(path: Path, text: str, *, new: bool = False) -> None:
    """Write a text as UTF-8, with its line ends as they are. Raises `RaspError`, and then nothing has changed."""
    try:
        data = text.encode("utf-8")
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        message = f"{path} cannot be written: line {line} has {text[error.start]!r}, which is not a character"
        hint = "it comes from a byte that is not UTF-8; take it out, or write the character again"
        raise RaspError(Diagnostic(message, hint=hint, code="write")) from None
    write_file(path, data, new=new)


def write_file(path: Path, data: bytes, *, new: bool = False) -> None:
    """Write bytes. Raises `RaspError`, and then nothing has changed."""
    with told(path):
        write_bytes(path, data, new=new)


@contextlib.contextmanager
def told(path: Path) -> Generator[None]:
    """What the system says while a file is written, as a `RaspError`."""
    try:
        yield
    except OSError as error:
        message = f"{path} cannot be written: {explain_reason(error)}"
        raise RaspError(Diagnostic(message, hint=CHECK_PATH, code="write")) from None


@contextlib.contextmanager
def make_folder(folder: Path) -> Generator[None]:
    """A folder to write into. If that fails, folders that were made for it are gone again, but not what stands in them.
    Raises `OSError` if it cannot be made."""
    made = [part for part in (folder, *folder.parents) if not part.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            for part in made:
                part.rmdir()
        raise


def write_bytes(path: Path, data: bytes, *, new: bool = False) -> None:
    """Make `path` hold exactly `data`. Raises `OSError`, and then nothing has changed.

    A link is followed; permissions and owner of an older file are kept. With `new`, a file that is there already
    is never replaced (`FileExistsError`), not even one that appears meanwhile. What is no file but takes bytes,
    such as `/dev/stdout` or a pipe, is written to directly.
    """
    with contextlib.ExitStack() as unfinished:
        stage(path, data, unfinished, new=new)()


def write_together(texts: Mapping[Path, str]) -> None:
    """Write several texts as UTF-8: all lie on the disk before the first takes its name. Raises `RaspError`; then nothing
    has changed, unless it was a name that could not be given behind others."""
    with contextlib.ExitStack() as unfinished:
        ends: list[Callable[[], object]] = []
        for path, text in texts.items():
            with told(path):
                ends.append(stage(path, text.encode(), unfinished))
        for path, end in zip(texts, ends, strict=True):
            with told(path):
                end()


def stage(
    path: Path, data: bytes, unfinished: contextlib.ExitStack, *, new: bool = False
) -> Callable[[], object]:
    """Write bytes beside `path`, where they stay as long as `unfinished`; what is returned gives them their name."""
    if "\0" in str(path):
        raise OSError(errno.EINVAL, "a name cannot hold a NUL character")
    old = writable(path)
    if old is not None and new:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    if old is not None and not stat.S_ISREG(old.st_mode):
        return partial(path.write_bytes, data)
    target = Path(os.path.realpath(path))
    remove_unfinished(target)
    handle, name = unfinished.enter_context(unfinished_file(target))
    write_through(handle, data)
    if old is not None:
        keep_owner(name, old)

    def end() -> None:
        (place_new if new else os.replace)(name, target)
        sync_folder(target.parent)

    return end


def writable(path: Path) -> os.stat_result | None:
    """What is there already, None for nothing. Raises `OSError` where writing is forbidden."""
    try:
        old = path.stat()
    except FileNotFoundError:
        return None
    if not os.access(path, os.W_OK):
        # Renaming needs no permission for the file itself, but whoever took it away meant it.
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    return old


def keep_owner(name: str, old: os.stat_result) -> None:
    """Give a file the permissions of another one, and its owner where we may."""
    if sys.platform != "win32":
        with contextlib.suppress(PermissionError):
            os.chown(name, old.st_uid, old.st_gid)
    os.chmod(name, stat.S_IMODE(old.st_mode))


def place_new(name: str, target: Path) -> None:
    """Give a file a name that nothing has. Raises `FileExistsError`."""
    try:
        os.link(name, target)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        os.replace(name, target)


@contextlib.contextmanager
def unfinished_file(target: Path) -> Generator[tuple[int, str]]:
    """A locked, empty, hidden file beside the target, as (open file, name); gone at the end under that name."""
    while True:
        name = str(target.with_name(f"{unfinished_name(target)}{secrets.token_hex(8)}{UNFINISHED}"))
        handle = -1
        try:
            handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
            # Another writer may have taken it for something left over before it was locked.
            if try_lock(handle) and os.fstat(handle).st_nlink:
                yield handle, name
                return
        finally:
            with contextlib.suppress(OSError):  # it has its name by now, or never came to be
                os.unlink(name)
            if handle >= 0:
                os.close(handle)


def unfinished_name(target: Path) -> str:
    """How the names of hidden files for one target begin."""
    name = target.name
    if len(name) > KEPT_NAME:
        name = f"{name[:KEPT_NAME]}-{hashlib.sha256(os.fsencode(name)).hexdigest()[:8]}"
    return f".{name}."


def remove_unfinished(target: Path) -> None:
    """Remove what killed writers of the target have left beside it."""
    start = unfinished_name(target)
    with contextlib.suppress(OSError):  # not ours to list or to remove: it stays
        names = [name for name in os.listdir(target.parent) if name.startswith(start)]
        for name in names:
            if name.endswith(UNFINISHED):
                remove_unless_locked(target.with_name(name))


def remove_unless_locked(path: Path) -> None:
    """Remove a file unless its writer lives. Raises `OSError`."""
    handle = os.open(path, os.O_WRONLY | NO_SURPRISE)
    try:
        if try_lock(handle):
            os.unlink(path)
    finally:
        os.close(handle)


def write_through(handle: int, data: bytes) -> None:
    """Write all bytes and wait until they are on the disk, so that a rename cannot arrive there before them."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(handle, rest) :]
    os.fsync(handle)


def sync_folder(folder: Path) -> None:
    """Wait until a folder's names are on the disk. Where the system cannot, the file is whole all the same."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def try_lock(handle: int) -> bool:
    """Lock an open file or folder for this program alone, as long as it is open; False if another one has it.

    Where there are no such locks (Windows, some network drives), everybody gets one.
    """
    if sys.platform != "win32":
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True
    return True


def explain_reason(error: OSError) -> str:
    """What the system says, without Python's dressing."""
    return error.strerror or os.strerror(error.errno or errno.EIO)
