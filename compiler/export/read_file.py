"""Reading a file that may be anything: a pipe nobody writes to, an endless device, larger than the memory."""

import os
import stat
from pathlib import Path

from rasp.diagnostics import DiagnosedError, Diagnostic
from rasp.write_whole import explain_reason

AGAIN = "compile the program again, or restore the file from a copy"


class CheckpointError(DiagnosedError):
    """A folder cannot be read or written as a checkpoint; the diagnostics name the file."""


class Unsettled(CheckpointError):
    """A file is not what the folder's manifest says: perhaps only because somebody is writing at this moment."""


def report_unsettled(path: Path, reason: str, hint: str = AGAIN, code: str = "bad-checkpoint") -> Unsettled:
    """An `Unsettled` about one file."""
    return Unsettled(*report_damage(path, reason, hint, code).diagnostics)


def report_damage(
    path: Path, reason: str, hint: str = AGAIN, code: str = "bad-checkpoint"
) -> CheckpointError:
    """A `CheckpointError` about one file. The code "usage" says that the path is wrong, not the file."""
    return CheckpointError(Diagnostic(f"{path} {reason}", hint=hint, code=code))


def read_file(path: Path, most: int) -> bytes:
    """The bytes of a file of at most `most`. Raises `Unsettled`, in bounded time and memory."""
    try:
        with open(path, "rb", opener=open_at_once) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise report_unsettled(path, "is a pipe or a device, not a file", "put the file itself there")
            if status.st_size > most:
                raise report_unsettled(path, f"is larger than the {most:,} bytes that it can have")
            return file.read(status.st_size)
    except (FileNotFoundError, NotADirectoryError):
        raise report_unsettled(path, "is missing") from None
    except IsADirectoryError:
        raise report_unsettled(path, "is a folder, not a file", "put the file itself there") from None
    except OSError as error:
        raise report_unsettled(
            path, f"cannot be read: {explain_reason(error)}", "check its permissions"
        ) from None


def open_at_once(path: str, flags: int) -> int:
    """Open without waiting for the other end of a pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
