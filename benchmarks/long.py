"""Programs compiled for large vocabularies and long inputs, and compared on the inputs that are hardest for numbers that
are near each other. Which sizes, what was measured before, and what is aimed at: `data/long.csv`.

Each size is measured in a process of its own. What was measured is kept, so that a run goes on where the last one ended.
"""

import csv
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from benchmarks import inputs
from benchmarks.alone import KeptRows, Row, measure_alone, peak_mebibytes
from benchmarks.catalogue import ENTRIES, Entry, bits, numbers
from benchmarks.inputs import Word
from benchmarks.measure import Refused, Target, attempt, compare
from benchmarks.tables import Cell, Table
from compiler.model.runner import Model
from compiler.options import Dtype

SIZES = Path(__file__).parent / "data" / "long.csv"
RANDOM_INPUTS = 500
MOST_SECONDS, MOST_MEBIBYTES = 20, 2_048
GIVE_UP_SECONDS, GIVE_UP_MEBIBYTES = 3 * 3600, 8_192
GROWTH = 1.2
"""The power of the length with which a model may grow, and between which lengths."""
FROM, TO = 64, 512

PROGRAMS = {
    "histogram": ENTRIES["hist"],
    "reverse": ENTRIES["reverse"],
    "shift": ENTRIES["shift_by_1"],
    "sort": ENTRIES["sort"],
    "sort_by_frequency": ENTRIES["sort_freq"],
    "most_frequent": ENTRIES["most_frequent"],
    "double_histogram": ENTRIES["hist2_double_histogram"],
    "fraction_of_previous": ENTRIES["frac_prevs"],
    "induction": ENTRIES["induction_most_recent(causal)"],
    "dyck1": ENTRIES["dyck1_balanced_prefix"],
    "dyck2": replace(ENTRIES["shuffle_dyck2"], expression="dyck2", file="dyck2"),
    "shuffle_dyck2": ENTRIES["shuffle_dyck2"],
    "copy": Entry(
        "copy", file="copy", vocabulary=lambda size: ("|", *"abcdefghi"[: size - 1]), attention="causal"
    ),
    "palindrome": Entry("palindrome", file="palindrome"),
    "bigrams": Entry("bigrams", file="bigrams"),
    "parity": Entry("parity", file="parity", vocabulary=bits),
    "running_maximum": Entry("running_maximum", file="running_maximum", vocabulary=numbers),
    "median": Entry("median", file="median", vocabulary=numbers),
    "longest_run": Entry("longest_run", file="longest_run"),
}
COLUMNS = (
    "program",
    "V",
    "N",
    "before",
    "aim",
    "dtype",
    "parameters",
    "layers",
    "heads",
    "d_model",
    "compile CPU s",
    "compile MiB",
    "inputs",
    "wrong",
    "note",
)
ON_THE_PAGE = ("program", "V", "N", "dtype", "before", "aim", "parameters", "layers", "inputs", "wrong")
"""The columns of `docs/sizes.md`."""


@dataclass(frozen=True)
class Point:
    """A program at a size: its parameters before there were digits, and at most how many it should take."""

    program: str
    vocabulary: int
    length: int
    before: int | None
    aim: int | None
    dtype: Dtype

    @property
    def name(self) -> str:
        return f"{self.program} {self.vocabulary}x{self.length}" + (
            " float64" if self.dtype == "float64" else ""
        )


def read_points() -> list[Point]:
    """All sizes, the quick ones first."""
    with SIZES.open(newline="", encoding="utf-8") as file:
        return [
            Point(
                row["program"],
                int(row["V"]),
                int(row["N"]),
                number(row["before"]),
                number(row["aim"]),
                "float64" if row["dtype"] == "float64" else "float32",
            )
            for row in csv.DictReader(file)
        ]


def number(cell: str) -> int | None:
    return int(cell) if cell else None


