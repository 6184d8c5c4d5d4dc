"""Error bounds against measured errors: every residual column, at every position, BOS included.

A column's ideal value at a position is its feature of the s-op's value there, which the interpreter gives; what the
decoder holds from its writing to its last reading may be off by no more than the bound that the compiler derived.
"""

from pathlib import Path

import numpy as np
import pytest
import torch

from compiler.options import CompileOptions
from compiler.pipeline import Compiled, compile_program
from compiler.transformer.exact_decoder import ExactDecoder
from compiler.transformer.record_activations import record_activations
from rasp.elaborate.program import load_program
from rasp.source import Source
from rasp.syntax.directives import read_directives
from tests.places import PROGRAMS
from tests.proof.measure_columns import Residuals, measured

LOOSEST = 1e5
"""A bound this many times above what was measured would say nothing (one column of `sort` has 24,000 times); bounds below
`IGNORED` are not held to it."""
IGNORED = 1e-4
INPUTS = 40


def compile_lines() -> list[tuple[str, Path, int]]:
    """Every compile line of the library's programs."""
    found: list[tuple[str, Path, int]] = []
    for path in sorted(PROGRAMS.rglob("*.rasp")):
        lines = read_directives(Source(str(path), path.read_text())).compiles
        found += [(f"{path.stem}-{k}", path, k) for k in range(len(lines))]
    return found


def compiled(path: Path, number: int) -> Compiled:
    source = Source(str(path), path.read_text())
    line = read_directives(source).compiles[number]
    assert line.vocabulary is not None and line.max_length is not None
    options = CompileOptions(tuple(line.vocabulary), line.max_length, line.attention)
    return compile_program(load_program(source), {"out": line.expression}, options)


def random_inputs(options: CompileOptions) -> list[list[object]]:
    rng = np.random.default_rng(0)
    lengths = [*rng.integers(1, options.max_length + 1, INPUTS - 2).tolist(), 1, options.max_length]
    return [[options.vocabulary[k] for k in rng.integers(0, len(options.vocabulary), n)] for n in lengths]


def decoded(model: Compiled) -> Residuals:
    """How the decoder runs a model."""
    decoder = ExactDecoder(model.weights)

    def run(ids: list[int]) -> np.ndarray:
        return torch.cat(record_activations(decoder, torch.tensor([ids])).residuals).numpy()

    return run


@pytest.mark.parametrize(
    ("path", "number"), [row[1:] for row in compile_lines()], ids=[r[0] for r in compile_lines()]
)
def test_bounds_hold(path: Path, number: int) -> None:
    model = compiled(path, number)
    errors, seen = measured(model, random_inputs(model.options), decoded(model))
    bounds = model.bounds.columns
    below = np.flatnonzero(seen & (errors > bounds))
    assert not len(below), [(k, model.layout.columns[k], errors[k], bounds[k]) for k in below]
    assert not model.bounds.unsafe


def test_bounds_are_not_idle() -> None:
    """Over the library, no bound is more than 10^5 times what was measured where it matters at all."""
    for name in ("sorting/sort", "counting/histogram", "basics/reverse", "counting/double_histogram"):
        model = compiled(PROGRAMS / f"{name}.rasp", 0)
        errors, seen = measured(model, random_inputs(model.options), decoded(model))
        idle = (
            seen
            & (model.bounds.columns > IGNORED)
            & (model.bounds.columns > LOOSEST * np.maximum(errors, 1e-9))
        )
        assert not idle.any(), name
