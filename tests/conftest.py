"""What all tests share: how Hypothesis searches, and one thread for each process of torch and numpy.

In CI the examples are the same every time; elsewhere Hypothesis looks for new ones, and remembers failures.
"""

import os
import signal

from hypothesis import settings

for library in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(library, "1")

settings.register_profile("ci", derandomize=True, deadline=None, database=None)
settings.register_profile("default", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "default")

# Where tests run in the background, interrupts may be ignored, and what they start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
