"""The programs of Tracr's table, compiled at the same vocabulary size and length, one table for each size."""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.catalogue import ENTRIES, Entry
from benchmarks.measure import BATCH, Answers, Refused, Target, Timed, attempt, batch_milliseconds, compare
from benchmarks.peers import DEFAULT_EXACTNESS, Peer
from benchmarks.tables import Cell, Table
from compiler.emit.weights import Weights
from compiler.model.runner import Model

SIZES = ("3x5", "5x10", "10x20", "26x32")
#: How many times smaller than Tracr's these models have to be, as a geometric mean.
TARGETS = {"10x20": 250, "26x32": 700}
#: And at least, the unembedding counted on both sides, for each program.
LEAST_WITH_UNEMBEDDING = 3
#: The size at which compile times have aims, and these: CPU seconds of the slowest program and of the median.
TIMED = "26x32"
SLOWEST, MEDIAN = 5.0, 1.0
SHOWN = (
    "program",
    "layers",
    "Tracr layers",
    "heads",
    "d_model",
    "parameters",
    "Tracr parameters",
    "ratio",
    "nonzero",
    "with unembedding",
    "ratio with unembedding",
    "compile CPU s",
    "Tracr CPU s",
    f"ms / {BATCH}",
    f"Tracr ms / {BATCH}",
    "inputs",
    "wrong",
    "Tracr wrong %",
    "Tracr wrong %, best",
)

Row = dict[str, Cell]


@dataclass(frozen=True)
class Measured:
    """One program at one size: Tracr's figures, and ours or why there are none."""

    peer: Peer
    entry: Entry
    row: Row
    refusal: str = ""


def label(peer: Peer) -> str:
    """The size under which a program is listed, by its length: a few need another vocabulary."""
    standard = {int(size.split("x")[1]): size for size in SIZES}
    size = standard.get(peer.length, "")
    return "other" if not size or peer.program.startswith("addition") else size


def at_size(peer: Peer, size: str) -> bool:
    return f"{peer.vocabulary}x{peer.length}" == size


def measure(peer: Peer, count: int, seed: int = 0) -> Measured:
    """Compile, run and compare one program."""
    entry = ENTRIES[peer.program]
    vocabulary = entry.vocabulary(peer.vocabulary)
    timed = attempt(entry.source, entry.expression, Target(vocabulary, peer.length, entry.attention))
    if isinstance(timed, Refused):
        return Measured(peer, entry, {**theirs(peer), "status": timed.reason}, timed.reason)
    model = Model(timed.compiled.weights)
    answers = compare(timed.compiled, model, entry.inputs(vocabulary, peer.length, count, seed))
    return Measured(
        peer, entry, theirs(peer) | ours(timed, entry) | correctness(answers) | speed(model, peer)
    )


def theirs(peer: Peer) -> Row:
    """What the row says of Tracr's model; nothing where there is none."""
    size: Row = {"program": peer.program, "V": peer.vocabulary, "N": peer.length, "Tracr status": peer.status}
    if not peer.works:
        return size
    best: Row = {}
    if peer.best_exactness > DEFAULT_EXACTNESS:
        best = {
            "Tracr wrong, best": peer.best_mismatch,
            "Tracr wrong %, best": round(100 * peer.best_mismatch / peer.inputs, 1),
            "Tracr best exactness": peer.best_exactness,
        }
    found: Row = {
        "Tracr layers": peer.layers,
        "Tracr d_model": peer.d_model,
        "Tracr parameters": peer.parameters,
        "Tracr with unembedding": peer.parameters + peer.unembedding,
        "Tracr nonzero": peer.nonzero,
        "Tracr CPU s": peer.compile_cpu,
        f"Tracr ms / {BATCH}": peer.batch_ms,
        "Tracr inputs": peer.inputs,
        "Tracr wrong": peer.mismatch,
        "Tracr wrong %": round(100 * peer.mismatch / peer.inputs, 1),
    }
    return size | found | best


def ours(timed: Timed, entry: Entry) -> Row:
    """Sizes and compile times of our model."""
    weights: Weights = timed.compiled.weights
    sizes = timed.compiled.summary
    return {
        "status": "ok",
        "layers": sizes["layers"],
        "lower bound": sizes["lower_bound_layers"],
        "reference layers": entry.layers or None,
        "heads": sizes["heads"],
        "d_model": sizes["d_model"],
        "d_head": sizes["d_head"],
        "d_mlp": sizes["d_mlp"],
        "parameters": weights.parameters(),
        "with unembedding": weights.parameters(unembedding=True),
        "nonzero": weights.nonzero(),
        "compile CPU s": round(timed.cpu, 3),
        "compile wall s": round(timed.wall, 3),
    }


def correctness(answers: Answers) -> Row:
    first = answers.first
    return {
        "inputs": answers.inputs,
        "without value": answers.without_value,
        "wrong": answers.mismatches,
        "first wrong": ""
        if first is None
        else f"{first.tokens}[{first.position}]: {first.got!r}, not {first.expected!r}",
    }


