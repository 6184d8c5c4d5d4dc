"""Every program of Tracr's table at many small and odd sizes: where it is wrong, where it is refused.

A construction that holds at the four sizes of the table may still fail between them.
"""

from collections.abc import Callable
from itertools import product

from benchmarks.catalogue import ENTRIES, Entry
from benchmarks.measure import Refused, Target, attempt, compare
from benchmarks.tables import Cell, Table
from compiler.model.runner import Model

VOCABULARIES = (1, 2, 3, 5, 13)
LENGTHS = (1, 2, 3, 5, 8, 13, 24, 40, 64)
INPUTS = 150
COLUMNS = ("program", "sizes", "right", "wrong", "refused", "longest CPU s", "first trouble")


def sizes_of(entry: Entry) -> list[tuple[int, int]]:
    """The sizes, without vocabularies that are too small for the program's own tokens."""
    fitting = [size for size in VOCABULARIES if len(entry.vocabulary(size)) == size]
    return list(product(fitting, LENGTHS))


def trouble(entry: Entry, vocabulary_size: int, length: int) -> tuple[str, str, float]:
    """What came of one size ("right", "wrong" or "refused"), what is wrong, and the CPU seconds."""
    vocabulary = entry.vocabulary(vocabulary_size)
    timed = attempt(entry.source, entry.expression, Target(vocabulary, length, entry.attention))
    if isinstance(timed, Refused):
        return "wrong" if timed.crashed else "refused", timed.reason, 0.0
    words = entry.inputs(vocabulary, length, INPUTS, 1)
    answers = compare(timed.compiled, Model(timed.compiled.weights), words)
    if answers.first is None:
        return "right", "", timed.cpu
    wrong = (
        f"{''.join(map(str, answers.first.tokens))}: {answers.first.got!r}, not {answers.first.expected!r}"
    )
    return "wrong", f"{answers.mismatches} of {answers.inputs}; {wrong}", timed.cpu


def row(name: str, entry: Entry) -> dict[str, Cell]:
    """One program at all sizes."""
    counts = {"right": 0, "wrong": 0, "refused": 0}
    first, longest = "", 0.0
    for size, length in sizes_of(entry):
        outcome, reason, seconds = trouble(entry, size, length)
        counts[outcome] += 1
        longest = max(longest, seconds)
        if reason and not first:
            first = f"{size}x{length}: {reason}"
    found: dict[str, Cell] = {"program": name, "sizes": sum(counts.values())}
    return found | counts | {"longest CPU s": round(longest, 2), "first trouble": first}


def table(advance: Callable[[str], None]) -> Table:
    """All programs but those of a fixed form."""
    rows: list[dict[str, Cell]] = []
    for name, entry in ENTRIES.items():
        if not name.startswith("addition"):
            advance(name)
            rows.append(row(name, entry))
    lists = [", ".join(map(str, sizes)) for sizes in (VOCABULARIES, LENGTHS)]
    remark = f"vocabularies of {lists[0]} tokens, lengths {lists[1]}, {INPUTS} inputs each"
    return Table("sweep", "Many sizes", COLUMNS, tuple(rows), COLUMNS, (remark,))
