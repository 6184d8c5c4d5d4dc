"""What all tests share: how Hypothesis searches, and one thread for each process of torch and numpy.

`HYPOTHESIS_PROFILE=thorough` searches much longer, with new examples every time; so does a nightly run.
"""

import os

from hypothesis import settings

for library in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(library, "1")

settings.register_profile("ci", derandomize=True, deadline=None, database=None)
settings.register_profile("default", deadline=None)
settings.register_profile("thorough", deadline=None, max_examples=5_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "default"))
