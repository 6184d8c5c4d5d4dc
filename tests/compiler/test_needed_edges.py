"""Circuits of models: the edges that answers need, and pairs of inputs, in the form of circuit discovery's benchmarks."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from compiler.circuits import circuit_set
from compiler.circuits.build_record import (
    CircuitRequest,
    build_circuit_record,
    draw_samples,
    draw_trials,
)
from compiler.circuits.edges import Edge, find_shared_columns, list_edges, name_attention, name_mlp
from compiler.circuits.forward import EdgeDecoder
from compiler.circuits.needed_edges import build_trials
from compiler.cli import main
from compiler.model.runner import Model
from compiler.options import CompileOptions
from compiler.pipeline import Compiled, compile_program
from rasp.elaborate.program import load_program
from rasp.interpret.evaluate import evaluate
from rasp.source import Source
from rasp.syntax.directives import read_directives
from tests.places import PROGRAMS

LIBRARY = """
previous = shift(tokens, 1, "");
induction = aggregate(best(select(previous, tokens, ==), indices), tokens, "?");
histogram = selector_width(select(tokens, tokens, ==));
double = selector_width(select(histogram, histogram, ==));
reverse = aggregate(select(indices, length - indices - 1, ==), tokens);
mixed = histogram * indices + length % 2;
sorted = sort(tokens, tokens);
"""
CASES = {"induction": "causal", "double": "full", "reverse": "full", "mixed": "full", "sorted": "full"}
#: Programs of the library for the default run; all that have so many edges at most, in the slow one.
PICKED = ("basics/length", "counting/histogram", "strings/doubled", "language/copy", "basics/shift")
MOST_EDGES = 200
REVERSE = "aggregate(select(indices, length - 1 - indices, ==), tokens)"
FILES = sorted(str(path.relative_to(PROGRAMS).with_suffix("")) for path in PROGRAMS.rglob("*.rasp"))


@cache
def compiled(output: str) -> Compiled:
    program = load_program(Source("<test>", LIBRARY))
    return compile_program(program, output, CompileOptions(tuple("abc"), 4, CASES[output]))  # type: ignore[arg-type]


def from_library(name: str) -> Compiled:
    source = Source(name, (PROGRAMS / f"{name}.rasp").read_text(encoding="utf-8"))
    line = read_directives(source).compiles[0]
    assert line.vocabulary is not None and line.max_length is not None
    options = CompileOptions(line.vocabulary, line.max_length, line.attention, no_value=line.no_value)
    return compile_program(load_program(source), {"out": line.expression}, options)


def edges_of(record: Any) -> list[Edge]:
    return [edge_of(name) for name, edge in record["edges"].items() if edge["in_graph"]]


def edge_of(name: str) -> Edge:
    writer, _, reader = name.partition("->")
    return Edge(writer, reader[:-3], reader[-2]) if reader.endswith(">") else Edge(writer, reader)


def check_circuit(of: Compiled, request: CircuitRequest) -> None:
    """All edges but the circuit's, ablated together, change no answer; each of it, ablated as well, does."""
    inside = edges_of(build_circuit_record(of, request))
    decoder = EdgeDecoder(of.weights)
    trials = build_trials(decoder, draw_samples(of, request)[0], request.seed)
    rest = set(list_edges([len(layer.heads) for layer in of.weights.config.layers])) - set(inside)
    rest = {edge for edge in rest if edge.writer in trials[0].instead}
    assert sum(trial.count_changes(decoder, rest) for trial in trials) == 0
    for edge in inside:
        assert any(trial.count_changes(decoder, rest | {edge}) for trial in trials), edge


@pytest.mark.parametrize("output", CASES)
def test_circuits_are_needed_and_enough(output: str) -> None:
    check_circuit(compiled(output), CircuitRequest())


