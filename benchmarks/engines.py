"""Runs programs of the library in every engine that is installed, and writes the table of docs/engines.md.

    python -m benchmarks.engines [--targets gpt2 opt] [--write] [ENGINE...]

`make test-engines` does, in environments of their own.

Of each target the smallest of its programs are taken; each runs on 300 inputs or more, of all lengths, padded batches among
them. What is counted are inputs on which an engine answers otherwise than the interpreter. It goes on where it was: what is
found lies in build/engines.jsonl, by engine, version, dtype and the model's bytes. Rows of versions that are not run stay.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypedDict

from safetensors.numpy import save as save_arrays

from benchmarks.tables import END, Cell, markdown_rows, write_into_page
from compiler.engines.engine_table import ENGINES, EngineRequest, write_folder_for
from compiler.export.files import encode_arrays
from compiler.formats.format_names import PRECISIONS, EngineName, Precision
from compiler.options import DIALECTS, CompileError, CompileOptions, Dialect
from compiler.pipeline import Compiled, compile_program
from compiler.targets.target import TARGETS
from compiler.transformer.problem import ModelError
from compiler.verify.chosen_inputs import choose_inputs
from compiler.verify.run_engine import verify_in_engine
from rasp.elaborate.program import load_program
from rasp.source import Source
from rasp.syntax.directives import read_directives

ROOT = Path(__file__).parent.parent
KEPT = ROOT / "build" / "engines.jsonl"
PAGE = ROOT / "docs" / "engines.md"
PROGRAMS, INPUTS, REFUSED = 10, 300, 3
#: Small ones of each kind: counts, means, orders, positions, strings, look-ups.
NAMES = (
    *("parity", "histogram", "induction", "shift", "fraction_of_previous", "skip_trigram", "previous_token"),
    *("most_frequent", "reverse", "sort", "double_histogram", "first", "prefix_sum", "alternating", "count"),
)


@dataclass
class Row:
    """What is counted of an engine on a target in a dtype."""

    programs: int = 0
    inputs: int = 0
    wrong: int = 0
    refused: int = 0


class Found(TypedDict):
    """What came of one model in one engine; `refused`: why it was not run, else it is empty."""

    engine: str
    target: Dialect
    dtype: Precision
    model: str
    inputs: int
    wrong: int
    refused: str


RowKey = tuple[str, Dialect, Precision]
Key = tuple[str, Dialect, Precision, str]
"""Engine with its version, target, dtype, sha256 of plain weights, which several targets may share."""


def read_found() -> dict[Key, Found]:
    """What earlier runs found."""
    lines = KEPT.read_text(encoding="utf-8").splitlines() if KEPT.exists() else []
    rows: list[Found] = [json.loads(line) for line in lines]
    return {(row["engine"], row["target"], row["dtype"], row["model"]): row for row in rows}


def measure(request: EngineRequest, compiled: Compiled, model: str) -> Found:
    """Run one model in one engine, and keep what comes of it."""
    name, precision = request.engine, request.precision
    assert precision is not None
    options = compiled.options
    selection = choose_inputs(len(options.vocabulary), options.max_length, INPUTS, 0)
    found: Found = {
        "engine": f"{name} {ENGINES[name].find_version()}",
        "target": options.dialect,
        "dtype": precision,
        "model": model,
        "inputs": 0,
        "wrong": 0,
        "refused": "",
    }
    try:
        assert request.folder is not None
        if not request.folder.exists():
            write_folder_for(ENGINES[name], compiled, request.folder)
        report = verify_in_engine(request, compiled, selection).report
        found["inputs"], found["wrong"] = report.checked, report.mismatched
    except ModelError as error:
        found["refused"] = error.diagnostics[0].message
    KEPT.parent.mkdir(exist_ok=True)
    with KEPT.open("a", encoding="utf-8") as file:
        file.write(json.dumps(found) + "\n")
    return found


def compile_some(target: Dialect) -> Iterator[tuple[str, Compiled]]:
    """Programs of the library for a target, those that are quick to compile first."""
    paths = sorted((ROOT / "programs").rglob("*.rasp"), key=lambda path: (path.stem not in NAMES, path.name))
    for path in paths:
        text = Source(path.name, path.read_text(encoding="utf-8"))
        for line in read_directives(text).compiles:
            if line.attention not in TARGETS[target].attentions or not (line.vocabulary and line.max_length):
                continue
            options = CompileOptions(
                line.vocabulary, min(line.max_length, 12), line.attention, target, no_value=line.no_value
            )
            try:
                yield path.stem, compile_program(load_program(text), {"out": line.expression}, options)
            except CompileError:
                continue
            break


def run_engines(target: Dialect, wanted: set[str], known: dict[Key, Found]) -> dict[RowKey, Row]:
    """A row for each engine and dtype; those that are not installed have none."""
    engines: list[tuple[EngineName, Precision]] = [
        (name, precision)
        for name, engine in ENGINES.items()
        if target in engine.targets and engine.find_version() and (not wanted or name in wanted)
        for precision in PRECISIONS
        if precision in engine.precisions
    ]
    rows: dict[RowKey, Row] = {
        (f"{name} {ENGINES[name].find_version()}", target, precision): Row() for name, precision in engines
    }
    for stem, compiled in compile_some(target) if engines else ():
        model = sha256(save_arrays(encode_arrays(compiled.weights))).hexdigest()
        with TemporaryDirectory() as scratch:
            for name, precision in engines:
                engine = f"{name} {ENGINES[name].find_version()}"
                row = rows[engine, target, precision]
                if has_enough(row):
                    continue
                found = known.get((engine, target, precision, model))
                if found is None:
                    folder = Path(scratch) / f"{ENGINES[name].find_format(target)}"
                    found = measure(EngineRequest(name, precision, folder), compiled, model)
                add(row, found)
                told = found["refused"] or f"{found['wrong']} of {found['inputs']}"
                print(f"{engine} {target} {precision} {stem}: {told}", file=sys.stderr)
        if all(map(has_enough, rows.values())):
            break
    return {key: row for key, row in rows.items() if row.programs}


def add(row: Row, found: Found) -> None:
    """Count one model."""
    row.refused += bool(found["refused"])
    row.programs += not found["refused"]
    row.inputs += found["inputs"]
    row.wrong += found["wrong"]


def has_enough(row: Row) -> bool:
    """Whether enough programs were run; or the first few were all refused, as by a machine that lacks an arithmetic."""
    return row.programs >= PROGRAMS or (row.refused >= REFUSED and not row.programs)


COLUMNS = ("engine", "target", "dtype", "programs", "inputs", "wrong")


def write_table(rows: Mapping[RowKey, Row], page: str) -> str:
    """Lines of Markdown: these rows, and those of a page that are about others."""
    lines: dict[tuple[str, ...], dict[str, Cell]] = {}
    for line in page.partition("<!-- table -->\n")[2].partition(END)[0].splitlines()[2:]:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        numbers = [
            int(cell.replace(",", "")) if cell[:1].isdigit() and "(" not in cell else cell for cell in cells
        ]
        lines[tuple(cells[:3])] = dict(zip(COLUMNS, numbers, strict=True))
    for key, row in rows.items():
        programs = f"{row.programs} ({row.refused} refused)" if row.refused else row.programs
        lines[key] = dict(zip(COLUMNS, (*key, programs, row.inputs, row.wrong), strict=True))
    return markdown_rows(COLUMNS, [lines[key] for key in sorted(lines)])


def main() -> int:
    """Exit code 1 where an engine is wrong in float32."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="write the table into docs/engines.md")
    parser.add_argument("--targets", nargs="*", choices=DIALECTS, default=DIALECTS, metavar="TARGET")
    parser.add_argument("engines", nargs="*", help="only these")
    given = parser.parse_args()
    known, found = read_found(), dict[RowKey, Row]()
    for target in given.targets:
        found |= run_engines(target, set(given.engines), known)
    table = write_table(found, PAGE.read_text(encoding="utf-8"))
    print(table)
    if given.write:
        write_into_page(PAGE, table)
    return int(any(row.wrong for (_, _, precision), row in found.items() if precision == "float32"))


if __name__ == "__main__":
    sys.exit(main())
