"""`rasp circuit`: which edges of a model its answers need, with pairs of inputs; of one model or of many programs."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from compiler.circuits.build_record import CircuitRequest, build_circuit_record, build_pair_record
from compiler.circuits.edges import find_shared_columns
from compiler.circuits.pairs import find_pairs
from compiler.export.checkpoint import check_destination, read_checkpoint
from compiler.export.compiled import save
from compiler.export.recompile import recompile_checkpoint
from compiler.export.recorded_program import read_program
from compiler.options import CompileError, CompileOptions
from compiler.pipeline import Compiled, compile_program
from rasp.command_line.console import FAILED, WrongUsage, read_source, report_diagnostics
from rasp.command_line.format_command import found_files
from rasp.command_line.progress import show_progress
from rasp.diagnostics import Diagnostic, RaspError
from rasp.elaborate.program import load_program
from rasp.graph.nodes import Node, list_reachable
from rasp.syntax.directives import CompileLine, read_directives
from rasp.write_whole import write_text

CIRCUIT, PAIRS, MODEL = "circuit.json", "pairs.jsonl", "model"
Record = dict[str, Any]


@dataclass(frozen=True)
class CircuitOptions:
    """The flags of `rasp circuit`."""

    output: str | None
    pairs: int
    budget: int
    seed: int
    as_json: bool

    @property
    def request(self) -> CircuitRequest:
        return CircuitRequest(self.budget, self.seed)


def write_circuits(path: str, options: CircuitOptions) -> int:
    """The circuit of a checkpoint, or those of all programs in a folder; the exit code."""
    if path.endswith(".rasp") or (Path(path).is_dir() and not (Path(path) / "rasp.json").exists()):
        return write_set(path, options)
    compiled = reopen_model(path)
    total = len(find_shared_columns(compiled.weights))
    with show_progress("ablating edges", total) as advance:
        circuit = build_circuit_record(compiled, options.request, advance)
    summary = {"of": [*compiled.expressions], **summarise(circuit), "folder": path}
    if options.output is not None:
        target = Path(options.output)
        pairs = list_pair_records(compiled, options)
        write_text(target, encode(circuit))
        write_text(target.parent / PAIRS, encode_lines(pairs))
        summary |= {"pairs": len(pairs), "written": [str(target), str(target.parent / PAIRS)]}
    if options.as_json:
        click.echo(json.dumps(summary if options.output is not None else circuit))
    else:
        click.echo("\n".join(describe(circuit, summary)))
    return 0


def reopen_model(folder: str) -> Compiled:
    """What a checkpoint holds, compiled again. Raises `CheckpointError`, `RaspError`."""
    checkpoint = read_checkpoint(Path(folder))
    with show_progress("compiling the program again"):
        standing = recompile_checkpoint(checkpoint, read_program(checkpoint))
    if standing.again is None or not standing.holds:
        hint = "compile the program again"
        raise RaspError(Diagnostic(f"{folder}: {standing.differences[0]}", hint=hint, code="not-certified"))
    return standing.again


def write_set(path: str, options: CircuitOptions) -> int:
    """A folder for each `# compile:` line of the programs: model, circuit and pairs. What fails is told."""
    if options.output is None:
        raise WrongUsage("where should the circuits be written?", "name a folder with -o DIR")
    lines = list(list_lines(path))
    root, made, failed = Path(options.output), list[Record](), 0
    with show_progress("circuits", len(lines)) as advance:
        for name, file, line in lines:
            try:
                made.append(write_one(root / name, file, line, options))
            except (CompileError, RaspError) as error:
                failed += 1
                report_diagnostics(error.diagnostics)
            advance(1)
    write_text(root / "index.json", encode({"models": made}))
    if options.as_json:
        click.echo(json.dumps({"models": made, "failed": failed}))
    else:
        edges = sum(record["edges"] for record in made)
        click.echo(f"{len(made)} models with circuits ({edges:,} edges) and pairs in {root}, {failed} failed")
    return FAILED if failed else 0


def list_lines(path: str) -> Iterator[tuple[str, str, CompileLine]]:
    """A name, a file and a line for each model. Raises `RaspError` for a malformed line."""
    for file in found_files([path]):
        directives = read_directives(read_source(file))
        if directives.diagnostics:
            raise RaspError(*directives.diagnostics)
        several = len(directives.compiles) > 1
        for number, line in enumerate(directives.compiles):
            if line.vocabulary is not None and line.max_length is not None:
                yield Path(file).stem + (f"-{number}" if several else ""), file, line


def write_one(folder: Path, file: str, line: CompileLine, options: CircuitOptions) -> Record:
    """Compile a line and write its folder; a row of the index. Raises `CompileError`, `RaspError`."""
    assert line.vocabulary is not None and line.max_length is not None, "else it was passed over"
    settings = CompileOptions(line.vocabulary, line.max_length, line.attention, no_value=line.no_value)
    name = line.name or (line.expression if line.expression.isidentifier() else "out")
    folder.mkdir(parents=True, exist_ok=True)
    check_destination(folder / MODEL, settings)
    compiled = compile_program(load_program(read_source(file)), {name: line.expression}, settings)
    circuit = build_circuit_record(compiled, options.request)
    pairs = list_pair_records(compiled, options)
    save(compiled, folder / MODEL)
    write_text(folder / PAIRS, encode_lines(pairs))
    write_text(folder / CIRCUIT, encode(circuit))
    return {"name": folder.name, "program": Path(file).name, **summarise(circuit), "pairs": len(pairs)}


def list_pair_records(compiled: Compiled, options: CircuitOptions) -> list[Record]:
    """Pairs of inputs for a model, as data."""
    named: dict[str, Node] = {}
    for node in list_reachable(compiled.meaning.values()):
        if not node.is_selector and node in compiled.program.graph.names:
            named.setdefault(compiled.program.graph.names[node], node)
    found = find_pairs(compiled.meaning, named, compiled.options, options.pairs, options.seed)
    return [build_pair_record(pair, compiled.weights) for pair in found]


def summarise(circuit: Mapping[str, Any]) -> Record:
    """How large a circuit is."""
    inside = [edge for edge in circuit["edges"].values() if edge["in_graph"]]
    nodes = [node for node in circuit["nodes"].values() if node["in_graph"]]
    return {
        "nodes": len(nodes),
        "edges": len(inside),
        "all_edges": len(circuit["edges"]),
        **circuit["checked"],
    }


def describe(circuit: Mapping[str, Any], summary: Record) -> Sequence[str]:
    """A circuit for reading."""
    which = "all" if summary["all"] else f"a sample, seed {summary['seed']}"
    lines = [
        f"circuit of {', '.join(summary['of'])}: {summary['edges']} of {summary['all_edges']} edges",
        f"  inputs      {summary['inputs']:,} ({which})",
    ]
    edges = {name: edge for name, edge in circuit["edges"].items() if edge["in_graph"]}
    width = max(map(len, edges), default=0)
    lines += [
        f"  {name:<{width}}  {', '.join(edge['carries']) or 'what is cleared'}"
        for name, edge in edges.items()
    ]
    if "written" in summary:
        lines.append(f"  written to  {' and '.join(summary['written'])} ({summary['pairs']} pairs)")
    return lines


def encode(record: Record) -> str:
    return json.dumps(record, indent=1, ensure_ascii=True) + "\n"


def encode_lines(records: Sequence[Record]) -> str:
    return "".join(json.dumps(record, ensure_ascii=True) + "\n" for record in records)
