"""Room for deep recursion: reading and elaborating a program recurse as deeply as the program nests.

Both count their own depth and refuse politely at a limit of theirs; Python's limit is only lifted out of
their way. Calls between Python functions take no space on the machine's stack, so that this is safe.
"""

import sys
from collections.abc import Generator
from contextlib import contextmanager

FRAMES = 200_000


@contextmanager
def allow_deep_recursion() -> Generator[None]:
    """Within the block, Python functions may call each other `FRAMES` deep."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, FRAMES))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
