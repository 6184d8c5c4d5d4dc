"""Runs programs of the library in every engine that is installed, and writes the table of docs/engines.md.

    python -m benchmarks.engines [--write]      `make test-engines` does, in environments of their own

Of each target the smallest of its programs are taken; each runs on 300 inputs or more, of all lengths, padded batches among
them. What is counted are inputs on which an engine answers otherwise than the interpreter.
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.tables import Cell, markdown_rows, write_into_page
from compiler.engines.engine_table import ENGINES, EngineRequest
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
PAGE = ROOT / "docs" / "engines.md"
PROGRAMS, INPUTS = 10, 300
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


def compile_some(target: Dialect) -> Iterator[tuple[str, Compiled]]:
    """Programs of the library for a target, those that are quick to compile first."""
    paths = sorted((ROOT / "programs").rglob("*.rasp"), key=lambda path: (path.stem not in NAMES, path.name))
    for path in paths:
        text = Source(path.name, path.read_text(encoding="utf-8"))
        for line in read_directives(text).compiles:
            if line.attention not in TARGETS[target].attentions:
                continue
            options = CompileOptions(
                line.vocabulary, min(line.max_length, 12), line.attention, target, no_value=line.no_value
            )
            try:
                yield path.stem, compile_program(load_program(text), {"out": line.expression}, options)
            except CompileError:
                continue
            break


def run_engines(target: Dialect, wanted: set[str]) -> dict[tuple[EngineName, Precision], Row]:
    """A row for each engine and dtype; those that are not installed have none."""
    rows: dict[tuple[EngineName, Precision], Row] = defaultdict(Row)
    enough = PROGRAMS
    engines = [
        (name, precision)
        for name, engine in ENGINES.items()
        if target in engine.targets and engine.find_version() and (not wanted or name in wanted)
        for precision in PRECISIONS
        if precision in engine.precisions
    ]
    for stem, compiled in compile_some(target):
        options = compiled.options
        selection = choose_inputs(len(options.vocabulary), options.max_length, INPUTS, 0)
        for name, precision in engines:
            row = rows[name, precision]
            if row.programs >= enough:
                continue
            try:
                ran = verify_in_engine(EngineRequest(name, precision), compiled, selection)
            except ModelError as error:
                print(f"{name} {target} {precision} {stem}: {error}", file=sys.stderr)
                row.refused += 1
                continue
            row.programs += 1
            row.inputs += ran.report.checked
            row.wrong += ran.report.mismatched
            print(f"{name} {target} {precision} {stem}: {ran.report.mismatched} of {ran.report.checked}")
        if all(rows[key].programs >= enough for key in engines):
            break
    return rows


def write_table(rows: dict[tuple[EngineName, Dialect, Precision], Row]) -> str:
    """Lines of Markdown."""
    lines: list[dict[str, Cell]] = [
        {
            "engine": f"{name} {ENGINES[name].find_version()}",
            "target": target,
            "dtype": precision,
            "programs": f"{row.programs} ({row.refused} refused)" if row.refused else row.programs,
            "inputs": row.inputs,
            "wrong": row.wrong,
        }
        for (name, target, precision), row in rows.items()
    ]
    return markdown_rows(("engine", "target", "dtype", "programs", "inputs", "wrong"), lines)


def main() -> int:
    """Exit code 1 where an engine is wrong in float32."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="write the table into docs/engines.md")
    parser.add_argument("engines", nargs="*", help="only these")
    given = parser.parse_args()
    found = {
        (name, target, precision): row
        for target in DIALECTS
        for (name, precision), row in run_engines(target, set(given.engines)).items()
    }
    table = write_table(dict(sorted(found.items())))
    print(table)
    if given.write:
        write_into_page(PAGE, table)
    return int(any(row.wrong for (_, _, precision), row in found.items() if precision == "float32"))


if __name__ == "__main__":
    sys.exit(main())
