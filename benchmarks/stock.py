"""Every program of the library on every target that it fits: what it costs there, and whether stock software answers right.

    python -m benchmarks.stock [--targets gpt2 opt] [--compile-only] [--write]

Each `# compile:` line is a row for each target that has its attention: compiled, written as a folder, opened by
transformers, and run on a thousand inputs or more of all lengths, in single batches, padded batches and by the tokenizer,
left-padded and with a cache where it is causal. What is found is kept in a file of JSON lines; a row that stands there is
not made again, so that an interrupted run goes on where it was.
"""

import argparse
import json
import math
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from benchmarks.tables import Cell, markdown_rows, write_into_page
from compiler.export.compiled import save
from compiler.export.stock_files import assemble_uniform
from compiler.model.stock_model import StockModel
from compiler.options import CompileError, CompileOptions, Dialect
from compiler.pipeline import Compiled, compile_program
from compiler.targets.target import FAMILY_TARGETS, TARGETS
from compiler.verify.chosen_inputs import choose_inputs
from compiler.verify.differential import Check, verify_model
from compiler.verify.stock_folder import STOCK_READERS
from rasp.arguments import Attention
from rasp.elaborate.program import load_program
from rasp.source import Source
from rasp.syntax.directives import CompileLine, read_directives

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "stock.md"
RESULTS = ROOT / "build" / "stock.jsonl"
INPUTS = 1000
SUMMARY = "target", "lines", "compile", "run", "inputs", "wrong", "layers more", "parameters over `plain`"
Line = tuple[str, str, Attention, int]
"""A program's path, the name of its output, its attention, and the length."""


@dataclass(frozen=True)
class Row:
    """One line on one target. `refused` says why it does not compile; `inputs` of 0: it was not run."""

    target: Dialect
    program: str
    line: str
    attention: Attention
    length: int
    refused: str = ""
    layers: int = 0
    parameters: int = 0
    inputs: int = 0
    wrong: int = 0
    seconds: float = 0.0

    @property
    def key(self) -> tuple[str, *Line]:
        """What tells rows apart."""
        return self.target, *self.line_key

    @property
    def line_key(self) -> Line:
        """What tells rows of a target apart."""
        return self.program, self.line, self.attention, self.length


def list_lines() -> Iterator[tuple[str, Source, CompileLine]]:
    """Every compile line of the library that says for what, with the path of its program."""
    for path in sorted((ROOT / "programs").rglob("*.rasp")):
        source = Source(str(path), path.read_text(encoding="utf-8"))
        for line in read_directives(source).compiles:
            if line.vocabulary is not None and line.max_length is not None:
                yield path.relative_to(ROOT / "programs").with_suffix("").as_posix(), source, line


def compile_line(source: Source, line: CompileLine, target: Dialect) -> Compiled:
    """A line for a target. Raises `CompileError` where that refuses it."""
    options = CompileOptions(line.vocabulary, line.max_length, line.attention, target, no_value=line.no_value)
    return compile_program(load_program(source), {line.name or "out": line.expression}, options)


def measure_line(row: Row, source: Source, line: CompileLine, *, run: bool) -> Row:
    """The row of a line: refused, or its sizes, and how many inputs are answered otherwise than by the interpreter."""
    started = time.perf_counter()
    try:
        compiled = compile_line(source, line, row.target)
    except CompileError as error:
        first = error.diagnostics[0]
        said = f"{first.message} ({first.hint})" if first.hint else first.message
        return replace(row, refused=said, seconds=time.perf_counter() - started)
    layers = len(compiled.weights.config.layers)
    if not TARGETS[row.target].is_family:
        return replace(row, layers=layers, parameters=compiled.weights.parameters())
    found = replace(row, layers=layers, parameters=assemble_uniform(compiled).parameters())
    if run:
        inputs, wrong = run_folder(compiled)
        found = replace(found, inputs=inputs, wrong=wrong)
    return replace(found, seconds=time.perf_counter() - started)


