"""The certificate: what it says, and that it is about these weights and no others."""

import json
from dataclasses import replace
from pathlib import Path

from compiler.emit.weights import Weights
from compiler.export.checkpoint import read_checkpoint
from compiler.export.compiled import make_checkpoint, save
from compiler.export.files import Checkpoint
from compiler.export.recompile import recompile_checkpoint
from compiler.export.recorded_program import read_program
from compiler.options import CompileOptions
from compiler.pipeline import Compiled, compile_program
from rasp.elaborate.program import load_program
from rasp.source import Source

TEXT = "rank = selector_width(select(tokens, tokens, <));"


def compiled(length: int = 6) -> Compiled:
    options = CompileOptions(tuple("abc"), length)
    return compile_program(load_program(Source("rank", TEXT)), {"rank": "rank", "twice": "2 * rank"}, options)


def reason(checkpoint: Checkpoint) -> str:
    return "; ".join(recompile_checkpoint(checkpoint, read_program(checkpoint)).differences)


def test_every_decision_is_below_its_margin_and_written_down() -> None:
    model = compiled()
    record = json.loads(json.dumps(model.certificate, allow_nan=False))
    assert (record["dtype"], record["max_length"]) == ("float32", 6)
    assert len(record["decisions"]) == len(model.bounds.decisions) >= 3
    assert all(row["error_bound"] < row["margin"] for row in record["decisions"])
    ratios = [row["margin"] / max(row["error_bound"], 1e-300) for row in record["decisions"]]
    tightest = record["tightest"]
    assert tightest["margin"] / tightest["error_bound"] == min(ratios)
    assert {row["value"] for row in record["values"]} == {"rank"}


def test_it_holds_after_a_round_trip(tmp_path: Path) -> None:
    save(compiled(), tmp_path / "model")
    assert reason(read_checkpoint(tmp_path / "model")) == ""


def test_it_does_not_hold_for_other_weights() -> None:
    checkpoint = make_checkpoint(compiled())
    for name, array in checkpoint.weights.arrays.items():
        if not array.any():
            continue
        changed = {**checkpoint.weights.arrays, name: array * 1.001}
        weights = Weights(checkpoint.weights.config, changed)
        assert name in reason(replace(checkpoint, weights=weights))


def test_it_does_not_hold_for_other_programs_or_bounds() -> None:
    checkpoint, longer = make_checkpoint(compiled()), make_checkpoint(compiled(7))
    assert "its max length" in reason(replace(checkpoint, weights=longer.weights))
    summary = {**checkpoint.summary, "certificate": longer.summary["certificate"]}
    assert "bounds" in reason(replace(checkpoint, summary=summary))
    refused = replace(checkpoint, expressions={"rank": "1 / (indices - indices)", "twice": "rank"})
    assert "refuses" in reason(refused)
