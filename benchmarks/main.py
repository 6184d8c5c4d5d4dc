"""The command line of the compiler's benchmarks: `python benchmarks/compiler.py --help`."""

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import torch
from rich.console import Console

from benchmarks import algorithms, alta, grid, long, sizes, sweep
from benchmarks.catalogue import ENTRIES
from benchmarks.measure import timed_compile
from benchmarks.peers import read_peers
from benchmarks.tables import Table, as_json, markdown_rows, show, write, write_into_page
from compiler.options import CompileOptions
from rasp.source import Source

RESULTS = Path(__file__).parent / "results"
#: The document that has the table of the long inputs, too.
SIZES_PAGE = RESULTS.parent.parent / "docs" / "sizes.md"
#: A second thread gains nothing on models this small, and loses much on a machine that does other things.
THREADS = 1
SIZES = (*sizes.SIZES, "other")
WIDTH = 200

#: What is measured instead of the sizes, by the name of its option and of its files.
OTHERS = {"algo": algorithms.table, "alta": alta.table, "sweep": sweep.table}


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(
        prog="python benchmarks/compiler.py",
        description="Measure the compiler, print the tables, and write them as Markdown and CSV. A run of "
        "only some programs or sizes writes no files unless --out says where.",
    )
    which = made.add_mutually_exclusive_group()
    which.add_argument("--long", action="store_true", help="large vocabularies and long inputs instead")
    which.add_argument("--algo", action="store_true", help="the conformance cases of algorithms instead")
    which.add_argument("--alta", action="store_true", help="the programs of data/alta.csv instead")
    which.add_argument(
        "--grid", action="store_true", help="25 programs on a grid of sizes, looking for holes"
    )
    which.add_argument("--sweep", action="store_true", help="the programs of data/tracr.csv at many sizes")
    made.add_argument("--sizes", type=names_among(SIZES), default=[], help=f"some of {', '.join(SIZES)}")
    made.add_argument(
        "--programs", type=names_among(ENTRIES | grid.PROGRAMS), default=[], help="some programs"
    )
    made.add_argument("--inputs", type=int, default=200, help="how many inputs each model is compared on")
    made.add_argument(
        "--device", default="cpu", help="where models of --long and --grid run: cpu (the default), cuda"
    )
    made.add_argument("--jobs", type=int, default=1, help="sizes of --grid that are measured at a time")
    made.add_argument("--json", action="store_true", help="print JSON")
    made.add_argument("--out", type=Path, help="folder for the files (default: benchmarks/results)")
    return made


def names_among(known: Iterable[str]) -> Callable[[str], list[str]]:
    """A reader of comma-separated lists of known names."""
    names = tuple(known)

    def read(text: str) -> list[str]:
        chosen = [name.strip() for name in text.split(",") if name.strip()]
        for name in chosen:
            if name not in names:
                raise argparse.ArgumentTypeError(f"there is no {name}; there are {', '.join(names)}")
        return chosen

    return read


def progress(what: str) -> None:
    """Say on a terminal what is being measured, where the next word takes its place."""
    if sys.stderr.isatty():
        print(f"\r\033[K{what}", end="", file=sys.stderr, flush=True)


def conditions(device: str) -> str:
    """What to know about the times."""
    return (
        f"One thread; models on {device}. The machine's load was {os.getloadavg()[0]:.1f} at the start: times on a "
        "shared machine are noisy, and Tracr's were taken at another time. Compare CPU seconds, and those "
        "roughly."
    )


def measured(asked: argparse.Namespace) -> tuple[str, list[Table]]:
    """The name of the files, and the tables."""
    if asked.grid:
        course = grid.Course(asked.jobs, asked.device, asked.inputs)
        return "grid", grid.tables(asked.programs, progress, course)
    if asked.long:
        return "long", [long.table(progress, asked.device)]
    for name, table in OTHERS.items():
        if getattr(asked, name):
            return name, [table(progress)]
    peers = [peer for peer in read_peers() if not asked.programs or peer.program in asked.programs]
    return "sizes", sizes.tables(peers, asked.sizes or SIZES, asked.inputs, progress)


def main(arguments: Sequence[str]) -> None:
    """Measure, print, write."""
    asked = parser().parse_args(arguments)
    torch.set_num_threads(THREADS)
    timed_compile(Source("<first>", ""), "tokens", CompileOptions(("a",), 1))  # what is slow only once
    heading = conditions(asked.device)
    name, tables = measured(asked)
    progress("")
    if asked.json:
        print(as_json(tables))
    else:
        console = Console(width=None if sys.stdout.isatty() else WIDTH)
        console.print(heading, "\n", highlight=False)
        for table in tables:
            show(table, console)
    if asked.out is not None or not (asked.sizes or asked.programs):
        write(tables, name, heading, asked.out or RESULTS)
    if asked.long and asked.out is None:
        [measured_long] = tables
        write_into_page(SIZES_PAGE, markdown_rows(long.ON_THE_PAGE, measured_long.rows))


if __name__ == "__main__":
    main(sys.argv[1:])
