"""A limit of time for what a program that is still being written may ask for, such as a million loops."""

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType


class TooSlow(BaseException):
    """The time is over. No `Exception`, so that nothing on the way takes it for its own."""


def ring(_number: int, _frame: FrameType | None) -> None:
    raise TooSlow


@contextmanager
def limit_seconds(seconds: float) -> Generator[None]:
    """Raises `TooSlow` out of the block after so many seconds.

    Without effect on systems that have no alarm signals, and outside of the main thread.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
