"""Models with their circuits and pairs, a folder for each `# compile:` line of many programs.

A folder holds the checkpoint, `circuit.json`, `pairs.jsonl`, and `made.json`: what it was made from, and its row of the
index. It comes as a whole; whoever is interrupted goes on with the first that is not there. The same programs, options and
version give the same bytes.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from compiler.circuits.build_record import CircuitRequest, build_circuit_record, build_pair_record
from compiler.circuits.pairs import find_pairs
from compiler.export.checkpoint import check_destination
from compiler.export.compiled import save
from compiler.export.fill_folder import fill_folder
from compiler.export.read_file import report_damage
from compiler.json_forms.circuit_forms import (
    CircuitRecord,
    CountsRecord,
    MadeRecord,
    MemberRecord,
    PairRecord,
)
from compiler.options import CompileOptions
from compiler.pipeline import Compiled, compile_program
from rasp.elaborate.program import load_program
from rasp.graph.nodes import Node, list_reachable
from rasp.source import Source
from rasp.syntax.directives import CompileLine
from rasp.version import VERSION
from rasp.write_whole import CHECK_PATH, explain_reason, write_text

CIRCUIT, PAIRS, MODEL, MADE = "circuit.json", "pairs.jsonl", "model", "made.json"


@dataclass(frozen=True)
class SetRequest:
    """How circuits are looked for, and how many pairs of inputs each model gets at most."""

    circuit: CircuitRequest
    pairs: int


@dataclass(frozen=True)
class Member:
    """A model of a set: its name, which is its folder's, and the line of a program that it is compiled from."""

    name: str
    source: Source
    line: CompileLine


def name_members(lines: Iterable[tuple[Source, Sequence[CompileLine]]]) -> list[Member]:
    """A name for each line that can be compiled: its program's, numbered where a program has several lines."""
    found: dict[str, Member] = {}
    for source, several in lines:
        for number, line in enumerate(several):
            if line.vocabulary is None or line.max_length is None:
                continue
            stem = Path(source.name).stem + (f"-{number}" if len(several) > 1 else "")
            name, again = stem, 1
            while name in found:
                again += 1
                name = f"{stem}-{again}"
            found[name] = Member(name, source, line)
    return list(found.values())


def make_member(root: Path, member: Member, request: SetRequest) -> MemberRecord:
    """Make the folder of a model unless it is finished; its row of the index. Raises `CompileError`, `RaspError`."""
    line, folder = member.line, root / member.name
    program = load_program(member.source)
    texts = {"program": member.source.text, "loaded": dict(program.loaded), "version": VERSION}
    wanted = {**texts, "line": asdict(line), "request": asdict(request)}
    origin = sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()
    if (finished := read_finished(folder, origin)) is not None:
        return finished
    assert line.vocabulary is not None and line.max_length is not None, "else it is no member"
    settings = CompileOptions(line.vocabulary, line.max_length, line.attention, no_value=line.no_value)
    check_destination(folder / MODEL, settings)
    name = line.name or (line.expression if line.expression.isidentifier() else "out")
    compiled = compile_program(program, {name: line.expression}, settings)
    circuit = build_circuit_record(compiled, request.circuit)
    pairs = list_pair_records(compiled, request.pairs, request.circuit.seed)
    program_name = Path(member.source.name).name
    row: MemberRecord = {
        "name": member.name,
        "program": program_name,
        **count_edges(circuit),
        "pairs": len(pairs),
    }
    made: MadeRecord = {"made_from": origin, "row": row}
    try:
        with fill_folder(folder, MADE) as unfinished:
            save(compiled, unfinished / MODEL)
            write_text(unfinished / PAIRS, encode_lines(pairs))
            write_text(unfinished / CIRCUIT, encode_record(circuit))
            write_text(unfinished / MADE, encode_record(made))
            (folder / MADE).unlink(missing_ok=True)  # what comes now is no longer what that one tells of
    except OSError as error:
        raise report_damage(folder, f"cannot be written: {explain_reason(error)}", CHECK_PATH) from None
    return row


def read_finished(folder: Path, origin: str) -> MemberRecord | None:
    """The row of a folder that was made from the same, else None."""
    try:
        made = json.loads((folder / MADE).read_text(encoding="utf-8"))
        return made["row"] if made["made_from"] == origin else None
    except (OSError, ValueError, LookupError, TypeError):
        return None


def list_pair_records(compiled: Compiled, count: int, seed: int) -> list[PairRecord]:
    """Pairs of inputs for a model, as data."""
    found = find_pairs(compiled.meaning, list_named(compiled), compiled.options, count, seed)
    return [build_pair_record(pair, compiled.weights) for pair in found]


def list_named(compiled: Compiled) -> Mapping[str, Node]:
    """The s-ops that outputs depend on and that have names: those that the labels of pairs watch."""
    named: dict[str, Node] = {}
    for node in list_reachable(compiled.meaning.values()):
        if not node.is_selector and node in compiled.program.graph.names:
            named.setdefault(compiled.program.graph.names[node], node)
    return named


def count_edges(circuit: CircuitRecord) -> CountsRecord:
    """How large a circuit is, and on what it was tried."""
    inside = [edge for edge in circuit["edges"].values() if edge["in_graph"]]
    nodes = [node for node in circuit["nodes"].values() if node["in_graph"]]
    return {
        "nodes": len(nodes),
        "edges": len(inside),
        "all_edges": len(circuit["edges"]),
        **circuit["checked"],
    }


def encode_record(record: Mapping[str, object]) -> str:
    """Indented JSON."""
    return json.dumps(record, indent=1, ensure_ascii=True) + "\n"


def encode_lines(records: Sequence[Mapping[str, object]]) -> str:
    """A line of JSON for each."""
    return "".join(json.dumps(record, ensure_ascii=True) + "\n" for record in records)
