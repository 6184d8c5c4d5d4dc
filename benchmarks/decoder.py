"""The decoder's speed beside that of another checkout of this project, both measured in one run.

    git worktree add /tmp/before main
    python benchmarks/decoder.py --against /tmp/before

Each checkout compiles the programs and runs its own decoder in a process of its own, on one thread. The two take turns,
several times for each figure, of which the smallest counts, in seconds of the processor: what else the machine does
hits both alike. Written to results/decoder.md and .csv.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = os.environ.get("RASP_CHECKOUT", str(ROOT))  # this folder has modules called as our packages

import torch  # noqa: E402

from compiler.model.runner import Model  # noqa: E402
from compiler.options import CompileOptions  # noqa: E402
from compiler.pipeline import compile_program  # noqa: E402
from rasp.elaborate.program import load_program  # noqa: E402
from rasp.source import Source  # noqa: E402
from rasp.syntax.directives import read_directives  # noqa: E402

sys.path.append(str(ROOT))  # an older checkout may have no such tables

from benchmarks.tables import Cell, Table, write  # noqa: E402

#: Programs and which of their `# compile:` lines: one head a layer, two, many of one shape, many of many.
BATCHED = {
    "counting/histogram": 0,
    "sorting/sort": 0,
    "brackets/dyck1": 0,
    "brackets/shuffle_dyck2": 0,
    "arithmetic/signed_sum": 0,
    "strings/anagram": 0,
}
CACHED = {
    "counting/histogram": 1,
    "counting/prefix_sum": 1,
    "brackets/depth": 1,
    "brackets/dyck1": 2,
    "language/induction": 0,
    "language/backoff": 0,
}
WAYS = {"64 inputs": BATCHED, "one input": BATCHED, "token by token": CACHED, "1,000 answers": BATCHED}
BATCH = 64
ANSWERED = 1_000
TURNS = 12
CONDITIONS = (
    "One thread, float32, CPU; microseconds of the processor, the least of several turns that alternate."
)
#: Memory that is given back is slow to get again, and whether it is given back is chance: twice the time, or not.
KEEP_MEMORY = {"MALLOC_TRIM_THRESHOLD_": str(2**32), "MALLOC_MMAP_THRESHOLD_": str(2**32)}
#: Seconds of one turn, about.
TURN = 0.1


def serve() -> None:
    """Answer lines of `[program, number of its line, way]` with microseconds, until there are no more."""
    torch.set_num_threads(1)
    models: dict[str, Model] = {}
    for line in sys.stdin:
        program, number, way = json.loads(line)
        key = f"{program} {number}"
        models[key] = models.get(key) or compiled(program, number)
        print(json.dumps(microseconds(work(models[key], way))), flush=True)


def compiled(program: str, number: int) -> Model:
    """The model of a `# compile:` line of this checkout's library."""
    path = ROOT / "programs" / f"{program}.rasp"
    source = Source(str(path), path.read_text(encoding="utf-8"))
    line = read_directives(source).compiles[number]
    assert line.vocabulary is not None and line.max_length is not None
    options = CompileOptions(line.vocabulary, line.max_length, line.attention)
    return Model(compile_program(load_program(source), {"out": line.expression}, options).weights)


def work(model: Model, way: str) -> Callable[[], object]:
    """What is timed: the decoder alone, on random inputs of the maximum length; or `Model.batch`, on inputs of all lengths,
    with reading tokens and writing values."""
    config, decoder = model.config, model.module
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(len(config.vocabulary), (BATCH, config.max_length + 1), generator=generator)
    ids[:, 0] = config.bos

    random, longest = Random(0), config.max_length
    inputs = [random.choices(config.vocabulary, k=random.randint(1, longest)) for _ in range(ANSWERED)]

    def step_by_step() -> None:
        cache = decoder.new_cache()
        for position in range(ids.shape[1]):
            decoder(ids[:1, position : position + 1], cache=cache)

    ways: dict[str, Callable[[], object]] = {
        "64 inputs": lambda: decoder(ids),
        "one input": lambda: decoder(ids[:1]),
        "token by token": step_by_step,
        "1,000 answers": lambda: model.batch(inputs),
    }
    return ways[way]


@torch.inference_mode()
def microseconds(call: Callable[[], object]) -> float:
    """The smallest time of a call within one turn."""
    best, end = math.inf, time.process_time() + TURN
    while time.process_time() < end:
        start = time.process_time()
        call()
        best = min(best, time.process_time() - start)
    return best * 1e6


def measure(against: Path, ways: Sequence[str]) -> list[dict[str, Cell]]:
    """A row for each way and program."""
    rows: list[dict[str, Cell]] = []
    with ExitStack() as stack:
        sides = [stack.enter_context(worker(checkout)) for checkout in (against, ROOT)]
        for way in ways:
            for program, number in WAYS[way].items():
                turns = [[ask(side, [program, number, way]) for side in sides] for _ in range(TURNS)]
                before, after = (min(column) for column in zip(*turns, strict=True))
                row: dict[str, Cell] = {
                    "way": way,
                    "program": program,
                    "before µs": round(before),
                    "after µs": round(after),
                }
                rows.append(row | {"before / after": before / after})
                print(f"{way:16}{program:28}{before:10.0f}{after:10.0f}{before / after:8.2f}", flush=True)
    return rows


def table(rows: list[dict[str, Cell]]) -> Table:
    columns = ("way", "program", "before µs", "after µs", "before / after")
    remarks = [
        f"{way}: {math.exp(sum(map(math.log, ratios)) / len(ratios)):.2f} times as fast (geometric mean)"
        for way in WAYS
        if (ratios := [float(str(row["before / after"])) for row in rows if row["way"] == way])
    ]
    return Table("decoder", "The decoder before and after", columns, tuple(rows), columns, tuple(remarks))


def worker(checkout: Path) -> subprocess.Popen[str]:
    """A process that runs this file on the packages of a checkout."""
    environment = os.environ | {"RASP_CHECKOUT": str(checkout.resolve()), "PYTHONPATH": ""} | KEEP_MEMORY
    command = [sys.executable, __file__, "--serve"]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=checkout
    )


def ask(side: subprocess.Popen[str], question: list[str | int]) -> float:
    assert side.stdin is not None and side.stdout is not None
    side.stdin.write(json.dumps(question) + "\n")
    side.stdin.flush()
    return float(json.loads(side.stdout.readline()))


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(
        prog="python benchmarks/decoder.py", description=(__doc__ or "").split("\n\n")[0]
    )
    parser.add_argument("--against", type=Path, help="the other checkout")
    parser.add_argument("--way", choices=WAYS, help="measure this way alone, into a file of its own")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve:
        serve()
    elif asked.against is None:
        parser.error("--against says which other checkout")
    else:
        rows = measure(asked.against, [asked.way] if asked.way else [*WAYS])
        name = f"decoder_{asked.way.replace(' ', '_').replace(',', '')}" if asked.way else "decoder"
        write([table(rows)], name, CONDITIONS, ROOT / "benchmarks" / "results")


if __name__ == "__main__":
    main()