def measure(
    point: Point, advance: Callable[[str], None], device: str = "cpu", count: int = RANDOM_INPUTS
) -> Row:
    """One size, measured in this process; the model runs on this device."""
    entry = PROGRAMS[point.program]
    vocabulary = entry.vocabulary(point.vocabulary)
    timed = attempt(
        entry.source, entry.expression, Target(vocabulary, point.length, entry.attention, point.dtype)
    )
    memory = peak_mebibytes()
    if isinstance(timed, Refused):
        return {"note": timed.reason, "compile MiB": memory}
    sizes = timed.compiled.summary
    words = inputs.long_inputs(vocabulary, point.length, count, 0)
    answers = compare(
        timed.compiled, Model(timed.compiled.weights, device=device), tell(point.name, words, advance)
    )
    return {key: sizes[key] for key in ("layers", "heads", "d_model", "parameters")} | {
        "compile CPU s": round(timed.cpu, 2),
        "compile MiB": memory,
        "inputs": answers.inputs,
        "wrong": answers.mismatches,
        "note": str(answers.first or ""),
    }


def tell(name: str, batches: Iterable[list[Word]], advance: Callable[[str], None]) -> Iterator[list[Word]]:
    """The batches, saying how many inputs there were."""
    seen = 0
    for batch in batches:
        advance(f"{name}: input {seen}, of length {len(batch[0])}")
        yield batch
        seen += len(batch)


def measure_point(point: Point, advance: Callable[[str], None], device: str) -> Row:
    """The same in a process that ends with it."""
    addresses = (
        GIVE_UP_MEBIBYTES if device == "cpu" else None
    )  # drivers of others reserve far more than they use
    found = measure_alone(lambda: measure(point, advance, device), GIVE_UP_SECONDS, addresses)
    return found or {"note": f"not done after {GIVE_UP_SECONDS:,} CPU s with {GIVE_UP_MEBIBYTES:,} MiB"}


def table(advance: Callable[[str], None], device: str = "cpu") -> Table:
    """All sizes."""
    kept = KeptRows("long")
    rows: list[dict[str, Cell]] = []
    for point in read_points():
        advance(point.name)
        asked: Row = {
            "program": point.program,
            "V": point.vocabulary,
            "N": point.length,
            "before": point.before,
            "aim": point.aim,
            "dtype": point.dtype,
        }
        rows.append(asked | kept.find(point.name, partial(measure_point, point, advance, device)))
    return Table(
        "long", "Large vocabularies, long inputs", COLUMNS, tuple(rows), COLUMNS, tuple(remarks(rows))
    )


def remarks(rows: Sequence[Row]) -> list[str]:
    """What the table aims at, and what misses it."""
    missed = [
        name_row(row) for row in rows if row["aim"] and whole(row, "parameters", math.inf) > whole(row, "aim")
    ]
    costly = [
        name_row(row)
        for row in rows
        if whole(row, "compile CPU s") > MOST_SECONDS or whole(row, "compile MiB") > MOST_MEBIBYTES
    ]
    return [
        f"inputs: {RANDOM_INPUTS} random ones, half of them of the whole length, and hard ones of that length: all equal, "
        "all different, sorted, reversed, nested, palindromes, mixtures of two tokens that are neighbours or differ in one "
        "digit, one different at each end",
        "before: without digits, where it compiled",
        f"larger than aimed at, or refused: {', '.join(missed) or 'none'}",
        f"more than {MOST_SECONDS} CPU s or {MOST_MEBIBYTES:,} MiB (the process; torch takes about 300, "
        f"CUDA 500 more): "
        f"{', '.join(costly) or 'none'}",
        f"wrong: {', '.join(name_row(row) for row in rows if row.get('wrong')) or 'none'}",
        f"growth from {FROM} to {TO} positions, as a power of the length (at most {GROWTH}): {write_growth(rows)}",
    ]


def whole(row: Row, column: str, otherwise: float = 0.0) -> float:
    """A cell as a number."""
    cell = row.get(column)
    return otherwise if cell is None or isinstance(cell, str) else float(cell)


def name_row(row: Row) -> str:
    return f"{row['program']} {row['V']}x{row['N']}"


def write_growth(rows: Sequence[Row]) -> str:
    """By how much each program grows that was measured at both lengths."""
    sizes = {(row["program"], row["V"], row["N"]): whole(row, "parameters") for row in rows}
    powers = {
        program: math.log(sizes[program, tokens, TO] / size, TO / FROM)
        for (program, tokens, length), size in sizes.items()
        if length == FROM and size and sizes.get((program, tokens, TO))
    }
    return ", ".join(f"{program} {power:.2f}" for program, power in powers.items())
