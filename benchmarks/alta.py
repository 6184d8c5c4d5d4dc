"""The programs of `data/alta.csv` that have a counterpart here, at the same length.

ALTA runs one layer many times; its parameters are given for the one layer, as it stores them.
"""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import inputs
from benchmarks.catalogue import Entry, digits_and_plus, letters
from benchmarks.measure import Refused, Target, attempt, compare
from benchmarks.tables import Cell, Table
from compiler.model.runner import Model
from rasp.values import Atom

TABLE = Path(__file__).parent / "data" / "alta.csv"
INPUTS = 2000


def bits(size: int) -> tuple[Atom, ...]:
    return ("0", "1")[:size]


PARITY = Entry('count(tokens, "1") % 2', vocabulary=bits)
ADDITION = Entry("addition", file="addition", vocabulary=digits_and_plus, inputs=inputs.sums)
SORT_UNIQUE = Entry("sorted_tokens", file="sort_unique", vocabulary=letters, inputs=inputs.all_different)


@dataclass(frozen=True)
class Counterpart:
    """What stands for a row of ALTA's: our program, its vocabulary's size, and the longest input.

    ALTA's lengths of sums count a token at each end.
    """

    entry: Entry
    vocabulary: int
    length: int


COUNTERPARTS = {
    "parity_seq_abs_sparse_len10": Counterpart(PARITY, 2, 10),
    "parity_seq_abs_sparse_len20": Counterpart(PARITY, 2, 20),
    "parity_seq_abs_sparse_len50": Counterpart(PARITY, 2, 50),
    "parity_sum_mod2_naive_len10": Counterpart(PARITY, 2, 10),
    "parity_sum_mod2_naive_len50": Counterpart(PARITY, 2, 50),
    "parity_sum_mod2_sparse": Counterpart(PARITY, 2, 21),
    "addition_sparse_2digit": Counterpart(ADDITION, 11, 5),
    "addition_sparse_3digit": Counterpart(ADDITION, 11, 7),
    "sort_unique(own sparse rules)": Counterpart(SORT_UNIQUE, 16, 9),
}
COLUMNS = (
    "program",
    "V",
    "N",
    "layers",
    "ALTA layers run",
    "parameters",
    "ALTA parameters",
    "ratio",
    "compile CPU s",
    "ALTA CPU s",
    "inputs",
    "wrong",
    "ALTA inputs",
    "ALTA wrong",
    "note",
)


def measure(row: dict[str, str]) -> dict[str, Cell]:
    """One row of ALTA's with our figures."""
    part = COUNTERPARTS[row["program"]]
    entry, vocabulary = part.entry, part.entry.vocabulary(part.vocabulary)
    found: dict[str, Cell] = {"program": row["program"], "V": part.vocabulary, "N": part.length}
    found |= {"ALTA layers run": int(row["layers_run"]), "ALTA parameters": int(row["unique_params"])}
    found |= {"ALTA CPU s": round(float(row["build_rules_s"]) + float(row["compile_cpu_s"]), 4)}
    found |= {"ALTA inputs": int(row["n_inputs"]), "ALTA wrong": int(row["mismatch"])}
    timed = attempt(entry.source, entry.expression, Target(vocabulary, part.length, entry.attention))
    if isinstance(timed, Refused):
        return found | {"note": timed.reason}
    parameters = timed.compiled.weights.parameters()
    words = entry.inputs(vocabulary, part.length, INPUTS, 0)
    answers = compare(timed.compiled, Model(timed.compiled.weights), words)
    return found | {
        "layers": timed.compiled.summary["layers"],
        "parameters": parameters,
        "ratio": round(int(row["unique_params"]) / parameters, 1),
        "compile CPU s": round(timed.cpu, 3),
        "inputs": answers.inputs,
        "wrong": answers.mismatches,
    }


def table(advance: Callable[[str], None]) -> Table:
    """All rows that have a counterpart."""
    with TABLE.open(newline="", encoding="utf-8") as file:
        theirs = [row for row in csv.DictReader(file) if row["program"] in COUNTERPARTS]
    rows: list[dict[str, Cell]] = []
    for row in theirs:
        advance(row["program"])
        rows.append(measure(row))
    remark = "ALTA's parameters are those of its one layer and its CPU seconds include building the rules"
    return Table("alta", "ALTA's programs", COLUMNS, tuple(rows), COLUMNS, (remark,))
