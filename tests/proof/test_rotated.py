"""A rotated residual: the rotation is exact, its bounds hold in any order of addition, and what can't hold is refused."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product as cartesian
from pathlib import Path
from random import Random

import numpy as np
import pytest
from click.testing import CliRunner

from compiler import CompileOptions, compile_program, load
from compiler.audit.magnitudes import Magnitudes
from compiler.audit.rotated import Half, RotatedReading
from compiler.cli import main
from compiler.export.compiled import save
from compiler.model.runner import Model
from compiler.numerics.dtypes import FLOAT32
from compiler.pipeline import Compiled
from compiler.plan.rotation import choose_rotation, count_rounds, draw_orthogonal
from compiler.verify.first_wrong_column import find_wrong_column
from rasp.elaborate.program import load_program
from rasp.source import Source
from tests.proof.any_order import orders, product, residuals
from tests.proof.measure_columns import measured
from tests.proof.test_exact_bounds import CASES

LENGTHS = {"a count by a count": 4}
"""Where it is less than `LENGTH`: how long inputs may be for a construction to be proved in a rotated residual."""
LENGTH = 12
NEVER = {"a look-up of counts", "the best of so many that equals are not told apart"}
INDUCTION = """
previous = shift(tokens, 1, "");
induction = aggregate(best(select(previous, tokens, ==), indices), tokens, "?");
"""


@pytest.mark.parametrize("width", [4, 5, 7, 16, 23, 40])
def test_rotations_are_exactly_orthogonal(width: int) -> None:
    matrix, rounds = draw_orthogonal(width, Random(3)), count_rounds(width)
    assert (matrix @ matrix.T == np.eye(width)).all()
    assert (matrix * 2.0**rounds == np.round(matrix * 2.0**rounds)).all()
    assert (np.count_nonzero(matrix, axis=1) >= 4).all()
    assert 4 ** (rounds - 1) < width <= 4**rounds  # what more of them make finer, counts less far


def compile_rotated(text: str, options: CompileOptions, program: str = "") -> Compiled:
    return compile_program(load_program(Source("test", program)), {"out": text}, options)


@pytest.mark.parametrize("name", [name for name in CASES if name not in NEVER])
def test_errors_stay_below_their_bounds(name: str) -> None:
    """Along every direction, in adverse orders of addition too."""
    case, length = CASES[name], LENGTHS.get(name, LENGTH)
    options = CompileOptions(case.vocabulary, min(length, case.length), case.attention, rotation=length)
    model = compile_rotated(case.text, options)
    directions = model.directions
    assert directions is not None
    worst = np.zeros(model.layout.width)
    for order in orders(1):
        errors, _ = measured(
            model,
            [word[:length] for word in case.inputs[-4:]],
            lambda ids, order=order: residuals(model.weights, order, ids).astype(np.float64) @ directions.T,
        )
        worst = np.maximum(worst, errors)
    bounds = model.bounds.columns
    assert not [(k, worst[k], bounds[k]) for k in np.flatnonzero(worst > bounds)]


@pytest.mark.parametrize("fine", [1.0, 2.0**-4, 2.0**-8, 2.0**-12])
def test_turned_columns_are_called_exact_only_when_float32_holds_them(fine: float) -> None:
    """A large number and a fine one, each the sum of two columns then, and as they are read again."""
    outputs = {"large": "[1, 65536][tokens_int]", "small": f"{fine} * indices"}
    program = load_program(Source("test", ""))
    model = compile_program(program, outputs, CompileOptions((0, 1), 4))
    layout, rotation = model.layout, choose_rotation(model.layout, 0)
    vectors, tokens = np.stack(layout.embedding.vectors), layout.sizes.tokens
    rows = np.stack([vectors[:, 1] + one for one in vectors[:, tokens:-1].T])
    turned = rows @ rotation.matrix
    held = turned.astype(np.float32)
    reading, weights = RotatedReading(model.plan, layout, FLOAT32), np.ones(layout.width)
    exact = bool((held == turned).all())
    assert reading.is_exact == reading.reads_exactly(weights) == exact == (fine > 2.0**-8)
    read = reading.read(weights, 0.0, 2.0**17, fine)
    assert (read.grain > 0) == exact
    wanted = rows.sum(axis=1)
    for order in orders(2):
        found = product(held, rotation.matrix.T @ weights[:, None], order)[:, 0]
        assert (np.abs(found - wanted) <= read.error).all()


@pytest.mark.parametrize("scale", [2.0**-8, 1.0, 2.0**8])
def test_what_is_embedded_is_as_long_as_said(scale: float) -> None:
    """A token and a position together, or BOS: the residual over all columns of the embedding, whatever their unit."""
    text = "[1, 3, 7][tokens_int] + 5 * indices"
    model = compile_program(load_program(Source("test", "")), {"out": text}, CompileOptions((0, 1, 2), 4))
    magnitudes, tokens = Magnitudes(model.layout), model.layout.sizes.tokens
    magnitudes.embedded *= scale
    rows = scale * np.stack(model.layout.embedding.vectors).T
    pairs = [rows[token] + row for token in range(tokens) for row in rows[tokens:-1]]
    largest = max(float(np.linalg.norm(row)) for row in [*pairs, rows[-1]])
    said = magnitudes.bound_embedded(np.ones(rows.shape[1], bool))
    assert 0 < largest <= said * (1 + 2.0**-50) and said <= 2 * largest


@pytest.mark.parametrize("terms", [1, 2, 5])
def test_numbers_that_are_written_round_by_no_more_than_said(terms: int) -> None:
    """Each along a direction of its own, whose entries are rounded, too; then they are added to what stands there."""
    model = compile_program(load_program(Source("test", "")), {"out": "indices"}, CompileOptions((0, 1), 4))
    rng, worst, reading = np.random.default_rng(0), 0.0, RotatedReading(model.plan, model.layout, FLOAT32)
    reading.halves, reading.length = iter([Half(terms)]), float(np.sqrt(terms))
    for _ in range(terms):
        reading.note_column(1.0)
    reading.end_half_layer()
    for order, _ in cartesian(orders(2), range(100)):
        directions = np.linalg.qr(rng.normal(size=(16, 16)))[0][:terms]
        held = directions.astype(np.float32)
        numbers = rng.uniform(0.9, 1, (1, terms)).astype(np.float32)
        there = (1e-3 * rng.normal(size=16)).astype(np.float32)
        found = there + product(numbers, held, order)[0]
        exact = there.astype(float) + (numbers.astype(float) @ directions)[0]
        worst = max(worst, float(np.linalg.norm(found - exact)))
    assert 0 < worst <= reading.more <= 20 * worst


def rotated_pair(program: str, text: str, options: CompileOptions) -> tuple[Model, Model, Compiled]:
    """A model as it is, and rotated, with what is known of that."""
    rotated = compile_rotated(text, replace(options, rotation=5), program)
    plain = compile_rotated(text, options, program)
    return model_of(plain), model_of(rotated), rotated


def model_of(compiled: Compiled) -> Model:
    return Model(compiled.weights, symbols=compiled.symbols, recompile=lambda: compiled)


@pytest.fixture(scope="module")
def induction() -> tuple[Model, Model, Compiled]:
    return rotated_pair(INDUCTION, "induction", CompileOptions("abcd", 8, "causal"))


WORDS = ["".join(word) for word in cartesian("abcd", repeat=4)]


def test_answers_and_values_are_the_same(induction: tuple[Model, Model, Compiled]) -> None:
    plain, rotated, compiled = induction
    assert plain.batch(WORDS) == rotated.batch(WORDS)
    names = ["tokens", "indices", *(name for name in rotated.known if name in plain.known)]
    for word in WORDS[::40]:
        one, other = plain.run(word), rotated.run(word)
        assert [one.value(n).decoded for n in names] == [other.value(n).decoded for n in names]
        assert find_wrong_column(compiled, rotated, list(word)) is None
    # No column of the residual has a value of its own.
    arrays = compiled.weights.arrays
    assert (np.count_nonzero(arrays["layers.0.attention.heads.0.output"], axis=1) > 1).all()


CHANGES: list[Callable[[Model], Model]] = [
    lambda model: model.without(head=(0, 0)),
    lambda model: model.without(value="induction"),
    lambda model: model.without(value="tokens"),
    lambda model: model.patched(value={"previous": "a"}),
    lambda model: model.patched("bacb", value="previous"),
    lambda model: model.patched("bacb", head=(0, 0)),
]


@pytest.mark.parametrize("number", range(len(CHANGES)))
def test_changes_change_the_same(number: int, induction: tuple[Model, Model, Compiled]) -> None:
    plain, rotated, _ = induction
    for word in WORDS[::60]:
        assert CHANGES[number](plain).batch([word]) == CHANGES[number](rotated).batch([word])


def test_a_checkpoint_is_verified_and_has_directions(tmp_path: Path) -> None:
    options = CompileOptions("abcd", 6, rotation=2)
    compiled = compile_rotated("selector_width(select(tokens, tokens, ==))", options)
    save(compiled, tmp_path / "m")
    save(compile_rotated("selector_width(select(tokens, tokens, ==))", options), tmp_path / "again")
    for name in ("model.safetensors", "rasp.json"):
        assert (tmp_path / "m" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
    found = CliRunner().invoke(main, ["verify", str(tmp_path / "m")])
    assert found.exit_code == 0 and "the same weights, classes and error bounds" in found.output
    model = load(tmp_path / "m")
    assert model.symbols is not None
    directions = np.array(model.symbols.get("directions"))
    assert (directions @ directions.T == np.eye(len(directions))).all()
    assert model("abba") == [2, 2, 2, 2] and [*model.circuit] == [*compiled.circuit]
    assert {str(edge) for edge in model.circuit.edges} == {str(edge) for edge in compiled.circuit.edges}


REFUSALS = [
    (
        ["--disguise", "rotate", "--target", "gpt2", "--attention", "causal"],
        "only plain models can be rotated",
    ),
    (["--seed", "1"], "--seed is that of a disguise"),
    (["--disguise", "wrap"], "'wrap'"),
]


@pytest.mark.parametrize(("flags", "said"), REFUSALS)
def test_what_cannot_be_is_refused(flags: list[str], said: str) -> None:
    found = CliRunner().invoke(
        main, ["compile", "-e", "length", "--vocab", "ab", "--max-length", "4", *flags]
    )
    assert found.exit_code == 2 and said in found.output
