"""What all tests share: how Hypothesis searches, and one thread for each process of torch and numpy.

In CI the examples are the same every time; elsewhere Hypothesis looks for new ones, and remembers failures.
"""

import os

from hypothesis import settings

for library in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(library, "1")

settings.register_profile("ci", derandomize=True, deadline=None, database=None)
settings.register_profile("default", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "default")
