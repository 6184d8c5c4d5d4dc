"""Programs compiled for inputs of 512 tokens, each in a process of its own, whose peak memory is taken."""

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import torch

from benchmarks import inputs
from benchmarks.catalogue import Entry, one_kind
from benchmarks.measure import Refused, Target, attempt, batch_milliseconds, compare
from benchmarks.tables import Cell, Table
from compiler.model.runner import Model

VOCABULARY, LENGTH = 26, 512
RANDOM_INPUTS = 500
MOST_SECONDS, MOST_MEBIBYTES = 60, 6 * 1024
GIVE_UP_SECONDS = 1800

DYCK_1 = """
up_to_me = select(indices, indices, <=);
depth = aggregate(up_to_me, indicator(tokens == "(") - indicator(tokens == ")"));
was_negative = aggregate(up_to_me, indicator(depth < 0)) > 0;
dyck1 = "F" if was_negative else ("T" if depth == 0 else "P");
"""

PROGRAMS = {
    "histogram": Entry("histogram", file="histogram", inputs=inputs.long_inputs),
    "reverse": Entry("reverse", file="reverse", inputs=inputs.long_inputs),
    "sort": Entry("sorted_tokens", file="sort", inputs=inputs.long_inputs),
    "dyck1": Entry("dyck1", text=DYCK_1, vocabulary=one_kind, inputs=inputs.long_inputs),
    "induction (causal)": Entry("induction", file="induction", attention="causal", inputs=inputs.long_inputs),
}
COLUMNS = (
    "program",
    "layers",
    "heads",
    "d_model",
    "parameters",
    "nonzero",
    "compile CPU s",
    "compile wall s",
    "compile MiB",
    "ms / 64",
    "inputs",
    "wrong",
    "note",
)


def peak() -> int:
    """The most memory this process has had so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def measure(name: str, length: int = LENGTH, count: int = RANDOM_INPUTS) -> dict[str, Cell]:
    """One program, measured in this process."""
    entry = PROGRAMS[name]
    vocabulary = entry.vocabulary(VOCABULARY)
    timed = attempt(entry.source, entry.expression, Target(vocabulary, length, entry.attention))
    if isinstance(timed, Refused):
        return {"program": name, "note": timed.reason}
    memory, sizes = peak(), timed.compiled.summary
    model = Model(timed.compiled.weights)
    answers = compare(timed.compiled, model, entry.inputs(vocabulary, length, count, 0))
    row: dict[str, Cell] = {"program": name}
    row |= {key: sizes[key] for key in ("layers", "heads", "d_model", "parameters", "nonzero")}
    return row | {
        "compile CPU s": round(timed.cpu, 2),
        "compile wall s": round(timed.wall, 2),
        "compile MiB": memory,
        "ms / 64": round(batch_milliseconds(model, 1), 1),
        "inputs": answers.inputs,
        "wrong": answers.mismatches,
        "note": str(answers.first or ""),
    }


def in_new_process(name: str) -> dict[str, Cell]:
    """The same in a fresh process."""
    root = Path(__file__).resolve().parent.parent
    command = [sys.executable, "-m", "benchmarks.long", name]
    try:
        done = subprocess.run(
            command, cwd=root, capture_output=True, text=True, timeout=GIVE_UP_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return {"program": name, "note": f"not done after {GIVE_UP_SECONDS} s"}
    if done.returncode:
        return {"program": name, "note": f"ended with status {done.returncode}: {done.stderr.strip()[-200:]}"}
    return json.loads(done.stdout)


def table(advance: Callable[[str], None]) -> Table:
    """All programs."""
    rows: list[dict[str, Cell]] = []
    for name in PROGRAMS:
        advance(name)
        rows.append(in_new_process(name))
    columns = tuple(column for column in COLUMNS if any(column in row for row in rows))
    inputs_remark = (
        f"inputs: {RANDOM_INPUTS} random ones, and the hard ones of {LENGTH} tokens (all equal, as different "
        "as can be, sorted, reversed, one different at each end)"
    )
    aims = (
        f"aims: {MOST_SECONDS} s, {MOST_MEBIBYTES} MiB (the whole process; torch takes about 300), none wrong"
    )
    title = f"Long inputs: vocabulary {VOCABULARY}, {LENGTH} tokens"
    return Table("long", title, columns, tuple(rows), columns, (inputs_remark, aims))


if __name__ == "__main__":
    torch.set_num_threads(2)
    print(json.dumps(measure(sys.argv[1])))