def run_folder(compiled: Compiled) -> tuple[int, int]:
    """How many inputs the folder of a compilation was run on, and on how many it is wrong, whichever way it is run."""
    options = compiled.options
    selection = choose_inputs(len(options.vocabulary), options.max_length, INPUTS, 0)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "model"
        save(compiled, folder)
        model = StockModel(folder, compiled.weights.config, assemble_uniform(compiled).class_ids)
        readers = STOCK_READERS[options.attention]
        report = verify_model(Check(model, compiled.meaning, options.no_value, readers), selection)
    return report.checked, max(report.mismatched, *report.readers.values())


def read_rows(path: Path) -> dict[tuple[str, *Line], Row]:
    """What is known already; rows of another form, which an older version wrote, are not."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    names = {field.name for field in fields(Row)}
    rows = [Row(**row) for row in map(json.loads, lines) if row.keys() == names]
    return {row.key: row for row in rows}


def measure_all(targets: Sequence[Dialect], path: Path, *, run: bool) -> list[Row]:
    """All rows, those that are missing measured and kept."""
    known = read_rows(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    found: list[Row] = []
    wanted = [
        (target, *line)
        for target in targets
        for line in list_lines()
        if line[2].attention in TARGETS[target].attentions
    ]
    for number, (target, program, source, line) in enumerate(wanted, 1):
        row = Row(target, program, line.name or line.expression, line.attention, line.max_length)
        old = known.get(row.key)
        if old is None or (run and not old.refused and not old.inputs and TARGETS[target].is_family):
            old = measure_line(row, source, line, run=run)
            with path.open("a", encoding="utf-8") as kept:
                kept.write(json.dumps(asdict(old)) + "\n")
            print(f"{number}/{len(wanted)} {target} {program} {row.line}: {describe_row(old)}", flush=True)
        found.append(old)
    return found


def describe_row(row: Row) -> str:
    """A row in a few words."""
    if row.refused:
        return f"refused: {row.refused}"
    ran = f", {row.wrong} of {row.inputs:,} wrong" if row.inputs else ""
    return f"{row.layers} layers, {row.parameters:,} parameters{ran} ({row.seconds:.0f} s)"


def summarise(rows: Iterable[Row], plain: Mapping[Line, Row]) -> str:
    """Lines of Markdown: a row for each target."""
    lines: list[dict[str, Cell]] = []
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        grouped.setdefault(row.target, []).append(row)
    for target, own in grouped.items():
        right = [row for row in own if not row.refused]
        pairs = [(row, plain[row.line_key]) for row in right if row.line_key in plain]
        ratios = [math.log(row.parameters / other.parameters) for row, other in pairs if other.parameters]
        deeper = max((row.layers - other.layers for row, other in pairs), default=0)
        mean = math.exp(sum(ratios) / len(ratios)) if ratios else 0.0
        lines.append(
            {
                "target": f"`{target}`",
                "lines": len(own),
                "compile": f"{len(right)} ({len(right) / len(own):.0%})",
                "run": sum(row.inputs > 0 for row in own),
                "inputs": sum(row.inputs for row in own),
                "wrong": sum(row.wrong for row in own),
                "layers more": deeper,
                "parameters over `plain`": mean,
            }
        )
    return markdown_rows(SUMMARY, lines)


def list_refused(rows: Iterable[Row]) -> str:
    """Lines of Markdown: a row for each line that does not compile, and why."""
    refused = [
        asdict(row) | {"target": f"`{row.target}`", "program": f"`{row.program}` {row.line}"}
        for row in rows
        if row.refused
    ]
    return markdown_rows(("target", "program", "length", "refused"), refused)


def main() -> int:
    """Exit code 1 where a folder is wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--targets", nargs="*", choices=FAMILY_TARGETS, default=FAMILY_TARGETS, metavar="TARGET"
    )
    parser.add_argument("--compile-only", action="store_true", help="take sizes and refusals; run nothing")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the file of rows, gone on with")
    parser.add_argument("--write", action="store_true", help="write the tables into docs/stock.md")
    given = parser.parse_args()
    rows = measure_all(given.targets, given.results, run=not given.compile_only)
    plain = {row.line_key: row for row in measure_all(["plain"], given.results, run=False) if not row.refused}
    tables = f"{summarise(rows, plain)}\n{list_refused(rows)}"
    print(tables)
    if given.write:
        write_into_page(PAGE, tables)
    return int(any(row.wrong for row in rows))


if __name__ == "__main__":
    sys.exit(main())
