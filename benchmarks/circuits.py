"""Circuits held against inputs that they were not found on: does ablating all other edges change no answer, and ablating
any of theirs as well some? And labels of pairs against the models: does what is said to change, and nothing else?

    python -m benchmarks.circuits FOLDER

FOLDER is what `rasp circuit programs -o FOLDER` wrote. Every model with at most `--edges` edges in its circuit is tried.
"""

import argparse
import json
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

from compiler.circuits.build_record import CircuitRequest, draw_samples
from compiler.circuits.circuit_set import CIRCUIT, MODEL, PAIRS, list_named
from compiler.circuits.edges import Edge, find_shared_columns
from compiler.circuits.forward import EdgeDecoder
from compiler.circuits.needed_edges import build_trials
from compiler.inside_commands.circuit_command import reopen_model
from compiler.model.answers import same_answer
from compiler.model.runner import Model
from rasp.diagnostics import DiagnosedError
from rasp.values import Atom


@dataclass(frozen=True)
class Verdict:
    """Of a circuit: answers that change without all other edges, of how many; and its edges that change none."""

    edges: int
    inputs: int
    exhaustive: bool
    answers: int
    changed: int
    idle: tuple[str, ...]
    pairs: int
    mislabelled: int

    @property
    def holds(self) -> bool:
        return not (self.changed or self.idle or self.mislabelled)


def judge_circuit(folder: Path, request: CircuitRequest, most_pairs: int) -> Verdict:
    """Try the circuit of a folder on a sample of its own, and the first of its pairs."""
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
    pairs = [
        json.loads(line) for line in (folder / PAIRS).read_text(encoding="utf-8").splitlines()[:most_pairs]
    ]
    model = Model(compiled.weights, symbols=compiled.symbols, recompile=lambda: compiled)
    watched = list_named(compiled)
    return Verdict(
        edges=len(inside),
        inputs=sum(len(sample.ids) for sample in samples),
        exhaustive=exhaustive,
        answers=sum(int(trial.counts.sum()) for trial in trials),
        changed=sum(trial.count_changes(decoder, rest) for trial in trials),
        idle=tuple(idle),
        pairs=len(pairs),
        mislabelled=sum(not is_labelled_rightly(model, watched, pair) for pair in pairs),
    )


def is_labelled_rightly(model: Model, watched: Collection[str], pair: Mapping[str, Any]) -> bool:
    """Whether, in the model, the s-ops that labels watch differ at the positions that they name and nowhere else; whether
    with all of those, and all that are not watched, as on the corrupted input, the clean one gets its answers; and whether
    with the other watched ones it keeps its own."""
    clean, corrupted, changes = pair["clean"], pair["corrupted"], pair["changes"]
    one, other = model.run(clean), model.run(corrupted)
    if not is_answered_rightly(model, pair):
        return False
    for mine, theirs in zip(one.values, other.values, strict=True):
        if mine.name not in watched:
            continue
        named = changes.get(mine.name, [])
        both = list(zip(mine.candidates, theirs.candidates, strict=True))
        if any(not {*a} & {*b} and k not in named for k, (a, b) in enumerate(both)):
            return False
        if any(a == b and len(a) == 1 and k in named for k, (a, b) in enumerate(both)):
            return False
    kept = {value.name for value in one.values} & {*watched} - {*changes}
    wrong = exchange_values(model, corrupted, [v.name for v in one.values if v.name not in kept])
    same = exchange_values(model, corrupted, sorted(kept))
    return wrong.answers([clean]) == model.answers([corrupted]) and same.answers([clean]) == model.answers(
        [clean]
    )


def is_answered_rightly(model: Model, pair: Mapping[str, Any]) -> bool:
    """Whether the model gives both answers at the position of a pair, and others exactly where its output changes."""
    clean, corrupted = (
        answers[pair["output"]] for answers in model.answers([pair["clean"], pair["corrupted"]])
    )
    place, named = pair["position"], pair["changes"].get(pair["output"])
    different = [k for k, both in enumerate(zip(clean, corrupted, strict=True)) if not same_answer(*both)]
    right = same_answer(clean[place], pair["answer"]) and same_answer(corrupted[place], pair["wrong_answer"])
    return right and place in different and named in (None, different)


def exchange_values(model: Model, source: Sequence[Atom], names: Iterable[str]) -> Model:
    """The model in which these values are what they are on another input."""
    return reduce(lambda patched, name: patched.patched(source, value=name), names, model)


def main() -> None:
    """Try all circuits of a set, and tell the exceptions."""
    parser = argparse.ArgumentParser(description="Try circuits on inputs that they were not found on.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--edges", type=int, default=200, help="largest circuit that is tried (200)")
    parser.add_argument("--budget", type=int, default=1000, help="inputs of each model (1000)")
    parser.add_argument(
        "--seed", type=int, default=100, help="seed of these inputs (100; circuits are found with 0 to 4)"
    )
    parser.add_argument("--pairs", type=int, default=10, help="pairs of each model (10)")
    given = parser.parse_args()
    rows = json.loads((given.folder / "index.json").read_text(encoding="utf-8"))["models"]
    tried = [row["name"] for row in rows if row["edges"] <= given.edges]
    verdicts = dict[str, Verdict]()
    for name in tried:
        try:
            request = CircuitRequest(given.budget, given.seed)
            verdict = judge_circuit(given.folder / name, request, given.pairs)
        except DiagnosedError as error:
            hint = f"make the set again in an empty folder: rasp circuit programs -o {given.folder}-again"
            sys.exit(f"{error}\n{hint}")
        verdicts[name] = verdict
        if not verdict.holds:
            share = f"{verdict.changed:,} of {verdict.answers:,} answers change without the other edges"
            idle = f"no answer needs {', '.join(verdict.idle) or '-'}"
            print(f"{name}: {share}; {idle}; {verdict.mislabelled} pairs are labelled wrongly", flush=True)
        else:
            print(f"{name}: holds", file=sys.stderr)
    wrong = sum(bool(verdict.changed) for verdict in verdicts.values())
    idle = sum(bool(verdict.idle) for verdict in verdicts.values())
    whole = sum(verdict.exhaustive for verdict in verdicts.values())
    edges = sum(verdict.edges for verdict in verdicts.values())
    print(
        f"{len(tried)} of {len(rows)} models with {edges:,} edges, {whole} on all inputs: {wrong} whose answers "
        f"change without the other edges, {idle} with an edge that no answer needs; "
        f"{sum(v.mislabelled for v in verdicts.values())} of {sum(v.pairs for v in verdicts.values()):,} pairs "
        "labelled wrongly"
    )


if __name__ == "__main__":
    main()
