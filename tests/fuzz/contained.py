"""Code that is run where it can do no harm: in a process, a folder and limits of its own.

In: a function of one case, which returns what a user would have seen. Out: what was wrong with it, or None. Each
case has a fork of its own, so that neither a hang nor what an earlier case left behind can spoil the next.
"""

import faulthandler
import logging
import os
import re
import resource
import select
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from io import FileIO, TextIOWrapper
from pathlib import Path
from typing import BinaryIO, NoReturn

from tests.places import ROOT

MOST_WRITTEN = 64 << 20
ESCAPED = 70
#: What Python says and no user should hear. The texts that are tried hold none of it.
PYTHONS = re.compile(
    r"internal error|Traceback \(most|\b[A-Z][A-Za-z]*Error\b|Exception ignored|has no attribute|<class '|"
    r"\bNoneType\b|object is not|not supported between|unsupported operand|positional argument|"
    r"recursion depth|(?:list|string|tuple) index out of range|<\w+ object at 0x"
)
NO_MEMORY = re.compile(r"not enough memory|MemoryError|can't allocate memory")
FRAME = re.compile(r'File \\?"([^"\\]+)\\?", line \d+,? in (\S+)')


@dataclass(frozen=True)
class Limits:
    """Seconds of computing; of waiting, which a busy machine lengthens; bytes beyond what Python has already."""

    seconds: int = 10
    waiting: float = 150
    memory: int = 2 << 30


USUAL = Limits()


@dataclass(frozen=True)
class Finding:
    """`kind` is crash, message, hang or memory; cases of one `place` have one cause; `told` is all there was to read."""

    kind: str
    place: str
    told: str


def contained(action: Callable[[], str], limits: Limits = USUAL) -> Finding | None:
    """Carry out an action in a child process; what was wrong."""
    with tempfile.TemporaryDirectory(prefix="rasp-fuzz-") as folder, tempfile.TemporaryFile() as transcript:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            carry_out(action, limits, Path(folder), transcript)
        os.close(writing)
        in_time = finished(reading, child, limits.waiting)
        status = os.waitpid(child, 0)[1]
        transcript.seek(0)
        told = transcript.read(MOST_WRITTEN).decode("utf-8", "backslashreplace")
    return judge(told, status, in_time)


def finished(reading: int, child: int, seconds: float) -> bool:
    """Wait until the child is gone, or for as long as is allowed. Its end of the pipe closes when it ends."""
    try:
        in_time = bool(select.select([reading], [], [], seconds)[0])
        if not in_time:
            os.kill(child, signal.SIGXCPU)  # it tells where it is
            select.select([reading], [], [], 5)
            os.kill(child, signal.SIGKILL)
    except BaseException:
        os.kill(child, signal.SIGKILL)
        raise
    finally:
        os.close(reading)
    return in_time


def carry_out(action: Callable[[], str], limits: Limits, folder: Path, transcript: BinaryIO) -> NoReturn:
    """In the child: the action, with everything that is written going into the transcript."""
    code = ESCAPED
    try:
        os.chdir(folder)
        os.dup2(transcript.fileno(), 1)
        os.dup2(transcript.fileno(), 2)
        sys.stdout = sys.stderr = TextIOWrapper(
            FileIO(1, "w", closefd=False), "utf-8", "backslashreplace", write_through=True
        )
        logging.root.handlers.clear()
        os.environ["RASP_DEBUG"] = "1"
        limit_work(limits)
        print(action())
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def limit_work(limits: Limits) -> None:
    """From here on this process may use so much time and memory. Beyond its time it says where it is, and ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    faulthandler.enable(2)
    faulthandler.register(signal.SIGXCPU, file=2, all_threads=False, chain=True)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_WRITTEN, MOST_WRITTEN))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds, limits.seconds + 5))
    memory = data_size() + limits.memory
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))


def data_size() -> int:
    """Bytes of data that this process has already; 0 where the system does not tell."""
    status = Path("/proc/self/status")
    text = status.read_text() if status.exists() else ""
    found = re.search(r"VmData:\s*(\d+) kB", text)
    return int(found[1]) * 1024 if found else 0


def judge(told: str, status: int, in_time: bool) -> Finding | None:
    """What was wrong with a child that has ended with a status after telling something."""
    code = os.waitstatus_to_exitcode(status)
    if not in_time or code in (-signal.SIGXCPU, -signal.SIGKILL):
        return Finding("hang", f"in {where(told)}", told)
    if NO_MEMORY.search(told):
        return Finding("memory", f"in {where(told)}", told)
    if code != 0:
        return Finding("crash", f"{last_words(told, code)} in {where(told)}", told)
    if found := PYTHONS.search(told):
        around = told[max(0, found.start() - 40) : found.end() + 60]
        return Finding("message", f"{simplified(around)} in {where(told)}", told)
    return None


def where(told: str) -> str:
    """The innermost function of ours in the last traceback that was told."""
    ours = [
        f"{path.relative_to(ROOT)}:{function}"
        for name, function in FRAME.findall(told)
        if (path := Path(name)).is_relative_to(ROOT)
        and path.relative_to(ROOT).parts[0] in ("rasp", "compiler")
    ]
    # A traceback ends with the innermost call, the report of a signal begins with it.
    return (ours[0] if "most recent call first" in told else ours[-1]) if ours else "an unknown place"


def last_words(told: str, code: int) -> str:
    """The exception that ended a child, without what differs from case to case; or its signal."""
    if code < 0:
        return signal.Signals(-code).name
    lines = [
        line
        for line in told.splitlines()
        if re.match(r"[A-Za-z_.]+(Error|Exception|Wrong|Exit|Interrupt)\b", line)
    ]
    return simplified(lines[-1][:80]) if lines else f"exit code {code}"


def simplified(text: str) -> str:
    return " ".join(re.sub(r"[0-9]+|[^\x20-\x7e]", "#", text).split())