def speed(model: Model, peer: Peer) -> Row:
    milliseconds = batch_milliseconds(model)
    return {
        f"ms / {BATCH}": round(milliseconds, 3),
        "tokens / s": round(BATCH * peer.length / milliseconds * 1000),
    }


def with_ratio(measured: Measured) -> Row:
    row, peer = measured.row, measured.peer
    parameters = row.get("parameters")
    if not peer.works or not isinstance(parameters, int):
        return row
    whole = (peer.parameters + peer.unembedding) / int(str(row["with unembedding"]))
    return row | {"ratio": round(peer.parameters / parameters, 2), "ratio with unembedding": round(whole, 2)}


def tables(
    peers: Sequence[Peer], sizes: Sequence[str], count: int, advance: Callable[[str], None]
) -> list[Table]:
    """One table for each size that some program has."""
    made: list[Table] = []
    for size in sizes:
        found: list[Measured] = []
        for peer in (peer for peer in peers if label(peer) == size):
            advance(f"{peer.program} {peer.vocabulary}x{peer.length}")
            found.append(measure(peer, count))
        if found:
            made.append(table(size, found))
    return made


def table(size: str, found: Sequence[Measured]) -> Table:
    rows = tuple(with_ratio(measured) for measured in found)
    columns = tuple(dict.fromkeys(column for row in rows for column in row))
    title = "Fixed sizes" if size == "other" else f"Vocabulary and length {size}"
    shown = tuple(column for column in SHOWN if column in columns)
    return Table(size, title, columns, rows, shown, tuple(remarks(size, found, rows)))


def remarks(size: str, found: Sequence[Measured], rows: Sequence[Row]) -> list[str]:
    """What the table shows, in sentences, and everything that is not as it should be."""
    compiled = [measured for measured in found if not measured.refusal]
    said = [
        ratio_remark(size, rows),
        unembedding_remark(rows),
        layer_remark(compiled),
        time_remark(size, rows),
    ]
    own = [
        f"{m.peer.program} ({m.peer.vocabulary})"
        for m in found
        if size in SIZES and not at_size(m.peer, size)
    ]
    said += [f"with a vocabulary of its own: {', '.join(own)}"] if own else []
    wrong = [
        f"{row['program']} ({row['wrong']} of {row['inputs']}; {row['first wrong']})"
        for row in rows
        if row.get("wrong")
    ]
    said.append(f"wrong answers: {'; '.join(wrong) or 'none'}")
    said += [f"not compiled: {m.peer.program}: {m.refusal}" for m in found if m.refusal]
    return [remark for remark in said if remark]


def find_ratios(rows: Sequence[Row], column: str) -> list[float]:
    """Those of the programs that both have."""
    return [float(ratio) for row in rows if isinstance(ratio := row.get(column), float | int) and ratio]


def unembedding_remark(rows: Sequence[Row]) -> str:
    ratios = find_ratios(rows, "ratio with unembedding")
    if not ratios:
        return ""
    verdict = "reached" if min(ratios) >= LEAST_WITH_UNEMBEDDING else "NOT reached"
    return (
        f"with the unembedding counted on both sides {statistics.geometric_mean(ratios):.1f} times, at least "
        f"{min(ratios):.1f}; the aim of {LEAST_WITH_UNEMBEDDING} is {verdict}"
    )


def ratio_remark(size: str, rows: Sequence[Row]) -> str:
    ratios = find_ratios(rows, "ratio")
    if not ratios:
        return ""
    mean = statistics.geometric_mean(ratios)
    remark = (
        f"Tracr's parameters are {mean:.1f} times ours (geometric mean of the {len(ratios)} that both have)"
    )
    if size not in TARGETS:
        return remark
    verdict = "reached" if mean >= TARGETS[size] else "NOT reached"
    return f"{remark}; the aim of {TARGETS[size]} is {verdict}"


def layer_remark(found: Sequence[Measured]) -> str:
    """Programs with more layers than Tracr's or than the reference's analysis."""
    deep: list[str] = []
    for measured in found:
        layers = measured.row["layers"]
        bounds = [
            measured.peer.layers if measured.peer.works else math.inf,
            measured.entry.layers or math.inf,
        ]
        if isinstance(layers, int) and layers > min(bounds):
            deep.append(f"{measured.peer.program} ({layers}, not {min(bounds)})")
    return f"more layers than Tracr or the reference's analysis: {', '.join(deep) or 'none'}"


def time_remark(size: str, rows: Sequence[Row]) -> str:
    seconds = sorted(float(taken) for row in rows if isinstance(taken := row.get("compile CPU s"), float))
    if not seconds:
        return ""
    remark = f"compile CPU seconds: median {statistics.median(seconds):.2f}, longest {seconds[-1]:.2f}"
    if size != TIMED:
        return remark
    reached = seconds[-1] < SLOWEST and statistics.median(seconds) < MEDIAN
    return f"{remark}; the aims of {MEDIAN:g} and {SLOWEST:g} are {'reached' if reached else 'NOT reached'}"
