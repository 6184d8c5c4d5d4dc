"""Programs on a grid of vocabularies and lengths: what compiles at a size, compiles at every smaller one, hardly larger.

A *hole* is a size that is refused though a larger one compiles; a *cliff* is one that takes more parameters than a larger
one of no more layers: one layer less may take more.
Each size is compiled in a process of its own, whose processor time and peak memory are taken, and compared with the
interpreter on hard inputs and random ones. The small sizes of all programs come first; what was measured is kept, so that a
run goes on where the last one ended. Several at a time (`--jobs`) share processes, without a limit on their time.
"""

import resource
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from multiprocessing import get_context

import torch

from benchmarks.alone import KeptRows, Row, forget_peak, measure_alone, peak_mebibytes
from benchmarks.catalogue import ENTRIES, Entry, bits, numbers, two_kinds
from benchmarks.inputs import long_inputs
from benchmarks.measure import Refused, Target, Timed, attempt, compare
from benchmarks.tables import Cell, Table
from compiler.model.runner import Model

VOCABULARIES = (2, 5, 10, 11, 26, 54, 100, 364)
LENGTHS = (4, 6, 8, 10, 16, 20, 32, 64, 128, 256)
TRACR = (
    "length",
    "reverse",
    "hist",
    "sort_unique",
    "sort",
    "sort_freq",
    "shuffle_dyck2",
    "frac_prevs",
    "shift_by_1",
    "detect_pattern_abc",
    "count_less_freq_2",
    "hist2_double_histogram",
    "most_frequent",
    "dyck1_balanced_prefix",
    "induction_unique_prev(causal)",
    "induction_most_recent(causal)",
)
PROGRAMS = {name: ENTRIES[name] for name in TRACR} | {
    "parity": Entry("parity", file="parity", vocabulary=bits),
    "odd_counts": Entry("selector_width(select(tokens, tokens, ==)) % 2"),
    "running_maximum": Entry("running_maximum", file="running_maximum", vocabulary=numbers),
    "median": Entry("median", file="median", vocabulary=numbers),
    "longest_run": Entry("longest_run", file="longest_run"),
    "dyck2": Entry("dyck2", file="dyck2", vocabulary=two_kinds),
    "bigrams": Entry("bigrams", file="bigrams"),
    "palindrome": Entry("palindrome", file="palindrome"),
    "swap": Entry(
        "tokens_int[-1] if indices == 0 else (tokens_int[0] if indices == length - 1 else tokens_int)",
        vocabulary=numbers,
    ),
}

LARGER = 1.25
"""How many times the parameters of a larger size are no cliff."""
SLOW, SMALL, MOST_MEBIBYTES = 20.0, 100_000, 2_048
"""CPU seconds that a model of fewer parameters may take, and memory that any may."""
GIVE_UP_SECONDS, GIVE_UP_MEBIBYTES = 300, 8_192
"""When a size is not measured any further."""

Size = tuple[int, int]
"""Tokens, then positions."""


@dataclass(frozen=True)
class Point:
    """What a size costs: parameters (None: it is refused, for this reason), CPU seconds, MiB; and on how many `inputs` the
    model was compared with the interpreter, and was wrong; and how many `layers` it has."""

    parameters: int | None
    reason: str
    seconds: float
    mebibytes: int
    inputs: int = 0
    wrong: int = 0
    layers: int = 0


@dataclass(frozen=True)
class Course:
    """How the grid is measured: so many processes at a time, models on this device, on so many random inputs each."""

    jobs: int = 1
    device: str = "cpu"
    inputs: int = 0


def compile_point(entry: Entry, size: Size, course: Course = Course()) -> Point:
    """One size, in this process; without random inputs, it is not compared."""
    start = forget_peak()
    before = resource.getrusage(resource.RUSAGE_SELF)
    target = Target(entry.vocabulary(size[0]), size[1], entry.attention)
    timed = attempt(entry.source, entry.expression, target)
    after = resource.getrusage(resource.RUSAGE_SELF)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    mebibytes = peak_mebibytes() - start
    if isinstance(timed, Refused):
        return Point(None, timed.reason, seconds, mebibytes)
    compared = compare_point(timed, size, course) if course.inputs else (0, 0)
    summary = timed.compiled.summary
    return Point(summary["parameters"], "", seconds, mebibytes, *compared, summary["layers"])


def compare_point(timed: Timed, size: Size, course: Course) -> tuple[int, int]:
    """On how many inputs a model was compared, and how many of its answers are wrong."""
    model = Model(timed.compiled.weights, device=course.device)
    vocabulary = timed.compiled.options.vocabulary
    answers = compare(timed.compiled, model, long_inputs(vocabulary, size[1], course.inputs, 0))
    return answers.inputs, answers.mismatches


def list_sizes(entry: Entry) -> list[Size]:
    """The sizes of the grid, without vocabularies that are too small, or that there are not so many tokens for."""
    fitting = [size for size in VOCABULARIES if len(entry.vocabulary(size)) == size]
    return [(size, length) for size in fitting for length in LENGTHS]


def find_holes(points: Mapping[Size, Point]) -> list[Size]:
    """Refused sizes that a larger one, which compiles, contains."""
    compiled = [size for size, point in points.items() if point.parameters is not None]
    refused = [size for size, point in points.items() if point.parameters is None]
    return [size for size in refused if any(contains(other, size) for other in compiled)]


