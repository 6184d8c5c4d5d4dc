"""What commands cost beside what they cannot do without: ratios, both sides of each measured in turns in one run.

    python benchmarks/commands.py

Written to results/commands.md and .csv. All in seconds of the processor, on one thread; the least of several turns counts.
"""

import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # this folder has modules called as our packages

import torch  # noqa: E402

from benchmarks.tables import Cell, Table, write  # noqa: E402
from compiler import load  # noqa: E402
from compiler.verify.chosen_inputs import sequences  # noqa: E402
from rasp.syntax.grammar import GRAMMAR, load_grammar, make_parser  # noqa: E402

TURNS = 5
CONDITIONS = "One thread, CPU; seconds of the processor, the least of several turns that alternate."
#: Programs and which of their outputs: of 10 tokens, and inputs of up to 20.
PROGRAMS = {
    "counting/histogram": "histogram",
    "sorting/sort": "sorted_tokens",
    "language/induction": "induction",
}
INPUTS = 4_000


def spend(command: Sequence[str]) -> float:
    """Seconds of the processor of a process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def spend_here(call: Callable[[], object]) -> float:
    """Seconds of the processor of a call."""
    start = time.process_time()
    call()
    return time.process_time() - start


def compare(name: str, aim: str, ours: Callable[[], float], other: Callable[[], float]) -> dict[str, Cell]:
    """A row: the least of either side, in turns."""
    best = [math.inf, math.inf]
    for _ in range(TURNS):
        best = [min(known, measure()) for known, measure in zip(best, (ours, other), strict=True)]
    print(f"{name:60}{best[0] / best[1]:8.2f}", flush=True)
    return {"what": name, "s": best[0], "beside s": best[1], "ratio": best[0] / best[1], "aim": aim}


def measure(folder: Path) -> list[dict[str, Cell]]:
    """All rows. Models are compiled into the folder."""
    rasp = [sys.executable, "-m", "compiler"]
    rows = [
        compare(
            "the parser from its tables / made from the grammar",
            "below 1",
            lambda: spend_here(load_grammar.__wrapped__),
            lambda: spend_here(lambda: make_parser(GRAMMAR.read_text(encoding="utf-8"))),
        )
    ]
    for program, name in PROGRAMS.items():
        model_folder = str(folder / name)
        path = str(ROOT / "programs" / f"{program}.rasp")
        subprocess.run(
            [*rasp, "compile", path, "-e", name, "-o", model_folder], check=True, capture_output=True
        )
        model = load(model_folder)
        inputs = list(sequences(model.config.vocabulary, model.config.max_length, INPUTS, 0))
        apply = [*rasp, "apply", model_folder, "abca"]
        rows.append(
            compare(
                f"rasp apply, one input, {name} / import torch",
                "at most 2",
                lambda apply=apply: spend(apply),
                lambda: spend([sys.executable, "-c", "import torch"]),
            )
        )
        rows.append(
            compare(
                f"encode / batch, {len(inputs):,} inputs, {name}",
                "well below 1",
                lambda model=model, inputs=inputs: spend_here(lambda: [model.encode(one) for one in inputs]),
                lambda model=model, inputs=inputs: spend_here(lambda: model.batch(inputs)),
            )
        )
    return rows


def main() -> None:
    """Measure, print, write."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(Path(folder))
    columns = ("what", "s", "beside s", "ratio", "aim")
    table = Table("commands", "What commands cost", columns, tuple(rows), columns)
    write([table], "commands", CONDITIONS, ROOT / "benchmarks" / "results")


if __name__ == "__main__":
    main()
