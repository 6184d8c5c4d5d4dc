"""Circuits held against inputs that they were not found on: does ablating all other edges change no answer, and ablating
any of theirs as well some?

    python -m benchmarks.circuits FOLDER

FOLDER is what `rasp circuit programs -o FOLDER` wrote. Every model with at most `--edges` edges in its circuit is tried.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from compiler.circuits.build_record import CircuitRequest, draw_samples
from compiler.circuits.circuit_set import CIRCUIT, MODEL
from compiler.circuits.edges import Edge, find_shared_columns
from compiler.circuits.forward import EdgeDecoder
from compiler.circuits.needed_edges import build_trials
from compiler.inside_commands.circuit_command import reopen_model
from rasp.diagnostics import DiagnosedError


@dataclass(frozen=True)
class Verdict:
    """Of a circuit: answers that change without all other edges, of how many; and its edges that change none."""

    edges: int
    inputs: int
    exhaustive: bool
    answers: int
    changed: int
    idle: tuple[str, ...]


def judge_circuit(folder: Path, request: CircuitRequest) -> Verdict:
    """Try the circuit of a folder on a sample of its own."""
    record = json.loads((folder / CIRCUIT).read_text(encoding="utf-8"))
    named = {name for name, edge in record["edges"].items() if edge["in_graph"]}
    compiled = reopen_model(str(folder / MODEL))
    inside = [edge for edge in find_shared_columns(compiled.weights) if str(edge) in named]
    assert len(inside) == len(named), "every edge of a circuit shares a column"
    decoder = EdgeDecoder(compiled.weights)
    samples, exhaustive = draw_samples(compiled, request)
    trials = build_trials(decoder, samples, request.seed)
    rest: set[Edge] = set(find_shared_columns(compiled.weights)) - set(inside)
    idle = [
        str(edge)
        for edge in inside
        if not any(trial.count_changes(decoder, rest | {edge}) for trial in trials)
    ]
    return Verdict(
        edges=len(inside),
        inputs=sum(len(sample.ids) for sample in samples),
        exhaustive=exhaustive,
        answers=sum(int(trial.counts.sum()) for trial in trials),
        changed=sum(trial.count_changes(decoder, rest) for trial in trials),
        idle=tuple(idle),
    )


def main() -> None:
    """Try all circuits of a set, and tell the exceptions."""
    parser = argparse.ArgumentParser(description="Try circuits on inputs that they were not found on.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--edges", type=int, default=200, help="largest circuit that is tried (200)")
    parser.add_argument("--budget", type=int, default=1000, help="inputs of each model (1000)")
    parser.add_argument(
        "--seed", type=int, default=1, help="seed of these inputs (1; circuits are found with 0)"
    )
    given = parser.parse_args()
    rows = json.loads((given.folder / "index.json").read_text(encoding="utf-8"))["models"]
    tried = [row["name"] for row in rows if row["edges"] <= given.edges]
    verdicts = dict[str, Verdict]()
    for name in tried:
        try:
            verdict = judge_circuit(given.folder / name, CircuitRequest(given.budget, given.seed))
        except DiagnosedError as error:
            hint = f"make the set again in an empty folder: rasp circuit programs -o {given.folder}-again"
            sys.exit(f"{error}\n{hint}")
        verdicts[name] = verdict
        if verdict.changed or verdict.idle:
            share = f"{verdict.changed:,} of {verdict.answers:,} answers change without the other edges"
            print(f"{name}: {share}; no answer needs {', '.join(verdict.idle) or '-'}", flush=True)
        else:
            print(f"{name}: holds", file=sys.stderr)
    wrong = sum(bool(verdict.changed) for verdict in verdicts.values())
    idle = sum(bool(verdict.idle) for verdict in verdicts.values())
    whole = sum(verdict.exhaustive for verdict in verdicts.values())
    edges = sum(verdict.edges for verdict in verdicts.values())
    print(
        f"{len(tried)} of {len(rows)} models with {edges:,} edges, {whole} on all inputs: {wrong} whose answers "
        f"change without the other edges, {idle} with an edge that no answer needs"
    )


if __name__ == "__main__":
    main()