def test_inputs_that_need_more_are_tried_as_well() -> None:
    """Of two inputs alone too small a circuit is found; others complete it, and then change no answer."""
    of, few = compiled("induction"), CircuitRequest(2)
    decoder = EdgeDecoder(of.weights)
    sharing = set(find_shared_columns(of.weights))
    others = [CircuitRequest(2, seed) for seed in range(1, 5)]

    def count_changes(inside: list[Edge]) -> int:
        trials = draw_trials(of, decoder, others)
        return sum(trial.count_changes(decoder, sharing - set(inside)) for trial in trials)

    alone = build_circuit_record(of, replace(few, others=0))
    assert count_changes(edges_of(alone)) > 0 and alone["checked"]["held"] == 0
    held = build_circuit_record(of, few)
    assert count_changes(edges_of(held)) == 0
    first, *more = (
        {tuple(row) for sample in draw_samples(of, replace(few, seed=seed))[0] for row in sample.ids.tolist()}
        for seed in range(5)
    )
    assert held["checked"]["held"] == len(set().union(*more) - first) < 4 * held["checked"]["inputs"]


@pytest.mark.parametrize("name", PICKED)
def test_circuits_of_programs_are_needed_and_enough(name: str) -> None:
    check_circuit(from_library(name), CircuitRequest(60))


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_circuits_of_all_small_programs_are_needed_and_enough(name: str) -> None:
    of = from_library(name)
    if len(find_shared_columns(of.weights)) > MOST_EDGES:
        pytest.skip(f"more than {MOST_EDGES} edges")
    check_circuit(of, CircuitRequest())


@pytest.mark.parametrize("output", CASES)
def test_the_pass_is_the_decoders(output: str) -> None:
    of = compiled(output)
    model, decoder = Model(of.weights), EdgeDecoder(of.weights)
    for word in ("a", "abc", "ccab"):
        ids = model.encode(word)
        found, seen = decoder.run(np.array([ids])), model.activations(word)
        for layer, heads in enumerate(seen.heads):
            for head, wrote in enumerate(heads):
                np.testing.assert_allclose(found.added[name_attention(layer, head)], wrote.numpy(), atol=1e-4)
        for classes, logits in zip(found.classes, seen.logits, strict=True):
            assert classes[0, 1:].tolist() == logits[0, 1:].argmax(-1).tolist()


def test_ablating_is_what_a_hook_on_the_readers_input_does() -> None:
    """All of a head's edges from one writer, and those of an MLP and of the outputs, by torch."""
    of = compiled("sorted")
    decoder, model = EdgeDecoder(of.weights), Model(of.weights)
    ids, other = (np.array([model.encode(word)]) for word in ("cabc", "abba"))
    clean, instead = decoder.run(ids), decoder.run(other).added
    modules = {
        name_attention(1, 0): "layers.1.attention.heads.0",
        name_mlp(0): "layers.0.mlp",
        "logits": "unembeddings.0",
    }
    for reader, module in modules.items():
        for writer in [w for w in ("input", "a0.h0", "a0.h1") if w in clean.added]:
            letters = "qkv" if reader.startswith("a") else ("",)
            changed = torch.from_numpy(instead[writer] - clean.added[writer])
            hook = model.module.get_submodule(module).register_forward_pre_hook(
                lambda module, given, changed=changed: (given[0] + changed, *given[1:])
            )
            wanted = model.module(torch.tensor(ids))[0][0].argmax(-1).tolist()
            hook.remove()
            found = decoder.run(ids, [Edge(writer, reader, letter) for letter in letters], instead)
            assert found.classes[0][0, 1:].tolist() == wanted[1:], (writer, reader)


