"""Memory that was freed is kept for what comes next, in a process that compiles.

Arrays of megabytes come and go by the thousand. Where each is given back to the system at once, as the C library does with
large ones, the system takes as long to give its pages anew, zeroed one by one, as it takes to fill them.
"""

import ctypes

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""Of `mallopt` in glibc's malloc.h: free bytes at the end of the heap from which on they are given back, and the size from
which on a block is asked of the system by itself."""
KEPT = 2**30


def keep_freed_memory() -> None:
    """From now on, where the C library is glibc; with another nothing changes."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, TypeError, AttributeError):
        return
    if mallopt(
        M_MMAP_THRESHOLD, KEPT
    ):  # alone, the other would have all large blocks asked for by themselves
        mallopt(M_TRIM_THRESHOLD, KEPT)
