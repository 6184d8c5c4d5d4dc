"""The command `rasp`, from its first moment on.

What this imports takes a third of a second, in which nobody is there yet to catch an interrupt: until the command runs,
and again when it is over, the system ends the process, without a word. What Python does before it comes here is out of
reach. Only for the process whose command this is: importing it is the start.
"""

import os
import sys

try:  # importing `signal` takes some milliseconds by itself
    import signal

    #: Whoever starts us in the background may have interrupts ignored; then they stay so.
    INTERRUPTS = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if INTERRUPTS:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
except KeyboardInterrupt:
    os._exit(130)

# The compiler's products are small: of several threads all but one only wait for it, as busy as if they worked.
if "OMP_NUM_THREADS" not in os.environ:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from compiler.cli import main as command
from rasp.command_line.console import INTERRUPTED


def main() -> None:
    """Run the command line of this process, and exit."""
    speak_utf8()
    try:
        if INTERRUPTS:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        command()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    finally:
        if INTERRUPTS:
            signal.signal(signal.SIGINT, signal.SIG_DFL)


def speak_utf8() -> None:
    """Start anew with arguments, files and messages in UTF-8 where the locale (like C) says otherwise."""
    if sys.getfilesystemencoding() != "utf-8" and sys.executable:
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])