def test_the_circuit_of_induction_is_the_one_that_is_known() -> None:
    """The second head's keys read what the first wrote, its values the tokens."""
    record = build_circuit_record(compiled("induction"))
    inside = {name: edge["carries"] for name, edge in record["edges"].items() if edge["in_graph"]}
    assert inside["a0.h0->a1.h0<k>"] == ["previous"]
    assert inside["a1.h0->logits"] == ["induction"]
    assert (
        "a0.h0->a1.h0<q>" not in inside and "a0.h0->a1.h0<v>" not in inside and "a0.h0->logits" not in inside
    )
    assert all(edge["alone"] for edge in record["edges"].values() if edge["in_graph"])
    assert record["cfg"] == {"n_layers": 2, "n_heads": 1, "parallel_attn_mlp": False, "d_model": 8}
    assert list(record["nodes"]) == ["input", "a0.h0", "m0", "a1.h0", "m1", "logits"]
    assert record["checked"] == {"inputs": 120, "all": True, "seed": 0, "held": 0}


def run(*arguments: str) -> Any:
    return CliRunner().invoke(main, list(arguments))


def test_files_of_a_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice the same bytes; pairs are what the interpreter says; the model is there too, and has the same circuit."""
    monkeypatch.chdir(tmp_path)
    Path("some").mkdir()
    Path("some/rev.rasp").write_text(f'r = {REVERSE};\n# compile: r vocab="abc" max_length=4\n')
    Path("some/bad.rasp").write_text('r = 1 / indices;\n# compile: r vocab="a" max_length=100000\n')
    for folder in ("one", "two"):
        done = run("circuit", "some", "-o", folder, "--pairs", "9", "--json")
        assert done.exit_code == 1
        [row] = json.loads(done.stdout)["models"]
        assert row["name"] == "rev" and row["pairs"] == 9
    files = [path.relative_to("one") for path in Path("one").rglob("*") if path.is_file()]
    assert all(Path("one", file).read_bytes() == Path("two", file).read_bytes() for file in files)
    node = load_program(Source("some", f"r = {REVERSE};")).sop("r")
    for line in Path("one/rev/pairs.jsonl").read_text().splitlines():
        pair = json.loads(line)
        [[clean, corrupted]] = evaluate([node], [pair["clean"], pair["corrupted"]])
        where = pair["position"]
        assert (clean[where], corrupted[where]) == (pair["answer"], pair["wrong_answer"])  # type: ignore[index]
        assert [k for k in range(len(clean)) if clean[k] != corrupted[k]] == pair["changes"]["r"]  # type: ignore
    assert run("circuit", "one/rev/model", "-o", "again.json").exit_code == 0
    assert Path("again.json").read_text() == Path("one/rev/circuit.json").read_text()


def test_an_interrupted_set_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is finished is not made again, unless it was to be made otherwise; names of models are unique."""
    monkeypatch.chdir(tmp_path)
    for folder in ("some", "some/deeper"):
        Path(folder).mkdir()
        Path(folder, "rev.rasp").write_text(f'r = {REVERSE};\n# compile: r vocab="abc" max_length=3\n')
    command = ("circuit", "some", "-o", "set", "--pairs", "4")
    made = list[str]()

    def stop(*given: Any, **options: Any) -> Any:
        if made:
            raise KeyboardInterrupt
        made.append("one")
        return build_circuit_record(*given, **options)

    with monkeypatch.context() as patch:
        patch.setattr(circuit_set, "build_circuit_record", stop)
        done = run(*command)
    assert done.exit_code != 0 and "finished: 1 of 2 models" in done.stderr
    first = Path("set/rev/circuit.json").stat().st_mtime_ns
    assert not Path("set/index.json").exists()
    assert run(*command).exit_code == 0
    assert Path("set/rev/circuit.json").stat().st_mtime_ns == first
    rows = json.loads(Path("set/index.json").read_text())["models"]
    assert [row["name"] for row in rows] == ["rev", "rev-2"]
    assert run(*command, "--seed", "1").exit_code == 0
    assert Path("set/rev/circuit.json").stat().st_mtime_ns != first


def test_mistakes_of_the_command() -> None:
    assert "-o DIR" in run("circuit", str(PROGRAMS / "basics" / "reverse.rasp")).stderr
    assert "does not exist" in run("circuit", "nowhere").stderr
