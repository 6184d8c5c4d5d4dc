"""Sizes, times and mismatches of compiled programs, beside those of other compilers.

    python benchmarks/compiler.py                 the programs of data/tracr.csv, at their sizes
    python benchmarks/compiler.py --long          large vocabularies and long inputs
    python benchmarks/compiler.py --algo          the algorithms among the conformance cases
    python benchmarks/compiler.py --alta          the programs of data/alta.csv
    python benchmarks/compiler.py --sweep         every program at many sizes, looking for mistakes
    python benchmarks/compiler.py --help          everything else

The work is done by `benchmarks/main.py`. A script in this folder would find itself where it says
`import compiler`, so the folder above takes this one's place on the path.
"""

import os
import runpy
import sys
from pathlib import Path

if __name__ == "__main__":
    os.environ.setdefault(
        "OPENBLAS_NUM_THREADS", "1"
    )  # read when numpy is imported, here and in subprocesses
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    runpy.run_module("benchmarks.main", run_name="__main__")
