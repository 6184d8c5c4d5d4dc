"""`rasp circuit`: which edges of a model its answers need, with pairs of inputs; of one model or of many programs."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from compiler.circuits.build_record import CircuitRequest, build_circuit_record
from compiler.circuits.circuit_set import (
    PAIRS,
    SetRequest,
    count_edges,
    encode_lines,
    encode_record,
    list_pair_records,
    make_member,
    name_members,
)
from compiler.circuits.edges import find_shared_columns
from compiler.export.checkpoint import read_checkpoint
from compiler.export.recompile import recompile_checkpoint
from compiler.export.recorded_program import read_program
from compiler.json_forms.circuit_forms import (
    CircuitRecord,
    CircuitSummary,
    IndexRecord,
    MemberRecord,
    SetRecord,
)
from compiler.options import CompileError
from compiler.pipeline import Compiled
from rasp.command_line.console import FAILED, WrongUsage, read_source, report_diagnostics
from rasp.command_line.format_command import found_files
from rasp.command_line.progress import show_progress
from rasp.diagnostics import Diagnostic, RaspError
from rasp.source import Source
from rasp.syntax.directives import CompileLine, read_directives
from rasp.values import show_count
from rasp.write_whole import make_folder, write_text, write_together


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
    total = len(find_shared_columns(compiled.unrotated))
    with show_progress("ablating edges", total) as advance:
        circuit = build_circuit_record(compiled, options.request, advance)
    summary: CircuitSummary = {"of": [*compiled.expressions], **count_edges(circuit), "folder": path}
    if options.output is not None:
        target = Path(options.output)
        texts = {target: encode_record(circuit)}
        if target.is_file() or not target.exists():  # beside a pipe or a device there is no place
            pairs = list_pair_records(compiled, options.pairs, options.seed)
            texts[target.parent / PAIRS] = encode_lines(pairs)
            summary["pairs"] = len(pairs)
        write_together(texts)
        summary["written"] = [str(path) for path in texts]
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
    members = name_members(read_lines(path))
    if options.output is None:
        raise WrongUsage("where should the circuits be written?", "name a folder with -o DIR")
    root, made, failed = Path(options.output), list[MemberRecord](), 0
    try:
        with show_progress("circuits", len(members)) as advance:
            for member in members:
                try:
                    made.append(make_member(root, member, SetRequest(options.request, options.pairs)))
                except (CompileError, RaspError) as error:
                    failed += 1
                    report_diagnostics(error.diagnostics)
                advance(1)
    except KeyboardInterrupt:
        finished = f"finished: {len(made)} of {show_count(len(members), 'model')}"
        click.echo(f"stopped; {finished}, and the same command goes on with the next", err=True)
        raise
    index: IndexRecord = {"models": made}
    write_index(root, index)
    if options.as_json:
        told: SetRecord = {"models": made, "failed": failed}
        click.echo(json.dumps(told))
    else:
        edges = sum(record["edges"] for record in made)
        models, needed = show_count(len(made), "model"), show_count(edges, "edge")
        click.echo(f"{models} with circuits ({needed}) and pairs in {root}, {failed} failed")
    return FAILED if failed else 0


def write_index(root: Path, index: IndexRecord) -> None:
    """Which models there are. Raises `RaspError`."""
    with make_folder(root):
        write_text(root / "index.json", encode_record(index))


def read_lines(path: str) -> Iterator[tuple[Source, Sequence[CompileLine]]]:
    """Programs with their `# compile:` lines. Raises `RaspError` for a malformed line."""
    for file in found_files([path]):
        source = read_source(file)
        directives = read_directives(source)
        if directives.diagnostics:
            raise RaspError(*directives.diagnostics)
        yield source, directives.compiles


def describe(circuit: CircuitRecord, summary: CircuitSummary) -> Sequence[str]:
    """A circuit for reading."""
    others = f"; no answer changes on {summary['held']:,} more"
    which = "all" if summary["all"] else f"a sample, seed {summary['seed']}{others}"
    lines = [
        f"circuit of {', '.join(summary['of'])}: {summary['edges']} of {show_count(summary['all_edges'], 'edge')}",
        f"  inputs      {summary['inputs']:,} ({which})",
    ]
    carried = {name: edge.get("carries", []) for name, edge in circuit["edges"].items() if edge["in_graph"]}
    width = max(map(len, carried), default=0)
    lines += [
        f"  {name:<{width}}  {', '.join(names) or 'what is cleared'}" for name, names in carried.items()
    ]
    if "written" in summary:
        pairs = f" ({summary['pairs']} pairs)" if "pairs" in summary else ""
        lines.append(f"  written to  {' and '.join(summary['written'])}{pairs}")
    return lines