def find_cliffs(points: Mapping[Size, Point], larger: float = LARGER) -> list[tuple[float, Size, Size]]:
    """Sizes that take more parameters than a larger one of no more layers, by more than a factor: the factor, the size, the
    larger one; the worst first, one for each size."""
    found: list[tuple[float, Size, Size]] = []
    known = {size: point.parameters for size, point in points.items() if point.parameters}
    for size, parameters in known.items():
        most = points[size].layers
        above = [o for o in known if contains(o, size) and points[o].layers <= most]
        least = min(above, key=lambda other: known[other])
        if parameters > larger * known[least]:
            found.append((parameters / known[least], size, least))
    return sorted(found, reverse=True)


def contains(larger: Size, smaller: Size) -> bool:
    return larger[0] >= smaller[0] and larger[1] >= smaller[1]


def measure_here(name: str, size: Size, course: Course) -> Row:
    """The row of a size."""
    return asdict(compile_point(PROGRAMS[name], size, course))


def measure_point(name: str, size: Size, course: Course) -> Row:
    """The same in a process that ends with it."""
    found = measure_alone(partial(measure_here, name, size, course), GIVE_UP_SECONDS, GIVE_UP_MEBIBYTES)
    limits = f"not done after {GIVE_UP_SECONDS} CPU s with {GIVE_UP_MEBIBYTES:,} MiB"
    return found or asdict(Point(None, limits, GIVE_UP_SECONDS, GIVE_UP_MEBIBYTES))


Measure = Callable[[str, Size], Callable[[], Row]]
"""Gives what waits for the row of a size."""


def measure(
    names: Sequence[str], advance: Callable[[str], None], course: Course
) -> dict[str, dict[Size, Point]]:
    """All points of these programs, the small ones first."""
    kept = KeptRows("grid")
    found: dict[str, dict[Size, Point]] = {name: {} for name in names}
    asked = [(name, size) for name in names for size in list_sizes(PROGRAMS[name])]
    asked.sort(key=lambda point: point[1][0] * point[1][1])
    missing = [point for point in asked if name_point(*point) not in kept.rows]
    with begin(missing, course) as find:
        for name, size in asked:
            advance(name_point(name, size))
            found[name][size] = Point(**kept.find(name_point(name, size), find(name, size)))  # type: ignore[arg-type]
    return found


def name_point(name: str, size: Size) -> str:
    return f"{name} {write_size(size)}"


@contextmanager
def begin(missing: Sequence[tuple[str, Size]], course: Course) -> Generator[Measure]:
    """Begin to measure, each size when it is waited for, or several at a time."""
    if course.jobs == 1:
        yield lambda name, size: partial(measure_point, name, size, course)
        return
    with ProcessPoolExecutor(course.jobs, get_context("spawn"), torch.set_num_threads, (1,)) as pool:
        futures: dict[tuple[str, Size], Future[Row]] = {
            point: pool.submit(measure_here, *point, course) for point in missing
        }
        yield lambda name, size: lambda: futures[name, size].result()


def row(name: str, points: Mapping[Size, Point]) -> dict[str, Cell]:
    """What there is to say about a program."""
    holes, cliffs = find_holes(points), find_cliffs(points)
    slow = [
        size
        for size, point in points.items()
        if (point.seconds > SLOW and (point.parameters or 0) < SMALL) or point.mebibytes > MOST_MEBIBYTES
    ]
    kept = [point for point in points.values() if point.parameters is not None]
    return {
        "program": name,
        "sizes": len(points),
        "compiled": len(kept),
        "holes": len(holes),
        "first hole": write_size(holes[0]) if holes else "",
        "cliffs": len(cliffs),
        "worst cliff": f"{write_size(cliffs[0][1])}: {cliffs[0][0]:.1f}x {write_size(cliffs[0][2])}"
        if cliffs
        else "",
        "least": min((point.parameters or 0 for point in kept), default=None),
        "most": max((point.parameters or 0 for point in kept), default=None),
        "CPU s": round(sum(point.seconds for point in points.values()), 1),
        "longest CPU s": round(max(point.seconds for point in points.values()), 1),
        "most MiB": max(point.mebibytes for point in points.values()),
        "slow or large": len(slow),
        "inputs": sum(point.inputs for point in points.values()),
        "wrong": sum(point.wrong for point in points.values()),
    }


def write_size(size: Size) -> str:
    return f"{size[0]}x{size[1]}"


def point_rows(name: str, points: Mapping[Size, Point]) -> list[dict[str, Cell]]:
    """A row for each size."""
    return [
        {
            "program": name,
            "V": size[0],
            "N": size[1],
            "layers": point.layers if point.parameters is not None else None,
            "parameters": point.parameters,
            "CPU s": round(point.seconds, 2),
            "MiB": point.mebibytes,
            "inputs": point.inputs,
            "wrong": point.wrong,
            "reason": point.reason,
        }
        for size, point in points.items()
    ]


def tables(chosen: Sequence[str], advance: Callable[[str], None], course: Course) -> list[Table]:
    """A row for each program, or for each of those chosen, and one for each of its sizes."""
    found = measure(tuple(chosen or PROGRAMS), advance, course)
    rows = [row(name, points) for name, points in found.items()]
    each = [cells for name, points in found.items() for cells in point_rows(name, points)]
    lists = [", ".join(map(str, sizes)) for sizes in (VOCABULARIES, LENGTHS)]
    remarks = (
        f"vocabularies of {lists[0]} tokens, lengths {lists[1]}",
        f"a cliff takes more than {LARGER} times the parameters of a larger size of no more layers",
        f"slow or large: more than {SLOW:g} CPU s below {SMALL:,} parameters, or more than {MOST_MEBIBYTES:,} MiB",
    )
    columns = tuple(rows[0])
    points_columns = tuple(each[0])
    return [
        Table("grid", "Every program on a grid", columns, tuple(rows), columns, remarks),
        Table("points", "Its sizes", points_columns, tuple(each), points_columns),
    ]
